//! What this process uses, as Linux tells it (proc(5)). What cannot be read counts as nothing: metrics never stop a node.

use std::path::Path;

/// `USER_HZ` is 100 on every Linux: one tick is ten milliseconds.
const TICK_MILLISECONDS: u64 = 10;

/// Free bytes for this user on the disk that has `path`.
pub(super) fn disk_free(path: &Path) -> u64 {
    rustix::fs::statvfs(path).map_or(0, |disk| disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Bytes of memory in use.
pub(super) fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = text
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0).saturating_mul(1_024)
}

/// How many files are open.
pub(super) fn open_files() -> u64 {
    let count = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// User and system time: fields 14 and 15 of `stat`, counted after the name in parentheses, which may hold spaces.
pub(super) fn cpu_milliseconds() -> u64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    ticks.saturating_mul(TICK_MILLISECONDS)
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
