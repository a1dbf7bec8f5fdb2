//! The answers this node has, in memory and as sealed files in a folder of its own, bounded, oldest out first.
//!
//! A file is what the responder sent, sealed ([`crate::sealing`]). It is read through the same checks after a start as on the day it came, so a damaged or planted
//! file is worth nothing and is removed.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use musubi_consent::validator::{
    LIST_BYTES_MAX, OCSP_BYTES_MAX, Revocation, RevocationQuery, RevocationSource as _,
};
use musubi_consent::{CertificateUse, OcspAnswer, RevocationList, TrustedRoots};
use musubi_primitives::Moment;

use crate::sealing::{CacheKey, OVERHEAD_BYTES};

/// Most OCSP answers kept; a village signs a few dozen consents a day.
pub const ANSWERS_MAX: usize = 4096;

/// Most lists kept: one for each municipality that people move in from.
pub const LISTS_MAX: usize = 64;

const ANSWER: &str = "ocsp";
const LIST: &str = "crl";
const UNFINISHED: &str = "unfinished";

/// Issuing root and serial number, or issuing root and distribution point.
type Key = (Vec<u8>, Vec<u8>);

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{attempt} {}", path.display())]
pub struct CacheError {
    attempt: &'static str,
    path: PathBuf,
    #[source]
    source: io::Error,
}

fn failed(attempt: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CacheError {
    let path = path.to_owned();
    move |source| CacheError {
        attempt,
        path,
        source,
    }
}

/// What the cache says to a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// An answer that speaks for the time asked.
    Answered(Revocation),
    /// Nothing that does; at most a revocation that was known once.
    Stale(Revocation),
}

/// Answers and lists.
pub(crate) struct Cache {
    folder: PathBuf,
    key: CacheKey,
    answers: BTreeMap<Key, OcspAnswer>,
    lists: BTreeMap<Key, RevocationList>,
}

