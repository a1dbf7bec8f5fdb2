//! One certificate: sliced, read, checked against the pinned roots, and what of it is used later.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::ID_CE_AUTHORITY_KEY_IDENTIFIER;
use const_oid::db::rfc5912::{RSA_ENCRYPTION, SHA_256_WITH_RSA_ENCRYPTION};
use der::asn1::{BitStringRef, UintRef, Utf8StringRef};
use der::{Any, Decode as _, Encode as _, Header, Reader as _, Sequence, SliceReader};
use musubi_primitives::Moment;
use spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::Certificate;
use x509_cert::certificate::Version;
use x509_cert::ext::pkix::AuthorityKeyIdentifier;
use x509_cert::ext::pkix::name::GeneralName;

use super::extensions::Extensions;
use super::holder_key::{CardAlgorithm, HolderKey};
use super::revocation::RevocationQuery;
use super::roots::{CertificateUse, Root, TrustedRoots};
use super::rsa;
use crate::strict_der;

/// Longest certificate that is read, in bytes; JPKI's measure about 1,600.
pub const CERTIFICATE_BYTES_MAX: usize = 4096;

/// First part of the identifiers of the basic four.
const BASIC_FOUR_ARC: [u32; 8] = [1, 2, 392, 200_149, 8, 5, 5, 0];
const KEY_BITS: usize = 2048;
const KEY_EXPONENT: [u8; 3] = [0x01, 0x00, 0x01];

/// Why a certificate is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Longer than [`CERTIFICATE_BYTES_MAX`].
    #[error("certificate of {length} bytes, at most {CERTIFICATE_BYTES_MAX} are read")]
    TooLong {
        /// Its length.
        length: usize,
    },
    /// Not DER, not this structure, or bytes after it.
    #[error("certificate structure: {0}")]
    Malformed(der::Error),
    /// Not X.509 version 3.
    #[error("certificate version")]
    NotVersion3,
    /// Anything but sha256WithRSAEncryption, or two different statements of it.
    #[error("signature algorithm of the certificate")]
    SignatureAlgorithm,
    /// More extensions than any certificate needs.
    #[error("too many extensions")]
    TooManyExtensions,
    /// One extension twice.
    #[error("extension {0} twice")]
    DuplicateExtension(ObjectIdentifier),
    /// A critical extension that is not understood here.
    #[error("unknown critical extension {0}")]
    UnknownCriticalExtension(ObjectIdentifier),
    /// An extension that must be there is not.
    #[error("extension {0} is missing")]
    MissingExtension(ObjectIdentifier),
    /// An extension that the profile makes critical is not: whoever reads it may ignore it.
    #[error("extension {0} is not critical")]
    NotCritical(ObjectIdentifier),
    /// No policy, or more than one.
    #[error("{0} certificate policies, exactly one is expected")]
    PolicyCount(usize),
    /// A policy of another environment, or one never heard of.
    #[error("certificate policy {0}")]
    Policy(ObjectIdentifier),
    /// An authentication certificate where a signing one is needed, or the reverse.
    #[error("a certificate for another use than {expected:?}")]
    OtherUse {
        /// The use needed.
        expected: CertificateUse,
    },
    /// Key usage differs from what the use requires.
    #[error("key usage")]
    KeyUsage,
    /// The certificate claims to be an authority.
    #[error("the certificate claims to be an authority")]
    IsAuthority,
    /// A key of an algorithm that this environment does not list.
    #[error("key algorithm {0}")]
    KeyAlgorithm(ObjectIdentifier),
    /// An elliptic key on another curve than P-384, or no point.
    #[error("elliptic curve of the key")]
    KeyCurve,
    /// An RSA key of another size.
    #[error("RSA key of {bits} bits")]
    KeySize {
        /// Its size.
        bits: usize,
    },
    /// An RSA key with another exponent than 65537.
    #[error("RSA exponent")]
    KeyExponent,
    /// One kind of name twice in the alternative name.
    #[error("alternative name {0} twice")]
    DuplicateName(ObjectIdentifier),
    /// No pinned root has the key identifier that the certificate names.
    #[error("unknown issuer")]
    UnknownIssuer,
    /// The issuer's name or serial differs from the root's.
    #[error("issuer name differs from the root's")]
    IssuerName,
    /// The root did not sign this.
    #[error("signature of the root")]
    Forged,
    /// Signed before the certificate began.
    #[error("certificate not yet valid when it signed")]
    NotYetValid,
    /// Signed after the certificate ended.
    #[error("certificate expired when it signed")]
    Expired,
    /// The root was not valid at the time of signing.
    #[error("root not valid when the certificate signed")]
    RootNotValid,
}

