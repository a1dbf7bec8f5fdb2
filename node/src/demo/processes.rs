//! The consortium's nodes as processes: started, watched, started again when one dies, stopped in order.

use super::consortium::NodePlace;
use serde_json::{Value, json};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    process::{Child, Command},
    sync::watch,
    task::JoinSet,
};

/// How long nodes may take until they are ready.
const READY_TIMEOUT: Duration = Duration::from_secs(120);
/// How long a node that died stays down.
const PAUSE: Duration = Duration::from_secs(2);
/// How long a node may take to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Running nodes.
pub struct Processes {
    places: Vec<NodePlace>,
    pids: Arc<Mutex<Vec<Option<u32>>>>,
    endpoints: PathBuf,
    stop: watch::Sender<bool>,
    keepers: JoinSet<()>,
}

impl Processes {
    /// Starts every node; `endpoints` is a file that always names the running ones.
    ///
    /// # Errors
    /// A sentence that names the node or file.
    pub fn start(places: Vec<NodePlace>, endpoints: PathBuf) -> Result<Self, String> {
        let (stop, _) = watch::channel(false);
        let mut processes = Self {
            pids: Arc::new(Mutex::new(vec![None; places.len()])),
            places,
            endpoints,
            stop,
            keepers: JoinSet::new(),
        };
        for place in 0..processes.places.len() {
            let keeper = processes.keeper(place);
            let child = keeper.start()?;
            processes.keepers.spawn(keeper.keep(child));
        }
        Ok(processes)
    }

    fn keeper(&self, place: usize) -> Keeper {
        Keeper {
            place,
            places: self.places.clone(),
            pids: Arc::clone(&self.pids),
            endpoints: self.endpoints.clone(),
            stopping: self.stop.subscribe(),
        }
    }

    /// Waits until every node answers that it is ready.
    ///
    /// # Errors
    /// A sentence that names the node that is not, and its log.
    pub async fn wait_until_ready(&self) -> Result<(), String> {
        let http = reqwest::Client::new();
        let started = Instant::now();
        for place in &self.places {
            let url = format!("http://{}/readyz", place.rpc);
            while !is_ready(&http, &url).await {
                if READY_TIMEOUT < started.elapsed() {
                    return Err(format!(
                        "node {} is not ready after {} s: see {}",
                        place.name,
                        READY_TIMEOUT.as_secs(),
                        log_of(place).display()
                    ));
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        Ok(())
    }

    /// Stops every node and waits for it.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.keepers.join_next().await.is_some() {}
    }
}

async fn is_ready(http: &reqwest::Client, url: &str) -> bool {
    let answer = http.get(url).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

fn log_of(place: &NodePlace) -> PathBuf {
    place.config.with_file_name("log")
}

/// Keeps one node running.
struct Keeper {
    place: usize,
    places: Vec<NodePlace>,
    pids: Arc<Mutex<Vec<Option<u32>>>>,
    endpoints: PathBuf,
    stopping: watch::Receiver<bool>,
}

impl Keeper {
    fn start(&self) -> Result<Child, String> {
        let place = &self.places[self.place];
        let fail = |error: std::io::Error| format!("start node {}: {error}", place.name);
        let log = File::options()
            .create(true)
            .append(true)
            .open(log_of(place))
            .map_err(fail)?;
        let child = Command::new(std::env::current_exe().map_err(fail)?)
            .args(["node", "--config"])
            .arg(&place.config)
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(fail)?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(fail)?;
        self.note(child.id())?;
        Ok(child)
    }

    /// Waits for the node to end, and starts it again unless all is to stop.
    async fn keep(mut self, mut child: Child) {
        loop {
            tokio::select! {
                _ = child.wait() => {}
                () = told(&mut self.stopping) => {
                    terminate(&mut child).await;
                    return;
                }
            }
            tokio::time::sleep(PAUSE).await;
            match self.start() {
                Ok(again) => child = again,
                Err(error) => {
                    eprintln!("{error}");
                    return;
                }
            }
        }
    }

    fn note(&self, pid: Option<u32>) -> Result<(), String> {
        let mut pids = self.pids.lock().unwrap_or_else(PoisonError::into_inner);
        pids[self.place] = pid;
        write_endpoints(&self.endpoints, &self.places, &pids)
    }
}

/// Resolves when all is to stop; a sender that is gone says the same.
async fn told(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// Asks a node to stop (SIGTERM), and kills it when it does not.
async fn terminate(child: &mut Child) {
    let pid = child
        .id()
        .and_then(|pid| i32::try_from(pid).ok())
        .and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        // A node that is gone already needs no signal.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    if tokio::time::timeout(STOP_TIMEOUT, child.wait())
        .await
        .is_err()
    {
        let _ = child.kill().await;
    }
}

/// `{"version":1,"nodes":[{"name","role","pid","rpc","gateway"}]}`, replaced at once so that a reader never sees half of it.
fn write_endpoints(path: &Path, places: &[NodePlace], pids: &[Option<u32>]) -> Result<(), String> {
    let nodes: Vec<Value> = places
        .iter()
        .zip(pids)
        .map(|(place, pid)| {
            json!({
                "name": place.name, "role": place.role, "pid": pid,
                "rpc": format!("ws://{}", place.rpc), "gateway": format!("http://{}", place.gateway),
            })
        })
        .collect();
    let text = json!({"version": 1, "nodes": nodes}).to_string();
    let fail = |error: std::io::Error| format!("{}: {error}", path.display());
    let new = path.with_extension("json.new");
    std::fs::write(&new, text).map_err(fail)?;
    std::fs::rename(&new, path).map_err(fail)
}
