//! Challenges: random, good for two minutes, for one use. Nothing is kept of them until somebody has signed one, so that whoever asks
//! for many takes up no room.

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use musubi_primitives::Moment;
use std::{
    collections::BTreeMap,
    sync::{Mutex, OnceLock, PoisonError},
};

/// How long a challenge may be signed and handed in, in milliseconds.
pub const CHALLENGE_LIFE: Moment = 120_000;
/// Challenges that were used and whose time is not over; beyond it nobody opens a session for a while.
const USED_MAX: usize = 65_536;
/// Bytes of the time and of the random part, which the rest authenticates.
const TIME: usize = 8;
const SIGNED: usize = TIME + 24;

/// Gives challenges out and takes each back once: those of this process, and no other's.
#[derive(Default)]
pub(crate) struct Challenges {
    /// Made with the first challenge.
    key: OnceLock<hmac::Key>,
    used: Mutex<BTreeMap<Vec<u8>, Moment>>,
}

impl Challenges {
    /// A fresh challenge (base64url) and the first moment at which it is no longer taken.
    pub(crate) fn give(&self, now: Moment) -> Result<(String, Moment), getrandom::Error> {
        let until = now.saturating_add(CHALLENGE_LIFE);
        let mut bytes = until.to_be_bytes().to_vec();
        bytes.resize(SIGNED, 0);
        getrandom::fill(bytes.get_mut(TIME..).unwrap_or_default())?;
        let tag = hmac::sign(self.key()?, &bytes);
        bytes.extend_from_slice(tag.as_ref());
        Ok((URL_SAFE_NO_PAD.encode(bytes), until))
    }

    /// Whether it was given out here, its time is not over, and nobody has used it; it is used from now on.
    pub(crate) fn take(&self, challenge: &str, now: Moment) -> bool {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(challenge) else {
            return false;
        };
        let Some(until) = self.until(&bytes) else {
            return false;
        };
        if until <= now {
            return false;
        }
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, until| now < *until);
        used.len() < USED_MAX && used.insert(bytes, until).is_none()
    }

    fn key(&self) -> Result<&hmac::Key, getrandom::Error> {
        if let Some(key) = self.key.get() {
            return Ok(key);
        }
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        // Of two that come at once, one makes it.
        Ok(self.key.get_or_init(|| key))
    }

    /// When a challenge of ours ends.
    fn until(&self, bytes: &[u8]) -> Option<Moment> {
        let (signed, tag) = bytes.split_at_checked(SIGNED)?;
        hmac::verify(self.key.get()?, signed, tag).ok()?;
        let time = signed.get(..TIME)?.try_into().ok()?;
        Some(Moment::from_be_bytes(time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = 1_795_000_000_000;

    #[test]
    fn a_challenge_serves_once_in_time_and_nowhere_else() {
        let (ours, other) = (Challenges::default(), Challenges::default());
        other.give(NOW).expect("randomness");
        let (challenge, until) = ours.give(NOW).expect("randomness");
        assert!(!other.take(&challenge, NOW));
        let bent = challenge.replacen(|c: char| c != 'A', "A", 1);
        assert!(!ours.take(&bent, NOW));
        assert!(!ours.take(&challenge[..20], NOW) && !ours.take("", NOW));
        assert!(!ours.take(&challenge, until));
        assert!(ours.take(&challenge, until - 1));
        assert!(!ours.take(&challenge, until - 1), "once");
    }
}
