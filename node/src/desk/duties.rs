//! Duties that no caller waits for: hand records to their holders, acknowledge what is kept, report what was released, erase what was
//! ordered erased, hand on what belongs to a subject who moved ([`super::moving`]), and make good what is damaged ([`super::repair`]).
//!
//! One round goes through all of them and every step can be done again: a round that was cut short, by a refusal or by the end of
//! the process, is made good by the next, which comes with the next block or the next change in the vault.

use super::{
    blocking,
    chain::{Chain, unavailable},
    custodian::{self, Custodian},
    intake::Intake,
    ledger::Ledger,
};
use ed25519_dalek::SigningKey;
use futures::future::join_all;
use musubi_client_sdk::calls;
use musubi_node_core::executor::{News, news};
use musubi_node_gateway::DeskError;
use musubi_node_network::{AskError, Network, PeerView};
use musubi_node_vault::{DeliveryReceipt, Outgoing, exchange::Offer};
use musubi_primitives::{
    MemberId, MemberKind, RecordId, RecordState, seams::MemberFacts, view::RecordView,
};
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::broadcast::error::RecvError;

/// The most transactions of one kind that one round has under way.
const TOGETHER_MAX: usize = 64;

/// After how many blocks without an erasure the height looked at is written down.
const NOTED_EVERY: u64 = 1_024;

/// A vault's duties.
pub struct Duties {
    pub chain: Chain,
    pub custodian: Custodian,
    pub network: Network,
    pub member: MemberId,
    /// The member's vault account.
    pub vault_key: SigningKey,
    /// For nodes that take records in.
    pub intake: Option<Intake>,
    /// For a municipality: what comes in is entered, what no longer counts is struck.
    pub ledger: Option<Ledger>,
    /// Height up to which erasures were looked for by this process.
    pub looked_at: AtomicU64,
}

impl Duties {
    /// Goes round until the chain ends.
    pub async fn run(self) {
        let mut finalised = self.chain.pipeline().finalised();
        loop {
            self.round().await;
            tokio::select! {
                () = self.custodian.changed.notified() => {}
                block = finalised.recv() => if matches!(block, Err(RecvError::Closed)) { return },
            }
        }
    }

    /// Each duty by itself: one that fails holds up no other.
    async fn round(&self) {
        let outcomes = [
            ("hand records over", self.hand_over().await),
            ("acknowledge", self.acknowledge().await),
            ("report deliveries", self.report_deliveries().await),
            ("erase", self.erase().await),
            ("follow a move", self.follow_moves().await),
            ("repair", self.repair().await),
        ];
        for (duty, outcome) in outcomes {
            if let Err(error) = outcome {
                tracing::warn!(duty, ?error, "a duty of the vault was cut short");
            }
        }
    }

    /// Brings every outgoing record a step further.
    async fn hand_over(&self) -> Result<(), DeskError> {
        let Some(intake) = &self.intake else {
            return Ok(());
        };
        let outgoing = self
            .custodian
            .vault(musubi_node_vault::Vault::outgoing)
            .await?;
        for outgoing in outgoing {
            let record = outgoing.offer.sealed.record;
            // Whoever is at work on it goes on; what is left is there in the next round.
            let Ok(_working) = intake.at_work.begin(record) else {
                continue;
            };
            if let Err(error) = self.advance(intake, outgoing).await {
                tracing::info!(%record, ?error, "an outgoing record waits");
            }
        }
        Ok(())
    }

    async fn advance(&self, intake: &Intake, outgoing: Outgoing) -> Result<(), DeskError> {
        let record = outgoing.offer.sealed.record;
        let Some(view) = intake.known(record).await? else {
            return intake.commit(outgoing).await.map(drop);
        };
        if view.state == RecordState::Erased {
            return intake.forget(record).await;
        }
        intake.keep(outgoing.offer.clone()).await?;
        if view.state == RecordState::Stored && view.holders.contains(&view.home) {
            return intake.forget(record).await;
        }
        self.pass_on(outgoing.offer, &view).await
    }

