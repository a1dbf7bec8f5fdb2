//! Consensus over real sockets with a chain in memory, and its parts under hostile input.

mod chain;
mod consortium;
mod signing;
mod streaming;
mod wire;
