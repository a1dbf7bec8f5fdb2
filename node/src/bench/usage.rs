//! What node processes have spent, as Linux tells it: processor time by thread, memory, and bytes on disk.

use super::place::NodeAt;
use crate::proc::{cpu_us, memory_bytes};
use serde::Serialize;
use std::{collections::BTreeMap, path::Path};

/// What one node has spent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spent {
    /// Name of its member.
    pub name: String,
    /// Processor time of the whole process, in microseconds.
    pub cpu_us: u64,
    /// The same by name of thread: what a thread is called says what it is for.
    pub cpu_us_by_thread: BTreeMap<String, u64>,
    /// Memory in use at the end, in bytes.
    pub memory_bytes: u64,
    /// Bytes of its data folder.
    pub disk_bytes: u64,
}

/// What all nodes have spent up to a moment.
#[derive(Clone, Debug, Default)]
pub struct Usage(Vec<Spent>);

impl Usage {
    /// Looks at all nodes.
    pub fn of(nodes: &[NodeAt]) -> Self {
        Self(nodes.iter().map(spent_by).collect())
    }

    /// What was spent since an earlier look; memory is as of now.
    pub fn since(self, earlier: &Self) -> Vec<Spent> {
        let pairs = self.0.into_iter().zip(&earlier.0);
        pairs.map(|(now, then)| now.since(then)).collect()
    }
}

impl Spent {
    fn since(self, then: &Self) -> Self {
        let threads = self.cpu_us_by_thread.into_iter();
        let by_thread = threads.map(|(name, time)| {
            let before = then.cpu_us_by_thread.get(&name).copied().unwrap_or(0);
            (name, time.saturating_sub(before))
        });
        Self {
            cpu_us: self.cpu_us.saturating_sub(then.cpu_us),
            cpu_us_by_thread: by_thread.filter(|(_, time)| *time > 0).collect(),
            disk_bytes: self.disk_bytes.saturating_sub(then.disk_bytes),
            ..self
        }
    }
}

fn spent_by(node: &NodeAt) -> Spent {
    let process = format!("/proc/{}", node.pid);
    Spent {
        name: node.name.clone(),
        cpu_us: cpu_us(Path::new(&process)),
        cpu_us_by_thread: by_thread(Path::new(&process)),
        memory_bytes: memory_bytes(Path::new(&process)),
        disk_bytes: bytes_below(&node.data),
    }
}

/// Processor time of a process by the names of its threads, in microseconds, by its folder below `/proc`.
pub fn by_thread(process: &Path) -> BTreeMap<String, u64> {
    let mut times = BTreeMap::new();
    let tasks = std::fs::read_dir(process.join("task"));
    for task in tasks.into_iter().flatten().filter_map(Result::ok) {
        let name = std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        let time = times.entry(name.trim().to_owned()).or_insert(0u64);
        *time = time.saturating_add(cpu_us(&task.path()));
    }
    times
}

fn bytes_below(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder);
    let sizes = entries
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
            Ok(metadata) => metadata.len(),
            // A file that RocksDB has just dropped.
            Err(_) => 0,
        });
    sizes.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_seen_by_memory_and_threads() {
        let process = format!("/proc/{}", std::process::id());
        assert!(memory_bytes(Path::new(&process)) > 1_000_000);
        assert!(!by_thread(Path::new(&process)).is_empty());
    }

    #[test]
    fn files_below_a_folder_are_added_up() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join("deep")).expect("a folder");
        std::fs::write(folder.path().join("deep/file"), [0; 300]).expect("writes");
        std::fs::write(folder.path().join("file"), [0; 40]).expect("writes");
        assert_eq!(bytes_below(folder.path()), 340);
    }
}
