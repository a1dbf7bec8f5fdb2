//! musubi-node-vault.
