//! A whole consortium below a temporary folder.

use crate::{
    process::{NodeProcess, binary},
    rpc::Rpc,
    traces::Collector,
};
use serde_json::Value;
use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};

/// A running consortium: four validators and a clinic's member node, in the order of its plan.
#[derive(Debug)]
pub struct Consortium {
    folder: tempfile::TempDir,
    nodes: Vec<Node>,
    collector: Option<Collector>,
}

/// One node of it.
#[derive(Debug)]
pub struct Node {
    /// Name of its member.
    pub name: String,
    /// Address of its JSON-RPC.
    pub rpc: String,
    /// Its process.
    pub process: NodeProcess,
}

impl Consortium {
    /// Lays a consortium out on free ports and starts every node.
    pub fn start() -> Self {
        let mut consortium = Self::lay_out();
        consortium.start_all();
        consortium
    }

    /// Lays a consortium out on free ports; its nodes are started one by one, by `restart`.
    pub fn lay_out() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let nodes = lay_out(folder.path())
            .into_iter()
            .map(Place::prepare)
            .collect();
        Self {
            folder,
            nodes,
            collector: None,
        }
    }

    /// Adds a node that was laid out by hand, not started yet; its place.
    pub fn add(&mut self, name: &str, config: &Path, rpc: &str) -> usize {
        let place = Place {
            name: name.to_owned(),
            config: config.to_path_buf(),
            rpc: rpc.to_owned(),
        };
        self.nodes.push(place.prepare());
        self.nodes.len() - 1
    }

    /// Edits the chain specification, before the first node has started.
    pub fn change_spec(&self, change: impl FnOnce(&mut Value)) {
        let path = self.folder().join("chain-spec.json");
        let text = std::fs::read_to_string(&path).expect("the specification is there");
        let mut spec = serde_json::from_str(&text).expect("it is JSON");
        change(&mut spec);
        std::fs::write(&path, spec.to_string()).expect("it can be written");
    }

    /// Configuration file of a node.
    pub fn config(&self, place: usize) -> PathBuf {
        let home = self.folder().join("nodes").join(&self.nodes[place].name);
        home.join("node.toml")
    }

    /// Its folder: `chain-spec.json`, `members/`, `nodes/`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A node by its place in the plan.
    pub fn node(&mut self, place: usize) -> &mut Node {
        &mut self.nodes[place]
    }

    /// Connects to a node.
    pub async fn rpc(&self, place: usize) -> Rpc {
        Rpc::connect(&self.nodes[place].rpc).await
    }

    /// Number of nodes.
    pub fn size(&self) -> usize {
        self.nodes.len()
    }

    /// Lays a consortium out whose nodes will tell a collector of this test what they do.
    pub async fn lay_out_traced() -> Self {
        let mut consortium = Self::lay_out();
        consortium.trace().await;
        consortium
    }

    /// Lets every node tell a collector of this test what it does, from its next start on.
    pub async fn trace(&mut self) {
        let collector = Collector::open().await;
        for place in 0..self.size() {
            self.add_to_config(place, &collector.section());
        }
        self.collector = Some(collector);
    }

    /// What the nodes told, if they were made to.
    pub fn traces(&self) -> Option<&Collector> {
        self.collector.as_ref()
    }

    /// Starts every node that does not run.
    pub fn start_all(&mut self) {
        for node in &mut self.nodes {
            if node.process.pid().is_none() {
                node.process.restart();
            }
        }
    }

    /// Adds a section to a node's configuration, for its next start.
    pub fn add_to_config(&self, place: usize, section: &str) {
        let path = self.config(place);
        let config = std::fs::read_to_string(&path).expect("a configuration");
        std::fs::write(&path, config + section).expect("it can be written");
    }
}

/// A test that fails leaves its nodes' logs in the folder that `KEEP_LOGS` names; `LOG_FILTER` says how much nodes log, such as `debug,hyper=info`.
impl Drop for Consortium {
    fn drop(&mut self) {
        let Some(folder) = kept_logs().filter(|_| std::thread::panicking()) else {
            return;
        };
        for node in &self.nodes {
            let file = folder.join(format!("{}-{}.log", std::process::id(), node.name));
            std::fs::write(file, node.process.log()).expect("KEEP_LOGS is a folder");
        }
    }
}

fn kept_logs() -> Option<PathBuf> {
    std::env::var_os("KEEP_LOGS").map(PathBuf::from)
}

struct Place {
    name: String,
    config: PathBuf,
    rpc: String,
}

impl Place {
    fn prepare(self) -> Node {
        if let Ok(filter) = std::env::var("LOG_FILTER") {
            let config = std::fs::read_to_string(&self.config).expect("a configuration");
            let config = format!("{config}\n[log]\nfilter = \"{filter}\"\n");
            std::fs::write(&self.config, config).expect("it can be written");
        }
        let process = NodeProcess::prepare(&self.config);
        Node {
            name: self.name,
            rpc: self.rpc,
            process,
        }
    }
}

fn lay_out(folder: &Path) -> Vec<Place> {
    let base = free_ports();
    let output = Command::new(binary())
        .args(["spec", "demo", "--ports", &base.to_string()])
        .arg(folder)
        .output()
        .expect("musubi runs");
    assert!(
        output.status.success(),
        "musubi spec demo: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let places: Value =
        serde_json::from_slice(&output.stdout).expect("musubi spec demo prints JSON");
    let text = |value: &Value| value.as_str().expect("a string").to_owned();
    let place = |place: &Value| Place {
        name: text(&place["name"]),
        config: text(&place["config"]).into(),
        rpc: text(&place["rpc"]),
    };
    places
        .as_array()
        .expect("a list of nodes")
        .iter()
        .map(place)
        .collect()
}

/// Ports of one consortium, the claim's own among them.
const CLAIM: u16 = 48;
/// All claims lie below 32,768, where Linux begins to take ports for outgoing connections: a node that starts again finds its own.
const CLAIMS: std::ops::Range<u16> = 250..680;

/// The first of forty neighbouring ports for a consortium, which no other test gets while this process lives: what claims them is a
/// listener on the port before, held to the end.
pub fn free_ports() -> u16 {
    static HELD: Mutex<Vec<TcpListener>> = Mutex::new(Vec::new());
    let count = usize::from(CLAIMS.end - CLAIMS.start);
    // Not all begin at the same place, so that ports of a test that just ended rest for a while.
    let start = std::process::id() as usize % count;
    let claims = CLAIMS.cycle().skip(start).take(count);
    let claimed = claims.map(|claim| claim * CLAIM).find_map(|base| {
        let held = TcpListener::bind(("127.0.0.1", base)).ok()?;
        (base + 1..=base + 40).all(is_free).then_some((base, held))
    });
    let (base, held) = claimed.expect("some range of ports is free");
    HELD.lock().expect("no test panics here").push(held);
    base + 1
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}
