//! Moving house: the former home's vault hands a subject's records on to the new home as soon as the chain says that both agreed.
//!
//! A duty like the others of a vault: noted durably when the block is looked at, tried again with each round until the new home's vault
//! has every record, and forgotten when the subject's home is another one by then.

use super::{
    chain::unavailable,
    custodian::{self, node_of},
    duties::Duties,
};
use musubi_node_core::executor::HandOver;
use musubi_node_gateway::DeskError;
use musubi_primitives::{
    MemberId, Pseudonym, RecordId, RecordState, seams::MemberFacts, view::RecordView,
};

impl Duties {
    /// Notes who left this municipality in a block; whether anybody did.
    pub(super) async fn note_moves(&self, hand_overs: &[HandOver]) -> Result<bool, DeskError> {
        let mut noted = false;
        for (subject, from, to) in hand_overs {
            if *from == self.member {
                self.note_moved(*subject, *to).await?;
                noted = true;
            }
        }
        Ok(noted)
    }

    /// A record that came in late, for a home that its subject has left meanwhile.
    pub(super) async fn note_if_left(&self, view: &RecordView) -> Result<(), DeskError> {
        if view.home != self.member {
            return Ok(());
        }
        let home: Option<MemberId> = self.chain.read("MusubiApi_home", view.subject).await?;
        match home.filter(|home| *home != self.member) {
            Some(home) => self.note_moved(view.subject, home).await,
            None => Ok(()),
        }
    }

    async fn note_moved(&self, subject: Pseudonym, to: MemberId) -> Result<(), DeskError> {
        self.custodian
            .vault(move |vault| vault.note_moved(&subject, to))
            .await
    }

    /// Hands on what is noted; whoever cannot be reached now is tried again.
    pub(super) async fn follow_moves(&self) -> Result<(), DeskError> {
        let moved = self
            .custodian
            .vault(musubi_node_vault::Vault::moved)
            .await?;
        for (subject, to) in moved {
            // One new home that cannot be reached holds up no other.
            if let Err(error) = self.follow(subject, to).await {
                tracing::info!(%to, ?error, "records of a subject who moved wait");
            }
        }
        Ok(())
    }

    async fn follow(&self, subject: Pseudonym, to: MemberId) -> Result<(), DeskError> {
        let home: Option<MemberId> = self.chain.read("MusubiApi_home", subject).await?;
        if home == Some(to) {
            self.hand_on(subject, to).await?;
        }
        self.custodian
            .vault(move |vault| vault.settle_moved(&subject))
            .await
    }

    /// Every record of a subject, to the node of its new home.
    async fn hand_on(&self, subject: Pseudonym, to: MemberId) -> Result<(), DeskError> {
        let facts: Option<MemberFacts> = self.chain.read("MusubiApi_member", to).await?;
        let node = node_of(&self.network, to);
        let (facts, node) = facts
            .zip(node)
            .ok_or_else(|| unavailable("no node of the new home is connected"))?;
        let held = self
            .custodian
            .vault(move |vault| vault.records_of(&subject))
            .await?;
        for record in held {
            if self.is_wanted(record, to).await? {
                let offer = self
                    .custodian
                    .vault(move |vault| vault.offer_for(&record, facts.hpke))
                    .await?;
                if let Some(offer) = offer {
                    custodian::offer(&self.network, &node.key, offer)
                        .await
                        .map_err(unavailable)?;
                }
            }
        }
        Ok(())
    }

    async fn is_wanted(&self, record: RecordId, to: MemberId) -> Result<bool, DeskError> {
        let view: Option<RecordView> = self.chain.read("MusubiApi_record", record).await?;
        Ok(view
            .is_some_and(|view| view.state != RecordState::Erased && !view.holders.contains(&to)))
    }
}
