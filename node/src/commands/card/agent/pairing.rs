//! Pairing: whoever sits at this machine reads a code from its terminal and types it into the page, which gets a token for it.
//!
//! The code has eight digits, serves once and for ten minutes, and is replaced after three wrong ones; after three such codes nobody is
//! paired any more until the agent is started again. Of a token only a hash is kept, and each belongs to one origin.

use super::trouble::Trouble;
use crate::{commands::card::answer::Refusal, random::random};
use musubi_primitives::{commitment::hash_parts, domain};
use serde::{Deserialize, Serialize};
use std::{
    fs::OpenOptions,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The most pages that are paired; the oldest makes room.
const PAIRINGS_MAX: usize = 16;
const CODE_LIFE: Duration = Duration::from_secs(600);
/// Wrong codes after which another one is shown.
const WRONG_MAX: u8 = 3;
/// Codes that may be used up by wrong ones.
const BURNT_MAX: u8 = 3;
/// Codes have eight digits.
const CODES: u64 = 100_000_000;

/// One page that may use the reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Pairing {
    origin: String,
    /// Hash of its token, hexadecimal.
    token: String,
}

struct Code {
    digits: String,
    shown_at: Instant,
    wrong: u8,
}

struct State {
    code: Code,
    burnt: u8,
    paired: Vec<Pairing>,
}

/// The pages that are paired, and the code for the next one.
pub struct Pairings {
    state: Mutex<State>,
    file: Option<PathBuf>,
    say: Box<dyn Fn(&str) + Send + Sync>,
}

