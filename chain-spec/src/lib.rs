//! musubi-chain-spec.
