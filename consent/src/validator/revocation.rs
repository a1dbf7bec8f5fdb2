//! Revocation as four states that are never folded together.
//!
//! Only a notified verifier may ask, and it may not hand the answer on (JPKI act, art. 52): sources are adapters of one
//! municipality's node, and what leaves that node is its own verdict, never the answer.

use codec::{Decode, Encode};
use musubi_primitives::Moment;

/// What is known about a certificate's revocation. Encoded only for the disk of the municipality that asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Revocation {
    /// The responder said so, for the time asked.
    Good,
    /// Revoked.
    Revoked {
        /// Since when.
        since: Moment,
    },
    /// The responder does not know the certificate, or its answer could not be believed.
    Unknown,
    /// Nobody asked yet: no network, or not a verifier.
    NotChecked,
}

/// Which certificate is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevocationQuery<'a> {
    /// Key identifier of the root that issued it.
    pub issuer_key_identifier: &'a [u8],
    /// Serial number, big endian.
    pub serial: &'a [u8],
    /// DER of the name of the list that the certificate points to.
    pub distribution_point: Option<&'a [u8]>,
    /// Last moment of the certificate, after which lists no longer name it.
    pub expires: Moment,
    /// As of when.
    pub at: Moment,
}

/// Answers revocation queries: a cache that a worker fills from OCSP or CRL, or a test's own list.
pub trait RevocationSource {
    /// What is known.
    fn revocation(&self, query: &RevocationQuery<'_>) -> Revocation;
}

/// For places without a source: clinics, vehicles offline. Everything is [`Revocation::NotChecked`].
#[derive(Clone, Copy, Debug)]
pub struct NoRevocationSource;

impl RevocationSource for NoRevocationSource {
    fn revocation(&self, _: &RevocationQuery<'_>) -> Revocation {
        Revocation::NotChecked
    }
}
