//! The `musubi` binary.
fn main() {}
