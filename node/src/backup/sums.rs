//! `SHA256SUMS` on the disk: reading the list of a backup, and hashing files.

pub use super::forms::{Sum, Sums, seal};
use super::{BackupError, io};
use sha2::{Digest, Sha256};
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

/// Name of the file.
pub const FILE: &str = "SHA256SUMS";
/// Bytes that are read at a time.
const CHUNK_BYTES: usize = 1 << 20;

impl Sums {
    /// Reads the list of a backup, and its seal.
    ///
    /// # Errors
    /// [`BackupError::NotABackup`] for a line of another form or a name that leaves the folder; or a fault of the disk.
    pub fn read(backup: &Path) -> Result<(Self, String), BackupError> {
        let path = backup.join(FILE);
        let text = std::fs::read_to_string(&path).map_err(io("read", &path))?;
        let sums = Self::parse(&text).ok_or_else(|| BackupError::NotABackup {
            path,
            cause: "expected lines of 64 hexadecimal digits, two spaces and a file's name"
                .to_owned(),
        })?;
        Ok((sums, seal(&text)))
    }
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
