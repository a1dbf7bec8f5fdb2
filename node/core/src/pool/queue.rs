//! The pool's pure part: who waits, in which order, and what leaves when. Takes values, returns changes; does no IO and reads no clock.
//!
//! # Rules
//! * **P1** An account's extrinsics leave in nonce order; what waits behind a gap is *future*, the rest is *ready*.
//! * **P2** Among ready extrinsics of different accounts the higher priority goes first, then the one with fewer of its own account before it, then
//!   the earlier: whoever has thousands waiting holds nobody up who has one.
//! * **P3** The first extrinsic of a nonce stays; another takes its place only with a strictly higher priority.
//! * **P4** An account has at most as many waiting as its role allows.
//! * **P5** The pool is bounded in number and bytes. When it is full the lowest priority leaves, futures before ready ones, the newest
//!   first; a newcomer that would be the one to leave is refused.
//! * **P6** What is no longer valid (era over, nonce used, refused while building) leaves at once; what was refused is banned for a while.

use super::status::{PoolError, TxStatus};
use crate::executor::{Candidate, Origin};
use musubi_primitives::{AccountId, BlockHash, Moment, Role};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
    sync::Arc,
};

/// The most extrinsics in the pool.
pub const COUNT_MAX: usize = 16_384;
/// The most bytes of all extrinsics together.
pub const BYTES_MAX: usize = 32 << 20;
/// How long a refused extrinsic is not looked at again, in milliseconds.
pub const BAN: Moment = 30 * 60 * 1000;
/// The most bans remembered.
const BANS_MAX: usize = 4_096;

/// How many extrinsics an account in this role may have waiting.
pub fn quota(role: Option<Role>) -> u32 {
    match role {
        None => 16,
        Some(
            Role::Operator
            | Role::Officer
            | Role::Nurse
            | Role::Doctor
            | Role::Clerk
            | Role::Crew
            | Role::Dispatcher
            | Role::Reviewer
            | Role::Auditor,
        ) => 64,
        Some(Role::Terminal) => 256,
        Some(Role::Vault) => 1_024,
        Some(Role::Gateway) => 4_096,
    }
}

/// Blocks after which a waiting extrinsic is judged again: a builder refuses what became invalid meanwhile, so this only tidies.
const STALE_AFTER: u64 = 16;

/// An extrinsic that the runtime found valid.
#[derive(Clone, Debug)]
pub struct PoolTx {
    /// BLAKE2-256 of the bytes.
    pub hash: [u8; 32],
    /// SCALE encoding with its length prefix.
    pub bytes: Arc<Vec<u8>>,
    /// Sender and nonce.
    pub origin: Origin,
    /// The sender's role when it was admitted.
    pub role: Option<Role>,
    /// The runtime's priority.
    pub priority: u64,
    /// Last height at which it may stand in a block.
    pub valid_until: u64,
    /// Whether other nodes may hear of it.
    pub propagate: bool,
}

#[derive(Debug)]
struct Entry {
    tx: Arc<PoolTx>,
    /// Order of arrival; also its number in the journal.
    number: u64,
    /// Height on whose state it was last found valid, as far as the queue knows: the first one that it was looked at.
    judged_at: Option<u64>,
}

#[derive(Debug, Default)]
struct Account {
    /// Nonce of the next extrinsic that a block can take.
    next: u32,
    /// First nonce that is not ready: `next .. ready_end` wait without a gap.
    ready_end: u32,
    waiting: BTreeMap<u32, [u8; 32]>,
}

impl Account {
    fn is_ready(&self, nonce: u32) -> bool {
        self.next <= nonce && nonce < self.ready_end
    }

    /// Nonces below `next` are used.
    fn advance(&mut self, next: u32) {
        self.next = self.next.max(next);
        self.ready_end = self.ready_end.max(self.next);
    }

    /// Closes up behind the last ready one; what becomes ready by it.
    fn extend(&mut self) -> Vec<[u8; 32]> {
        let mut ready = Vec::new();
        while let Some(hash) = self.waiting.get(&self.ready_end) {
            ready.push(*hash);
            self.ready_end = self.ready_end.saturating_add(1);
        }
        ready
    }

