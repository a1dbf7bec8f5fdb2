//! How often one account may call: a bucket of calls that refills, so that a terminal that goes wild holds up itself and nobody else.

use musubi_primitives::{AccountId, Moment};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Calls that an account may make at once.
pub const BURST: u64 = 240;
/// Calls that it gets back each second.
pub const CALLS_PER_SECOND: u64 = 40;
/// Accounts remembered; those that have called least lately are full again and need no memory.
const ACCOUNTS_MAX: usize = 16_384;
/// A call in the unit of the buckets: what flows in each millisecond is then a whole number.
const CALL: u64 = 1000;

/// The buckets of everybody who called lately.
#[derive(Debug, Default)]
pub(crate) struct Rates(Mutex<BTreeMap<AccountId, Bucket>>);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    level: u64,
    at: Moment,
}

impl Rates {
    /// Whether the account may call now, or after how many seconds it may. Costs nothing: who only pretends to be an account must not
    /// use up its calls.
    pub(crate) fn check(&self, account: &AccountId, now: Moment) -> Result<(), u64> {
        let level = self
            .buckets()
            .get(account)
            .map(|bucket| bucket.level_at(now));
        match level {
            Some(level) if level < CALL => {
                Err((CALL - level).div_ceil(CALLS_PER_SECOND * 1000).max(1))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Takes one call off an account whose signature was checked.
    pub(crate) fn take(&self, account: AccountId, now: Moment) {
        let mut buckets = self.buckets();
        if buckets.len() >= ACCOUNTS_MAX {
            buckets.retain(|_, bucket| bucket.level_at(now) < BURST * CALL);
        }
        let full = Bucket {
            level: BURST * CALL,
            at: now,
        };
        let bucket = buckets.entry(account).or_insert(full);
        *bucket = Bucket {
            level: bucket.level_at(now).saturating_sub(CALL),
            at: now.max(bucket.at),
        };
    }

    fn buckets(&self) -> MutexGuard<'_, BTreeMap<AccountId, Bucket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bucket {
    fn level_at(&self, now: Moment) -> u64 {
        let passed = now.saturating_sub(self.at);
        let level = self
            .level
            .saturating_add(passed.saturating_mul(CALLS_PER_SECOND));
        level.min(BURST * CALL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = 1_795_000_000_000;
    const TERMINAL: AccountId = AccountId([1; 32]);

    fn emptied() -> Rates {
        let rates = Rates::default();
        (0..BURST).for_each(|_| rates.take(TERMINAL, NOW));
        rates
    }

    #[test]
    fn an_account_that_calls_too_often_waits_and_others_do_not() {
        let rates = emptied();
        assert_eq!(rates.check(&TERMINAL, NOW), Err(1));
        assert_eq!(rates.check(&AccountId([2; 32]), NOW), Ok(()));
        assert_eq!(
            rates.check(&TERMINAL, NOW + 1000 / CALLS_PER_SECOND),
            Ok(())
        );
    }

    #[test]
    fn a_bucket_never_holds_more_than_a_burst_and_a_clock_set_back_adds_nothing() {
        let rates = emptied();
        assert_eq!(rates.check(&TERMINAL, NOW - 60_000), Err(1));
        rates.take(TERMINAL, NOW + 3_600_000);
        let later = NOW + 3_600_000;
        (1..BURST).for_each(|_| rates.take(TERMINAL, later));
        assert!(rates.check(&TERMINAL, later).is_err());
    }

    #[test]
    fn memory_is_bounded_by_forgetting_whoever_is_full_again() {
        let rates = Rates::default();
        for number in 0..ACCOUNTS_MAX + 10 {
            let mut account = [0; 32];
            account[..8].copy_from_slice(&number.to_be_bytes());
            let minute = u64::try_from(number / 1000).unwrap() * 60_000;
            rates.take(AccountId(account), NOW + minute);
        }
        assert!(rates.buckets().len() <= ACCOUNTS_MAX);
    }
}
