//! musubi-node-core.
