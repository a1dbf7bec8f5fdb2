//! musubi-node-network.
