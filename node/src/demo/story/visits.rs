//! The family visits the second clinic: one touch of the card at its counter, and the visit is open on the chain.

use super::{Cast, PURPOSE, SECOND_CLINIC, Stage, evidence::Answer};
use crate::{clock::now, demo::visit::Visit, random::random};
use musubi_client_sdk::extrinsics::account_of;
use musubi_primitives::{Pseudonym, SessionId};
use serde_json::Value;

impl Stage<'_> {
    /// The guardian checks in with the card.
    pub(super) async fn check_in(
        &mut self,
        cast: &Cast,
        subject: Pseudonym,
    ) -> Result<SessionId, String> {
        let session = SessionId(random()?);
        let visit = self.visit(cast, subject, session).await?;
        let genesis = self.village.genesis();
        let to = &cast.village_key;
        let body = self
            .readers
            .check_in(&cast.card, &visit, genesis, to, now())?;
        let body: Value = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        let terminal = &cast.second_terminal;
        let answer: Answer = self.village.post(terminal, "/v1/check-ins", &body).await?;
        if answer.outcome != "opened" {
            let reason = answer.reason.unwrap_or_default();
            return Err(format!("the check-in was {}: {reason}", answer.outcome));
        }
        let actor = "guardian's card, at the second clinic";
        self.tell("check in", actor, "visit open", None, answer.block, subject)
            .await?;
        Ok(session)
    }

    async fn visit(
        &self,
        cast: &Cast,
        subject: Pseudonym,
        session: SessionId,
    ) -> Result<Visit, String> {
        Ok(Visit {
            session,
            subject,
            person: cast.guardian,
            member: SECOND_CLINIC,
            terminal: account_of(&cast.second_terminal.signing),
            staff: account_of(&cast.second_clerk.signing),
            purpose: PURPOSE,
            nonce: self.nonce_for(&cast.second_terminal, "check-in").await?,
        })
    }
}
