//! Domain tags: the first bytes of everything that is hashed or signed, so that no byte string can serve two ends.
//!
//! Form: `musubi/<crate>/<purpose>/v<N>`, closed by a zero byte so that no tag is a prefix of another.

macro_rules! tags {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        $($(#[$doc])* pub const $name: &[u8] = concat!($text, "\0").as_bytes();)+
        /// Every tag, for the test that they are unique and for the documentation of formats.
        pub const ALL: &[&[u8]] = &[$($name),+];
    };
}

tags! {
    /// A validator's vote (prevote or precommit).
    VOTE = "musubi/consensus/vote/v1",
    /// A proposer's proposal.
    PROPOSAL = "musubi/consensus/proposal/v1",
    /// Hash of a validator set.
    VALIDATOR_SET = "musubi/consensus/validator-set/v1",
    /// Salted commitment to a record's canonical bytes.
    RECORD = "musubi/records/record/v1",
    /// Salted commitment to a consent statement.
    STATEMENT = "musubi/consent/statement/v1",
    /// Digest of a statement's canonical bytes, inside the content that a card signs.
    STATEMENT_DIGEST = "musubi/consent/statement-digest/v1",
    /// Salted commitment to a card binding.
    BINDING = "musubi/consent/binding/v1",
    /// Content that a card signs to consent.
    CONSENT_CONTENT = "musubi/consent/signed-consent/v1",
    /// Content that a card signs to bind itself to a person.
    BINDING_CONTENT = "musubi/consent/signed-binding/v1",
    /// Content that a card signs to withdraw.
    WITHDRAWAL_CONTENT = "musubi/consent/signed-withdrawal/v1",
    /// Content that a card signs to check in.
    CHECK_IN_CONTENT = "musubi/consent/signed-check-in/v1",
    /// Nonces issued in advance to a terminal without a network.
    NONCE_BATCH = "musubi/consent/nonce-batch/v1",
    /// Evidence sealed to a municipality (HPKE info string).
    EVIDENCE_SEAL = "musubi/consent/evidence-seal/v1",
    /// Evidence handed over to the second village that a statement names (HPKE info string).
    HANDED_OVER_SEAL = "musubi/consent/handed-over-seal/v1",
    /// Two officers' word that a person consented before their eyes.
    WITNESS = "musubi/consent/witness/v1",
    /// A municipality's receipt for what became of a consent.
    CONSENT_RECEIPT = "musubi/consent/consent-receipt/v1",
    /// A municipality's receipt for evidence that it destroyed.
    EVIDENCE_ERASURE = "musubi/register/evidence-erasure/v1",
    /// A record's data key wrapped to a holder (HPKE info string).
    KEY_WRAP = "musubi/sealing/key-wrap/v1",
    /// A record's ciphertext (associated data).
    RECORD_SEAL = "musubi/sealing/record/v1",
    /// One row of a trail.
    TRAIL_ROW = "musubi/trail/row/v1",
    /// The start of a trail's hash chain.
    TRAIL_START = "musubi/trail/start/v1",
    /// A leaf of a Merkle tree.
    MERKLE_LEAF = "musubi/merkle/leaf/v1",
    /// A node of a Merkle tree.
    MERKLE_NODE = "musubi/merkle/node/v1",
    /// The bag of peaks of the mountain range of headers.
    MOUNTAIN_RANGE = "musubi/mountain-range/root/v1",
    /// Redeeming a ticket at a custodian.
    TICKET = "musubi/vault/ticket/v1",
    /// A custodian's or requester's delivery receipt.
    DELIVERY = "musubi/vault/delivery/v1",
    /// A holder's erasure receipt.
    ERASURE = "musubi/vault/erasure/v1",
    /// What the chain holds of a signed receipt.
    RECEIPT = "musubi/vault/receipt/v1",
    /// A member node's proof that its network key belongs to the member.
    PEER = "musubi/network/peer/v1",
    /// Deriving a node's network key from its node key.
    NETWORK_KEY = "musubi/network/identity-key/v1",
    /// A REST call signed by a staff or device key.
    GATEWAY_CALL = "musubi/gateway/call/v1",
    /// One part of such a call.
    GATEWAY_PART = "musubi/gateway/part/v1",
    /// A record's id, from the author's secret and the record's content: the same content sent twice is one record.
    RECORD_ID = "musubi/gateway/record-id/v1",
    /// Deriving the register's encryption key from its key file.
    REGISTER_KEY = "musubi/register/key/v1",
    /// Deriving the key under which revocation answers lie on disk.
    REVOCATION_CACHE_KEY = "musubi/workers/revocation-key/v1",
    /// The name of a file with a revocation answer.
    REVOCATION_FILE = "musubi/workers/revocation-file/v1",
    /// Where the register keeps what is found by a value that must not lie open on its disk.
    REGISTER_PLACE = "musubi/register/place/v1",
    /// Salted commitment to an incident number or other short secret text.
    INCIDENT = "musubi/access/incident/v1",
    /// Tokens and pairing codes of a card agent, which keeps only hashes.
    CARD_AGENT = "musubi/card/agent/v1",
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn no_tag_is_a_prefix_of_another() {
        for (i, a) in ALL.iter().enumerate() {
            for (j, b) in ALL.iter().enumerate() {
                assert!(i == j || !a.starts_with(b), "{a:?} starts with {b:?}");
            }
        }
    }
}
