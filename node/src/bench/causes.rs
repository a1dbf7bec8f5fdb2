//! What the validators' processor time went to, by cause, as a sampling profiler saw it.
//!
//! `perf` samples the nodes' stacks while the mix is driven. A sample counts for the innermost frame whose name tells a cause: a copy of bytes below a
//! trie look-up is the trie's, and a look-up below a pallet's call is the trie's too, not the call's. Nothing in the nodes knows of it.

use super::place::NodeAt;
use std::{
    collections::BTreeMap,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// Samples a second and processor; a prime number, so that no beat of the nodes goes along with it.
const SAMPLES_PER_SECOND: &str = "97";
/// Bytes of stack that are kept of each sample, to be unwound afterwards.
const CALL_GRAPH: &str = "dwarf,8192";

/// Parts of names of functions, and the cause that each tells. The first that fits counts.
const CAUSES: &[(&str, &[&str])] = &[
    ("signature", &["ed25519", "curve25519", "sha2::", "sha512"]),
    (
        "rocksdb",
        &["rocksdb::", "rocksdb_", "musubi_node_store", "LZ4_"],
    ),
    (
        "trie",
        &[
            "trie_db",
            "sp_trie",
            "hash_db",
            "memory_db",
            "sp_state_machine",
        ],
    ),
    (
        "consensus",
        &["malachite", "musubi_node_consensus", "ractor"],
    ),
    (
        "gossip",
        &[
            "musubi_node_network",
            "libp2p",
            "yamux",
            "snow::",
            "multistream",
        ],
    ),
    (
        "rpc",
        &[
            "musubi_node_api",
            "jsonrpsee",
            "soketto",
            "hyper",
            "axum",
            "tower",
        ],
    ),
    (
        "dispatch",
        &[
            "pallet_",
            "frame_",
            "musubi_runtime",
            "sp_runtime",
            "musubi_node_core::executor",
        ],
    ),
    ("pool", &["musubi_node_core::pool"]),
];
/// What no frame tells.
const OTHER: &str = "other";

/// A profiler at work.
#[derive(Debug)]
pub struct Profiler {
    child: Child,
    file: PathBuf,
}

impl Profiler {
    /// Begins to sample these nodes.
    ///
    /// # Errors
    /// When `perf` is not there or may not sample.
    pub fn start(nodes: &[NodeAt], file: PathBuf) -> Result<Self, String> {
        let pids: Vec<String> = nodes.iter().map(|node| node.pid.to_string()).collect();
        let child = Command::new("perf")
            .args(["record", "--quiet", "--event", "cpu-clock"])
            .args(["--freq", SAMPLES_PER_SECOND, "--call-graph", CALL_GRAPH])
            .args(["--pid", &pids.join(",")])
            .arg("--output")
            .arg(&file)
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| format!("perf: {error}: it is part of Debian's linux-perf"))?;
        Ok(Self { child, file })
    }

    /// Ends, and reads what was seen: samples by cause.
    ///
    /// # Errors
    /// When `perf` fails or saw nothing.
    pub fn finish(mut self) -> Result<BTreeMap<String, u64>, String> {
        let pid = i32::try_from(self.child.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw);
        let pid = pid.ok_or("perf has no process id")?;
        rustix::process::kill_process(pid, rustix::process::Signal::INT)
            .map_err(|error| format!("end perf: {error}"))?;
        self.child
            .wait()
            .map_err(|error| format!("wait for perf: {error}"))?;
        let script = Command::new("perf")
            .args([
                "script",
                "--no-inline",
                "--fields",
                "comm,ip,sym",
                "--input",
            ])
            .arg(&self.file)
            .output()
            .map_err(|error| format!("perf script: {error}"))?;
        let samples = count(&String::from_utf8_lossy(&script.stdout));
        if samples.is_empty() {
            let said = String::from_utf8_lossy(&script.stderr).into_owned();
            return Err(format!("perf saw nothing: {said}"));
        }
        Ok(samples)
    }
}

/// Samples by cause. A sample is a block of lines: the thread's name, then one frame a line, the innermost first.
fn count(script: &str) -> BTreeMap<String, u64> {
    let mut samples = BTreeMap::new();
    for sample in script
        .split("\n\n")
        .filter(|sample| !sample.trim().is_empty())
    {
        let frames = sample.trim_start_matches('\n').lines().skip(1);
        let count = samples.entry(cause(frames).to_owned()).or_insert(0u64);
        *count = count.saturating_add(1);
    }
    samples
}

fn cause<'a>(frames: impl Iterator<Item = &'a str>) -> &'static str {
    let told = |frame: &str| {
        CAUSES
            .iter()
            .find(|(_, names)| names.iter().any(|name| frame.contains(name)))
            .map(|(cause, _)| *cause)
    };
    let mut frames = frames;
    frames.find_map(told).unwrap_or(OTHER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_counts_for_the_innermost_frame_that_tells_a_cause() {
        let script = "musubi-execution \n\t1 __memcpy\n\t2 trie_db::lookup\n\t3 pallet_records::commit\n\n\
                      tokio-rt-worker \n\t1 curve25519_dalek::mul\n\t2 musubi_node_core::pool::judge\n\n\
                      tokio-rt-worker \n\t1 epoll_wait\n\n";
        let expected = [("other", 1), ("signature", 1), ("trie", 1)];
        let expected = expected.map(|(cause, count)| (cause.to_owned(), count));
        assert_eq!(count(script), BTreeMap::from(expected));
    }
}
