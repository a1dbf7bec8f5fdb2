//! What becomes of the chain when validators die, and how soon they are back: they are ended here with kill -9, and started again.

use super::{
    Figures, Plan,
    place::{NodeAt, Place},
};
use crate::client::{ChainClient, ClientError};
use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;
use std::{
    fs::File,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// How many validators the figures are for.
const VALIDATORS: usize = 4;
/// How long the mix is driven while one of them is dead.
const DRIVEN: Duration = Duration::from_secs(20);
/// Transactions per second meanwhile: enough that every height has some.
const RATE: u32 = 50;
/// How long the chain stands without a quorum before its validators come back: many rounds are lost meanwhile.
const WITHOUT_QUORUM: Duration = Duration::from_secs(5);
/// How often a node is asked whether it answers, and for its newest block.
const PULSE: Duration = Duration::from_millis(5);
/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was seen.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Outages {
    /// The longest time between two blocks while one of four validators was dead, in milliseconds.
    pub one_dead_longest_gap_ms: f64,
    /// From the restart of two dead validators of four to the next block, in milliseconds.
    pub quorum_back_ms: f64,
    /// From the start of a node's process to its first answer, in milliseconds; the slower of the two.
    pub cold_start_ms: f64,
}

impl Outages {
    /// Ends one validator, then a second one, and starts both again.
    ///
    /// # Errors
    /// A sentence that says what went wrong.
    pub async fn measure(place: &Place, plan: &Plan) -> Result<Self, String> {
        let [living @ .., second, first] = &place.nodes[..] else {
            return Err("there are no two validators to be ended".to_owned());
        };
        if place.nodes.len() != VALIDATORS {
            return Err(format!(
                "{} validators run, the figures are for {VALIDATORS}",
                place.nodes.len()
            ));
        }
        end(first)?;
        let gap = longest_gap(place, plan, &place.nodes[..VALIDATORS.saturating_sub(1)]).await?;
        end(second)?;
        tokio::time::sleep(WITHOUT_QUORUM).await;
        let witness = living.first().ok_or("nobody is left to be asked")?;
        let witness = connect(witness).await.map_err(|error| error.to_string())?;
        let standing = height(&witness).await?;
        let start = Instant::now();
        let mut returned = [Returned::start(first)?, Returned::start(second)?];
        let (one, other) = tokio::join!(answers(first, start), answers(second, start));
        let cold_start = one?.max(other?);
        until_higher(&witness, standing).await?;
        let quorum_back = start.elapsed();
        returned.iter_mut().try_for_each(Returned::end)?;
        Ok(Self {
            one_dead_longest_gap_ms: gap,
            quorum_back_ms: milliseconds(quorum_back),
            cold_start_ms: milliseconds(cold_start),
        })
    }

    /// For people.
    pub fn table(&self) -> String {
        format!(
            "one dead       {:>10.0} ms between two blocks at most\n\
             quorum back    {:>10.0} ms from the restart of two of four to the next block\n\
             cold start     {:>10.0} ms to the first answer",
            self.one_dead_longest_gap_ms, self.quorum_back_ms, self.cold_start_ms
        )
    }
}

async fn longest_gap(place: &Place, plan: &Plan, living: &[NodeAt]) -> Result<f64, String> {
    let place = Place {
        nodes: living.to_vec(),
        ..place.clone()
    };
    let plan = Plan {
        duration: DRIVEN,
        rate: Some(RATE),
        ..*plan
    };
    let figures: Figures = super::run(&place, &plan).await?;
    Ok(figures.longest_gap_ms)
}

fn end(node: &NodeAt) -> Result<(), String> {
    signal(node.pid, Signal::KILL).map_err(|error| format!("end {}: {error}", node.name))
}

fn signal(pid: u32, signal: Signal) -> Result<(), String> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or("it has no process id")?;
    kill_process(pid, signal).map_err(|error| error.to_string())
}

/// A node that was started again, as a child of the benchmark.
struct Returned(Child);

impl Returned {
    fn start(node: &NodeAt) -> Result<Self, String> {
        let fault = |error: std::io::Error| format!("start {} again: {error}", node.name);
        let log = File::create(node.config.with_file_name("log-again")).map_err(fault)?;
        let program = std::env::current_exe().map_err(fault)?;
        Command::new(program)
            .arg("node")
            .arg("--config")
            .arg(&node.config)
            .env("MUSUBI_EXPLORER__ENABLED", "false")
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(Stdio::null())
            .spawn()
            .map(Self)
            .map_err(fault)
    }

    fn end(&mut self) -> Result<(), String> {
        signal(self.0.id(), Signal::TERM)?;
        self.0.wait().map(drop).map_err(|error| error.to_string())
    }
}

impl Drop for Returned {
    fn drop(&mut self) {
        // It has ended already where all went well.
        let _ = self.0.kill();
    }
}

async fn connect(node: &NodeAt) -> Result<ChainClient, ClientError> {
    ChainClient::connect(&node.rpc, None).await
}

async fn height(client: &ChainClient) -> Result<u64, String> {
    let head = client.head().await.map_err(|error| error.to_string())?;
    Ok(head.height)
}

/// How long after `start` a node first answers.
async fn answers(node: &NodeAt, start: Instant) -> Result<Duration, String> {
    while start.elapsed() < PATIENCE {
        if let Ok(client) = connect(node).await
            && height(&client).await.is_ok()
        {
            return Ok(start.elapsed());
        }
        tokio::time::sleep(PULSE).await;
    }
    Err(format!("{} does not answer", node.name))
}

async fn until_higher(client: &ChainClient, standing: u64) -> Result<(), String> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if height(client).await? > standing {
            return Ok(());
        }
        tokio::time::sleep(PULSE).await;
    }
    Err(format!(
        "no block follows {standing} although all validators are back"
    ))
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