    /// To the home municipality; to a stand-in, ciphertext only, while that one is away or is the author itself.
    async fn pass_on(&self, offer: Offer, view: &RecordView) -> Result<(), DeskError> {
        let home =
            custodian::node_of(&self.network, view.home).filter(|_| view.home != self.member);
        if let Some(home) = home
            && !view.holders.contains(&view.home)
        {
            match self.offer_to(&home, offer.clone()).await {
                Ok(()) => return Ok(()),
                // It has no room, for example: somebody else stands in, and the home is offered it again with the next round.
                Err(AskError::Refused(refusal)) => {
                    tracing::warn!(home = %view.home, %refusal, "the home municipality does not take a record");
                }
                Err(error) => return Err(unavailable(error)),
            }
        }
        if view.state == RecordState::Stored {
            return Err(unavailable("no node of the home municipality takes it"));
        }
        let without_keys = Offer {
            envelopes: Vec::new(),
            ..offer
        };
        let stand_in = self.stand_in(view).await?;
        let stand_in = stand_in.ok_or_else(|| unavailable("no other holder is connected"))?;
        self.offer_to(&stand_in, without_keys)
            .await
            .map_err(unavailable)
    }

    async fn offer_to(&self, node: &PeerView, offer: Offer) -> Result<(), AskError> {
        custodian::offer(&self.network, &node.key, offer).await
    }

    /// A connected municipality that does not hold the record yet.
    async fn stand_in(&self, view: &RecordView) -> Result<Option<PeerView>, DeskError> {
        for peer in self.network.peers() {
            let facts: Option<MemberFacts> =
                self.chain.read("MusubiApi_member", peer.member).await?;
            let is_fit = facts.is_some_and(|facts| facts.kind == MemberKind::Municipality)
                && !view.holders.contains(&peer.member)
                && ![self.member, view.home].contains(&peer.member);
            if is_fit {
                return Ok(Some(peer));
            }
        }
        Ok(None)
    }

    /// Tells the chain of everything that is kept here and not yet acknowledged.
    async fn acknowledge(&self) -> Result<(), DeskError> {
        let waiting = self
            .custodian
            .vault(musubi_node_vault::Vault::to_acknowledge)
            .await?;
        for records in waiting.chunks(TOGETHER_MAX) {
            let known = self.known(records).await?;
            // What the chain knows by now is entered before it is told of.
            self.enter(&known).await;
            let told = known
                .iter()
                .map(|(record, view)| self.acknowledge_one(*record, view));
            let told = join_all(told).await;
            told.into_iter().collect::<Result<(), _>>()?;
        }
        Ok(())
    }

    /// Those of these records that the chain knows.
    async fn known(&self, records: &[RecordId]) -> Result<Vec<(RecordId, RecordView)>, DeskError> {
        let mut known = Vec::new();
        for record in records {
            let view: Option<RecordView> = self.chain.read("MusubiApi_record", *record).await?;
            known.extend(view.map(|view| (*record, view)));
        }
        Ok(known)
    }

    /// Enters records into the ledger, where there is one.
    async fn enter(&self, known: &[(RecordId, RecordView)]) {
        let Some(ledger) = &self.ledger else { return };
        blocking(async {
            for (record, _) in known {
                if let Err(error) = ledger.enter(*record).await {
                    // The next start looks through the vault again.
                    tracing::warn!(%record, ?error, "the ledger lacks a record");
                }
            }
        })
        .await;
    }

    async fn acknowledge_one(&self, record: RecordId, view: &RecordView) -> Result<(), DeskError> {
        if !view.holders.contains(&self.member) && view.state != RecordState::Erased {
            let call = calls::records::acknowledge(record, view.ciphertext);
            match self.chain.submit(&self.vault_key, call).await {
                Ok(_) => {}
                // The rule is the chain's last word: asking again changes nothing.
                Err(DeskError::RefusedByChain(rule)) => {
                    tracing::warn!(%record, rule, "an acknowledgement was refused");
                }
                Err(error) => return Err(error),
            }
        }
        self.note_if_left(view).await?;
        self.custodian
            .vault(move |vault| vault.acknowledged(&record))
            .await
    }

