//! The state after one block, read through a proof: each value typed, each absence proved.
//!
//! Entries of the runtime are read as far as proofs speak of them; what follows within an entry is the pallet's own.
//! `tests/vectors` checks these prefixes against the runtime.

use super::{
    header::Header,
    storage,
    trie::{ReadProof, TrieError},
    wire::HexBytes,
};
use codec::{Decode, DecodeAll};
use musubi_primitives::{
    AccountId, Category, CiphertextHash, Commitment, ConsentId, ConsentState, Ending, MemberId,
    Moment, Pseudonym, RecordId, RecordState, Terms, trail::TrailHead,
};
use serde::{Deserialize, Serialize};

/// A read proof of the state after one block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct StateProof {
    /// Height of the block.
    pub height: u64,
    /// Trie nodes, in ascending order of their bytes.
    pub nodes: Vec<HexBytes>,
}

/// Why a value was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// The proof does not hold.
    #[error(transparent)]
    Trie(#[from] TrieError),
    /// A proved value of a shape this program does not know.
    #[error("the proved {0} does not decode: this program is older or newer than the chain")]
    Shape(&'static str),
    /// Something every state has is proved absent.
    #[error("the state has no {0}")]
    Absent(&'static str),
}

/// The beginning of a stored consent.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct ConsentEntry {
    /// What it allows.
    pub terms: Terms,
    /// The state last written.
    pub state: ConsentState,
    /// First moment it no longer holds.
    pub until: Moment,
}

impl ConsentEntry {
    /// The state as it reads at `now`: time ends a consent before anything is written.
    pub fn state_at(&self, now: Moment) -> ConsentState {
        match self.state {
            ConsentState::Ended(ending) => ConsentState::Ended(ending),
            ConsentState::Proposed | ConsentState::Effective | ConsentState::Paused
                if self.until <= now =>
            {
                ConsentState::Ended(Ending::Expired)
            }
            ConsentState::Proposed | ConsentState::Effective | ConsentState::Paused => self.state,
        }
    }

    /// Whether it is in force at `now`: effective and within its period.
    pub fn holds_at(&self, now: Moment) -> bool {
        self.state_at(now) == ConsentState::Effective
            && (self.terms.not_before..self.terms.not_after).contains(&now)
    }
}

/// The beginning of a stored record.
#[derive(Clone, Debug, PartialEq, Eq, Decode)]
pub struct RecordEntry {
    /// Whose.
    pub subject: Pseudonym,
    /// Its class.
    pub category: Category,
    /// Which member wrote it.
    pub author: MemberId,
    /// Which of its accounts.
    pub writer: AccountId,
    /// The home municipality when it was written.
    pub home: MemberId,
    /// Salted commitment to its canonical bytes.
    pub commitment: Commitment,
    /// Address of its ciphertext.
    pub ciphertext: CiphertextHash,
    /// Time of the block that committed it.
    pub committed_at: Moment,
    /// Where it stands.
    pub state: RecordState,
}

/// The state after one block, as far as a proof shows it.
#[derive(Debug)]
pub struct State<'a> {
    proof: ReadProof<'a>,
    /// Time of the block.
    pub time: Moment,
}

impl<'a> State<'a> {
    /// Takes a proof under a header that is known to be final; reads the block's time.
    ///
    /// # Errors
    /// See [`StateError`].
    pub fn open(header: &Header, proof: &'a StateProof) -> Result<Self, StateError> {
        let nodes = proof.nodes.iter().map(|node| node.0.as_slice());
        let mut proof = ReadProof::new(header.state_root, nodes)?;
        let time = proof
            .read(&storage::block_time())?
            .ok_or(StateError::Absent("block time"))?;
        let time = Moment::decode_all(&mut time.as_slice())
            .map_err(|_| StateError::Shape("block time"))?;
        Ok(Self { proof, time })
    }

    /// Head of a subject's trail; the start head if the subject has none.
    ///
    /// # Errors
    /// See [`StateError`].
    pub fn trail_head(&mut self, subject: &Pseudonym) -> Result<TrailHead, StateError> {
        let head = self.read(&storage::trail_head(subject), "trail head")?;
        Ok(head.unwrap_or_else(|| TrailHead::start(subject)))
    }

    /// A consent.
    ///
    /// # Errors
    /// See [`StateError`].
    pub fn consent(&mut self, id: &ConsentId) -> Result<Option<ConsentEntry>, StateError> {
        self.read(&storage::consent(id), "consent")
    }

    /// A record.
    ///
    /// # Errors
    /// See [`StateError`].
    pub fn record(&mut self, id: &RecordId) -> Result<Option<RecordEntry>, StateError> {
        self.read(&storage::record(id), "record")
    }

    /// Checks that every node of the proof was needed.
    ///
    /// # Errors
    /// [`TrieError::Unneeded`].
    pub fn finish(self) -> Result<(), TrieError> {
        self.proof.finish()
    }

    fn read<T: Decode>(&mut self, key: &[u8], what: &'static str) -> Result<Option<T>, StateError> {
        let value = self.proof.read(key)?;
        value
            .map(|bytes| T::decode(&mut bytes.as_slice()).map_err(|_| StateError::Shape(what)))
            .transpose()
    }
}
