//! A small disk of its own for one folder, which a test fills to the last byte and empties again.

use std::{
    fs::File,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    process::Command,
};

/// What is written at once while a disk is filled.
const CHUNK_BYTES: usize = 64 << 10;
/// Name of the file that fills it.
const BALLAST: &str = "ballast";

/// A `tmpfs` mounted over a folder; unmounted when dropped.
#[derive(Debug)]
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts an empty disk of so many MiB over a folder, which is made first.
    ///
    /// # Errors
    /// What `mount` says to a process that may not: it takes root.
    pub fn mount(folder: &Path, mebibytes: u32) -> Result<Self, String> {
        std::fs::create_dir_all(folder).expect("a folder to mount upon");
        let size = format!("size={mebibytes}m,mode=700");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "none"]).arg(folder);
        let output = mount.output().expect("mount runs");
        if output.status.success() {
            return Ok(Self(folder.to_path_buf()));
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Fills it to the last byte.
    pub fn fill(&self) {
        let mut ballast = File::create(self.0.join(BALLAST)).expect("a file on the small disk");
        for bytes in [CHUNK_BYTES, 1] {
            let chunk = vec![0xFF; bytes];
            let full = loop {
                if let Err(full) = ballast.write_all(&chunk) {
                    break full;
                }
            };
            assert_eq!(full.kind(), ErrorKind::StorageFull, "{full}");
        }
    }

    /// Makes room again.
    pub fn make_room(&self) {
        std::fs::remove_file(self.0.join(BALLAST)).expect("it was filled");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Whoever still has files open there keeps them until it ends.
        let unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(
            std::thread::panicking() || unmounted.is_ok_and(|status| status.success()),
            "{} stays mounted",
            self.0.display()
        );
    }
}
