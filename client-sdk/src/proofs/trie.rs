//! Read proofs of the Substrate trie: value or absence under a state root, from the nodes on the way.
//!
//! The format is `sp-trie`'s `NodeCodec` with BLAKE2-256, for both layouts (values in the node, or from 33 bytes on by hash). A node
//! counts only by its hash, beginning at the root; a proof that holds a node nobody needed is refused, so that nothing in a proof
//! can be altered unnoticed. The walk consumes at least one nibble of the key per node and so ends.

use super::hashing::blake2_256;
use codec::{Compact, Decode};
use std::collections::{BTreeMap, BTreeSet};

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrieError {
    /// A node or value on the way is not in the proof.
    #[error("the read proof lacks the node 0x{}", hex::encode(.0))]
    Missing([u8; 32]),
    /// A node that does not decode.
    #[error("a node of the read proof is malformed")]
    Malformed,
    /// The same node twice.
    #[error("the read proof holds a node twice")]
    Repeated,
    /// A node that no key led to.
    #[error("the read proof holds a node that no key leads to")]
    Unneeded,
}

/// A proof being read under one root.
#[derive(Debug)]
pub struct ReadProof<'a> {
    root: [u8; 32],
    nodes: BTreeMap<[u8; 32], &'a [u8]>,
    used: BTreeSet<[u8; 32]>,
}

impl<'a> ReadProof<'a> {
    /// Takes the nodes of a proof, in any order.
    ///
    /// # Errors
    /// [`TrieError::Repeated`].
    pub fn new(
        root: [u8; 32],
        nodes: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, TrieError> {
        let mut by_hash = BTreeMap::new();
        for node in nodes {
            if by_hash.insert(blake2_256(node), node).is_some() {
                return Err(TrieError::Repeated);
            }
        }
        Ok(Self {
            root,
            nodes: by_hash,
            used: BTreeSet::new(),
        })
    }

    /// The proved value under `key`, or that there is none.
    ///
    /// # Errors
    /// See [`TrieError`].
    pub fn read(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, TrieError> {
        let nibbles: Vec<u8> = key.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect();
        let mut rest = nibbles.as_slice();
        let mut bytes = self.take(self.root)?;
        loop {
            let Some(node) = Node::decode(bytes)? else {
                return Ok(None);
            };
            let Some(after) = rest.strip_prefix(node.partial.as_slice()) else {
                return Ok(None);
            };
            let Some((branch, after)) = after.split_first() else {
                return node.value.map(|value| self.value(value)).transpose();
            };
            bytes = match node.children.get(usize::from(*branch)).copied().flatten() {
                None => return Ok(None),
                Some(child) => self.child(child)?,
            };
            rest = after;
        }
    }

    /// Checks that every node was needed.
    ///
    /// # Errors
    /// [`TrieError::Unneeded`].
    pub fn finish(self) -> Result<(), TrieError> {
        if self.used.len() == self.nodes.len() {
            Ok(())
        } else {
            Err(TrieError::Unneeded)
        }
    }

    fn take(&mut self, hash: [u8; 32]) -> Result<&'a [u8], TrieError> {
        let node = self
            .nodes
            .get(&hash)
            .copied()
            .ok_or(TrieError::Missing(hash))?;
        self.used.insert(hash);
        Ok(node)
    }

    fn value(&mut self, value: Value<'a>) -> Result<Vec<u8>, TrieError> {
        match value {
            Value::Inline(bytes) => Ok(bytes.to_vec()),
            Value::Hashed(hash) => self.take(hash).map(<[u8]>::to_vec),
        }
    }

    /// A child stands in its parent when it is shorter than its hash would be.
    fn child(&mut self, reference: &'a [u8]) -> Result<&'a [u8], TrieError> {
        match <[u8; 32]>::try_from(reference) {
            Ok(hash) => self.take(hash),
            Err(_) if reference.len() < 32 => Ok(reference),
            Err(_) => Err(TrieError::Malformed),
        }
    }
}

enum Value<'a> {
    Inline(&'a [u8]),
    Hashed([u8; 32]),
}

struct Node<'a> {
    partial: Vec<u8>,
    value: Option<Value<'a>>,
    children: [Option<&'a [u8]>; 16],
}

/// What the first byte of a node says.
struct Kind {
    is_branch: bool,
    has_value: bool,
    value_is_hashed: bool,
    /// Bits of the byte that name the kind; the others begin the nibble count.
    prefix_bits: u32,
}

impl Kind {
    fn of(first: u8) -> Option<Self> {
        let kind = |is_branch, has_value, value_is_hashed, prefix_bits| {
            Some(Self {
                is_branch,
                has_value,
                value_is_hashed,
                prefix_bits,
            })
        };
        match first {
            0b0100_0000..=0b0111_1111 => kind(false, true, false, 2),
            0b1000_0000..=0b1011_1111 => kind(true, false, false, 2),
            0b1100_0000..=0b1111_1111 => kind(true, true, false, 2),
            0b0010_0000..=0b0011_1111 => kind(false, true, true, 3),
            0b0001_0000..=0b0001_1111 => kind(true, true, true, 4),
            0b0000_0000..=0b0000_1111 => None,
        }
    }
}

impl<'a> Node<'a> {
    /// Reads one node whole; `None` for the empty trie.
    fn decode(bytes: &'a [u8]) -> Result<Option<Self>, TrieError> {
        if bytes == [0] {
            return Ok(None);
        }
        let mut input = Input(bytes);
        let first = input.byte()?;
        let kind = Kind::of(first).ok_or(TrieError::Malformed)?;
        let count = input.nibble_count(first, kind.prefix_bits)?;
        let partial = input.partial(count)?;
        let bitmap = if kind.is_branch {
            u16::from_le_bytes(input.array()?)
        } else {
            0
        };
        let value = match (kind.has_value, kind.value_is_hashed) {
            (false, _) => None,
            (true, true) => Some(Value::Hashed(input.array()?)),
            (true, false) => Some(Value::Inline(input.sized()?)),
        };
        let mut children = [None; 16];
        for (index, child) in children.iter_mut().enumerate() {
            if bitmap >> index & 1 == 1 {
                *child = Some(input.sized()?);
            }
        }
        if input.0.is_empty() {
            Ok(Some(Self {
                partial,
                value,
                children,
            }))
        } else {
            Err(TrieError::Malformed)
        }
    }
}

/// Bytes of a node yet to be read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], TrieError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(TrieError::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], TrieError> {
        self.take(N)?.try_into().map_err(|_| TrieError::Malformed)
    }

