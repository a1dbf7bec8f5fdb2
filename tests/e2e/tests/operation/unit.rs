//! The systemd unit is one that systemd takes, and that it counts as well confined.

use musubi_tests_support::process::binary;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The most exposure that `systemd-analyze security` may find, in tenths (its scale ends at 100; below 20 it says OK).
const EXPOSURE_MAX: &str = "20";

/// A file of the operation folder.
pub(crate) fn operation(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../node/operation")
        .join(name)
}

#[test]
fn systemd_takes_the_unit_and_finds_it_confined() {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("musubi.service");
    let text = std::fs::read_to_string(operation("musubi.service")).unwrap();
    let program = binary();
    let here = text.replace("/usr/local/bin/musubi", program.to_str().unwrap());
    assert_ne!(here, text, "the unit starts the program");
    assert!(text.contains("RestartPreventExitStatus=3"));
    std::fs::write(&unit, here).unwrap();
    let threshold = format!("--threshold={EXPOSURE_MAX}");
    for arguments in [
        &["verify", "--man=no"][..],
        &["security", "--offline=true", "--no-pager", &threshold],
    ] {
        let output = Command::new("systemd-analyze")
            .args(arguments)
            .arg(&unit)
            .output();
        let output = output.expect("systemd-analyze is part of Debian's systemd");
        let said = String::from_utf8_lossy(&output.stdout);
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}{complaints}");
        assert!(
            !complaints.contains("musubi.service"),
            "{arguments:?}: {complaints}"
        );
    }
}
