//! Receipts: one for each change of a consent's state, signed once by the verifier's key and kept in the register beside the evidence.
//!
//! What happened, the chain says ([`super::changes`]); the register says which changes have their receipt already. So it does not matter
//! who asks first, the round that follows each block or a person at the counter, nor whether the node was down when it happened: a change
//! gets one receipt, and whoever asks later gets the very same bytes, in print as in data.

use super::{
    attester::{Attester, CLOCK_SKEW_MAX},
    blocking,
    chain::{Chain, unavailable},
    changes::{Change, Followed, changes},
    counter::fault,
};
use ed25519_dalek::{Signer as _, SigningKey};
use musubi_consent::{
    BirthDate, CertificateUse, ConsentReceipt, Evidence, ReceiptDetails, SignedBy, SignedContent,
    Statement, StatementFields, Text,
    age::{CHILD_ASKED_YEARS, OF_AGE_YEARS},
    receipt::{Act, AgeBand, AuthorityBasis, LegalBasis, ReceiptEvent, ReceiptFacts},
    statement::SignerRole,
    validator::{NoRevocationSource, Verification, verify},
};
use musubi_node_gateway::DeskError;
use musubi_node_register::{EvidenceKind, Finding, RowPlace};
use musubi_primitives::{
    AccountId, AssuranceLevel, ConsentId, MemberKind, Moment, Pseudonym, Role, VerifyingKey,
    resident::{BindingState, common_date_after},
    seams::{Actor, MemberFacts},
    trail::{TrailFact, TrailRow},
    view::ConsentView,
};
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;

/// The rules by which signatures are checked, as receipts name them.
const POLICY: &str = "musubi-verification-1";

/// Rows of a trail that are read at a time.
const ROWS_AT_A_TIME: u32 = 1_024;

/// After five years a consent is asked again, whatever its period: the life of a signing certificate.
const FIFTH_YEAR: Moment = 5 * 365 * 24 * 3600 * 1000;