impl Cache {
    /// Opens or makes the folder and believes again whatever in it still verifies.
    pub(crate) fn open(
        folder: &Path,
        key: CacheKey,
        roots: &TrustedRoots,
    ) -> Result<Self, CacheError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder
            .create(folder)
            .map_err(failed("make the folder", folder))?;
        let mut cache = Self {
            folder: folder.to_owned(),
            key,
            answers: BTreeMap::new(),
            lists: BTreeMap::new(),
        };
        let entries = fs::read_dir(folder).map_err(failed("list the folder", folder))?;
        for entry in entries {
            let path = entry.map_err(failed("list the folder", folder))?.path();
            if !cache.believe(&path, roots) {
                fs::remove_file(&path).map_err(failed("remove", &path))?;
            }
        }
        Ok(cache)
    }

    /// What is known for the time asked, from an OCSP answer before a list.
    pub(crate) fn look(&self, query: &RevocationQuery<'_>) -> Known {
        let issuer = query.issuer_key_identifier.to_vec();
        let answer = self.answers.get(&(issuer.clone(), query.serial.to_vec()));
        let point = query.distribution_point.map(<[u8]>::to_vec);
        let list = point.and_then(|point| self.lists.get(&(issuer, point)));
        let said = [
            answer.map(|answer| (answer.covers(query), answer.revocation(query))),
            list.map(|list| (list.covers(query), list.revocation(query))),
        ];
        let current = said.into_iter().flatten().find(|(covers, _)| *covers);
        if let Some((_, revocation)) = current {
            return Known::Answered(revocation);
        }
        let was_revoked =
            |(_, revocation): &(bool, Revocation)| matches!(revocation, Revocation::Revoked { .. });
        let revoked = said.into_iter().flatten().find(was_revoked);
        Known::Stale(revoked.map_or(Revocation::NotChecked, |(_, revocation)| revocation))
    }

    /// Keeps an answer that was believed, with the bytes that it was read from.
    pub(crate) fn keep_answer(&mut self, answer: OcspAnswer, der: &[u8]) -> Result<(), CacheError> {
        let (issuer, serial) = answer.certificate();
        let key = (issuer.to_vec(), serial.to_vec());
        self.write(&key, ANSWER, der)?;
        self.answers.insert(key, answer);
        match oldest(&self.answers, ANSWERS_MAX, OcspAnswer::this_update) {
            Some(oldest) => self.drop_answer(&oldest),
            None => Ok(()),
        }
    }

    /// Keeps a list that was believed, with the bytes that it was read from.
    pub(crate) fn keep_list(&mut self, list: RevocationList, der: &[u8]) -> Result<(), CacheError> {
        let (issuer, point) = list.point();
        let key = (issuer.to_vec(), point.to_vec());
        self.write(&key, LIST, der)?;
        self.lists.insert(key, list);
        match oldest(&self.lists, LISTS_MAX, RevocationList::this_update) {
            Some(oldest) => self.drop_list(&oldest),
            None => Ok(()),
        }
    }

    fn drop_answer(&mut self, key: &Key) -> Result<(), CacheError> {
        self.answers.remove(key);
        let path = self.path(key, ANSWER);
        fs::remove_file(&path).map_err(failed("remove", &path))
    }

    fn drop_list(&mut self, key: &Key) -> Result<(), CacheError> {
        self.lists.remove(key);
        let path = self.path(key, LIST);
        fs::remove_file(&path).map_err(failed("remove", &path))
    }

    /// Whether a file is worth keeping.
    fn believe(&mut self, path: &Path, roots: &TrustedRoots) -> bool {
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension {
            Some(ANSWER) => self.believe_answer(path, roots).is_some(),
            Some(LIST) => self.believe_list(path, roots).is_some(),
            _ => false,
        }
    }

    fn believe_answer(&mut self, path: &Path, roots: &TrustedRoots) -> Option<()> {
        let der = self.read(path, OCSP_BYTES_MAX)?;
        let answer = OcspAnswer::parse(roots, &der).ok()?;
        let (issuer, serial) = answer.certificate();
        let key = (issuer.to_vec(), serial.to_vec());
        self.has_name(path, &key, ANSWER)?;
        self.answers.insert(key, answer);
        Some(())
    }

    fn believe_list(&mut self, path: &Path, roots: &TrustedRoots) -> Option<()> {
        let der = self.read(path, LIST_BYTES_MAX)?;
        let list = [CertificateUse::Signing, CertificateUse::Authentication]
            .into_iter()
            .find_map(|certificate_use| RevocationList::parse(roots, certificate_use, &der).ok())?;
        let (issuer, point) = list.point();
        let key = (issuer.to_vec(), point.to_vec());
        self.has_name(path, &key, LIST)?;
        self.lists.insert(key, list);
        Some(())
    }

    /// The opened content of a file; none for what is too long, of another key, or altered.
    fn read(&self, path: &Path, der_bytes_max: usize) -> Option<Vec<u8>> {
        let sealed = read_bounded(path, der_bytes_max.saturating_add(OVERHEAD_BYTES)).ok()?;
        self.key.open(&file_name(path), &sealed)
    }

    /// A file under another name than its content has would never be replaced.
    fn has_name(&self, path: &Path, key: &Key, extension: &str) -> Option<()> {
        (path == self.path(key, extension)).then_some(())
    }

    fn path(&self, (issuer, about): &Key, extension: &str) -> PathBuf {
        let name = self.key.name(issuer, about);
        self.folder.join(name).with_extension(extension)
    }

    /// Replaces a file as a whole: written aside, fsynced, renamed, and the folder fsynced.
    fn write(&self, key: &Key, extension: &str, der: &[u8]) -> Result<(), CacheError> {
        let path = self.path(key, extension);
        let sealed = self.key.seal(&file_name(&path), der);
        let sealed = sealed.map_err(|error| failed("seal", &path)(error.into()))?;
        let aside = path.with_extension(UNFINISHED);
        write_new(&aside, &sealed).map_err(failed("write", &aside))?;
        fs::rename(&aside, &path).map_err(failed("rename to", &path))?;
        File::open(&self.folder)
            .and_then(|folder| folder.sync_all())
            .map_err(failed("sync", &self.folder))
    }
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn read_bounded(path: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(bytes_max)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The oldest entry, when there are more than `most`.
fn oldest<T>(all: &BTreeMap<Key, T>, most: usize, age: impl Fn(&T) -> Moment) -> Option<Key> {
    if all.len() <= most {
        return None;
    }
    all.iter()
        .min_by_key(|(_, entry)| age(entry))
        .map(|(key, _)| key.clone())
}
