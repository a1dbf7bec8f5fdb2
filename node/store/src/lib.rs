//! musubi-node-store.
