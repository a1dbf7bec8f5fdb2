//! What a process uses, as Linux tells it (proc(5)). What cannot be read counts as nothing: figures never stop a node or a bench.

use std::path::Path;

/// One tick of processor time, 1/100 s (`USER_HZ` is 100 on every Linux), in microseconds.
const TICK: u64 = 10_000;
const KILO: u64 = 1_024;

/// User and system time of a process or thread, in microseconds, by its folder below `/proc`: fields 14 and 15 of `stat`, counted after
/// the name in parentheses, which may hold spaces.
pub fn cpu_us(task: &Path) -> u64 {
    let text = std::fs::read_to_string(task.join("stat")).unwrap_or_default();
    let after_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    ticks.saturating_mul(TICK)
}

/// Resident memory of a process, in bytes, by its folder below `/proc`.
pub fn memory_bytes(process: &Path) -> u64 {
    let text = std::fs::read_to_string(process.join("status")).unwrap_or_default();
    let kilobytes = text
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0).saturating_mul(KILO)
}
