//! Papers of a consent for the people whom it concerns: the statement as it was shown, and the receipt of what became of it.

use super::{
    attester::Attester, chain::unavailable, counter::check_counter, second::unknown_consent,
};
use musubi_consent::{
    BirthDate, CertificateUse, ConsentReceipt, Evidence, ReceiptDetails, SignedBy, SignedContent,
    Statement, StatementFields, Text,
    age::guardian_ends,
    receipt::{AgeBand, AuthorityBasis, LegalBasis, Medium, ReceiptEvent, ReceiptFacts},
    statement::SignerRole,
    validator::{NoRevocationSource, Verification, verify},
};
use musubi_consent_paper::{Font, receipt_pdf, statement_pdf};
use musubi_node_gateway::{Caller, DeskError, Paper, Standing};
use musubi_node_register::{EvidenceKind, Finding};
use musubi_primitives::{
    AssuranceLevel, Commitment, ConsentId, ConsentState, Ending, Language, Moment,
    commitment::hash_parts, resident::common_date_after, view::ConsentView,
};
use std::path::PathBuf;

/// The rules by which signatures are checked, as receipts name them.
const POLICY: &str = "musubi-verification-1";

/// What papers need of the machine.
#[derive(Clone, Debug, Default)]
pub struct Stationery {
    /// TrueType font with Japanese; the machine's usual one otherwise.
    pub font: Option<PathBuf>,
    /// Folder with the privacy notices that are handed over, each a file named after its identifier.
    pub notices: Option<PathBuf>,
}

impl Stationery {
    /// SHA-256 of the notice with this identifier, if it lies in the folder.
    fn notice_hash(&self, notice: &Text) -> Option<Commitment> {
        let name = notice.as_str();
        let is_plain =
            |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
        let is_name = name.chars().all(is_plain) && !name.starts_with('.');
        let path = self.notices.as_ref().filter(|_| is_name)?.join(name);
        let bytes = std::fs::read(path).ok()?;
        Some(Commitment(hash_parts(&[&bytes])))
    }
}

impl Attester {
    /// A paper about a consent.
    ///
    /// # Errors
    /// See [`DeskError`].
    pub async fn paper(
        &self,
        caller: &Caller,
        consent: ConsentId,
        paper: Paper,
        language: Option<Language>,
    ) -> Result<Vec<u8>, DeskError> {
        let view = self.own_consent(caller, consent).await?;
        let (evidence, finding) = self.handed_in(&view)?;
        let statement = Statement::parse(&evidence.document).map_err(unavailable)?;
        let language = language.unwrap_or(statement.fields().language);
        let document = evidence.document.clone();
        match paper {
            Paper::Statement => {
                self.print(move |font| statement_pdf(font, &document, language))
                    .await
            }
            Paper::Receipt => {
                let receipt = self.receipt(caller, &view, &statement, &evidence, &finding)?;
                Ok(receipt.canonical_bytes().to_vec())
            }
            Paper::ReceiptPdf => {
                let receipt = self.receipt(caller, &view, &statement, &evidence, &finding)?;
                self.print(move |font| {
                    receipt_pdf(font, receipt.canonical_bytes(), &document, language)
                })
                .await
            }
        }
    }

    /// The consent, for its guardian, its subject and the counter of the home municipality.
    async fn own_consent(
        &self,
        caller: &Caller,
        consent: ConsentId,
    ) -> Result<ConsentView, DeskError> {
        let view = match self.consent(consent).await {
            Err(DeskError::NotFound(_)) => return Err(unknown_consent()),
            found => found?,
        };
        match caller.standing {
            Standing::Person(person)
                if [view.terms.guardian, view.terms.subject].contains(&person) =>
            {
                Ok(view)
            }
            Standing::Staff(actor) if actor.member == self.member => {
                check_counter(self.member, caller).map(|()| view)
            }
            Standing::Person(_) | Standing::Staff(_) => Err(unknown_consent()),
        }
    }

    async fn print<E: std::error::Error>(
        &self,
        draw: impl FnOnce(&Font) -> Result<Vec<u8>, E> + Send + 'static,
    ) -> Result<Vec<u8>, DeskError> {
        let font = self.stationery.font.clone();
        let drawing = tokio::task::spawn_blocking(move || {
            let font = Font::find(font.as_deref())
                .map_err(|error| DeskError::NotOffered(error.to_string()))?;
            draw(&font).map_err(|error| DeskError::Unprocessable(error.to_string()))
        });
        drawing.await.map_err(unavailable)?
    }

