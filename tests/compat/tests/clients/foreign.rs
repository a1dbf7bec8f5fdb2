//! Programs in other languages: installed from their registries at the pinned versions, run as child processes.

use std::path::{Path, PathBuf};
use tokio::process::Command;

/// Runs a program that must succeed; its output is shown if it does not.
pub(crate) async fn must(command: &mut Command) -> String {
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

/// Installs what the folder's `package-lock.json` lists, unless it is there; gives the folder.
pub(crate) async fn javascript(folder: &Path) -> PathBuf {
    static INSTALLED: tokio::sync::OnceCell<()> = tokio::sync::OnceCell::const_new();
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
                    .current_dir(folder),
            )
            .await;
        }
    };
    INSTALLED.get_or_init(install).await;
    folder.to_path_buf()
}

/// Installs what the folder's `requirements.txt` lists into an environment beside the build's output; gives its interpreter.
pub(crate) async fn python(folder: &Path, name: &str) -> PathBuf {
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
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
    environment.join("bin/python")
}