    /// Leaves a gap where an extrinsic was.
    fn remove(&mut self, nonce: u32) {
        self.waiting.remove(&nonce);
        if self.is_ready(nonce) {
            self.ready_end = nonce;
        }
    }
}

/// What P2 orders by: priority, how many of the account go before it, order of arrival; then whose it is, and its nonce.
type Place = (u64, Reverse<u32>, Reverse<u64>, AccountId, u32);

/// What a step changed, for watchers and the journal.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// New statuses, in order.
    pub statuses: Vec<([u8; 32], TxStatus)>,
    /// Extrinsics to journal, by number.
    pub kept: Vec<(u64, Vec<u8>)>,
    /// Numbers to strike from the journal.
    pub dropped: Vec<u64>,
}

impl Changes {
    /// Appends what came after.
    pub fn extend(&mut self, later: Self) {
        self.statuses.extend(later.statuses);
        self.kept.extend(later.kept);
        self.dropped.extend(later.dropped);
    }
}

/// The waiting extrinsics.
#[derive(Debug)]
pub struct Queue {
    entries: BTreeMap<[u8; 32], Entry>,
    accounts: BTreeMap<AccountId, Account>,
    /// Worst first: priority, then newest. Decides who leaves a full pool.
    by_worth: BTreeSet<(u64, Reverse<u64>, [u8; 32])>,
    bans: BTreeMap<[u8; 32], Moment>,
    bytes: usize,
    next_number: u64,
    count_max: usize,
    bytes_max: usize,
}

impl Default for Queue {
    fn default() -> Self {
        Self::bounded(COUNT_MAX, BYTES_MAX)
    }
}

impl Queue {
    /// A queue with these bounds.
    pub fn bounded(count_max: usize, bytes_max: usize) -> Self {
        Self {
            entries: BTreeMap::new(),
            accounts: BTreeMap::new(),
            by_worth: BTreeSet::new(),
            bans: BTreeMap::new(),
            bytes: 0,
            next_number: 0,
            count_max,
            bytes_max,
        }
    }

    /// Numbers up to `number` are taken by an older journal.
    pub fn continue_after(&mut self, number: u64) {
        self.next_number = self.next_number.max(number.saturating_add(1));
    }

    /// Number of extrinsics.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of all extrinsics.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a block could take something.
    pub fn has_ready(&self) -> bool {
        self.accounts
            .values()
            .any(|account| account.next < account.ready_end)
    }

    /// An extrinsic by its hash.
    pub fn get(&self, hash: &[u8; 32]) -> Option<&Arc<PoolTx>> {
        self.entries.get(hash).map(|entry| &entry.tx)
    }

    /// Every extrinsic, in no particular order.
    pub fn all(&self) -> impl Iterator<Item = &Arc<PoolTx>> {
        self.entries.values().map(|entry| &entry.tx)
    }

    /// Up to `limit` extrinsics that were last judged [`STALE_AFTER`] blocks before `height` or earlier. They count as judged at `height`.
    pub fn take_stale(&mut self, height: u64, limit: usize) -> Vec<Arc<PoolTx>> {
        let mut stale = Vec::new();
        for entry in self.entries.values_mut() {
            let judged_at = *entry.judged_at.get_or_insert(height);
            if stale.len() < limit && judged_at.saturating_add(STALE_AFTER) <= height {
                entry.judged_at = Some(height);
                stale.push(Arc::clone(&entry.tx));
            }
        }
        stale
    }

    /// The nonce that an account's next new extrinsic should have, counting those that wait without a gap.
    pub fn next_nonce(&self, account: &AccountId, on_chain: u32) -> u32 {
        self.accounts
            .get(account)
            .map_or(on_chain, |account| account.ready_end.max(on_chain))
    }

    /// Whether it is worth asking the runtime about an extrinsic.
    ///
    /// # Errors
    /// When it is here, or banned at `now`.
    pub fn preadmit(&self, hash: &[u8; 32], now: Moment) -> Result<(), PoolError> {
        if self.entries.contains_key(hash) {
            return Err(PoolError::AlreadyImported);
        }
        match self.bans.get(hash) {
            Some(until) if now < *until => Err(PoolError::TemporarilyBanned),
            Some(_) | None => Ok(()),
        }
    }

