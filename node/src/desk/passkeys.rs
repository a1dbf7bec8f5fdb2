//! Passkeys on this node's disk: one file, written whole and put in the place of the one before. Nothing in it is secret or personal.

use super::chain::unavailable;
use async_trait::async_trait;
use musubi_node_gateway::{
    DeskError,
    sessions::{PASSKEYS_MAX, Passkey, PasskeyStore},
};
use musubi_primitives::AccountId;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};
use tokio::sync::Mutex;

/// The file's name below the data folder.
const FILE: &str = "passkeys.json";
/// Passkeys of everybody.
const KEPT_MAX: usize = 20_000;

type Kept = BTreeMap<String, Passkey>;

/// Passkeys by their ids.
pub struct Passkeys {
    path: PathBuf,
    kept: Mutex<Kept>,
}

impl Passkeys {
    /// Reads what is kept in a data folder.
    ///
    /// # Errors
    /// A sentence that names the file. One that is damaged is not taken for an empty one.
    pub fn open(data: &Path) -> Result<Self, String> {
        let path = data.join(FILE);
        let fail = |cause: String| format!("passkeys {}: {cause}", path.display());
        let listed: Vec<Passkey> = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| fail(error.to_string()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(fail(error.to_string())),
        };
        let kept = listed
            .into_iter()
            .map(|passkey| (passkey.credential.clone(), passkey));
        Ok(Self {
            kept: Mutex::new(kept.collect()),
            path,
        })
    }

    /// Changes what is kept, on disk first; nothing where `change` says so.
    async fn change(&self, change: impl FnOnce(&mut Kept) -> bool) -> Result<bool, DeskError> {
        let mut kept = self.kept.lock().await;
        let mut changed = kept.clone();
        if !change(&mut changed) {
            return Ok(false);
        }
        let listed: Vec<&Passkey> = changed.values().collect();
        let bytes = serde_json::to_vec_pretty(&listed).map_err(unavailable)?;
        let path = self.path.clone();
        let written = tokio::task::spawn_blocking(move || replace(&path, &bytes)).await;
        written.map_err(unavailable)?.map_err(unavailable)?;
        *kept = changed;
        Ok(true)
    }
}

/// Puts a file with these bytes in the place of another one, so that a crash leaves one of the two.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let fresh = path.with_extension("json.new");
    let mut file = File::create(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    path.parent()
        .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[async_trait]
impl PasskeyStore for Passkeys {
    async fn passkey(&self, credential: &str) -> Result<Option<Passkey>, DeskError> {
        Ok(self.kept.lock().await.get(credential).cloned())
    }

    async fn passkeys_of(&self, account: &AccountId) -> Result<Vec<Passkey>, DeskError> {
        let kept = self.kept.lock().await;
        let own = kept.values().filter(|passkey| passkey.account == *account);
        Ok(own.cloned().collect())
    }

    async fn keep(&self, passkey: Passkey) -> Result<bool, DeskError> {
        let add = |kept: &mut Kept| {
            let own = kept
                .values()
                .filter(|other| other.account == passkey.account);
            let has_room = own.count() < PASSKEYS_MAX && kept.len() < KEPT_MAX;
            if !has_room || kept.contains_key(&passkey.credential) {
                return false;
            }
            kept.insert(passkey.credential.clone(), passkey);
            true
        };
        self.change(add).await
    }

    async fn advance(&self, credential: &str, counter: u32) -> Result<bool, DeskError> {
        let is_uncounted = {
            let kept = self.kept.lock().await;
            let known = kept.get(credential);
            counter == 0 && known.is_some_and(|passkey| passkey.counter == 0)
        };
        if is_uncounted {
            return Ok(true);
        }
        let note = |kept: &mut Kept| match kept.get_mut(credential) {
            Some(passkey) if passkey.counter < counter => {
                passkey.counter = counter;
                true
            }
            _ => false,
        };
        self.change(note).await
    }

    async fn forget(&self, account: &AccountId, credential: &str) -> Result<bool, DeskError> {
        let remove = |kept: &mut Kept| {
            let is_own = kept
                .get(credential)
                .is_some_and(|passkey| passkey.account == *account);
            is_own && kept.remove(credential).is_some()
        };
        self.change(remove).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use musubi_node_gateway::sessions::Algorithm;

    fn passkey(name: &str, counter: u32) -> Passkey {
        Passkey {
            credential: name.to_owned(),
            account: AccountId([1; 32]),
            algorithm: Algorithm::EdDsa,
            key: "AA".to_owned(),
            counter,
            made: 7,
        }
    }

    #[tokio::test]
    async fn what_was_kept_is_there_after_a_restart_and_a_counter_only_rises() {
        let folder = tempfile::tempdir().expect("a folder");
        let kept = Passkeys::open(folder.path()).expect("opens");
        assert!(kept.keep(passkey("a", 3)).await.expect("keeps"));
        assert!(!kept.keep(passkey("a", 0)).await.expect("known already"));
        assert!(kept.keep(passkey("b", 0)).await.expect("keeps"));
        for (credential, counter, is_taken) in [
            ("a", 3, false),
            ("a", 0, false),
            ("a", 4, true),
            ("b", 0, true),
            ("c", 1, false),
        ] {
            let advanced = kept.advance(credential, counter).await.expect("answers");
            assert_eq!(advanced, is_taken, "{credential} {counter}");
        }
        assert!(
            !kept
                .forget(&AccountId([2; 32]), "b")
                .await
                .expect("not its own")
        );
        assert!(
            kept.forget(&AccountId([1; 32]), "b")
                .await
                .expect("forgets")
        );
        let again = Passkeys::open(folder.path()).expect("opens");
        let own = again.passkeys_of(&AccountId([1; 32])).await.expect("reads");
        assert_eq!(own, [passkey("a", 4)]);
    }

    #[tokio::test]
    async fn an_account_has_a_handful_and_damage_is_not_taken_for_emptiness() {
        let folder = tempfile::tempdir().expect("a folder");
        let kept = Passkeys::open(folder.path()).expect("opens");
        for number in 0..=PASSKEYS_MAX {
            let is_kept = kept.keep(passkey(&number.to_string(), 0)).await;
            assert_eq!(is_kept.expect("answers"), number < PASSKEYS_MAX);
        }
        fs::write(folder.path().join(FILE), "[{").expect("writes");
        assert!(Passkeys::open(folder.path()).is_err());
    }
}
