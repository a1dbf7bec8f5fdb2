//! Taking a checkpoint away into a backup, and a backup back into an empty data folder. Both appear whole or not at all: they are written
//! beside their place, flushed to the disk, and renamed.

use super::{BackupError, STORES, facts::Facts, io, sums};
use std::{
    fs::File,
    io::{Read, Write},
    path::{Path, PathBuf},
};
use sums::{Sum, Sums};

/// Bytes that are copied at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// Copies the stores of a checkpoint, writes what they are of and every file's hash, and only then gives the backup its name; its seal.
///
/// # Errors
/// [`BackupError::Exists`] when `out` is there, or a fault of the disk.
pub fn take_away(checkpoint: &Path, facts: &Facts, out: &Path) -> Result<String, BackupError> {
    if out.exists() {
        return Err(BackupError::Exists(out.to_path_buf()));
    }
    let beside = Beside::begin(out)?;
    let mut sums = Sums::default();
    for name in sums::files_below(checkpoint)? {
        let sum = copy(&checkpoint.join(&name), &beside.path.join(&name))?;
        sums.note(name, sum);
    }
    write(&beside.path.join(super::facts::FILE), &facts.to_text())?;
    let facts_sum = sums::of_file(&beside.path.join(super::facts::FILE))?;
    sums.note(super::facts::FILE.to_owned(), facts_sum);
    let text = sums.to_text();
    write(&beside.path.join(sums::FILE), &text)?;
    beside.finish()?;
    Ok(sums::seal(&text))
}

/// Checks that a backup is whole: every file that it lists is there with the bytes that it had, and no other.
///
/// # Errors
/// [`BackupError::Damaged`] names the first file that differs.
pub fn check(backup: &Path) -> Result<(Sums, String), BackupError> {
    let (sums, seal) = Sums::read(backup)?;
    let listed: Vec<&str> = sums.files().map(|(name, _)| name).collect();
    for (name, sum) in sums.files() {
        check_file(&backup.join(name), sum)?;
    }
    let found = sums::files_below(backup)?;
    let stranger = found
        .iter()
        .find(|name| name.as_str() != sums::FILE && !listed.contains(&name.as_str()));
    match stranger {
        None => Ok((sums, seal)),
        Some(name) => Err(BackupError::Damaged {
            path: backup.join(name),
            cause: "it is not in the backup's list",
        }),
    }
}

fn check_file(path: &Path, expected: &Sum) -> Result<(), BackupError> {
    let damaged = |cause| BackupError::Damaged {
        path: path.to_path_buf(),
        cause,
    };
    if !path.is_file() {
        return Err(damaged("it is missing"));
    }
    if sums::of_file(path)? == *expected {
        Ok(())
    } else {
        Err(damaged("its SHA-256 is another"))
    }
}

/// Copies a backup's stores to where a node's data will be, hashing what is written; `finish` the result when it was looked at.
///
/// # Errors
/// [`BackupError::NotEmpty`] when the node has data, [`BackupError::Damaged`], or a fault of the disk.
pub fn bring_back(backup: &Path, sums: &Sums, data: &Path) -> Result<Beside, BackupError> {
    let is_used = std::fs::read_dir(data).is_ok_and(|mut entries| entries.next().is_some());
    if is_used {
        return Err(BackupError::NotEmpty(data.to_path_buf()));
    }
    let beside = Beside::begin(data)?;
    let of_a_store = |name: &str| {
        STORES
            .iter()
            .any(|store| name.starts_with(&format!("{store}/")))
    };
    for (name, sum) in sums.files().filter(|(name, _)| of_a_store(name)) {
        let source = backup.join(name);
        if copy(&source, &beside.path.join(name))? != *sum {
            return Err(BackupError::Damaged {
                path: source,
                cause: "its SHA-256 is another",
            });
        }
    }
    Ok(beside)
}

/// A folder on its way to its name; given up, it is removed.
#[derive(Debug)]
pub struct Beside {
    /// Where it is written.
    pub path: PathBuf,
    name: PathBuf,
    is_finished: bool,
}

impl Beside {
    fn begin(name: &Path) -> Result<Self, BackupError> {
        let mut path = name.as_os_str().to_owned();
        path.push(".unfinished");
        let path = PathBuf::from(path);
        if path.exists() {
            std::fs::remove_dir_all(&path)
                .map_err(io("remove what an earlier attempt left", &path))?;
        }
        std::fs::create_dir_all(&path).map_err(io("make", &path))?;
        Ok(Self {
            path,
            name: name.to_path_buf(),
            is_finished: false,
        })
    }

