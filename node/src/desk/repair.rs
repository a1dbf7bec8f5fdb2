//! Repair: this vault looks at what it holds, a little with each round, and fetches from another holder what is damaged or missing.
//!
//! What is looked for comes from three sides: a slow walk through everything held here, what turned out damaged when somebody asked for
//! it, and what the chain says that this member keeps although nothing is here, as after a restored backup or a lost disk. The vault
//! itself judges what others give ([`musubi_node_vault::repair`]); a holder that gives something else is counted, named in the log by
//! its number, and the next holder is asked.

use super::{
    begun::{Begun, Broken},
    chain::unavailable,
    custodian::{self, node_of},
    duties::Duties,
};
use codec::{DecodeAll, Encode};
use musubi_node_gateway::DeskError;
use musubi_node_network::PeerView;
use musubi_node_vault::{
    Refusal, VaultError, VaultRequest, VaultResponse, exchange::PartWanted, repair::Flaw,
};
use musubi_primitives::{MemberId, Moment, RecordId, view::RecordView};
use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// Records looked at in one round.
const LOOKED_AT: usize = 64;
/// Damaged records for which other holders are asked in one round.
const MENDED_TOGETHER: usize = 16;
/// How long the walk rests after the last record before it begins again (milliseconds).
const REST: Moment = 10 * 60_000;

/// What is known of damage in this vault.
#[derive(Debug, Default)]
pub struct Repairs {
    walk: Mutex<Walk>,
    found: AtomicU64,
    mended: AtomicU64,
    false_answers: AtomicU64,
    /// Transfers that broke off.
    pub(super) begun: Begun,
}

#[derive(Debug, Default)]
struct Walk {
    /// Damaged, and not made good yet.
    open: BTreeMap<RecordId, Flaw>,
    /// The last record that was looked at; none at the beginning.
    at: Option<RecordId>,
    /// The last record that others were asked for.
    asked: Option<RecordId>,
    /// When the walk begins again.
    rests_until: Moment,
}

/// The same in figures.
#[derive(Clone, Copy, Debug, Default)]
pub struct RepairFigures {
    /// Records damaged now.
    pub damaged: u64,
    /// Records ever found damaged, since the start.
    pub found: u64,
    /// Records made good from another holder, since the start.
    pub mended: u64,
    /// Answers of other holders that were not what the chain holds, since the start.
    pub false_answers: u64,
}

impl Repairs {
    /// What operators watch.
    pub fn figures(&self) -> RepairFigures {
        RepairFigures {
            damaged: u64::try_from(self.walk().open.len()).unwrap_or(u64::MAX),
            found: self.found.load(Ordering::Relaxed),
            mended: self.mended.load(Ordering::Relaxed),
            false_answers: self.false_answers.load(Ordering::Relaxed),
        }
    }

    fn walk(&self) -> MutexGuard<'_, Walk> {
        self.walk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where to go on looking; none while the walk rests.
    fn next_look(&self, now: Moment) -> Option<Option<RecordId>> {
        let walk = self.walk();
        (walk.rests_until <= now).then_some(walk.at)
    }

    fn note_look(&self, last: Option<RecordId>, now: Moment) {
        let mut walk = self.walk();
        walk.at = last;
        if last.is_none() {
            walk.rests_until = now.saturating_add(REST);
        }
    }

    fn note(&self, record: RecordId, flaw: Flaw) {
        if self.walk().open.insert(record, flaw).is_none() {
            self.found.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(%record, ?flaw, "a record of this vault is damaged: other holders are asked for it");
        }
    }

    fn settle(&self, record: &RecordId) {
        self.walk().open.remove(record);
    }

    /// The next damaged records to ask for, each in its turn.
    fn next_open(&self) -> Vec<RecordId> {
        let mut walk = self.walk();
        let after = walk.asked.map_or(Bound::Unbounded, Bound::Excluded);
        let later = walk.open.range((after, Bound::Unbounded));
        let turn = later.chain(walk.open.iter()).map(|(record, _)| *record);
        let mut turn: Vec<RecordId> = turn.take(MENDED_TOGETHER.min(walk.open.len())).collect();
        walk.asked = turn.last().copied();
        turn.sort_unstable();
        turn.dedup();
        turn
    }
}

