//! `musubi demo` as a process: its steps as they come, and its nodes by `endpoints.json`.

use crate::{consortium::free_ports, process::binary};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Lines},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
};

/// A demonstration that is being played.
#[derive(Debug)]
pub struct Story {
    folder: PathBuf,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

/// What came of one step, without what differs from run to run.
pub type Outcome = (String, String, String, Option<String>);

impl Story {
    /// Starts `musubi demo --exit --json --pcsc` with further arguments; everything it makes lies in `folder`.
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        let arguments = [&["--exit", "--pcsc"], arguments].concat();
        Self::play(folder, &arguments, Stdio::inherit())
    }

    /// The same with cards that sign inside the process, and with what it says on standard error in `complaints`.
    pub fn without_reader(folder: &Path, complaints: std::fs::File) -> Self {
        Self::play(folder, &["--exit", "--in-process"], complaints.into())
    }

    /// The same without `--exit`: after the last step the nodes stay up until [`Self::stop`].
    pub fn stay(folder: &Path, arguments: &[&str]) -> Self {
        let arguments = [&["--pcsc"], arguments].concat();
        Self::play(folder, &arguments, Stdio::inherit())
    }

    fn play(folder: &Path, arguments: &[&str], complaints: Stdio) -> Self {
        let ports = free_ports().to_string();
        let mut child = Command::new(binary())
            .args(["demo", "--json", "--ports", &ports, "--folder"])
            .arg(folder)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(complaints)
            .spawn()
            .expect("musubi demo starts");
        let output = child.stdout.take().expect("standard output is a pipe");
        Self {
            folder: folder.to_path_buf(),
            child,
            lines: BufReader::new(output).lines(),
        }
    }

    /// The next step, as its JSON line.
    pub fn next_step(&mut self) -> Option<Value> {
        loop {
            let line = self.lines.next()?.expect("a line of text");
            if !line.is_empty() {
                return Some(serde_json::from_str(&line).expect("a step is one JSON object"));
            }
        }
    }

    /// Every step that is left.
    pub fn steps(&mut self) -> Vec<Value> {
        std::iter::from_fn(|| self.next_step()).collect()
    }

    /// Waits for the end.
    pub fn wait(mut self) -> ExitStatus {
        self.child.wait().expect("a child can be waited for")
    }

    /// Asks the demonstration to stop (SIGTERM) and waits until it has.
    pub fn stop(self) -> ExitStatus {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(asked.expect("kill runs").success(), "pid {pid}");
        self.wait()
    }

    /// The running nodes, as `endpoints.json` has them now.
    pub fn nodes(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.join("endpoints.json"))
            .expect("endpoints.json is there once a step was told");
        let endpoints: Value = serde_json::from_str(&text).expect("endpoints.json is JSON");
        assert_eq!(endpoints["version"], 1);
        endpoints["nodes"].as_array().expect("a list").clone()
    }

    /// Kills a node at once (SIGKILL).
    pub fn kill_node(&self, place: usize) {
        let pid = self.nodes()[place]["pid"].to_string();
        let killed = Command::new("kill").args(["-9", &pid]).status();
        assert!(
            killed.expect("kill runs").success(),
            "node {place} has pid {pid}"
        );
    }
}

impl Drop for Story {
    /// A test that fails leaves no node behind: a demonstration that was told to stop takes its nodes with it, one that was killed cannot.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let pid = self.child.id().to_string();
            let asked = Command::new("kill").args(["-TERM", &pid]).status();
            if asked.is_ok_and(|status| status.success()) {
                // Whatever its outcome, the test has failed by now.
                let _ = self.child.wait();
            }
        }
    }
}

/// Step, actor, outcome and reason.
pub fn outcome(step: &Value) -> Outcome {
    let text = |name: &str| step[name].as_str().map(str::to_owned);
    let must = |name: &str| text(name).unwrap_or_else(|| panic!("a step has {name}: {step}"));
    (must("step"), must("actor"), must("outcome"), text("reason"))
}