    /// Gives the folder its name, durably.
    ///
    /// # Errors
    /// A fault of the disk.
    pub fn finish(mut self) -> Result<(), BackupError> {
        flush_folders(&self.path)?;
        std::fs::rename(&self.path, &self.name).map_err(io("rename to", &self.name))?;
        self.is_finished = true;
        flush(
            self.name
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty())
                .unwrap_or(Path::new(".")),
        )
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if !self.is_finished {
            // What cannot be removed is removed by the next attempt.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

fn copy(from: &Path, to: &Path) -> Result<Sum, BackupError> {
    use sha2::{Digest, Sha256};
    let parent = to.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(io("make", parent))?;
    let mut source = File::open(from).map_err(io("read", from))?;
    let mut target = File::create_new(to).map_err(io("write", to))?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let count = source.read(&mut chunk).map_err(io("read", from))?;
        let Some(read) = chunk.get(..count).filter(|read| !read.is_empty()) else {
            break;
        };
        hasher.update(read);
        target.write_all(read).map_err(io("write", to))?;
    }
    target.sync_all().map_err(io("flush", to))?;
    Ok(hasher.finalize().into())
}

fn write(path: &Path, text: &str) -> Result<(), BackupError> {
    let mut file = File::create_new(path).map_err(io("write", path))?;
    file.write_all(text.as_bytes()).map_err(io("write", path))?;
    file.sync_all().map_err(io("flush", path))
}

/// A name is durable when the folder that has it is.
fn flush_folders(folder: &Path) -> Result<(), BackupError> {
    for entry in std::fs::read_dir(folder).map_err(io("list", folder))? {
        let path = entry.map_err(io("list", folder))?.path();
        if path.is_dir() {
            flush_folders(&path)?;
        }
    }
    flush(folder)
}

fn flush(folder: &Path) -> Result<(), BackupError> {
    let opened = File::open(folder).map_err(io("flush", folder))?;
    opened.sync_all().map_err(io("flush", folder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use musubi_primitives::BlockHash;

    fn backup(folder: &Path) -> (PathBuf, String) {
        let checkpoint = folder.join("checkpoint");
        for store in STORES {
            std::fs::create_dir_all(checkpoint.join(store)).expect("a folder");
            std::fs::write(checkpoint.join(store).join("CURRENT"), store).expect("writes");
        }
        let facts = Facts::now("village", BlockHash([1; 32]), 7, BlockHash([2; 32]));
        let out = folder.join("backup");
        let seal = take_away(&checkpoint, &facts, &out).expect("is made");
        assert_eq!(Facts::read(&out).expect("reads"), facts);
        (out, seal)
    }

    #[test]
    fn a_backup_is_whole_replaces_nothing_and_comes_back() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (out, seal) = backup(folder.path());
        let (sums, read_seal) = check(&out).expect("is whole");
        assert_eq!(read_seal, seal);
        let facts = Facts::read(&out).expect("reads");
        let again = take_away(&folder.path().join("checkpoint"), &facts, &out);
        assert!(matches!(again, Err(BackupError::Exists(path)) if path == out));

        let data = folder.path().join("data");
        bring_back(&out, &sums, &data)
            .expect("copies")
            .finish()
            .expect("appears");
        for store in STORES {
            let text = std::fs::read_to_string(data.join(store).join("CURRENT")).expect("is there");
            assert_eq!(text, store);
        }
        assert!(matches!(
            bring_back(&out, &sums, &data),
            Err(BackupError::NotEmpty(_))
        ));
    }

    #[test]
    fn the_file_that_was_altered_lost_or_added_is_named() {
        type Harm = fn(&Path);
        let damage: [(&str, Harm); 3] = [
            ("vault/CURRENT", |path| {
                std::fs::write(path, "vaulT").expect("writes");
            }),
            ("register/CURRENT", |path| {
                std::fs::remove_file(path).expect("removes");
            }),
            ("chain/stranger", |path| {
                std::fs::write(path, "").expect("writes");
            }),
        ];
        for (name, harm) in damage {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let (out, _) = backup(folder.path());
            harm(&out.join(name));
            let error = check(&out).expect_err("is damaged");
            assert!(
                matches!(&error, BackupError::Damaged { path, .. } if *path == out.join(name)),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_given_up_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (out, _) = backup(folder.path());
        let (sums, _) = check(&out).expect("is whole");
        let data = folder.path().join("data");
        drop(bring_back(&out, &sums, &data).expect("copies"));
        let left: Vec<_> = sums::files_below(folder.path()).expect("lists");
        assert!(
            left.iter().all(|name| !name.starts_with("data")),
            "{left:?}"
        );
    }
}