/// Why a holder gave nothing that counts.
enum Unhelpful {
    /// It is away, has no such thing, or may not give it.
    Nothing(String),
    /// It gave something else.
    Lie,
}

impl From<DeskError> for Unhelpful {
    fn from(error: DeskError) -> Self {
        Self::Nothing(format!("{error:?}"))
    }
}

impl Duties {
    /// Looks a little further, and asks other holders for what is damaged.
    pub(super) async fn repair(&self) -> Result<(), DeskError> {
        self.look_around().await?;
        for record in self.custodian.repairs.next_open() {
            // One record that nobody can give holds up no other.
            if let Err(error) = self.make_good(record).await {
                tracing::info!(%record, ?error, "a damaged record waits for another holder");
            }
        }
        Ok(())
    }

    /// Notes what a block's acknowledgements say is here and is not.
    pub(super) async fn note_missing(
        &self,
        acknowledged: &[(RecordId, MemberId)],
    ) -> Result<bool, DeskError> {
        let mut noted = false;
        for (record, holder) in acknowledged {
            if *holder == self.member {
                noted |= self.note_if_missing(*record).await?;
            }
        }
        Ok(noted)
    }

    async fn note_if_missing(&self, record: RecordId) -> Result<bool, DeskError> {
        let noted = self.custodian.vault(move |vault| {
            let is_missing = !matches!(vault.store().holding(&record), Ok(Some(_)));
            if is_missing {
                vault.note_wanted(&record)?;
            }
            Ok(is_missing)
        });
        noted.await
    }

    async fn look_around(&self) -> Result<(), DeskError> {
        let (repairs, now) = (&self.custodian.repairs, self.chain.now());
        let look = repairs.next_look(now);
        let seen = self.custodian.vault(move |vault| {
            let mut seen = look
                .map(|after| vault.inspect(after.as_ref(), LOOKED_AT))
                .transpose()?
                .unwrap_or_default();
            for record in vault.suspects().into_iter().chain(vault.wanted()?) {
                match vault.flaw(&record)? {
                    Some(flaw) => drop(seen.flaws.insert(record, flaw)),
                    None => vault.settle_wanted(&record)?,
                }
            }
            Ok(seen)
        });
        let seen = seen.await?;
        if look.is_some() {
            repairs.note_look(seen.last, now);
        }
        for (record, flaw) in seen.flaws {
            repairs.note(record, flaw);
        }
        Ok(())
    }

    /// First the ciphertext, then the key that opens it; whatever of both is missing.
    async fn make_good(&self, record: RecordId) -> Result<(), DeskError> {
        while let Some(flaw) = self.flaw(record).await? {
            self.mend(record, flaw).await?;
            if self.flaw(record).await?.is_none() {
                self.custodian
                    .repairs
                    .mended
                    .fetch_add(1, Ordering::Relaxed);
                tracing::info!(%record, "a damaged record was made good from another holder");
            }
        }
        self.custodian.repairs.settle(&record);
        self.custodian
            .vault(move |vault| vault.settle_wanted(&record))
            .await
    }

    async fn flaw(&self, record: RecordId) -> Result<Option<Flaw>, DeskError> {
        self.custodian.vault(move |vault| vault.flaw(&record)).await
    }

    /// Asks one holder after the other.
    async fn mend(&self, record: RecordId, flaw: Flaw) -> Result<(), DeskError> {
        for holder in self.other_holders(record).await? {
            let mended = match flaw {
                Flaw::Ciphertext => self.mend_ciphertext(&holder, record).await,
                Flaw::Envelope => self.mend_envelope(&holder, record).await,
            };
            match mended {
                Ok(()) => return Ok(()),
                Err(Unhelpful::Lie) => {
                    let lies = &self.custodian.repairs.false_answers;
                    lies.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(%record, holder = %holder.member, "a holder gave something else than the record");
                }
                Err(Unhelpful::Nothing(cause)) => {
                    tracing::info!(%record, holder = %holder.member, cause, "a holder gave nothing");
                }
            }
        }
        Err(unavailable("no connected holder gave it"))
    }

