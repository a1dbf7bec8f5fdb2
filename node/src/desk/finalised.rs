//! Finalised state as the vault looks at it: everything for one answer from one and the same block.

use super::chain::Chain;
use codec::{Decode, Encode};
use musubi_node_core::ports::LocalFault;
use musubi_node_vault::{Cause, Finalised, FinalisedState, RecordStanding};
use musubi_primitives::{
    BlockHash, HpkeKey, MemberId, Moment, Pseudonym, RecordId, RequestId, seams::MemberFacts,
    view::RecordView,
};

impl FinalisedState for Chain {
    /// Calls into the runtime: the caller's thread needs its stack.
    fn look(&self, request: Option<&RequestId>, records: &[RecordId]) -> Result<Finalised, Cause> {
        let tip = self.tip()?;
        let executor = self.pipeline().executor();
        let header = executor.header(&tip.hash)?;
        let ticket = match request {
            Some(request) => self.ask(&tip.hash, "MusubiApi_ticket", request)?,
            None => None,
        };
        let standings = records
            .iter()
            .map(|record| self.standing(&tip.hash, request, record))
            .collect::<Result<_, Cause>>()?;
        Ok(Finalised {
            now: self.now(),
            time: executor.time_of(&header)?,
            held: Moment::try_from(self.pipeline().held().as_millis()).unwrap_or(Moment::MAX),
            ticket,
            records: standings,
        })
    }

    fn home_of(&self, subject: &Pseudonym) -> Result<Option<MemberId>, Cause> {
        self.ask(&self.tip()?.hash, "MusubiApi_home", subject)
    }

    fn key_of(&self, member: MemberId) -> Result<Option<HpkeKey>, Cause> {
        let facts: Option<MemberFacts> = self.ask(&self.tip()?.hash, "MusubiApi_member", member)?;
        Ok(facts.map(|facts| facts.hpke))
    }
}

impl Chain {
    fn standing(
        &self,
        at: &BlockHash,
        request: Option<&RequestId>,
        record: &RecordId,
    ) -> Result<Option<RecordStanding>, Cause> {
        let view: Option<RecordView> = self.ask(at, "MusubiApi_record", record)?;
        let Some(view) = view else { return Ok(None) };
        let delivered = match request {
            Some(request) => self.ask(at, "MusubiApi_is_delivered", (request, record))?,
            None => false,
        };
        Ok(Some(RecordStanding {
            subject: view.subject,
            category: view.category,
            author: view.author,
            home: view.home,
            holders: view.holders,
            state: view.state,
            delivered,
            commitment: view.commitment,
            ciphertext: view.ciphertext,
        }))
    }

    fn ask<T: Decode>(
        &self,
        at: &BlockHash,
        method: &str,
        arguments: impl Encode,
    ) -> Result<T, Cause> {
        let answer = self
            .pipeline()
            .executor()
            .state_call_as(at, method, &arguments.encode());
        answer.map_err(|error| LocalFault::new(method, error).into())
    }
}