    fn receipt(
        &self,
        caller: &Caller,
        view: &ConsentView,
        statement: &Statement,
        evidence: &Evidence,
        finding: &Finding,
    ) -> Result<ConsentReceipt, DeskError> {
        let verification = self.verification(statement, evidence, finding)?;
        let facts = ReceiptFacts {
            genesis: self.chain.genesis(),
            event: event(view.state),
            signed_at: evidence.signed_at,
            issued_at: self.chain.now(),
            signed_by: verification
                .as_ref()
                .map_or(SignedBy::Officers, SignedBy::Card),
        };
        let details = self.details(caller, statement.fields(), evidence, finding)?;
        ConsentReceipt::issue_with(statement, &facts, details).map_err(unavailable)
    }

    /// The signature once more, with what was found about its certificate; none where officers witnessed.
    fn verification(
        &self,
        statement: &Statement,
        evidence: &Evidence,
        finding: &Finding,
    ) -> Result<Option<Verification>, DeskError> {
        if matches!(finding.kind, EvidenceKind::Witnessed(_)) {
            return Ok(None);
        }
        let content = SignedContent::of(statement, self.chain.genesis());
        let mut verification = verify(
            &self.roots,
            &NoRevocationSource,
            use_for(statement.fields().assurance),
            &evidence.cms,
            &content,
            evidence.signed_at,
        )
        .map_err(unavailable)?;
        verification.revocation = finding.revocation;
        Ok(Some(verification))
    }

    fn details(
        &self,
        caller: &Caller,
        fields: &StatementFields,
        evidence: &Evidence,
        finding: &Finding,
    ) -> Result<ReceiptDetails, DeskError> {
        let born = self
            .known_person(&fields.subject)?
            .and_then(|person| BirthDate::parse(&person.born));
        let signed_at = evidence.signed_at;
        let (staff, delivery) = match caller.standing {
            Standing::Staff(_) => (Some(caller.account), Medium::Paper),
            Standing::Person(_) => (None, Medium::App),
        };
        Ok(ReceiptDetails {
            record_id: Some(evidence.commitment()),
            notice_hash: self.stationery.notice_hash(&fields.notice),
            age_band: born.map(|born| age_band(born, signed_at)),
            authority_basis: Some(authority_basis(fields.role)),
            authority_checked: Some(finding.judged_at),
            helper: None,
            legal_basis: Some(LegalBasis::ConsentOfThePerson),
            source_systems: Vec::new(),
            reviews: born
                .map(|born| reviews(born, signed_at))
                .unwrap_or_default(),
            terminal: None,
            staff,
            delivery: Some(delivery),
            delivered_at: Some(self.chain.now()),
            policy_version: Text::new(POLICY).ok(),
        })
    }
}

fn use_for(assurance: AssuranceLevel) -> CertificateUse {
    match assurance {
        AssuranceLevel::CardAuthenticated => CertificateUse::Authentication,
        AssuranceLevel::CardSigned | AssuranceLevel::Witnessed => CertificateUse::Signing,
    }
}

fn event(state: ConsentState) -> ReceiptEvent {
    match state {
        ConsentState::Ended(Ending::Withdrawn) => ReceiptEvent::Withdrawn,
        ConsentState::Ended(Ending::Refused) => ReceiptEvent::Refused,
        ConsentState::Proposed
        | ConsentState::Effective
        | ConsentState::Paused
        | ConsentState::Ended(Ending::Expired | Ending::Superseded) => ReceiptEvent::Given,
    }
}

fn age_band(born: BirthDate, at: Moment) -> AgeBand {
    if at < born.reaches(15) {
        AgeBand::UnderFifteen
    } else if at < born.reaches(18) {
        AgeBand::FifteenToSeventeen
    } else {
        AgeBand::Adult
    }
}

/// When a minor's consent is looked at again: the common date after the 15th or 18th birthday, so that the receipt shows no birthday.
fn reviews(born: BirthDate, at: Moment) -> Vec<Moment> {
    let ends = guardian_ends(born, at);
    (at < ends)
        .then(|| common_date_after(ends, 0))
        .into_iter()
        .collect()
}

fn authority_basis(role: SignerRole) -> AuthorityBasis {
    match role {
        SignerRole::Subject => AuthorityBasis::Own,
        SignerRole::Proxy => AuthorityBasis::ProxyLetter,
        SignerRole::GuardianOfMinor => AuthorityBasis::CourtDecision,
        SignerRole::ParentalAuthority
        | SignerRole::ChildWelfareDirector
        | SignerRole::FosterParent => AuthorityBasis::ResidentRegister,
    }
}
