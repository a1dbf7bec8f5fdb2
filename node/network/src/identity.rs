//! The network key of a node, derived from its node key, and the proof that ties it to a member.
//!
//! Deriving gives this swarm an address book of its own: a peer id seen here is never one of the consensus swarm.

use codec::{Decode, Encode};
use libp2p::{PeerId, identity::Keypair};
use musubi_primitives::{
    BlockHash, VerifyingKey, commitment::hash_parts, domain, finality::verify_ed25519,
};

/// The key pair of this swarm for the node whose Ed25519 seed this is.
pub fn network_key(node_seed: &[u8; 32]) -> Keypair {
    Keypair::ed25519_from_bytes(hash_parts(&[domain::NETWORK_KEY, node_seed]))
        .expect("every 32 bytes are an Ed25519 seed")
}

/// A member's word that a network key is its own.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PeerProof {
    /// The member's node key.
    pub key: VerifyingKey,
    /// Its signature over genesis and the peer id.
    pub signature: [u8; 64],
}

impl PeerProof {
    /// Signs for a peer id with the node's Ed25519 seed.
    pub fn sign(node_seed: &[u8; 32], genesis: &BlockHash, peer: &PeerId) -> Option<Self> {
        let pair = Keypair::ed25519_from_bytes(*node_seed).ok()?;
        let key = pair.public().try_into_ed25519().ok()?.to_bytes();
        let signature = pair.sign(&signed_bytes(genesis, peer)).ok()?;
        Some(Self {
            key: VerifyingKey(key),
            signature: signature.try_into().ok()?,
        })
    }

    /// Whether the key's owner vouches for this peer on this chain.
    pub fn verifies(&self, genesis: &BlockHash, peer: &PeerId) -> bool {
        verify_ed25519(&self.key, &self.signature, &signed_bytes(genesis, peer))
    }
}

fn signed_bytes(genesis: &BlockHash, peer: &PeerId) -> Vec<u8> {
    [domain::PEER, &genesis.0, &peer.to_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_holds_for_one_peer_on_one_chain() {
        let (genesis, peer) = (
            BlockHash([1; 32]),
            network_key(&[7; 32]).public().to_peer_id(),
        );
        let proof = PeerProof::sign(&[7; 32], &genesis, &peer).unwrap();
        assert!(proof.verifies(&genesis, &peer));
        assert!(!proof.verifies(&BlockHash([2; 32]), &peer));
        assert!(!proof.verifies(&genesis, &network_key(&[8; 32]).public().to_peer_id()));
    }

    #[test]
    fn the_network_key_is_not_the_node_key() {
        let node = Keypair::ed25519_from_bytes([7; 32]).unwrap();
        assert_ne!(network_key(&[7; 32]).public(), node.public());
    }
}