/// A certificate whose every check passed.
#[derive(Clone, PartialEq, Eq)]
pub struct SignerCertificate {
    der: Vec<u8>,
    key: HolderKey,
    issuer_key_identifier: Vec<u8>,
    serial: Vec<u8>,
    distribution_point: Option<Vec<u8>>,
    expires: Moment,
    names: Vec<GeneralName>,
}

impl std::fmt::Debug for SignerCertificate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SignerCertificate(redacted)")
    }
}

/// The basic four as a signing certificate holds them, for comparison with the register. `Debug` prints nothing of them.
#[derive(Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// 氏名.
    pub name: String,
    /// One digit for each character of the name; other than `0` where it stands for one that the certificate cannot write.
    pub name_substitutes: String,
    /// True when a character of the address stands for one that the certificate cannot write.
    pub address_has_substitutes: bool,
    /// 性別 as one digit (JIS X 0303).
    pub sex: String,
    /// 生年月日: era digit and Gregorian YYYYMMDD.
    pub birth_date: String,
    /// 住所.
    pub address: String,
}

impl std::fmt::Debug for CertificateFacts {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CertificateFacts(redacted)")
    }
}

impl CertificateFacts {
    /// True when a character of the name must be compared by eye.
    #[must_use]
    pub fn name_has_substitutes(&self) -> bool {
        has_flag(&self.name_substitutes)
    }
}

fn has_flag(flags: &str) -> bool {
    flags.bytes().any(|flag| flag != b'0')
}

impl SignerCertificate {
    /// Checks 1 to 8, 11 and 12 on DER bytes, as of `signed_at`.
    ///
    /// # Errors
    ///
    /// [`CertificateError`] saying which check failed.
    pub fn validate(
        roots: &TrustedRoots,
        certificate_use: CertificateUse,
        der: &[u8],
        signed_at: Moment,
    ) -> Result<Self, CertificateError> {
        let sliced = Sliced::parse(der)?;
        let certificate = &sliced.certificate.tbs_certificate;
        let extensions = Extensions::of(certificate)?;
        extensions.require_policy(roots.environment(), certificate_use)?;
        extensions.require_holder()?;
        extensions.require_usage(certificate_use)?;
        let key = HolderKey::of(
            &certificate.subject_public_key_info,
            roots.environment().algorithms(),
        )?;
        let names = extensions.alternative_name()?;
        let root = find_root(roots, certificate_use, &sliced, &extensions)?;
        is_valid_at(&certificate.validity, signed_at)?;
        if !root.is_valid_at(signed_at) {
            return Err(CertificateError::RootNotValid);
        }
        Ok(Self {
            der: der.to_vec(),
            key,
            issuer_key_identifier: root.key_identifier.clone(),
            serial: certificate.serial_number.as_bytes().to_vec(),
            distribution_point: extensions.distribution_point()?,
            expires: certificate
                .validity
                .not_after
                .to_unix_duration()
                .as_secs()
                .saturating_mul(1000),
            names,
        })
    }

    /// Check 9: whether this certificate's key signed exactly `message`.
    #[must_use]
    pub fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.has_signed(message, signature)
    }

    /// How this certificate's key signs.
    #[must_use]
    pub fn algorithm(&self) -> CardAlgorithm {
        self.key.algorithm()
    }

    /// The certificate itself. Personal data: evidence vault only.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The question whose answer says whether it was revoked.
    #[must_use]
    pub fn revocation_query(&self, at: Moment) -> RevocationQuery<'_> {
        RevocationQuery {
            issuer_key_identifier: &self.issuer_key_identifier,
            serial: &self.serial,
            distribution_point: self.distribution_point.as_deref(),
            expires: self.expires,
            at,
        }
    }

    /// The basic four. None for an authentication certificate, which has none of them.
    #[must_use]
    pub fn facts(&self) -> Option<CertificateFacts> {
        Some(CertificateFacts {
            name: self.named(1)?,
            name_substitutes: self.named(2)?,
            address_has_substitutes: has_flag(&self.named(6)?),
            sex: self.named(3)?,
            birth_date: self.named(4)?,
            address: self.named(5)?,
        })
    }

    fn named(&self, number: u32) -> Option<String> {
        let mut arcs = BASIC_FOUR_ARC;
        *arcs.last_mut()? = number;
        let wanted = ObjectIdentifier::from_arcs(arcs).ok()?;
        self.names.iter().find_map(|name| {
            let GeneralName::OtherName(other) = name else {
                return None;
            };
            let text = other.value.decode_as::<Utf8StringRef<'_>>().ok()?;
            (other.type_id == wanted).then(|| text.as_str().to_owned())
        })
    }
}

/// Check 1: a certificate with the very bytes that its issuer signed.
pub(super) struct Sliced<'a> {
    pub(super) certificate: Certificate,
    pub(super) signed_bytes: &'a [u8],
    pub(super) signature: &'a [u8],
}