/// What a receipt is made from.
struct Case<'a> {
    consent: ConsentId,
    statement: &'a Statement,
    evidence: &'a Evidence,
    finding: &'a Finding,
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

    async fn details(&self, case: &Case<'_>) -> Result<ReceiptDetails, DeskError> {
        let fields = case.statement.fields();
        let signed_at = case.evidence.signed_at;
        let born = self
            .known_person(&fields.subject)?
            .and_then(|person| BirthDate::parse(&person.born));
        let issued = self.register.issued_nonce(&fields.nonce).map_err(fault)?;
        let terminal = issued.map(|nonce| nonce.terminal());
        Ok(ReceiptDetails {
            record_id: Some(case.evidence.commitment()),
            notice_hash: self.stationery.notice_hash(&fields.notice),
            policy_url: self.stationery.policy_url.clone(),
            age_band: born.map(|born| age_band(born, signed_at)),
            authority_basis: Some(authority_basis(fields.role)),
            authority_checked: Some(case.finding.judged_at),
            legal_basis: self.legal_basis(fields).await?,
            reviews: reviews(born, signed_at, fields.not_after),
            terminal,
            staff: match terminal {
                Some(terminal) => self.staff(terminal).await?,
                None => None,
            },
            policy_version: Text::new(POLICY).ok(),
            ..ReceiptDetails::default()
        })
    }

    /// The municipality gives with consent of the person; a receiver that is no public organ also acquires with consent.
    async fn legal_basis(&self, fields: &StatementFields) -> Result<Vec<LegalBasis>, DeskError> {
        let receiver: Option<MemberFacts> = self
            .chain
            .read("MusubiApi_member", fields.recipient.member)
            .await?;
        let is_private = receiver.is_some_and(|facts| match facts.kind {
            MemberKind::Clinic
            | MemberKind::Shop
            | MemberKind::Facility
            | MemberKind::ServiceCompany => true,
            MemberKind::Municipality
            | MemberKind::FireService
            | MemberKind::Vehicle
            | MemberKind::Auditor => false,
        });
        let acquires = is_private.then_some(LegalBasis::ConsentToAcquire);
        Ok([Some(LegalBasis::ConsentOfThePerson), acquires]
            .into_iter()
            .flatten()
            .collect())
    }

    /// The same key, when it is a member of staff's and not a machine's or the person's own.
    async fn staff(&self, terminal: AccountId) -> Result<Option<AccountId>, DeskError> {
        let actor: Option<Actor> = self.chain.read("MusubiApi_actor", terminal).await?;
        let is_staff = actor.is_some_and(|actor| actor.role != Role::Terminal);
        Ok(is_staff.then_some(terminal))
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
                    return Ok::<_, musubi_node_core::ports::LocalFault>(rows);
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

/// Issues receipts as the chain goes on, so that they lie ready when somebody asks.
pub struct Issuing(pub Attester);

impl Issuing {
    /// Makes good what was missed while the node was down, then follows every block until the chain ends.
    pub async fn run(self) {
        if self.0.verifier.is_none() {
            return;
        }
        let mut finalised = self.0.chain.pipeline().finalised();
        let mut looked_at = self.0.chain.tip().map_or(0, |tip| tip.height);
        self.every(|_| true).await;
        loop {
            match finalised.recv().await {
                Ok(block) => {
                    for height in looked_at.saturating_add(1)..=block.height {
                        self.after(height).await;
                    }
                    looked_at = looked_at.max(block.height);
                }
                // The next block tells a higher one; what lies between is read from the store.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// Issues what the rows of one block ask for.
    async fn after(&self, height: u64) {
        let rows = match self.0.chain.pipeline().store().trail_of_block(height) {
            Ok(rows) => rows,
            Err(fault) => {
                tracing::warn!(%fault, height, "the rows of a block could not be read for receipts");
                return;
            }
        };
        for row in rows {
            match row.fact {
                TrailFact::ConsentEffective { consent }
                | TrailFact::ConsentPaused { consent, .. }
                | TrailFact::ConsentEnded { consent, .. } => self.issue(consent).await,
                TrailFact::CardBindingChanged {
                    state: BindingState::Active,
                    ..
                } => self.every(|view| view.terms.guardian == row.subject).await,
                _ => {}
            }
        }
    }

    /// Goes through the consents whose evidence is kept here.
    async fn every(&self, is_meant: impl Fn(&ConsentView) -> bool) {
        let is_consent = |finding: &Finding| consent_of(finding.kind).is_some();
        let Ok(findings) = self.0.register.findings(is_consent) else {
            tracing::warn!("the register could not be read for receipts");
            return;
        };
        for consent in findings
            .iter()
            .filter_map(|(_, finding)| consent_of(finding.kind))
        {
            if matches!(self.0.consent_view(consent).await, Ok(view) if is_meant(&view)) {
                self.issue(consent).await;
            }
        }
    }

    async fn issue(&self, consent: ConsentId) {
        let issued = blocking(async {
            let view = self.0.consent_view(consent).await?;
            self.0.receipts(consent, &view).await.map(drop)
        });
        match issued.await {
            // Not ours, or erased.
            Ok(()) | Err(DeskError::NotFound(_)) => {}
            Err(error) => tracing::warn!(%error, "a receipt waits until somebody asks for it"),
        }
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

fn consent_of(kind: EvidenceKind) -> Option<ConsentId> {
    match kind {
        EvidenceKind::Consent(consent) | EvidenceKind::Witnessed(consent) => {
            Some(ConsentId(consent))
        }
        EvidenceKind::Binding(_)
        | EvidenceKind::Withdrawal(_)
        | EvidenceKind::CheckIn(_)
        | EvidenceKind::CheckInCard(_)
        | EvidenceKind::Paper(_) => None,
    }
}

fn use_for(assurance: AssuranceLevel) -> CertificateUse {
    match assurance {
        AssuranceLevel::CardAuthenticated => CertificateUse::Authentication,
        AssuranceLevel::CardSigned | AssuranceLevel::Witnessed => CertificateUse::Signing,
    }
}

fn age_band(born: BirthDate, at: Moment) -> AgeBand {
    if at < born.reaches(CHILD_ASKED_YEARS) {
        AgeBand::UnderFifteen
    } else if at < born.reaches(OF_AGE_YEARS) {
        AgeBand::FifteenToSeventeen
    } else {
        AgeBand::Adult
    }
}

/// When a consent is looked at again while it holds: on the common date after the 15th and the 18th birthday, so that the receipt shows
/// no birthday; and in the fifth year, or when it ends and has to be asked again.
fn reviews(born: Option<BirthDate>, signed_at: Moment, ends: Moment) -> Vec<Moment> {
    let birthdays = [CHILD_ASKED_YEARS, OF_AGE_YEARS].into_iter();
    let ages = birthdays.filter_map(|years| born.map(|born| born.reaches(years)));
    let mut days: Vec<_> = ages
        .filter(|birthday| signed_at < *birthday)
        .map(|birthday| common_date_after(birthday, 0))
        .filter(|day| *day < ends)
        .collect();
    days.push(signed_at.saturating_add(FIFTH_YEAR).min(ends));
    days.sort_unstable();
    days
}

/// What this node went by: that the subject signed, or the guardian's entry in the register.
fn authority_basis(role: SignerRole) -> AuthorityBasis {
    match role {
        SignerRole::Subject => AuthorityBasis::Own,
        SignerRole::Proxy
        | SignerRole::GuardianOfMinor
        | SignerRole::ParentalAuthority
        | SignerRole::ChildWelfareDirector
        | SignerRole::FosterParent => AuthorityBasis::MunicipalRegister,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22T00:00Z.
    const NOW: Moment = 1_795_305_600_000;
    const DAY: Moment = 24 * 3600 * 1000;

    #[test]
    fn a_consent_is_looked_at_again_in_its_fifth_year_or_when_it_ends_and_at_the_two_ages() {
        let infant = BirthDate::parse("2026-01-15");
        assert_eq!(reviews(infant, NOW, NOW + 90 * DAY), [NOW + 90 * DAY]);
        let long = NOW + 5 * 366 * DAY;
        assert_eq!(reviews(infant, NOW, long), [NOW + FIFTH_YEAR]);
        // Fourteen and nearly eighteen: a common date follows each birthday, and no review is on the birthday itself.
        let fourteen = BirthDate::parse("2012-06-15");
        let days = reviews(fourteen, NOW, long);
        assert_eq!(days.len(), 3, "{days:?}");
        for day in &days[..2] {
            assert!(musubi_primitives::resident::is_common_date(*day));
        }
        assert_eq!(reviews(None, NOW, long), [NOW + FIFTH_YEAR]);
    }
}
