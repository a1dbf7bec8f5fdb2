//! A check-in as a clinic's counter makes it: one touch of the card, and the body that the municipality's gateway takes.

use super::wallet::{CardKey, Readers, Wallet, read};
use crate::commands::card::check_in_body;
use musubi_consent::{CheckIn, CheckInFields, SignedContent, check_in::PERIOD_MAX};
use musubi_primitives::{
    AccountId, BlockHash, Commitment, HpkeKey, Language, MemberId, Pseudonym, Purpose, SessionId,
};

/// What the terminal wants.
pub struct Visit {
    /// The visit.
    pub session: SessionId,
    /// Whose visit.
    pub subject: Pseudonym,
    /// Whose card.
    pub person: Pseudonym,
    /// Where.
    pub member: MemberId,
    /// The terminal's account.
    pub terminal: AccountId,
    /// Who receives the person.
    pub staff: AccountId,
    /// What for.
    pub purpose: Purpose,
    /// Issued to the terminal for a check-in.
    pub nonce: [u8; 32],
}

impl Readers {
    /// The card signs the check-in; gives the body of `POST /v1/check-ins`, sealed to the municipality.
    ///
    /// # Errors
    /// What the card refused, in its words for people.
    pub fn check_in(
        &mut self,
        wallet: &Wallet,
        visit: &Visit,
        genesis: BlockHash,
        to: &HpkeKey,
        now: u64,
    ) -> Result<Vec<u8>, String> {
        let Some(stack) = &mut self.stack else {
            let document = visit.document(now)?;
            let content = SignedContent::of(&document, genesis);
            let cms = wallet.sign_here(CardKey::Authentication, &content)?;
            return check_in_body(&document, cms, to);
        };
        let request = wallet.new_file("check-in.request");
        let files = [
            ("--document", wallet.new_file("check-in.json")),
            ("--out", wallet.new_file("check-in.cms")),
            ("--request", request.clone()),
        ];
        let mut arguments = visit.arguments(genesis, to);
        for (name, path) in files {
            arguments.extend([name.to_owned(), path.display().to_string()]);
        }
        wallet.touch(stack, &arguments, CardKey::Authentication)?;
        read(&request)
    }
}

impl Visit {
    fn arguments(&self, genesis: BlockHash, to: &HpkeKey) -> Vec<String> {
        let purpose = serde_json::json!(self.purpose);
        let pairs = [
            ("--genesis", genesis.to_string()),
            ("--session", self.session.to_string()),
            ("--subject", self.subject.to_string()),
            ("--person", self.person.to_string()),
            ("--member", self.member.0.to_string()),
            ("--terminal", self.terminal.to_string()),
            ("--staff", self.staff.to_string()),
            ("--purpose", purpose.as_str().unwrap_or_default().to_owned()),
            ("--nonce", Commitment(self.nonce).to_string()),
            ("--seal-to", to.to_string()),
        ];
        let mut arguments = vec!["check-in".to_owned()];
        for (name, value) in pairs {
            arguments.extend([name.to_owned(), value]);
        }
        arguments
    }

    fn document(&self, now: u64) -> Result<CheckIn, String> {
        CheckIn::new(CheckInFields {
            session: self.session,
            subject: self.subject,
            person: self.person,
            member: self.member,
            terminal: self.terminal,
            staff: self.staff,
            purpose: self.purpose,
            not_before: now,
            not_after: now.saturating_add(PERIOD_MAX),
            nonce: self.nonce,
            language: Language::Japanese,
        })
        .map_err(|error| error.to_string())
    }
}
