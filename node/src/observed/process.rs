//! What this process uses, as Linux tells it (proc(5)). What cannot be read counts as nothing: metrics never stop a node.

use crate::proc;
use std::path::Path;

const SELF: &str = "/proc/self";

/// Free bytes for this user on the disk that has `path`.
pub(super) fn disk_free(path: &Path) -> u64 {
    rustix::fs::statvfs(path).map_or(0, |disk| disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Bytes of memory in use.
pub(super) fn resident_bytes() -> u64 {
    proc::memory_bytes(Path::new(SELF))
}

/// How many files are open.
pub(super) fn open_files() -> u64 {
    let count = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// User and system time.
pub(super) fn cpu_milliseconds() -> u64 {
    proc::cpu_us(Path::new(SELF)) / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_seen() {
        assert!(resident_bytes() > 1_000_000 && open_files() > 2);
        assert!(disk_free(Path::new("/proc/..")) > 0);
        assert_eq!(disk_free(Path::new("/nowhere at all")), 0);
    }
}
