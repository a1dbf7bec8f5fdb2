//! Receipts: one for each change of a consent's state, signed once by the verifier's key and kept in the register beside the evidence.
//!
//! What happened, the chain says ([`super::changes`]); the register says which changes have their receipt already. So it does not matter
//! who asks first, the round that follows each block or a person at the counter, nor whether the node was down when it happened: a change
//! gets one receipt, and whoever asks later gets the very same bytes, in print as in data.

use super::{
    attester::{Attester, CLOCK_SKEW_MAX},
    chain::{Chain, unavailable},
    changes::{Change, Followed, changes},
    counter::fault,
};
use ed25519_dalek::{Signer as _, SigningKey};
use musubi_consent::{
    CertificateUse, ConsentReceipt, Evidence, SignedBy, SignedContent, Statement,
    receipt::{Act, ReceiptEvent, ReceiptFacts},
    validator::{NoRevocationSource, Verification, verify},
};
use musubi_node_core::ports::LocalFault;
use musubi_node_gateway::DeskError;
use musubi_node_register::{EvidenceKind, Finding, RowPlace};
use musubi_primitives::{
    AssuranceLevel, ConsentId, Pseudonym, VerifyingKey, trail::TrailRow, view::ConsentView,
};
use std::sync::Arc;

/// Rows of a trail that are read at a time.
const ROWS_AT_A_TIME: u32 = 1_024;

/// What a receipt is made from.
pub(super) struct Case<'a> {
    pub(super) consent: ConsentId,
    pub(super) statement: &'a Statement,
    pub(super) evidence: &'a Evidence,
    pub(super) finding: &'a Finding,
}

impl Attester {
    /// Every receipt of a consent whose evidence is kept here, oldest first; those that are missing are issued now.
    ///
    /// # Errors
    /// [`DeskError::NotOffered`] without a verifier key, [`DeskError::NotFound`] without evidence.
    pub(super) async fn receipts(
        &self,
        consent: ConsentId,
        view: &ConsentView,
    ) -> Result<Vec<Vec<u8>>, DeskError> {
        let key = self.verifier.as_ref().ok_or_else(|| {
            DeskError::NotOffered("this node has no verifier key to sign receipts with".to_owned())
        })?;
        let commitment = view.terms.statement;
        let kept = self.register.judged(&commitment).map_err(fault)?;
        let (evidence, finding) = kept.ok_or_else(|| {
            DeskError::NotFound("no evidence of this consent is kept here".to_owned())
        })?;
        let statement = Statement::parse(&evidence.document).map_err(unavailable)?;
        let case = Case {
            consent,
            statement: &statement,
            evidence: &evidence,
            finding: &finding,
        };
        let _issuing = self.stationery.issuing.lock().await;
        let known = self.register.receipts(&commitment).map_err(fault)?;
        let mut number = known.len();
        for change in self.changes_of(&case).await? {
            if known.iter().all(|(place, _)| *place != change.place) {
                number = number.saturating_add(1);
                let receipt = self.issue(key, &case, &change, number).await?;
                let bytes = receipt.canonical_bytes();
                self.register
                    .keep_receipt(&commitment, change.place, bytes)
                    .map_err(fault)?;
            }
        }
        let all = self.register.receipts(&commitment).map_err(fault)?;
        Ok(all.into_iter().map(|(_, receipt)| receipt).collect())
    }

    /// What became of the consent, from the trails of its subject and its signer.
    async fn changes_of(&self, case: &Case<'_>) -> Result<Vec<Change>, DeskError> {
        let fields = case.statement.fields();
        let mut rows = self.chain.trail(fields.subject).await?;
        if fields.guardian != fields.subject {
            rows.extend(self.chain.trail(fields.guardian).await?);
        }
        let followed = Followed {
            consent: case.consent,
            guardian: fields.guardian,
            renews: fields.supersedes.is_some(),
        };
        Ok(changes(&followed, rows))
    }

    async fn issue(
        &self,
        key: &SigningKey,
        case: &Case<'_>,
        change: &Change,
        number: usize,
    ) -> Result<ConsentReceipt, DeskError> {
        let verification = self.verification(case)?;
        let facts = ReceiptFacts {
            genesis: self.chain.genesis(),
            number: u32::try_from(number).map_err(unavailable)?,
            event: change.event,
            happened_at: change.at,
            act: self.act(case.consent, change)?,
            signed_at: case.evidence.signed_at,
            checked_at: case.finding.judged_at,
            issued_at: self.chain.now(),
            signed_by: verification
                .as_ref()
                .map_or(SignedBy::Officers, SignedBy::Card),
        };
        let details = self.details(case).await?;
        let public = VerifyingKey(key.verifying_key().to_bytes());
        let sign = |message: &[u8]| key.sign(message).to_bytes();
        ConsentReceipt::issue(case.statement, &facts, details, public, sign).map_err(unavailable)
    }

