//! The block pipeline of a Musubi node: execution, pool and the ports to store, consensus and clock. No IO of its own.

pub mod ports;
