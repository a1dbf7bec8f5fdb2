//! musubi-node-register.
