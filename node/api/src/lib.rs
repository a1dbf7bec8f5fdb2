//! musubi-node-api.
