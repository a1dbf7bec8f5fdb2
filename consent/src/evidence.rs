//! Evidence: what was shown, how it was signed and what opens its commitment, sealed to one municipality.
//!
//! HPKE (RFC 9180) in base mode with X25519, HKDF-SHA256 and ChaCha20-Poly1305. What is sealed for one consent cannot be
//! opened as that of another: its identifier is associated data.

use codec::{Decode, DecodeAll as _, Encode};
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{
    Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _, single_shot_open,
    single_shot_seal,
};
use musubi_primitives::{Commitment, HpkeKey, Moment, Salt, commit, domain};
use zeroize::Zeroizing;

/// Longest sealed evidence that is read, in bytes.
pub const EVIDENCE_BYTES_MAX: usize = 64 * 1024;

/// Why evidence cannot be sealed or opened. Nothing of its content is in an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// The recipient's key is no X25519 key.
    #[error("use the recipient's HPKE key")]
    Key,
    /// Sealed to somebody else, about something else, or altered.
    #[error("open the evidence")]
    NotForUs,
    /// Longer than [`EVIDENCE_BYTES_MAX`].
    #[error("evidence of {length} bytes, at most {EVIDENCE_BYTES_MAX} are read")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// Opened, but not of this form.
    #[error("read the evidence")]
    Malformed,
}

/// Everything an attester needs to judge one signed document.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Evidence {
    /// Canonical bytes of the document that was shown.
    pub document: Vec<u8>,
    /// Salt of the commitment on the chain.
    pub salt: Salt,
    /// CMS over the signed content, certificate inside.
    pub cms: Vec<u8>,
    /// When it was signed, as the verifier that issued the nonce says.
    pub signed_at: Moment,
}

impl std::fmt::Debug for Evidence {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Evidence(redacted)")
    }
}

impl Evidence {
    /// The commitment that the chain holds of the document.
    #[must_use]
    pub fn commitment(&self) -> Commitment {
        commit(domain::STATEMENT, &self.salt, &self.document)
    }

    /// Seals to a municipality's key. `about` is the identifier of the consent, binding or withdrawal.
    ///
    /// # Errors
    ///
    /// [`EvidenceError::Key`] when the key is no X25519 key.
    pub fn seal(
        &self,
        recipient: &HpkeKey,
        about: &[u8; 32],
    ) -> Result<SealedEvidence, EvidenceError> {
        SealedEvidence::seal(self, domain::EVIDENCE_SEAL, recipient, about)
    }
}

/// Evidence on its way from the home municipality to the second village that the statement names, with what opens the chain's
/// commitment of the card: the second village has no register entry of the signer. It judges and keeps nothing.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct HandedOver {
    /// What was signed.
    pub evidence: Evidence,
    /// Salt of the signer's card binding.
    pub binding_salt: Salt,
}

impl std::fmt::Debug for HandedOver {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("HandedOver(redacted)")
    }
}

impl HandedOver {
    /// Seals to the second village's key. `about` is the consent.
    ///
    /// # Errors
    ///
    /// [`EvidenceError::Key`] when the key is no X25519 key.
    pub fn seal(
        &self,
        recipient: &HpkeKey,
        about: &[u8; 32],
    ) -> Result<SealedEvidence, EvidenceError> {
        SealedEvidence::seal(self, domain::HANDED_OVER_SEAL, recipient, about)
    }

    /// Opens with the second village's private key.
    ///
    /// # Errors
    ///
    /// [`EvidenceError::NotForUs`] for any other key, any other `about` and any altered byte.
    pub fn open(
        sealed: &SealedEvidence,
        private: &HpkePrivateKey,
        about: &[u8; 32],
    ) -> Result<Self, EvidenceError> {
        sealed.open_as(domain::HANDED_OVER_SEAL, private, about)
    }
}

