//! What every committed text must hold to: a purpose in the first line, no leftovers, no hosts of package registries, working links.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "this test reads the work tree and asks git for its files"
)]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Committed files, relative to the root.
fn tracked_files() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(root())
        .output()
        .expect("git runs in a clone");
    let list = String::from_utf8(output.stdout).expect("file names are UTF-8");
    let files: Vec<String> = list
        .split('\0')
        .filter(|name| !name.is_empty() && root().join(name).is_file())
        .map(str::to_owned)
        .collect();
    assert!(
        !files.is_empty(),
        "git ls-files lists nothing: is this a clone?"
    );
    files
}

fn text_of(name: &str) -> Option<String> {
    std::fs::read(root().join(name))
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
}

fn rust_files() -> impl Iterator<Item = (String, String)> {
    tracked_files()
        .into_iter()
        .filter(|name| name.ends_with(".rs"))
        .filter_map(|name| text_of(&name).map(|text| (name, text)))
}

#[test]
fn every_rust_file_opens_with_its_purpose() {
    for (name, text) in rust_files() {
        assert!(
            text.starts_with("//!"),
            "{name}: the first line says what the file is for (//! …)"
        );
    }
}

/// Word and what to do instead. Put together at run time, so that this file passes its own test.
fn banned() -> Vec<(String, &'static str)> {
    vec![
        (["FIX", "ME"].concat(), "finish it, or write an issue"),
        (["TO", "DO:"].concat(), "finish it, or write an issue"),
        (["XX", "X:"].concat(), "say it in a sentence"),
        (
            ["#[ig", "nore"].concat(),
            "make the test pass, or delete it",
        ),
        (["thread::sl", "eep"].concat(), "wait for the event itself"),
        (["unimpl", "emented!"].concat(), "implement it"),
    ]
}

#[test]
fn no_leftovers() {
    for (name, text) in rust_files() {
        for (word, instead) in banned() {
            assert!(!text.contains(&word), "{name} contains {word}: {instead}");
        }
    }
}

#[test]
fn no_registry_host_is_named() {
    let hosts = [
        ["registry.npm", "js.org"].concat(),
        ["files.python", "hosted.org"].concat(),
        ["static.cra", "tes.io"].concat(),
        ["deb.deb", "ian.org"].concat(),
    ];
    for name in tracked_files() {
        let Some(text) = text_of(&name) else { continue };
        for host in &hosts {
            assert!(
                !text.contains(host),
                "{name} names {host}: clients know their registries themselves"
            );
        }
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    for name in tracked_files()
        .into_iter()
        .filter(|name| name.ends_with(".md"))
    {
        let text = text_of(&name).unwrap_or_else(|| panic!("{name} is not UTF-8"));
        let folder = Path::new(&name)
            .parent()
            .map(Path::to_path_buf)
            .unwrap_or_default();
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let path = target.split('#').next().unwrap_or_default();
            if path.is_empty() || target.contains("://") {
                continue;
            }
            assert!(
                root().join(&folder).join(path).exists(),
                "{name} links to {target}, which is not there"
            );
        }
    }
}
