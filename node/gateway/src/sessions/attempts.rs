//! How often somebody may try to open a session: a handful a minute for one account or passkey, whether it succeeds or not.

use musubi_primitives::Moment;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Tries within [`WINDOW`].
pub const TRIES: u32 = 10;
/// Milliseconds after which the tries are counted anew.
pub const WINDOW: Moment = 60_000;
/// The most that are counted at a time; beyond it those that began first are forgotten.
const COUNTED_MAX: usize = 16_384;

/// Tries by what was tried.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<BTreeMap<[u8; 32], (Moment, u32)>>);

impl Attempts {
    /// Counts a try.
    ///
    /// # Errors
    /// After how many seconds there is another one.
    pub(crate) fn count(&self, what: [u8; 32], now: Moment) -> Result<(), u64> {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !counted.contains_key(&what) {
            make_room(&mut counted, now);
        }
        let (since, tries) = counted.entry(what).or_insert((now, 0));
        if WINDOW <= now.saturating_sub(*since) {
            (*since, *tries) = (now, 0);
        }
        if TRIES <= *tries {
            let left = since.saturating_add(WINDOW).saturating_sub(now);
            return Err(left.div_ceil(1_000).max(1));
        }
        *tries = tries.saturating_add(1);
        Ok(())
    }
}

fn make_room(counted: &mut BTreeMap<[u8; 32], (Moment, u32)>, now: Moment) {
    if counted.len() < COUNTED_MAX {
        return;
    }
    counted.retain(|_, (since, _)| now.saturating_sub(*since) < WINDOW);
    while COUNTED_MAX <= counted.len() {
        let first = counted.iter().min_by_key(|(_, (since, _))| *since);
        let Some(first) = first.map(|(what, _)| *what) else {
            return;
        };
        counted.remove(&first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = 1_795_000_000_000;

    #[test]
    fn after_a_handful_one_waits_and_others_do_not() {
        let attempts = Attempts::default();
        (0..TRIES).for_each(|_| attempts.count([1; 32], NOW).expect("a handful"));
        assert_eq!(attempts.count([1; 32], NOW + 1_000), Err(59));
        assert_eq!(attempts.count([2; 32], NOW + 1_000), Ok(()));
        assert_eq!(attempts.count([1; 32], NOW + WINDOW), Ok(()));
    }
}
