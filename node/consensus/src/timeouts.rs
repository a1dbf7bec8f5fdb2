//! How long a round waits, from the chain's own parameters.

use arc_malachitebft_core_types::LinearTimeouts;
use musubi_node_core::ports::HeightParameters;

/// The engine's timeouts for a height. A round that fails makes the next one wait longer.
pub fn timeouts(chain: &HeightParameters) -> LinearTimeouts {
    LinearTimeouts {
        propose: chain.propose_timeout,
        propose_delta: chain.timeout_delta,
        prevote: chain.vote_timeout,
        prevote_delta: chain.timeout_delta,
        precommit: chain.vote_timeout,
        precommit_delta: chain.timeout_delta,
        rebroadcast: chain
            .propose_timeout
            .saturating_add(chain.vote_timeout.saturating_mul(2)),
        ..LinearTimeouts::default()
    }
}
