//! Clients in other languages that tell a story on a real node.

use crate::foreign::{javascript, must, python};
use ed25519_dalek::SigningKey;
use std::path::{Path, PathBuf};
use tokio::process::Command;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

fn story<'c>(command: &'c mut Command, url: String, operator: &SigningKey) -> &'c mut Command {
    let seed = format!("0x{}", hex::encode(operator.to_bytes()));
    command
        .env("MUSUBI_RPC", url)
        .env("MUSUBI_OPERATOR_SEED", seed)
}

fn assert_told_to_the_end(client: &str, lines: &str) {
    let steps: Vec<String> = lines
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|line| line["step"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(
        steps,
        ["connected", "finalised", "proved", "followed", "done"],
        "{client}"
    );
}

/// Tells a JavaScript client's story.
pub(crate) async fn run_javascript(script: &str, url: String, operator: SigningKey) {
    let folder = javascript(&folder()).await;
    let lines = must(story(
        Command::new("node").arg(script).current_dir(folder),
        url,
        &operator,
    ))
    .await;
    assert_told_to_the_end(script, &lines);
}

/// Tells a Python client's story, in an environment of its own beside the build's output.
pub(crate) async fn run_python(script: &str, url: String, operator: SigningKey) {
    let folder = folder();
    let python = python(&folder, "python-clients").await;
    let lines = must(story(
        Command::new(python).arg(script).current_dir(folder),
        url,
        &operator,
    ))
    .await;
    assert_told_to_the_end(script, &lines);
}
