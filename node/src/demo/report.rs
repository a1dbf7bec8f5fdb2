//! What the story says as it goes: a line for people, or one JSON object a line for programs.

use serde_json::json;
use std::{path::Path, time::Instant};

/// How the story is told.
pub struct Report {
    json: bool,
    steps: u32,
    last: Instant,
}

/// One step that came out as the story tells it.
pub struct Step<'a> {
    /// Who did it.
    pub actor: &'a str,
    /// What came of it.
    pub outcome: &'a str,
    /// Why, where there is something to say.
    pub reason: Option<&'a str>,
    /// The block that has it.
    pub block: Option<u64>,
    /// The bundle that proves its rows.
    pub proof: Option<&'a Path>,
}

impl Report {
    /// Nothing told yet.
    pub fn new(json: bool) -> Self {
        Self {
            json,
            steps: 0,
            last: Instant::now(),
        }
    }

    /// Tells a step; names it by number and says how long it took.
    pub fn step(&mut self, name: &str, step: &Step<'_>) {
        self.steps += 1;
        let took = self.last.elapsed();
        self.last = Instant::now();
        if self.json {
            let line = json!({
                "step": name, "actor": step.actor, "outcome": step.outcome, "reason": step.reason,
                "block": step.block, "proof": step.proof,
            });
            println!("{line}");
            return;
        }
        let reason = step
            .reason
            .map(|reason| format!(" ({reason})"))
            .unwrap_or_default();
        let block = step
            .block
            .map(|block| format!(", block {block}"))
            .unwrap_or_default();
        println!(
            "{:>3}  {name:<28} {:<34} {}{reason}{block}  [{} ms]",
            self.steps,
            step.actor,
            step.outcome,
            took.as_millis()
        );
    }

    /// Something that is not as it should be: on standard error, where a program that reads the steps does not look.
    pub fn warn(&self, text: &str) {
        eprintln!("{text}");
    }

    /// A heading or remark, for people only.
    pub fn say(&self, text: &str) {
        if !self.json {
            println!("{text}");
        }
    }
}
