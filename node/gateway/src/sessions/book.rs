//! The sessions that live: in memory only, found by the hash of their token. A restart ends them all.

use super::scope::Scopes;
use crate::caller::Standing;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use musubi_primitives::{AccountId, Moment, SessionId, commitment::hash_parts};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How long a session lives at most, in milliseconds: half an hour. It is not prolonged; another one is opened.
pub const SESSION_LIFE: Moment = 30 * 60_000;
/// How long one lives that a card opened at somebody else's terminal: ten minutes.
pub const VISIT_LIFE: Moment = 10 * 60_000;
/// Sessions of one account; a further one ends the one that ends first.
pub const PER_ACCOUNT_MAX: usize = 8;
/// Sessions of everybody.
const LIVE_MAX: usize = 20_000;

/// What a session was opened by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// The account's own key signed.
    DeviceKey,
    /// A passkey of the account signed.
    Passkey,
    /// A card was touched at this account's terminal, and the visit that it opened goes on.
    CheckIn(#[serde(skip)] SessionId),
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Names it among the sessions of its account; opens nothing.
    pub id: String,
    /// Whose key, passkey or terminal opened it.
    pub account: AccountId,
    /// Who stood behind it when it was opened: as soon as the chain says something else, it is over.
    pub standing: Standing,
    /// What it was opened by.
    pub ground: Ground,
    /// What it opens.
    pub scopes: Scopes,
    /// When it was opened.
    pub opened: Moment,
    /// First moment at which it is over.
    pub until: Moment,
}

/// The sessions that live.
#[derive(Debug, Default)]
pub(crate) struct Book(Mutex<BTreeMap<[u8; 32], Session>>);

impl Book {
    /// Opens a session and gives its token, told to whoever opened it and to nobody else.
    pub(crate) fn open(&self, session: Session) -> Result<String, getrandom::Error> {
        let token = random::<32>()?;
        let mut live = self.live(session.opened);
        let own = live
            .values()
            .filter(|other| other.account == session.account);
        if PER_ACCOUNT_MAX <= own.count() {
            end_first(&mut live, |other| other.account == session.account);
        }
        if LIVE_MAX <= live.len() {
            end_first(&mut live, |_| true);
        }
        live.insert(hash(&token), session);
        Ok(token)
    }

    /// The session of a token.
    pub(crate) fn find(&self, token: &str, now: Moment) -> Option<Session> {
        self.live(now).get(&hash(token)).cloned()
    }

    /// The sessions of an account, the newest first.
    pub(crate) fn of(&self, account: &AccountId, now: Moment) -> Vec<Session> {
        let live = self.live(now);
        let own = live.values().filter(|session| session.account == *account);
        let mut own: Vec<Session> = own.cloned().collect();
        own.sort_by_key(|session| std::cmp::Reverse(session.opened));
        own
    }

    /// Ends a session of an account; whether there was one.
    pub(crate) fn end(&self, account: &AccountId, id: &str, now: Moment) -> bool {
        let mut live = self.live(now);
        let before = live.len();
        live.retain(|_, session| session.account != *account || session.id != id);
        live.len() < before
    }

    /// The sessions whose time is not over. A panic elsewhere has left them whole.
    fn live(&self, now: Moment) -> MutexGuard<'_, BTreeMap<[u8; 32], Session>> {
        let mut live = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        live.retain(|_, session| now < session.until);
        live
    }
}

fn end_first(live: &mut BTreeMap<[u8; 32], Session>, of: impl Fn(&Session) -> bool) {
    let own = live.iter().filter(|(_, session)| of(session));
    let first = own.min_by_key(|(_, session)| session.until);
    if let Some(first) = first.map(|(hash, _)| *hash) {
        live.remove(&first);
    }
}

/// A name for a new session.
pub(crate) fn fresh_id() -> Result<String, getrandom::Error> {
    random::<12>()
}

fn random<const BYTES: usize>() -> Result<String, getrandom::Error> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn hash(token: &str) -> [u8; 32] {
    hash_parts(&[token.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use musubi_primitives::Pseudonym;

    const NOW: Moment = 1_795_000_000_000;
    const PHONE: AccountId = AccountId([1; 32]);

    fn session(id: &str, opened: Moment) -> Session {
        Session {
            id: id.to_owned(),
            account: PHONE,
            standing: Standing::Person(Pseudonym([2; 32])),
            ground: Ground::DeviceKey,
            scopes: Scopes::new(),
            opened,
            until: opened + SESSION_LIFE,
        }
    }

    #[test]
    fn a_token_is_kept_by_its_hash_and_ends_with_its_time_or_its_owner() {
        let book = Book::default();
        let token = book.open(session("one", NOW)).expect("randomness");
        assert!(!format!("{book:?}").contains(&token));
        assert!(book.find(&token, NOW + SESSION_LIFE - 1).is_some());
        assert!(book.find(&token[1..], NOW).is_none());
        assert!(!book.end(&AccountId([9; 32]), "one", NOW));
        assert!(book.find(&token, NOW).is_some());
        assert!(book.end(&PHONE, "one", NOW));
        assert!(book.find(&token, NOW).is_none());
        let token = book.open(session("two", NOW)).expect("randomness");
        assert!(book.find(&token, NOW + SESSION_LIFE).is_none());
    }

    #[test]
    fn an_account_has_a_handful_of_sessions_and_the_oldest_goes_first() {
        let book = Book::default();
        for number in 0..PER_ACCOUNT_MAX as u64 + 1 {
            let opened = session(&number.to_string(), NOW + number);
            book.open(opened).expect("randomness");
        }
        let own = book.of(&PHONE, NOW + 10);
        assert_eq!(own.len(), PER_ACCOUNT_MAX);
        assert!(own.iter().all(|session| session.id != "0"));
        assert_eq!(own[0].id, PER_ACCOUNT_MAX.to_string());
    }
}
