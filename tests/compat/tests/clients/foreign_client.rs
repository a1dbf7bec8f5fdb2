//! Clients in other languages: installed from their registries at the pinned versions, run as child processes.

use ed25519_dalek::SigningKey;
use std::path::{Path, PathBuf};
use tokio::process::Command;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// Runs a program that must succeed; its output is shown if it does not.
async fn must(command: &mut Command) -> String {
    let what = format!("{:?}", command.as_std().get_program());
    let output = command
        .output()
        .await
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{what} failed\n{out}\n{err}");
    out.into_owned()
}

/// Whether what was installed is at least as new as the list of what to install.
fn is_installed(mark: &Path, list: &Path) -> bool {
    let changed = |path: &Path| path.metadata().and_then(|facts| facts.modified()).ok();
    changed(mark).is_some_and(|mark| changed(list).is_some_and(|list| mark >= list))
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

/// Both JavaScript clients share one installation; whoever comes first makes it.
async fn javascript() -> PathBuf {
    static INSTALLED: tokio::sync::OnceCell<()> = tokio::sync::OnceCell::const_new();
    let folder = folder();
    let install = || async {
        if !is_installed(
            &folder.join("node_modules/.package-lock.json"),
            &folder.join("package-lock.json"),
        ) {
            must(
                Command::new("npm")
                    .args([
                        "install",
                        "--no-save",
                        "--ignore-scripts",
                        "--no-audit",
                        "--no-fund",
                    ])
                    .current_dir(&folder),
            )
            .await;
        }
    };
    INSTALLED.get_or_init(install).await;
    folder.clone()
}

/// Tells a JavaScript client's story.
pub(crate) async fn run_javascript(script: &str, url: String, operator: SigningKey) {
    let folder = javascript().await;
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
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python-clients");
    let (mark, list) = (
        environment.join("installed"),
        folder.join("requirements.txt"),
    );
    if !is_installed(&mark, &list) {
        must(
            Command::new("python3")
                .args(["-m", "venv"])
                .arg(&environment),
        )
        .await;
        must(
            Command::new(environment.join("bin/pip"))
                .args(["install", "--quiet", "--requirement"])
                .arg(&list),
        )
        .await;
        std::fs::write(&mark, "").expect("the environment can be written");
    }
    let python = environment.join("bin/python");
    let lines = must(story(
        Command::new(python).arg(script).current_dir(folder),
        url,
        &operator,
    ))
    .await;
    assert_told_to_the_end(script, &lines);
}
