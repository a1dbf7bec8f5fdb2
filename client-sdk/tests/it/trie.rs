//! Read proofs: what `sp-state-machine` proves, the SDK reads; what is altered, it refuses.

use musubi_client_sdk::proofs::{ReadProof, TrieError};
use proptest::{prelude::*, sample::Index};
use sp_core::{Blake2Hasher, storage::StateVersion};
use sp_state_machine::{InMemoryBackend, prove_read};
use std::collections::BTreeMap;

/// Keys from few bytes share prefixes, so that all kinds of nodes occur; values lie on both sides of the 32-byte limit.
fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(
        prop::sample::select(vec![0x00, 0x01, 0x10, 0x11, 0xff]),
        0..40,
    )
}

fn tries() -> impl Strategy<Value = (BTreeMap<Vec<u8>, Vec<u8>>, StateVersion)> {
    let value = prop::collection::vec(any::<u8>(), 1..80);
    let version = prop::sample::select(vec![StateVersion::V0, StateVersion::V1]);
    (prop::collection::btree_map(key(), value, 1..60), version)
}

struct Proved {
    root: [u8; 32],
    nodes: Vec<Vec<u8>>,
}

fn prove(entries: &BTreeMap<Vec<u8>, Vec<u8>>, version: StateVersion, keys: &[Vec<u8>]) -> Proved {
    let backend = InMemoryBackend::<Blake2Hasher>::from((entries.clone(), version));
    let root = backend.root().0;
    let proof = prove_read(backend, keys).expect("the backend holds its own trie");
    Proved {
        root,
        nodes: proof.into_nodes().into_iter().collect(),
    }
}

fn read_all(proved: &Proved, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, TrieError> {
    let mut proof = ReadProof::new(proved.root, proved.nodes.iter().map(Vec::as_slice))?;
    let values = keys
        .iter()
        .map(|key| proof.read(key))
        .collect::<Result<_, _>>()?;
    proof.finish()?;
    Ok(values)
}

proptest! {
    #[test]
    fn present_and_absent_keys_read_as_substrate_proves_them(
        (entries, version) in tries(),
        picks in prop::collection::vec(any::<Index>(), 0..5),
        mut keys in prop::collection::vec(key(), 1..5),
    ) {
        keys.extend(picks.iter().map(|pick| entries.keys().nth(pick.index(entries.len())).expect("index below length").clone()));
        let expected: Vec<_> = keys.iter().map(|key| entries.get(key).cloned()).collect();
        prop_assert_eq!(read_all(&prove(&entries, version, &keys), &keys), Ok(expected));
    }

    #[test]
    fn any_flipped_bit_is_refused((entries, version) in tries(), pick in any::<Index>(), at in any::<Index>(), bit in 0u8..8) {
        let keys = [entries.keys().nth(pick.index(entries.len())).expect("index below length").clone()];
        let mut proved = prove(&entries, version, &keys);
        let count = proved.nodes.len();
        let node = &mut proved.nodes[at.index(count)];
        let byte = at.index(node.len());
        node[byte] ^= 1 << bit;
        prop_assert!(read_all(&proved, &keys).is_err());
    }

    #[test]
    fn a_missing_or_added_node_is_refused((entries, version) in tries(), pick in any::<Index>(), at in any::<Index>()) {
        let keys = [entries.keys().nth(pick.index(entries.len())).expect("index below length").clone()];
        let mut proved = prove(&entries, version, &keys);
        proved.nodes.push(vec![0xab; 40]);
        prop_assert_eq!(read_all(&proved, &keys), Err(TrieError::Unneeded));
        proved.nodes.pop();
        proved.nodes.remove(at.index(proved.nodes.len()));
        prop_assert!(matches!(read_all(&proved, &keys), Err(TrieError::Missing(_))));
    }

    #[test]
    fn garbage_for_a_root_node_is_an_error_and_no_panic(bytes in prop::collection::vec(any::<u8>(), 1..100), key in key()) {
        let root = musubi_client_sdk::proofs::hashing::blake2_256(&bytes);
        let mut proof = ReadProof::new(root, [bytes.as_slice()]).expect("one node is no repetition");
        let _ = proof.read(&key);
    }
}