    fn byte(&mut self) -> Result<u8, TrieError> {
        self.array().map(|[byte]| byte)
    }

    /// Bytes after their compact length.
    fn sized(&mut self) -> Result<&'a [u8], TrieError> {
        let Compact(count) =
            Compact::<u32>::decode(&mut self.0).map_err(|_| TrieError::Malformed)?;
        self.take(usize::try_from(count).map_err(|_| TrieError::Malformed)?)
    }

    /// The count's low bits stand in the first byte; full bits mean that further bytes add to it, as long as they are 255.
    fn nibble_count(&mut self, first: u8, prefix_bits: u32) -> Result<usize, TrieError> {
        let most = u8::MAX >> prefix_bits;
        let low = first & most;
        if low < most {
            return Ok(usize::from(low));
        }
        let mut count = usize::from(most);
        loop {
            let more = self.byte()?;
            count += usize::from(more);
            if more < u8::MAX {
                return Ok(count);
            }
        }
    }

    /// An odd count leaves the first half-byte empty, which must then be zero.
    fn partial(&mut self, count: usize) -> Result<Vec<u8>, TrieError> {
        let bytes = self.take(count.div_ceil(2))?;
        let mut nibbles: Vec<u8> = bytes
            .iter()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .collect();
        if count % 2 == 1 && nibbles.remove(0) != 0 {
            return Err(TrieError::Malformed);
        }
        Ok(nibbles)
    }
}