impl<'a> Sliced<'a> {
    pub(super) fn parse(der: &'a [u8]) -> Result<Self, CertificateError> {
        if CERTIFICATE_BYTES_MAX < der.len() {
            return Err(CertificateError::TooLong { length: der.len() });
        }
        let (signed_bytes, signature) = slice(der).map_err(CertificateError::Malformed)?;
        let certificate: Certificate =
            strict_der::decode(der).map_err(CertificateError::Malformed)?;
        if certificate.tbs_certificate.version != Version::V3 {
            return Err(CertificateError::NotVersion3);
        }
        let expected = AlgorithmIdentifierOwned {
            oid: SHA_256_WITH_RSA_ENCRYPTION,
            parameters: Some(Any::null()),
        };
        if certificate.signature_algorithm != expected
            || certificate.tbs_certificate.signature != expected
        {
            return Err(CertificateError::SignatureAlgorithm);
        }
        Ok(Self {
            certificate,
            signed_bytes,
            signature,
        })
    }
}

/// The first and last part of the outer sequence, as they stand.
pub(super) fn slice(der: &[u8]) -> der::Result<(&[u8], &[u8])> {
    let mut reader = SliceReader::new(der)?;
    Header::decode(&mut reader)?;
    let signed_bytes = reader.tlv_bytes()?;
    reader.tlv_bytes()?;
    let signature = BitStringRef::decode(&mut reader)?;
    let bytes = signature
        .as_bytes()
        .ok_or_else(|| der::ErrorKind::Failed.into());
    bytes.map(|bytes| (signed_bytes, bytes))
}

/// Check 2: by authority key identifier among the pinned roots, then by name and serial, then by signature.
fn find_root<'a>(
    roots: &'a TrustedRoots,
    certificate_use: CertificateUse,
    sliced: &Sliced<'_>,
    extensions: &Extensions<'_>,
) -> Result<&'a Root, CertificateError> {
    let identifier: AuthorityKeyIdentifier = extensions.required(ID_CE_AUTHORITY_KEY_IDENTIFIER)?;
    let key = identifier
        .key_identifier
        .ok_or(CertificateError::MissingExtension(
            ID_CE_AUTHORITY_KEY_IDENTIFIER,
        ))?;
    let mut candidates = roots.candidates(certificate_use, key.as_bytes()).peekable();
    candidates.peek().ok_or(CertificateError::UnknownIssuer)?;
    let named_serial = identifier.authority_cert_serial_number;
    let is_named = |root: &&Root| {
        let serial_fits = named_serial
            .as_ref()
            .is_none_or(|serial| serial.as_bytes() == root.serial);
        root.name == sliced.certificate.tbs_certificate.issuer && serial_fits
    };
    let mut named = candidates.filter(is_named).peekable();
    named.peek().ok_or(CertificateError::IssuerName)?;
    named
        .find(|root| rsa::verify(&root.public_key, sliced.signed_bytes, sliced.signature))
        .ok_or(CertificateError::Forged)
}

/// Check 3, both ends included, as certificates count in whole seconds.
pub(super) fn is_valid_at(
    validity: &x509_cert::time::Validity,
    moment: Moment,
) -> Result<(), CertificateError> {
    let seconds = moment / 1000;
    if seconds < validity.not_before.to_unix_duration().as_secs() {
        return Err(CertificateError::NotYetValid);
    }
    if validity.not_after.to_unix_duration().as_secs() < seconds {
        return Err(CertificateError::Expired);
    }
    Ok(())
}

#[derive(Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    exponent: UintRef<'a>,
}

/// Check 8: the DER `RSAPublicKey` of a key with exactly 2048 bits and exponent 65537.
pub(super) fn rsa_2048_key(info: &SubjectPublicKeyInfoOwned) -> Result<Vec<u8>, CertificateError> {
    if info.algorithm.oid != RSA_ENCRYPTION {
        return Err(CertificateError::KeyAlgorithm(info.algorithm.oid));
    }
    let bytes = info
        .subject_public_key
        .as_bytes()
        .ok_or(CertificateError::KeyAlgorithm(info.algorithm.oid))?;
    let key = RsaPublicKey::from_der(bytes).map_err(CertificateError::Malformed)?;
    let bits = bit_length(key.modulus.as_bytes());
    if bits != KEY_BITS {
        return Err(CertificateError::KeySize { bits });
    }
    if key.exponent.as_bytes() != KEY_EXPONENT {
        return Err(CertificateError::KeyExponent);
    }
    key.to_der().map_err(CertificateError::Malformed)
}

/// Bits of a big-endian number without leading zero bytes.
fn bit_length(bytes: &[u8]) -> usize {
    let Some(first) = bytes.first() else { return 0 };
    let leading = usize::try_from(first.leading_zeros()).unwrap_or_default();
    bytes.len().saturating_mul(8).saturating_sub(leading)
}