impl Pairings {
    /// Pairings as the file has them. `say` tells a code to whoever sits here.
    ///
    /// # Errors
    /// Which file cannot be read, or the system gives no randomness.
    pub fn open(
        file: Option<PathBuf>,
        say: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<Self, Refusal> {
        let paired = file.as_deref().map_or_else(|| Ok(Vec::new()), read)?;
        let state = State {
            code: new_code().map_err(|_| no_randomness())?,
            burnt: 0,
            paired,
        };
        Ok(Self {
            state: Mutex::new(state),
            file,
            say: Box::new(say),
        })
    }

    /// Tells the code.
    pub fn show(&self) {
        (self.say)(&self.state().code.digits);
    }

    /// Pairs a page that knows the code; gives its token.
    ///
    /// # Errors
    /// [`Trouble::WrongCode`], [`Trouble::CodeReplaced`] or [`Trouble::PairingClosed`].
    pub fn pair(&self, origin: &str, typed: &str) -> Result<String, Trouble> {
        let mut state = self.state();
        if BURNT_MAX <= state.burnt {
            return Err(Trouble::PairingClosed);
        }
        if CODE_LIFE < state.code.shown_at.elapsed() {
            self.replace(&mut state)?;
            return Err(Trouble::CodeReplaced);
        }
        // Hashes are compared, so that the time it takes tells nothing of the digits.
        if hash(typed) != hash(&state.code.digits) {
            return Err(self.wrong(&mut state));
        }
        let token = hex::encode(random().map_err(|_| Trouble::Failed)?);
        state.paired.push(Pairing {
            origin: origin.to_owned(),
            token: hash(&token),
        });
        let surplus = state.paired.len().saturating_sub(PAIRINGS_MAX);
        state.paired.drain(..surplus);
        state.burnt = 0;
        self.keep(&state.paired)?;
        self.replace(&mut state)?;
        Ok(token)
    }

    /// Whether the page of this origin holds a token.
    pub fn holds(&self, origin: &str, token: &str) -> bool {
        let wanted = Pairing {
            origin: origin.to_owned(),
            token: hash(token),
        };
        self.state().paired.contains(&wanted)
    }

    /// Forgets a page.
    ///
    /// # Errors
    /// [`Trouble::Failed`] when the file cannot be written.
    pub fn end(&self, token: &str) -> Result<(), Trouble> {
        let mut state = self.state();
        let gone = hash(token);
        state.paired.retain(|pairing| pairing.token != gone);
        self.keep(&state.paired)
    }

    fn wrong(&self, state: &mut State) -> Trouble {
        state.code.wrong += 1;
        if state.code.wrong < WRONG_MAX {
            return Trouble::WrongCode;
        }
        state.burnt += 1;
        if BURNT_MAX <= state.burnt {
            return Trouble::PairingClosed;
        }
        match self.replace(state) {
            Ok(()) => Trouble::CodeReplaced,
            Err(trouble) => trouble,
        }
    }

    fn replace(&self, state: &mut State) -> Result<(), Trouble> {
        state.code = new_code()?;
        (self.say)(&state.code.digits);
        Ok(())
    }

    fn keep(&self, paired: &[Pairing]) -> Result<(), Trouble> {
        let Some(path) = &self.file else {
            return Ok(());
        };
        let text = serde_json::to_vec_pretty(paired).map_err(|_| Trouble::Failed)?;
        write(path, &text).map_err(|error| {
            eprintln!("{}: {error}", path.display());
            Trouble::Failed
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn new_code() -> Result<Code, Trouble> {
    // Of 2^64 values the last few are drawn again, so that all codes are equally likely.
    let limit = u64::MAX - u64::MAX % CODES;
    let drawn = loop {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).map_err(|_| Trouble::Failed)?;
        let drawn = u64::from_be_bytes(bytes);
        if drawn < limit {
            break drawn % CODES;
        }
    };
    Ok(Code {
        digits: format!("{drawn:08}"),
        shown_at: Instant::now(),
        wrong: 0,
    })
}

fn hash(secret: &str) -> String {
    hex::encode(hash_parts(&[domain::CARD_AGENT, secret.as_bytes()]))
}

fn read(path: &Path) -> Result<Vec<Pairing>, Refusal> {
    let problem = |text: String| Refusal::Other(format!("--pairings {}: {text}", path.display()));
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map_err(|error| problem(format!("{error}: remove the file and pair again"))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(problem(error.to_string())),
    }
}

/// Beside the file first, so that a crash leaves the old one.
fn write(path: &Path, text: &[u8]) -> std::io::Result<()> {
    let new = path.with_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(text)?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}

fn no_randomness() -> Refusal {
    Refusal::Other("the system gives no randomness".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    const PAGE: &str = "https://a.example";

    fn pairings(file: Option<PathBuf>) -> (Pairings, Arc<Mutex<Vec<String>>>) {
        let told = Arc::new(Mutex::new(Vec::new()));
        let teller = Arc::clone(&told);
        let say = move |code: &str| teller.lock().unwrap().push(code.to_owned());
        let pairings = Pairings::open(file, say).unwrap();
        pairings.show();
        (pairings, told)
    }

    fn newest(told: &Mutex<Vec<String>>) -> String {
        told.lock().unwrap().last().unwrap().clone()
    }

    /// Another code of the same form.
    fn not(code: &str) -> String {
        let digits = code.parse::<u64>().unwrap();
        format!("{:08}", (digits + 1) % CODES)
    }

    #[test]
    fn a_code_serves_once_and_its_token_at_its_own_origin_only() {
        let (pairings, told) = pairings(None);
        let code = newest(&told);
        let token = pairings.pair(PAGE, &code).unwrap();
        assert!(pairings.holds(PAGE, &token));
        assert!(!pairings.holds("https://b.example", &token));
        assert!(!pairings.holds(PAGE, &code));
        assert_ne!(newest(&told), code);
        assert_eq!(pairings.pair(PAGE, &code), Err(Trouble::WrongCode));
        pairings.end(&token).unwrap();
        assert!(!pairings.holds(PAGE, &token));
    }

    #[test]
    fn guessing_ends_after_nine_wrong_codes_even_for_the_right_one() {
        let (pairings, told) = pairings(None);
        let guesses: Vec<_> = (0..9)
            .map(|_| pairings.pair(PAGE, &not(&newest(&told))).unwrap_err())
            .collect();
        let replaced = guesses
            .iter()
            .filter(|trouble| **trouble == Trouble::CodeReplaced);
        assert_eq!(replaced.count(), 2);
        assert_eq!(guesses.last(), Some(&Trouble::PairingClosed));
        let code = newest(&told);
        assert_eq!(pairings.pair(PAGE, &code), Err(Trouble::PairingClosed));
    }

    #[test]
    fn pairings_outlive_the_agent_and_the_file_tells_no_token() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pairings.json");
        let (first, told) = pairings(Some(file.clone()));
        let token = first.pair(PAGE, &newest(&told)).unwrap();
        let (second, _) = pairings(Some(file.clone()));
        assert!(second.holds(PAGE, &token));
        let kept = std::fs::read_to_string(file).unwrap();
        assert!(kept.contains(PAGE) && !kept.contains(&token));
    }
}