    async fn other_holders(&self, record: RecordId) -> Result<Vec<PeerView>, DeskError> {
        let view: Option<RecordView> = self.chain.read("MusubiApi_record", record).await?;
        let holders = view.map_or_else(Vec::new, |view| view.holders);
        let others = holders.into_iter().filter(|holder| *holder != self.member);
        Ok(others
            .filter_map(|holder| node_of(&self.network, holder))
            .collect())
    }

    async fn mend_ciphertext(&self, holder: &PeerView, record: RecordId) -> Result<(), Unhelpful> {
        let ciphertext = self.fetch(holder, record).await?;
        let mended = self
            .custodian
            .with_vault(move |vault| vault.mend(&record, ciphertext))
            .await?;
        judged(mended)
    }

    async fn mend_envelope(&self, holder: &PeerView, record: RecordId) -> Result<(), Unhelpful> {
        let answer = self.ask(holder, VaultRequest::Envelope { record }).await?;
        let VaultResponse::Envelope(envelope) = answer else {
            return Err(unhelpful(&answer));
        };
        let mended = self
            .custodian
            .with_vault(move |vault| vault.mend_envelope(&record, envelope))
            .await?;
        judged(mended)
    }

    /// A ciphertext, part by part, from where an earlier attempt broke off.
    async fn fetch(&self, holder: &PeerView, record: RecordId) -> Result<Vec<u8>, Unhelpful> {
        let view: Option<RecordView> = self.chain.read("MusubiApi_record", record).await?;
        let unknown = || Unhelpful::Nothing("the chain has no such record".to_owned());
        let transfer = (view.ok_or_else(unknown)?.ciphertext, holder.member);
        let part = |offset| async move {
            let wanted = PartWanted { record, offset };
            match self.ask(holder, VaultRequest::Fetch(wanted)).await? {
                VaultResponse::Part(part) => Ok(part),
                answer => Err(unhelpful(&answer)),
            }
        };
        let fetched = self.custodian.repairs.begun.fetch(transfer, &part).await;
        fetched.map_err(|broken| match broken {
            Broken::Off(why) => why,
            Broken::NoPart => Unhelpful::Lie,
        })
    }

    async fn ask(
        &self,
        holder: &PeerView,
        request: VaultRequest,
    ) -> Result<VaultResponse, Unhelpful> {
        let bytes = custodian::ask(&self.network, holder.member, request.encode()).await?;
        VaultResponse::decode_all(&mut bytes.as_slice()).map_err(|_| Unhelpful::Lie)
    }
}

fn unhelpful(answer: &VaultResponse) -> Unhelpful {
    if let VaultResponse::Refused(refusal) = answer {
        return Unhelpful::Nothing(refusal.to_string());
    }
    Unhelpful::Lie
}

/// The vault's word on what a holder gave.
fn judged(mended: Result<(), VaultError>) -> Result<(), Unhelpful> {
    mended.map_err(|error| match error {
        VaultError::Refused(Refusal::OfferNotOnChain | Refusal::BadEnvelope) => Unhelpful::Lie,
        error @ (VaultError::Refused(_) | VaultError::Fault { .. }) => {
            Unhelpful::Nothing(error.to_string())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_damaged_record_has_its_turn() {
        let repairs = Repairs::default();
        let count = u8::try_from(MENDED_TOGETHER + 4).unwrap();
        for number in 0..count {
            repairs.note(RecordId([number; 32]), Flaw::Ciphertext);
        }
        let mut asked = repairs.next_open();
        assert_eq!(asked.len(), MENDED_TOGETHER);
        asked.extend(repairs.next_open());
        asked.sort_unstable();
        asked.dedup();
        assert_eq!(asked.len(), usize::from(count));
        repairs.settle(&RecordId([0; 32]));
        assert_eq!(repairs.figures().damaged, u64::from(count) - 1);
    }

    #[test]
    fn the_walk_rests_after_the_last_record() {
        let repairs = Repairs::default();
        assert_eq!(repairs.next_look(1_000), Some(None));
        repairs.note_look(Some(RecordId([1; 32])), 1_000);
        assert_eq!(repairs.next_look(1_001), Some(Some(RecordId([1; 32]))));
        repairs.note_look(None, 2_000);
        assert_eq!(repairs.next_look(2_000 + REST - 1), None);
        assert_eq!(repairs.next_look(2_000 + REST), Some(None));
    }
}
