//! musubi-node-consensus.
