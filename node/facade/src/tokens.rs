//! Access tokens: 32 random bytes, good for five minutes, kept by their hash in memory only.

use crate::{ports::Agent, scope::Scopes};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use musubi_primitives::Moment;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// How long a token is good, in milliseconds (SMART App Launch 2: at most 300 s).
pub const LIFE: Moment = 300_000;
/// The most tokens that live at a time; beyond it the ones that end first go.
const LIVE_MAX: usize = 10_000;

/// What a token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who holds it.
    pub agent: Agent,
    /// What it allows.
    pub scopes: Scopes,
    /// First moment at which it is no longer good.
    pub until: Moment,
}

/// The tokens that live.
#[derive(Debug, Default)]
pub struct Tokens(Mutex<BTreeMap<[u8; 32], Session>>);

impl Tokens {
    /// Gives a token out.
    ///
    /// # Errors
    /// When the platform gives no randomness.
    pub fn give(
        &self,
        agent: Agent,
        scopes: Scopes,
        now: Moment,
    ) -> Result<String, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        let token = URL_SAFE_NO_PAD.encode(bytes);
        let mut live = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        live.retain(|_, session| now < session.until);
        if live.len() >= LIVE_MAX {
            let first = live.iter().min_by_key(|(_, session)| session.until);
            let first = first.map(|(hash, _)| *hash);
            first.and_then(|hash| live.remove(&hash));
        }
        let session = Session {
            agent,
            scopes,
            until: now.saturating_add(LIFE),
        };
        live.insert(hash(&token), session);
        Ok(token)
    }

    /// What a token stands for, while it is good.
    pub fn session(&self, token: &str, now: Moment) -> Option<Session> {
        let live = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let session = live.get(&hash(token))?;
        (now < session.until).then(|| session.clone())
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use musubi_primitives::Role;

    fn agent() -> Agent {
        Agent {
            client: "ehr".into(),
            role: Role::Doctor,
            office: None,
            ground: None,
        }
    }

    #[test]
    fn a_token_is_good_for_five_minutes_and_no_other_text_is() {
        let tokens = Tokens::default();
        let token = tokens
            .give(agent(), Scopes::default(), 1_000)
            .expect("randomness");
        assert!(tokens.session(&token, 1_000 + LIFE - 1).is_some());
        assert!(tokens.session(&token, 1_000 + LIFE).is_none());
        assert!(tokens.session(&token[1..], 1_000).is_none());
        assert!(!format!("{tokens:?}").contains(&token));
    }
}
