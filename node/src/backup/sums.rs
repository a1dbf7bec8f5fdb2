//! `SHA256SUMS`: the hash of every file of a backup, as `sha256sum` writes and checks them. The hash of this list is the backup's seal.

use super::{BackupError, io};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

/// Name of the file.
pub const FILE: &str = "SHA256SUMS";
/// Bytes that are read at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// SHA-256 of one file.
pub type Sum = [u8; 32];

/// Hashes by path below the backup's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums(BTreeMap<String, Sum>);

impl Sums {
    /// Notes the hash of a file.
    pub fn note(&mut self, name: String, sum: Sum) {
        self.0.insert(name, sum);
    }

    /// Every file, in order of its name.
    pub fn files(&self) -> impl Iterator<Item = (&str, &Sum)> {
        self.0.iter().map(|(name, sum)| (name.as_str(), sum))
    }

    /// The list as a file: two spaces stand between hash and name.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (name, sum) in &self.0 {
            writeln!(text, "{}  {name}", hex::encode(sum)).expect("text takes text");
        }
        text
    }

    /// Reads the list of a backup, and its seal.
    ///
    /// # Errors
    /// [`BackupError::NotABackup`] for a line of another form or a name that leaves the folder; or a fault of the disk.
    pub fn read(backup: &Path) -> Result<(Self, String), BackupError> {
        let path = backup.join(FILE);
        let text = std::fs::read_to_string(&path).map_err(io("read", &path))?;
        let sums = text.lines().map(parse_line).collect::<Option<_>>();
        let sums = sums.ok_or_else(|| BackupError::NotABackup {
            path,
            cause: "expected lines of 64 hexadecimal digits, two spaces and a file's name"
                .to_owned(),
        })?;
        Ok((Self(sums), seal(&text)))
    }
}

/// The seal of a list: its own hash.
pub fn seal(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn parse_line(line: &str) -> Option<(String, Sum)> {
    let (digits, name) = line.split_once("  ")?;
    let mut sum = [0; 32];
    hex::decode_to_slice(digits, &mut sum).ok()?;
    let is_inside = !name.is_empty()
        && name
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..");
    is_inside.then(|| (name.to_owned(), sum))
}

/// Hash of a file's bytes as they are now.
///
/// # Errors
/// A fault of the disk.
pub fn of_file(path: &Path) -> Result<Sum, BackupError> {
    let mut file = File::open(path).map_err(io("read", path))?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let count = file.read(&mut chunk).map_err(io("read", path))?;
        let Some(read) = chunk.get(..count).filter(|read| !read.is_empty()) else {
            return Ok(hasher.finalize().into());
        };
        hasher.update(read);
    }
}

/// Every file below a folder, relative to it and in order.
///
/// # Errors
/// A fault of the disk, or a name that is not UTF-8.
pub fn files_below(folder: &Path) -> Result<Vec<String>, BackupError> {
    let (mut names, mut folders) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(place) = folders.pop() {
        let here = folder.join(&place);
        for entry in std::fs::read_dir(&here).map_err(io("list", &here))? {
            let entry = entry.map_err(io("list", &here))?;
            let name = place.join(entry.file_name());
            let path = entry.path();
            if entry.file_type().map_err(io("look at", &path))?.is_dir() {
                folders.push(name);
                continue;
            }
            let text = name.to_str().ok_or_else(|| BackupError::NotABackup {
                path: path.clone(),
                cause: "its name is not UTF-8".to_owned(),
            })?;
            names.push(text.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_reads_back_and_has_the_seal_of_its_text() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut sums = Sums::default();
        sums.note("vault/000012.sst".to_owned(), [7; 32]);
        sums.note("backup.json".to_owned(), [1; 32]);
        std::fs::write(folder.path().join(FILE), sums.to_text()).expect("writes");
        let (read, its_seal) = Sums::read(folder.path()).expect("reads");
        assert_eq!((read, its_seal), (sums.clone(), seal(&sums.to_text())));
    }

    #[test]
    fn a_name_that_leaves_the_folder_is_no_name() {
        let sum = "00".repeat(32);
        for name in ["../key.pem", "/etc/passwd", "a/../../b", "", "a//b"] {
            assert_eq!(parse_line(&format!("{sum}  {name}")), None, "{name}");
        }
        assert!(parse_line(&format!("{sum}  chain/CURRENT")).is_some());
    }

    #[test]
    fn files_of_every_depth_are_found_in_order() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir_all(folder.path().join("b/c")).expect("folders");
        for name in ["z", "b/c/d", "b/a"] {
            std::fs::write(folder.path().join(name), name).expect("writes");
        }
        let found = files_below(folder.path()).expect("lists");
        assert_eq!(found, ["b/a", "b/c/d", "z"]);
        let sum = of_file(&folder.path().join("z")).expect("reads");
        assert_eq!(hex::encode(sum), seal("z"));
    }
}
