//! The words of Musubi that every layer shares: identifiers, codes, commitments, finality certificates and trail rows.
//!
//! This crate is the lowest layer (L0). It knows nothing of FRAME, storage, networks or clocks, does no IO and holds no rule about
//! who may do what; it only gives each notion one name, one encoding (SCALE) and one hash.
//!
//! **Invariants.** Every hashed or signed byte string starts with a [`domain`] tag that is used for nothing else.
//! No type here can hold a name, an address, a birth date, a 12-digit number or free text.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        clippy::float_arithmetic
    )
)]

pub mod access;
pub mod anchor;
pub mod commitment;
pub mod consent;
pub mod domain;
pub mod finality;
pub mod id;
pub mod language;
pub mod member;
pub mod mountain_range;
pub mod parameter;
pub mod record;
pub mod resident;
pub mod seams;
pub mod trail;
pub mod view;

pub use access::{Basis, BreakGlassReason, Claim, Decision, DenialReason, StatuteArticle, Ticket};
pub use commitment::{Commitment, Salt, commit};
pub use consent::{AssuranceLevel, ConsentState, Ending, Purpose, Terms};
pub use id::{
    AccountId, BindingId, BlockHash, CiphertextHash, ConsentId, HpkeKey, Moment, OrderedMoment,
    Pseudonym, RecordId, RequestId, SessionId, VerifyingKey,
};
pub use language::Language;
pub use member::{MemberId, MemberKind, Role};
pub use record::{Category, CategorySet, OverrideReason, RecordState, VerdictCode};
