//! Challenges given out and not yet signed: few, short-lived, in memory only.

use musubi_primitives::{MemberId, Moment, RequestId};
use std::collections::BTreeMap;

/// How long a challenge may be signed (milliseconds); a ticket lives no longer.
const LIFE: Moment = 60_000;

/// The most challenges open at a time; beyond it the oldest go.
const OPEN_MAX: usize = 1024;

#[derive(Default)]
pub(crate) struct Challenges(BTreeMap<(MemberId, RequestId), Given>);

struct Given {
    challenge: [u8; 32],
    at: Moment,
}

impl Challenges {
    /// Notes a challenge; an earlier one for the same ticket and member is void from now on.
    pub(crate) fn give(
        &mut self,
        member: MemberId,
        request: RequestId,
        challenge: [u8; 32],
        at: Moment,
    ) {
        self.0.retain(|_, given| at.saturating_sub(given.at) < LIFE);
        if self.0.len() >= OPEN_MAX {
            let oldest = self
                .0
                .iter()
                .min_by_key(|(_, given)| given.at)
                .map(|(key, _)| *key);
            oldest.and_then(|key| self.0.remove(&key));
        }
        self.0.insert((member, request), Given { challenge, at });
    }

    /// Uses a challenge up; false unless it is the one given and still young.
    pub(crate) fn take(
        &mut self,
        member: MemberId,
        request: RequestId,
        challenge: &[u8; 32],
        now: Moment,
    ) -> bool {
        self.0.remove(&(member, request)).is_some_and(|given| {
            given.challenge == *challenge && now.saturating_sub(given.at) < LIFE
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLINIC: MemberId = MemberId(5);
    const REQUEST: RequestId = RequestId([1; 32]);

    #[test]
    fn a_challenge_serves_once_and_only_its_member_and_ticket() {
        let mut challenges = Challenges::default();
        challenges.give(CLINIC, REQUEST, [7; 32], 0);
        assert!(!challenges.take(MemberId(6), REQUEST, &[7; 32], 1));
        assert!(!challenges.take(CLINIC, RequestId([2; 32]), &[7; 32], 1));
        assert!(challenges.take(CLINIC, REQUEST, &[7; 32], 1));
        assert!(!challenges.take(CLINIC, REQUEST, &[7; 32], 1));
    }

    #[test]
    fn an_old_challenge_serves_nobody_and_the_list_stays_short() {
        let mut challenges = Challenges::default();
        challenges.give(CLINIC, REQUEST, [7; 32], 0);
        assert!(!challenges.take(CLINIC, REQUEST, &[7; 32], LIFE));
        for i in 0..1100u32 {
            let mut request = [0; 32];
            request[..4].copy_from_slice(&i.to_le_bytes());
            challenges.give(CLINIC, RequestId(request), [1; 32], 1);
        }
        assert_eq!(challenges.0.len(), OPEN_MAX);
    }
}
