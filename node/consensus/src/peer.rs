//! Peer ids: a node is known in the consensus network by its node key, so that a publisher is recognised as the validator it is.

use arc_malachitebft_app_channel::app::types::PeerId;
use musubi_primitives::VerifyingKey;

/// Identity multihash (`0x00`) of 36 bytes: a protobuf of key type Ed25519 (`08 01`) and 32 bytes of key (`12 20`), as the libp2p
/// specification "Peer Ids and Keys" lays down for short keys.
const ED25519_PREFIX: [u8; 6] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];

/// The peer id of the node with this key.
pub fn peer_id(key: &VerifyingKey) -> PeerId {
    let bytes = [&ED25519_PREFIX[..], &key.0].concat();
    PeerId::from_bytes(&bytes)
        .expect("the prefix announces an identity multihash of exactly the bytes that follow")
}
