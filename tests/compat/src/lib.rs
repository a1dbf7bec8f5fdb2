//! Unmodified public clients against a consortium of real processes: `@polkadot/api`, `polkadot-api`, `subxt` and Python's `substrate-interface`.
//!
//! Each client tells the same story in its own way (`clients/`, `tests/clients/subxt_client.rs`): connect, read storage, sign a call with
//! Ed25519, watch it to finality, find its event, check a read proof against the state root itself, follow heads, and be refused by a rule.
//! Nothing in the clients is changed or configured for this chain.
