//! Sealing: what leaves its author is ciphertext, and each key to it is wrapped to one named holder.
//!
//! A record's canonical bytes ([`canonical`]) are encrypted under a data key of their own and committed to under a salt
//! ([`record`]); data key and salt travel together, wrapped by HPKE to guardian, author and home municipality, and for one ticket to
//! one requester ([`envelope`]). Destroying the envelopes therefore destroys both the text and the means to check the commitment.

mod agreed;
pub mod canonical;
pub mod envelope;
pub mod record;

pub use canonical::{CanonicalError, CanonicalRecord};
pub use envelope::{Envelope, EnvelopeError, HpkeSecret};
pub use record::{DataKey, OpenError, RECORD_BYTES_MAX, SealError, SealedRecord, seal};