/// Evidence that only one municipality can open.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SealedEvidence {
    /// HPKE encapsulated key.
    pub encapsulated: [u8; 32],
    /// Ciphertext with its tag.
    pub ciphertext: Vec<u8>,
}

impl SealedEvidence {
    /// Opens with the municipality's private key.
    ///
    /// # Errors
    ///
    /// [`EvidenceError::NotForUs`] for any other key, any other `about` and any altered byte.
    pub fn open(
        &self,
        private: &HpkePrivateKey,
        about: &[u8; 32],
    ) -> Result<Evidence, EvidenceError> {
        self.open_as(domain::EVIDENCE_SEAL, private, about)
    }

    fn seal(
        plain: &impl Encode,
        purpose: &[u8],
        recipient: &HpkeKey,
        about: &[u8; 32],
    ) -> Result<Self, EvidenceError> {
        let recipient = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&recipient.0)
            .map_err(|_| EvidenceError::Key)?;
        let plain = Zeroizing::new(plain.encode());
        let (encapsulated, ciphertext) = single_shot_seal::<
            ChaCha20Poly1305,
            HkdfSha256,
            X25519HkdfSha256,
        >(
            &OpModeS::Base, &recipient, purpose, &plain, about
        )
        .map_err(|_| EvidenceError::Key)?;
        Ok(Self {
            encapsulated: encapsulated.to_bytes().into(),
            ciphertext,
        })
    }

    fn open_as<T: Decode>(
        &self,
        purpose: &[u8],
        private: &HpkePrivateKey,
        about: &[u8; 32],
    ) -> Result<T, EvidenceError> {
        if EVIDENCE_BYTES_MAX < self.ciphertext.len() {
            return Err(EvidenceError::TooLong {
                length: self.ciphertext.len(),
            });
        }
        let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(&self.encapsulated)
            .map_err(|_| EvidenceError::NotForUs)?;
        let plain = single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &private.key()?,
            &encapsulated,
            purpose,
            &self.ciphertext,
            about,
        )
        .map_err(|_| EvidenceError::NotForUs)?;
        T::decode_all(&mut Zeroizing::new(plain).as_slice()).map_err(|_| EvidenceError::Malformed)
    }

    /// Bytes for the wire (SCALE).
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.encode()
    }

    /// Reads what [`SealedEvidence::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// [`EvidenceError::TooLong`] or [`EvidenceError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, EvidenceError> {
        if EVIDENCE_BYTES_MAX < bytes.len() {
            return Err(EvidenceError::TooLong {
                length: bytes.len(),
            });
        }
        Self::decode_all(&mut &bytes[..]).map_err(|_| EvidenceError::Malformed)
    }
}

/// A municipality's X25519 private key, wiped when dropped.
pub struct HpkePrivateKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for HpkePrivateKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("HpkePrivateKey(redacted)")
    }
}

impl HpkePrivateKey {
    /// Takes the 32 bytes of a private key.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Makes a key pair from 32 random bytes (`DeriveKeyPair` of RFC 9180).
    #[must_use]
    pub fn derive(random: &[u8; 32]) -> (Self, HpkeKey) {
        let (private, public) = X25519HkdfSha256::derive_keypair(random);
        (
            Self(Zeroizing::new(private.to_bytes().into())),
            HpkeKey(public.to_bytes().into()),
        )
    }

    /// The bytes, to be written to a key file.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The public half.
    ///
    /// # Errors
    ///
    /// [`EvidenceError::Key`] when the bytes are no X25519 key.
    pub fn public(&self) -> Result<HpkeKey, EvidenceError> {
        Ok(HpkeKey(
            X25519HkdfSha256::sk_to_pk(&self.key()?).to_bytes().into(),
        ))
    }

    fn key(&self) -> Result<<X25519HkdfSha256 as Kem>::PrivateKey, EvidenceError> {
        <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(self.0.as_slice())
            .map_err(|_| EvidenceError::Key)
    }
}
