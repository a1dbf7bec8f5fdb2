//! Papers of a consent for the people whom it concerns: the statement as it was shown, and the receipt of what became of it.

use super::{
    attester::Attester,
    chain::unavailable,
    counter::{check_counter, fault},
    receipts::pick,
    second::unknown_consent,
};
use musubi_consent::{Statement, Text};
use musubi_consent_paper::{Font, receipt_pdf, statement_pdf};
use musubi_node_gateway::{Caller, DeskError, Paper, PaperForm, Standing};
use musubi_primitives::{
    Commitment, ConsentId, Language, commitment::hash_parts, view::ConsentView,
};
use std::path::PathBuf;
use tokio::sync::Mutex;

/// What papers need of the machine.
#[derive(Debug, Default)]
pub struct Stationery {
    /// TrueType font with Japanese; the machine's usual one otherwise.
    pub font: Option<PathBuf>,
    /// Folder with the privacy notices that are handed over, each a file named after its identifier.
    pub notices: Option<PathBuf>,
    /// Where the municipality's privacy policy can be read.
    pub policy_url: Option<Text>,
    /// Held while receipts are issued, so that a change gets one.
    pub issuing: Mutex<()>,
}

impl Stationery {
    /// SHA-256 of the notice with this identifier, if it lies in the folder.
    pub(super) fn notice_hash(&self, notice: &Text) -> Option<Commitment> {
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
        form: PaperForm,
    ) -> Result<Vec<u8>, DeskError> {
        let view = self.own_consent(caller, consent).await?;
        match form.paper {
            Paper::Statement => {
                let document = self.handed_in(&view)?.0.document;
                let language = language_of(&document, form.language)?;
                self.print(move |font| statement_pdf(font, &document, language))
                    .await
            }
            Paper::Receipt => {
                let receipts = self.receipts(consent, &view).await?;
                let receipt = pick(receipts, form.number)?;
                Ok(receipt.canonical_bytes().to_vec())
            }
            Paper::ReceiptPdf => {
                let receipts = self.receipts(consent, &view).await?;
                let receipt = pick(receipts, form.number)?;
                let document = self.document(&view)?;
                let language = language_of(&document, form.language)?;
                self.print(move |font| {
                    receipt_pdf(font, receipt.canonical_bytes(), &document, language)
                })
                .await
            }
        }
    }

    /// The signed statement, also where it did not count in the end.
    fn document(&self, view: &ConsentView) -> Result<Vec<u8>, DeskError> {
        let kept = self.register.judged(&view.terms.statement).map_err(fault)?;
        let (evidence, _) = kept.ok_or_else(unknown_consent)?;
        Ok(evidence.document)
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

    /// Draws a paper with the machine's font.
    pub(super) async fn print<E: std::error::Error>(
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
}

/// The language asked for, else the one in which it was signed.
fn language_of(document: &[u8], asked: Option<Language>) -> Result<Language, DeskError> {
    let statement = Statement::parse(document).map_err(unavailable)?;
    Ok(asked.unwrap_or(statement.fields().language))
}