    /// Takes in an extrinsic whose sender's next nonce on chain is `account_nonce`.
    ///
    /// # Errors
    /// When P3, P4 or P5 says no.
    pub fn admit(&mut self, tx: PoolTx, account_nonce: u32) -> Result<Changes, PoolError> {
        let mut changes = Changes::default();
        let Origin { sender, nonce } = tx.origin;
        self.check_place(&tx)?;
        self.make_room(&tx, &mut changes)?;
        if let Some(held) = self.hash_of(&sender, nonce) {
            self.remove(&held, TxStatus::Usurped(tx.hash), &mut changes);
        }
        self.insert(tx, account_nonce, &mut changes);
        Ok(changes)
    }

    /// Up to `limit` ready extrinsics in the order in which a block should take them (P1, P2).
    pub fn best(&self, limit: usize) -> Vec<Candidate> {
        let mut heads: BinaryHeap<Place> = BinaryHeap::new();
        for (sender, account) in &self.accounts {
            heads.extend(self.head(sender, account.next));
        }
        let mut best = Vec::new();
        while best.len() < limit
            && let Some((.., sender, nonce)) = heads.pop()
        {
            let Some(tx) = self
                .hash_of(&sender, nonce)
                .and_then(|hash| self.get(&hash))
            else {
                continue;
            };
            best.push(Candidate {
                hash: tx.hash,
                bytes: Arc::clone(&tx.bytes),
            });
            heads.extend(
                nonce
                    .checked_add(1)
                    .and_then(|next| self.head(&sender, next)),
            );
        }
        best
    }

    /// A block became final (P6): what it contains, what its senders' nonces outdate and what expires with its height leaves.
    pub fn finalise(
        &mut self,
        height: u64,
        block: BlockHash,
        included: &[[u8; 32]],
        origins: &[Origin],
    ) -> Changes {
        let mut changes = Changes::default();
        for hash in included {
            changes.statuses.push((*hash, TxStatus::InBlock(block)));
            self.remove(hash, TxStatus::Finalized(block), &mut changes);
        }
        for origin in origins {
            self.advance(origin, &mut changes);
        }
        self.expire(height, &mut changes);
        changes
    }

    /// The runtime refused an extrinsic (P6).
    pub fn refuse(&mut self, hash: &[u8; 32], now: Moment) -> Changes {
        let mut changes = Changes::default();
        self.remove(hash, TxStatus::Invalid, &mut changes);
        self.bans.retain(|_, until| now < *until);
        if self.bans.len() < BANS_MAX {
            self.bans.insert(*hash, now.saturating_add(BAN));
        }
        changes
    }

    /// An extrinsic is not valid at present, though it may be again: it leaves without a ban.
    pub fn invalidate(&mut self, hash: &[u8; 32]) -> Changes {
        let mut changes = Changes::default();
        self.remove(hash, TxStatus::Invalid, &mut changes);
        changes
    }

    /// P3 and P4.
    fn check_place(&self, tx: &PoolTx) -> Result<(), PoolError> {
        let Some(account) = self.accounts.get(&tx.origin.sender) else {
            return Ok(());
        };
        if let Some(held) = account
            .waiting
            .get(&tx.origin.nonce)
            .and_then(|hash| self.get(hash))
        {
            let (held, offered) = (held.priority, tx.priority);
            return if offered > held {
                Ok(())
            } else {
                Err(PoolError::PriorityTooLow { held, offered })
            };
        }
        let quota = quota(tx.role);
        if u32::try_from(account.waiting.len()).is_ok_and(|waiting| waiting < quota) {
            Ok(())
        } else {
            Err(PoolError::QuotaExceeded { quota })
        }
    }

    /// P5.
    fn make_room(&mut self, tx: &PoolTx, changes: &mut Changes) -> Result<(), PoolError> {
        while self.len() >= self.count_max
            || self.bytes.saturating_add(tx.bytes.len()) > self.bytes_max
        {
            let worst = self.worst().ok_or(PoolError::PoolFull)?;
            let is_lower = self
                .get(&worst)
                .is_some_and(|held| held.priority < tx.priority);
            if !is_lower {
                return Err(PoolError::PoolFull);
            }
            self.remove(&worst, TxStatus::Dropped, changes);
        }
        Ok(())
    }