    /// The signature once more, with what was found about its certificate; none where officers witnessed.
    fn verification(&self, case: &Case<'_>) -> Result<Option<Verification>, DeskError> {
        if matches!(case.finding.kind, EvidenceKind::Witnessed(_)) {
            return Ok(None);
        }
        let content = SignedContent::of(case.statement, self.chain.genesis());
        let mut verification = verify(
            &self.roots,
            &NoRevocationSource,
            use_for(case.statement.fields().assurance),
            &case.evidence.cms,
            &content,
            case.evidence.signed_at,
        )
        .map_err(unavailable)?;
        verification.revocation = case.finding.revocation;
        Ok(Some(verification))
    }

    /// What a person signed to bring the change about, where it is kept here: the withdrawal by card, or the paper of an objection.
    fn act(&self, consent: ConsentId, change: &Change) -> Result<Option<Act>, DeskError> {
        let wanted = match change.event {
            ReceiptEvent::Withdrawn | ReceiptEvent::Refused => EvidenceKind::Withdrawal(consent.0),
            ReceiptEvent::Objected | ReceiptEvent::Resumed => EvidenceKind::Paper(consent.0),
            ReceiptEvent::Given
            | ReceiptEvent::Renewed
            | ReceiptEvent::NotConfirmed
            | ReceiptEvent::Rebinding
            | ReceiptEvent::Expired
            | ReceiptEvent::Superseded => return Ok(None),
        };
        let latest = change.at.saturating_add(CLOCK_SKEW_MAX);
        let is_it = |finding: &Finding| finding.kind == wanted && finding.judged_at <= latest;
        let acts = self.register.findings(is_it).map_err(fault)?;
        let newest = acts.into_iter().max_by_key(|(_, found)| found.judged_at);
        let Some((record_id, _)) = newest else {
            return Ok(None);
        };
        let kept = self.register.judged(&record_id).map_err(fault)?;
        Ok(kept.map(|(act, _)| Act {
            record_id,
            signed_timestamp: act.signed_at,
        }))
    }
}

impl Chain {
    /// A subject's whole trail, each row with its place on the chain.
    async fn trail(&self, subject: Pseudonym) -> Result<Vec<(RowPlace, TrailRow)>, DeskError> {
        let store = Arc::clone(self.pipeline().store());
        let job = move || {
            let mut rows = Vec::new();
            let mut next = 0;
            loop {
                let found = store.trail(&subject, next, ROWS_AT_A_TIME)?;
                let Some((last, _, _)) = found.last() else {
                    return Ok::<_, LocalFault>(rows);
                };
                next = last.index.saturating_add(1);
                let placed = found.into_iter();
                rows.extend(placed.map(|(row, height, place)| {
                    let place = RowPlace { height, row: place };
                    (place, row)
                }));
            }
        };
        let rows = self.pipeline().reading().run(job).await;
        rows.map_err(unavailable)?.map_err(unavailable)
    }
}

/// The receipt with this number, the newest otherwise.
///
/// # Errors
/// [`DeskError::NotFound`] with how many there are.
pub(super) fn pick(
    mut receipts: Vec<Vec<u8>>,
    number: Option<u32>,
) -> Result<ConsentReceipt, DeskError> {
    let count = receipts.len();
    if count == 0 {
        return Err(DeskError::NotFound(
            "no receipt yet: the consent has not come into force".to_owned(),
        ));
    }
    let index = match number {
        None => count.checked_sub(1),
        Some(number) => usize::try_from(number).ok().and_then(|n| n.checked_sub(1)),
    };
    let index = index.filter(|index| *index < count).ok_or_else(|| {
        DeskError::NotFound(format!(
            "no receipt with this number: this consent has those from 1 to {count}"
        ))
    })?;
    ConsentReceipt::parse(&receipts.swap_remove(index)).map_err(unavailable)
}

fn use_for(assurance: AssuranceLevel) -> CertificateUse {
    match assurance {
        AssuranceLevel::CardAuthenticated => CertificateUse::Authentication,
        AssuranceLevel::CardSigned | AssuranceLevel::Witnessed => CertificateUse::Signing,
    }
}