    /// Tells the chain of everything that was released here.
    async fn report_deliveries(&self) -> Result<(), DeskError> {
        let receipts = self
            .custodian
            .vault(musubi_node_vault::Vault::recent_deliveries)
            .await?;
        for receipt in &receipts {
            for records in receipt.records.chunks(TOGETHER_MAX) {
                let told = records.iter().map(|record| self.report(receipt, *record));
                join_all(told)
                    .await
                    .into_iter()
                    .collect::<Result<(), _>>()?;
            }
        }
        let now = self.chain.now();
        self.custodian
            .vault(move |vault| vault.forget_old_releases(now))
            .await
    }

    async fn report(&self, receipt: &DeliveryReceipt, record: RecordId) -> Result<(), DeskError> {
        let request = receipt.request;
        if self
            .chain
            .read("MusubiApi_is_delivered", (request, record))
            .await?
        {
            return Ok(());
        }
        let call = calls::access::deliver(request, record, receipt.commitment());
        match self.chain.submit(&self.vault_key, call).await {
            Ok(_) => Ok(()),
            Err(DeskError::RefusedByChain(rule)) => {
                tracing::warn!(%request, rule, "a delivery was refused");
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Destroys what the chain has ordered erased since it was last looked at, and leaves this holder's receipts; notes who moved, and what
    /// should be here.
    async fn erase(&self) -> Result<(), DeskError> {
        let seen = self
            .custodian
            .vault(musubi_node_vault::Vault::erasures_seen)
            .await?;
        let tip = self.chain.tip().map_err(unavailable)?.height;
        // A chain that goes on from another one's state counts its blocks anew.
        if tip < seen {
            self.note_seen(0).await?;
        }
        let seen = if tip < seen { 0 } else { seen };
        let from = seen
            .max(self.looked_at.load(Ordering::Relaxed))
            .saturating_add(1);
        let mut changed = false;
        for height in from..=tip {
            let news = self.news_at(height)?;
            for record in &news.erasures {
                changed |= self.erase_one(*record).await?;
            }
            self.strike(&news).await?;
            changed |= self.note_moves(&news.hand_overs).await?;
            changed |= self.note_missing(&news.acknowledged).await?;
            self.looked_at.store(height, Ordering::Relaxed);
        }
        if changed || tip.saturating_sub(seen) >= NOTED_EVERY {
            self.note_seen(tip).await?;
        }
        Ok(())
    }

    /// What the block at a height says, read once for all who ask. A node that joined by snapshot has no events from before: its vault
    /// was empty then.
    fn news_at(&self, height: u64) -> Result<News, DeskError> {
        let events = self.chain.pipeline().store().events(height);
        match events.map_err(unavailable)? {
            Some(events) => news(&events).map_err(unavailable),
            None => Ok(News::default()),
        }
    }

    /// What no longer counts since a block leaves the ledger.
    async fn strike(&self, news: &News) -> Result<(), DeskError> {
        let Some(ledger) = &self.ledger else {
            return Ok(());
        };
        blocking(async {
            for record in &news.voided {
                ledger.void(*record).await?;
            }
            for record in &news.erasures {
                ledger.erased(*record).await?;
            }
            Ok(())
        })
        .await
    }

    /// Whether the record had been held here. A holder that lost it owes its receipt all the same: it has nothing left to destroy.
    async fn erase_one(&self, record: RecordId) -> Result<bool, DeskError> {
        let held = self
            .custodian
            .with_vault(move |vault| vault.store().holding(&record))
            .await?;
        let view: Option<RecordView> = self.chain.read("MusubiApi_record", record).await?;
        let owes = view.is_some_and(|view| view.holders.contains(&self.member));
        if !owes && matches!(held, Ok(None)) {
            return Ok(false);
        }
        let receipt = self
            .custodian
            .vault(move |vault| vault.erase(&record))
            .await?;
        let call = calls::records::erasure_receipt(record, receipt.commitment());
        match self.chain.submit(&self.vault_key, call).await {
            // Refused: the receipt is there already.
            Ok(_) | Err(DeskError::RefusedByChain(_)) => Ok(true),
            Err(error) => Err(error),
        }
    }

    async fn note_seen(&self, height: u64) -> Result<(), DeskError> {
        self.custodian
            .vault(move |vault| vault.note_erasures_seen(height))
            .await
    }
}
