//! Vectors that the Rust core writes: each file is what the core makes today.

use serde_json::Value;

/// The file holds what was made; with `UPDATE_VECTORS` in the environment it is written anew first.
pub(crate) fn assert_kept(file: &str, made: &Value) {
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        let text = serde_json::to_string_pretty(made).unwrap();
        std::fs::write(file, text + "\n").unwrap();
    }
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(*made, kept, "run again with UPDATE_VECTORS=1, and review");
}
