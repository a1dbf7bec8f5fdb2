//! Messages between vaults, as plain SCALE values. The transport carries them as bytes and proves which member a peer speaks for.

use crate::receipt::{DeliveryReceipt, ErasureReceipt};
use codec::{Decode, DecodeAll, Encode};
use musubi_client_sdk::sealing::{Envelope, RECORD_BYTES_MAX, SealedRecord};
use musubi_primitives::{BlockHash, Category, Commitment, MemberId, RecordId, RequestId, domain};

/// The most ciphertext that one [`VaultResponse::Part`] holds.
pub const PART_BYTES_MAX: u32 = 1 << 20;

/// The most records that one redemption may name.
pub const RELEASE_RECORDS_MAX: usize = 64;

/// The most bytes of any message: a whole ciphertext, its tag, and envelopes with room to spare.
pub const MESSAGE_BYTES_MAX: usize = RECORD_BYTES_MAX + (64 << 10);

/// What one member asks of another's vault.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum VaultRequest {
    /// Keep this record. It must be committed on the chain already.
    #[codec(index = 0)]
    Offer(Offer),
    /// Give me something fresh to sign for this ticket.
    #[codec(index = 1)]
    Challenge {
        /// The ticket's request.
        request: RequestId,
    },
    /// Release against this ticket.
    #[codec(index = 2)]
    Redeem(Redemption),
    /// Send a part of a ciphertext; parts can be fetched again after a break.
    #[codec(index = 3)]
    Fetch(PartWanted),
    /// Name the records that a ticket opens here.
    #[codec(index = 4)]
    Records(RecordsWanted),
    /// Wrap a data key for me once more: I had it by right, as author or home municipality, and lost it.
    #[codec(index = 5)]
    Envelope {
        /// The record.
        record: RecordId,
    },
    /// Your receipt for a record that you destroyed.
    #[codec(index = 6)]
    ErasureReceipt {
        /// The record.
        record: RecordId,
    },
}

/// What a vault answers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum VaultResponse {
    /// Kept, durably.
    #[codec(index = 0)]
    Stored,
    /// Sign this.
    #[codec(index = 1)]
    Challenge([u8; 32]),
    /// Keys to the records, wrapped to the requester.
    #[codec(index = 2)]
    Released(Release),
    /// A part of a ciphertext.
    #[codec(index = 3)]
    Part(Part),
    /// No, and why.
    #[codec(index = 4)]
    Refused(Refusal),
    /// Records that the ticket opens here, in ascending order; fewer than [`RELEASE_RECORDS_MAX`] when no more follow.
    #[codec(index = 5)]
    Records(Vec<HeldRecord>),
    /// A data key, wrapped at rest to the asker.
    #[codec(index = 6)]
    Envelope(Envelope),
    /// What was signed when the record was destroyed; the chain holds its commitment.
    #[codec(index = 7)]
    ErasureReceipt(ErasureReceipt),
}

/// Which records to name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RecordsWanted {
    /// The ticket's request.
    pub request: RequestId,
    /// Only those after this one.
    pub after: Option<RecordId>,
}

/// A record that a ticket opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct HeldRecord {
    /// Which.
    pub record: RecordId,
    /// Its class.
    pub category: Category,
    /// Who wrote it.
    pub author: MemberId,
}

/// A record for another holder to keep.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Offer {
    /// Ciphertext and commitment.
    pub sealed: SealedRecord,
    /// Data key for its holders at rest; none for a stand-in that keeps ciphertext only.
    pub envelopes: Vec<Envelope>,
}

/// A requester's claim to a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Redemption {
    /// The ticket's request.
    pub request: RequestId,
    /// Which records, in ascending order.
    pub records: Vec<RecordId>,
    /// What the custodian gave to sign.
    pub challenge: [u8; 32],
    /// Ed25519 signature of the requester's account over [`Redemption::signing_bytes`].
    pub signature: [u8; 64],
}

impl Redemption {
    /// What the requester's account signs.
    pub fn signing_bytes(
        genesis: &BlockHash,
        custodian: MemberId,
        request: &RequestId,
        records: &[RecordId],
        challenge: &[u8; 32],
    ) -> Vec<u8> {
        [
            domain::TICKET,
            &(genesis, custodian, request, records, challenge).encode(),
        ]
        .concat()
    }
}

/// What a custodian releases.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Release {
    /// One key for each record asked for, in the same order.
    pub keys: Vec<ReleasedKey>,
    /// The custodian's word that it has released them.
    pub receipt: DeliveryReceipt,
}

/// The key to one record.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ReleasedKey {
    /// The data key, wrapped to the requester for this ticket; names the record.
    pub envelope: Envelope,
    /// The record's commitment, to be compared with the chain's.
    pub commitment: Commitment,
    /// Length of its ciphertext.
    pub bytes: u32,
}

/// Which part of which ciphertext.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PartWanted {
    /// The record.
    pub record: RecordId,
    /// First byte.
    pub offset: u32,
}

/// At most [`PART_BYTES_MAX`] bytes of a ciphertext.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Part {
    /// Length of the whole.
    pub total: u32,
    /// The bytes from the offset asked for.
    pub bytes: Vec<u8>,
}

/// Why a vault refuses. The words never tell whether a record or ticket exists that the asker may not know of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, thiserror::Error)]
pub enum Refusal {
    /// No such thing, or not for this asker: the same words for both.
    #[error("not available to this member")]
    #[codec(index = 0)]
    NotAvailable,
    /// The vault's own node lags behind.
    #[error("this custodian's finalised state is too old to answer from")]
    #[codec(index = 1)]
    StateTooOld,
    /// The ticket has expired, or what it rested on has ended.
    #[error("the ticket is no longer live")]
    #[codec(index = 2)]
    TicketDead,
    /// The ticket was used before.
    #[error("the ticket has been used")]
    #[codec(index = 3)]
    TicketUsed,
    /// Not the challenge that was given, or given too long ago.
    #[error("the challenge is not the one given, or too old")]
    #[codec(index = 4)]
    BadChallenge,
    /// The signature is not the requester's.
    #[error("the signature is not the requester's")]
    #[codec(index = 5)]
    BadSignature,
    /// Too many, too few, out of order or twice the same.
    #[error("a redemption names 1 to {RELEASE_RECORDS_MAX} records in ascending order")]
    #[codec(index = 6)]
    BadRecordList,
    /// The ciphertext or commitment is not the one on the chain.
    #[error("the offer is not what the chain holds")]
    #[codec(index = 7)]
    OfferNotOnChain,
    /// An envelope of the offer is for another record or a ticket, too many, or does not open to this record.
    #[error("an envelope of the offer is wrong")]
    #[codec(index = 8)]
    BadEnvelope,
    /// The author's share of this vault is full.
    #[error("the author's quota is used up")]
    #[codec(index = 9)]
    QuotaFull,
    /// The record is erased or being erased.
    #[error("the record is erased")]
    #[codec(index = 10)]
    Erased,
    /// This machine has a fault.
    #[error("this custodian cannot answer now")]
    #[codec(index = 11)]
    Unavailable,
    /// The message does not decode or is too long.
    #[error("the message is malformed")]
    #[codec(index = 12)]
    Malformed,
}

impl VaultRequest {
    /// Reads a message from the transport.
    ///
    /// # Errors
    /// [`Refusal::Malformed`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > MESSAGE_BYTES_MAX {
            return Err(Refusal::Malformed);
        }
        Self::decode_all(&mut &*bytes).map_err(|_| Refusal::Malformed)
    }
}
