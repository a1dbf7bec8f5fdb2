//! Has the pages embedded anew when `./dev web` built them anew. It never calls Node: without pages, a placeholder is served.

#![allow(
    clippy::print_stdout,
    reason = "a build script speaks to cargo by its output"
)]

fn main() {
    // The folder is always there, so that cargo can watch it; what is built lies in folders below.
    println!("cargo::rerun-if-changed=pages");
}