    fn worst(&self) -> Option<[u8; 32]> {
        let is_future =
            |hash: &[u8; 32]| self.get(hash).is_some_and(|tx| !self.is_ready(&tx.origin));
        let mut by_worth = self.by_worth.iter().map(|(_, _, hash)| *hash);
        let lowest = self.by_worth.first().map(|(priority, _, _)| *priority)?;
        self.by_worth
            .iter()
            .take_while(|(priority, _, _)| *priority == lowest)
            .take(64)
            .map(|(_, _, hash)| *hash)
            .find(is_future)
            .or_else(|| by_worth.next())
    }

    fn insert(&mut self, tx: PoolTx, account_nonce: u32, changes: &mut Changes) {
        let number = self.next_number;
        self.next_number = number.saturating_add(1);
        self.bytes = self.bytes.saturating_add(tx.bytes.len());
        self.by_worth
            .insert((tx.priority, Reverse(number), tx.hash));
        changes.kept.push((number, tx.bytes.to_vec()));
        let account = self.accounts.entry(tx.origin.sender).or_default();
        account.advance(account_nonce);
        account.waiting.insert(tx.origin.nonce, tx.hash);
        let ready = account.extend();
        if !account.is_ready(tx.origin.nonce) {
            changes.statuses.push((tx.hash, TxStatus::Future));
        }
        changes
            .statuses
            .extend(ready.into_iter().map(|hash| (hash, TxStatus::Ready)));
        self.entries.insert(
            tx.hash,
            Entry {
                tx: Arc::new(tx),
                number,
                judged_at: None,
            },
        );
    }

    fn remove(&mut self, hash: &[u8; 32], status: TxStatus, changes: &mut Changes) {
        let Some(Entry { tx, number, .. }) = self.entries.remove(hash) else {
            return;
        };
        self.by_worth
            .remove(&(tx.priority, Reverse(number), tx.hash));
        self.bytes = self.bytes.saturating_sub(tx.bytes.len());
        if let Some(account) = self.accounts.get_mut(&tx.origin.sender) {
            account.remove(tx.origin.nonce);
            if account.waiting.is_empty() {
                self.accounts.remove(&tx.origin.sender);
            }
        }
        changes.dropped.push(number);
        changes.statuses.push((*hash, status));
    }

    /// A sender's nonce was used: everything up to it is stale.
    fn advance(&mut self, origin: &Origin, changes: &mut Changes) {
        let Some(account) = self.accounts.get_mut(&origin.sender) else {
            return;
        };
        account.advance(origin.nonce.saturating_add(1));
        let ready = account.extend();
        let stale: Vec<_> = account
            .waiting
            .range(..account.next)
            .map(|(_, hash)| *hash)
            .collect();
        for hash in stale {
            self.remove(&hash, TxStatus::Invalid, changes);
        }
        changes
            .statuses
            .extend(ready.into_iter().map(|hash| (hash, TxStatus::Ready)));
    }

    fn expire(&mut self, height: u64, changes: &mut Changes) {
        let expired: Vec<_> = self
            .all()
            .filter(|tx| tx.valid_until <= height)
            .map(|tx| tx.hash)
            .collect();
        for hash in expired {
            self.remove(&hash, TxStatus::Invalid, changes);
        }
    }

    fn is_ready(&self, origin: &Origin) -> bool {
        self.accounts
            .get(&origin.sender)
            .is_some_and(|account| account.is_ready(origin.nonce))
    }

    fn hash_of(&self, sender: &AccountId, nonce: u32) -> Option<[u8; 32]> {
        self.accounts.get(sender)?.waiting.get(&nonce).copied()
    }

    fn head(&self, sender: &AccountId, nonce: u32) -> Option<Place> {
        let hash = self.hash_of(sender, nonce)?;
        let entry = self.entries.get(&hash)?;
        let before = nonce.saturating_sub(self.accounts.get(sender)?.next);
        let (priority, number) = (entry.tx.priority, Reverse(entry.number));
        Some((priority, Reverse(before), number, *sender, nonce))
    }
}

#[cfg(test)]
mod tests;
