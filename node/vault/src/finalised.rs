//! The port to finalised state: everything that one answer needs, from one and the same block.

use crate::Cause;
use musubi_primitives::{
    Category, CiphertextHash, Commitment, HpkeKey, MemberId, Moment, Pseudonym, RecordId,
    RecordState, RequestId, access::Ticket,
};

/// The newest finalised state.
pub trait FinalisedState: Send + Sync + 'static {
    /// Looks up a ticket and records, all as of the newest finalised block. `records` are answered in their order.
    ///
    /// # Errors
    /// A fault of this machine.
    fn look(&self, request: Option<&RequestId>, records: &[RecordId]) -> Result<Finalised, Cause>;

    /// The subject's home municipality now.
    ///
    /// # Errors
    /// A fault of this machine.
    fn home_of(&self, subject: &Pseudonym) -> Result<Option<MemberId>, Cause>;

    /// The key that records are sealed to for an active member.
    ///
    /// # Errors
    /// A fault of this machine.
    fn key_of(&self, member: MemberId) -> Result<Option<HpkeKey>, Cause>;
}

/// What the newest finalised state says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finalised {
    /// This machine's clock (milliseconds).
    pub now: Moment,
    /// Time of the newest finalised block.
    pub time: Moment,
    /// How long ago this machine finalised it, by a clock that nobody can set (milliseconds).
    pub held: Moment,
    /// The ticket asked for, if the runtime still shows it: a ticket dies with whatever its permit rested on.
    pub ticket: Option<Ticket>,
    /// The records asked for.
    pub records: Vec<Option<RecordStanding>>,
}

/// How a record stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordStanding {
    /// Whose.
    pub subject: Pseudonym,
    /// Its class.
    pub category: Category,
    /// Who wrote it.
    pub author: MemberId,
    /// The home municipality when it was written.
    pub home: MemberId,
    /// Members that have acknowledged it.
    pub holders: Vec<MemberId>,
    /// Where it stands; erased from the moment its erasure was ordered.
    pub state: RecordState,
    /// Whether the chain has a delivery of it for the ticket asked for.
    pub delivered: bool,
    /// Salted commitment to its canonical bytes.
    pub commitment: Commitment,
    /// Address of its ciphertext.
    pub ciphertext: CiphertextHash,
}
