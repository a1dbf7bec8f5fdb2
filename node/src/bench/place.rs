//! Where a running consortium lies: its keys, its nodes' addresses and data, and their processes.

use crate::demo::consortium;
use std::path::{Path, PathBuf};

/// One node of it.
#[derive(Clone, Debug)]
pub struct NodeAt {
    /// Name of its member.
    pub name: String,
    /// Address of its JSON-RPC.
    pub rpc: String,
    /// Its configuration.
    pub config: PathBuf,
    /// Its folder for data.
    pub data: PathBuf,
    /// Its process.
    pub pid: u32,
}

/// A consortium as `musubi spec demo` lays it out, with its nodes running on this machine.
#[derive(Clone, Debug)]
pub struct Place {
    /// `members/` and `nodes/` lie here.
    pub folder: PathBuf,
    /// The validators' nodes that run, by name.
    pub nodes: Vec<NodeAt>,
}

impl Place {
    /// Looks a consortium over.
    ///
    /// # Errors
    /// When the folder is none, or fewer than two of its nodes run on this machine.
    pub fn find(folder: &Path) -> Result<Self, String> {
        let nodes = folder.join("nodes");
        let entries = std::fs::read_dir(&nodes).map_err(|error| {
            format!(
                "{}: {error}: name the folder that musubi spec demo laid out",
                nodes.display()
            )
        })?;
        let mut found: Vec<NodeAt> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| node_at(&entry.path()))
            .collect();
        found.sort_by(|one, other| one.rpc.cmp(&other.rpc));
        if found.len() < 2 {
            return Err(format!(
                "{}: {} of its nodes run on this machine, at least two are needed",
                folder.display(),
                found.len()
            ));
        }
        Ok(Self {
            folder: folder.to_path_buf(),
            nodes: found,
        })
    }

    /// The node on which finality is seen, and those that transactions are handed to: never the same.
    pub fn observed_and_entrances(&self) -> (&str, Vec<&str>) {
        let mut addresses: Vec<&str> = self.nodes.iter().map(|node| node.rpc.as_str()).collect();
        let observed = addresses.pop().unwrap_or_default();
        (observed, addresses)
    }

    /// The signing key of a member's member of staff or operator.
    ///
    /// # Errors
    /// A sentence that names the key file.
    pub fn key(&self, member: &str, name: &str) -> Result<ed25519_dalek::SigningKey, String> {
        let secret = consortium::secret(
            &self.folder,
            member,
            name,
            crate::key_file::KeyKind::Ed25519,
        )?;
        Ok(ed25519_dalek::SigningKey::from_bytes(&secret))
    }
}

/// A node whose configuration lies in `folder`, if it validates and runs.
fn node_at(folder: &Path) -> Option<NodeAt> {
    let config = folder.join("node.toml");
    let table: toml::Table = std::fs::read_to_string(&config).ok()?.parse().ok()?;
    let text = |section: &str, key: &str| table.get(section)?.get(key)?.as_str();
    // Only validators vouch for people, and so have an officer's key.
    text("keys", "officer")?;
    Some(NodeAt {
        name: table.get("name")?.as_str()?.to_owned(),
        rpc: text("rpc", "listen")?.to_owned(),
        data: folder.join(table.get("data")?.as_str()?),
        pid: pid_of(&config)?,
        config,
    })
}

/// The process that was started with a configuration file.
fn pid_of(config: &Path) -> Option<u32> {
    let wanted = config.canonicalize().ok()?;
    let processes = std::fs::read_dir("/proc").ok()?.filter_map(Result::ok);
    processes
        .filter_map(|process| process.file_name().to_str()?.parse::<u32>().ok())
        .find(|pid| names_config(*pid, &wanted))
}

fn names_config(pid: u32, wanted: &Path) -> bool {
    let process = PathBuf::from(format!("/proc/{pid}"));
    let Ok(line) = std::fs::read(process.join("cmdline")) else {
        return false;
    };
    let folder = std::fs::read_link(process.join("cwd")).unwrap_or_default();
    line.split(|byte| *byte == 0)
        .filter_map(|argument| std::str::from_utf8(argument).ok())
        .filter(|argument| argument.ends_with(".toml"))
        .any(|argument| {
            folder
                .join(argument)
                .canonicalize()
                .is_ok_and(|path| path == wanted)
        })
}
