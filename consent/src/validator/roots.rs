//! The pinned roots and the environment they belong to. A production configuration cannot hold a test root.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc4519::{ORGANIZATION_NAME, ORGANIZATIONAL_UNIT_NAME};
use const_oid::db::rfc5280::ID_CE_SUBJECT_KEY_IDENTIFIER;
use der::asn1::OctetString;
use musubi_primitives::Moment;
use musubi_primitives::commitment::hash_parts;
use x509_cert::name::Name;

use super::certificate::{CertificateError, Sliced, is_valid_at, rsa_2048_key};
use super::extensions::Extensions;
use super::holder_key::CardAlgorithm;
use super::rsa;

/// Most roots that one configuration may pin: two uses, a few generations each.
const ROOTS_MAX: usize = 16;

/// SHA-256 of the roots of real cards, as hexadecimal digits: three generations of signing and of authentication roots.
/// They agree in two independent public projects; compare them with the announcement on jpki.go.jp before going live.
const PRODUCTION_FINGERPRINTS: [&str; 6] = [
    "19645405a1fe14377434bd55957628ac4038557c542403a2243f21c706fc9355",
    "79679c33e4cc9319440f1ad120a597ff1844e2ef217063adb176966fd5e6fbeb",
    "d227f6cde11d35c5252178f106f843d24651944975413b539fa2fb68dbfa365f",
    "4dcfc4ca0aaf9fb2a3081b3f0c991c320b3acc008667a341eeaec5af1d58ca7d",
    "0d98de47fc11b7f67126874b7028b6026a803d2638d6edfe53176953961fade6",
    "64114f29620c24ed2631d46476a040e7ee740d956089c00b036a6a8118c322b5",
];

/// Which world a node lives in. Policies and organisations of the others are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Real cards.
    Production,
    /// JPKI-TEST cards of J-LIS.
    JpkiTest,
    /// Cards of our own emulator.
    Emulated,
}

/// What a certificate is for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateUse {
    /// 署名用: consent, binding, withdrawal.
    Signing,
    /// 利用者証明用: check-in.
    Authentication,
}

impl Environment {
    /// Every environment.
    pub const ALL: [Self; 3] = [Self::Production, Self::JpkiTest, Self::Emulated];

    /// Organisation in the names of this environment's roots.
    #[must_use]
    pub const fn organisation(self) -> &'static str {
        match self {
            Self::Production => "JPKI",
            Self::JpkiTest => "JPKI-TEST",
            Self::Emulated => "MUSUBI TEST JPKI - NOT FOR PRODUCTION",
        }
    }

    /// How cards of this environment may sign. Certificates of the announced P-384 card are not published, so real ones are refused.
    #[must_use]
    pub const fn algorithms(self) -> &'static [CardAlgorithm] {
        match self {
            Self::Production | Self::JpkiTest => &[CardAlgorithm::RsaPkcs1Sha256],
            Self::Emulated => &[
                CardAlgorithm::RsaPkcs1Sha256,
                CardAlgorithm::EcdsaP384Sha384,
            ],
        }
    }

    /// Certificate policy of this environment. The emulator's lie in the arc for documentation (RFC 5612).
    #[must_use]
    pub const fn policy(self, certificate_use: CertificateUse) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(match (self, certificate_use) {
            (Self::Production, CertificateUse::Signing) => "1.2.392.200149.8.5.1.1.20",
            (Self::Production, CertificateUse::Authentication) => "1.2.392.200149.8.5.1.3.30",
            (Self::JpkiTest, CertificateUse::Signing) => "1.2.392.200149.8.5.1.0.20",
            (Self::JpkiTest, CertificateUse::Authentication) => "1.2.392.200149.8.5.1.0.30",
            (Self::Emulated, CertificateUse::Signing) => "1.3.6.1.4.1.32473.4.20",
            (Self::Emulated, CertificateUse::Authentication) => "1.3.6.1.4.1.32473.4.30",
        })
    }
}

/// Why a root cannot be pinned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RootError {
    /// No root at all, or more than a configuration may hold.
    #[error("{0} roots configured, between one and {ROOTS_MAX} are expected")]
    Count(usize),
    /// Not a certificate with the shape of a root.
    #[error("root {index}: read the certificate")]
    Certificate {
        /// Place in the configuration, from zero.
        index: usize,
        /// What is wrong with it.
        #[source]
        source: CertificateError,
    },
    /// The root of another environment, above all a test root in production.
    #[error("root {index} belongs to {found:?}, this environment takes only {expected:?}")]
    Environment {
        /// Place in the configuration, from zero.
        index: usize,
        /// Organisation in the root's name.
        found: String,
        /// Organisation of this environment.
        expected: &'static str,
    },
    /// Named like a production root, and none of the published ones.
    #[error("root {index} is not one of the published roots")]
    NotPublished {
        /// Place in the configuration, from zero.
        index: usize,
    },
    /// Neither a signing nor an authentication root.
    #[error("root {index}: the name says neither signature nor authentication")]
    Use {
        /// Place in the configuration, from zero.
        index: usize,
    },
    /// Not an authority: no basicConstraints cA, or no keyCertSign.
    #[error("root {index} is not an authority")]
    NotAuthority {
        /// Place in the configuration, from zero.
        index: usize,
    },
    /// Its own signature does not verify.
    #[error("root {index} is not signed by itself")]
    NotSelfSigned {
        /// Place in the configuration, from zero.
        index: usize,
    },
}

/// One pinned root.
#[derive(Clone, Debug)]
pub(super) struct Root {
    pub(super) certificate_use: CertificateUse,
    pub(super) name: Name,
    pub(super) serial: Vec<u8>,
    pub(super) key_identifier: Vec<u8>,
    pub(super) public_key: Vec<u8>,
    validity: x509_cert::time::Validity,
}

impl Root {
    pub(super) fn is_valid_at(&self, moment: Moment) -> bool {
        is_valid_at(&self.validity, moment).is_ok()
    }
}

/// The roots of one environment: the only ones that anything is checked against.
#[derive(Clone, Debug)]
pub struct TrustedRoots {
    environment: Environment,
    roots: Vec<Root>,
}

impl TrustedRoots {
    /// Pins roots given as DER.
    ///
    /// # Errors
    ///
    /// [`RootError`] naming the root and what is wrong with it.
    pub fn new<R: AsRef<[u8]>>(environment: Environment, roots: &[R]) -> Result<Self, RootError> {
        if roots.is_empty() || ROOTS_MAX < roots.len() {
            return Err(RootError::Count(roots.len()));
        }
        let pin = |(index, der): (usize, &R)| pin_root(environment, index, der.as_ref());
        let roots: Result<_, _> = roots.iter().enumerate().map(pin).collect();
        Ok(Self {
            environment,
            roots: roots?,
        })
    }

    /// The environment all roots belong to.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// What the certificates of the root with this key identifier are for. None when it is not pinned.
    #[must_use]
    pub fn use_of(&self, issuer_key_identifier: &[u8]) -> Option<CertificateUse> {
        self.with_key(issuer_key_identifier)
            .map(|root| root.certificate_use)
    }

    /// Every root.
    pub(super) fn all(&self) -> impl Iterator<Item = &Root> {
        self.roots.iter()
    }

    /// The root with this key identifier. Key identifiers are hashes of keys, so no two roots share one.
    pub(super) fn with_key(&self, key_identifier: &[u8]) -> Option<&Root> {
        self.all()
            .find(|root| root.key_identifier == key_identifier)
    }

    /// Roots of this use whose key identifier is named. Generations share one name, so several may fit.
    pub(super) fn candidates(
        &self,
        certificate_use: CertificateUse,
        key_identifier: &[u8],
    ) -> impl Iterator<Item = &Root> {
        let fits = move |root: &&Root| {
            root.certificate_use == certificate_use && root.key_identifier == key_identifier
        };
        self.roots.iter().filter(fits)
    }
}

fn pin_root(environment: Environment, index: usize, der: &[u8]) -> Result<Root, RootError> {
    let malformed = |source| RootError::Certificate { index, source };
    let sliced = Sliced::parse(der).map_err(malformed)?;
    let certificate = &sliced.certificate.tbs_certificate;
    let found = name_part(&certificate.subject, ORGANIZATION_NAME)
        .next()
        .unwrap_or_default();
    if found != environment.organisation() {
        return Err(RootError::Environment {
            index,
            found,
            expected: environment.organisation(),
        });
    }
    if environment == Environment::Production && !is_published(der) {
        return Err(RootError::NotPublished { index });
    }
    let certificate_use = root_use(&certificate.subject).ok_or(RootError::Use { index })?;
    let extensions = Extensions::of(certificate).map_err(malformed)?;
    if !extensions.is_authority().map_err(malformed)? {
        return Err(RootError::NotAuthority { index });
    }
    let key_identifier: OctetString = extensions
        .required(ID_CE_SUBJECT_KEY_IDENTIFIER)
        .map_err(malformed)?;
    let public_key = rsa_2048_key(&certificate.subject_public_key_info).map_err(malformed)?;
    if certificate.issuer != certificate.subject
        || !rsa::verify(&public_key, sliced.signed_bytes, sliced.signature)
    {
        return Err(RootError::NotSelfSigned { index });
    }
    Ok(Root {
        certificate_use,
        name: certificate.subject.clone(),
        serial: certificate.serial_number.as_bytes().to_vec(),
        key_identifier: key_identifier.into_bytes(),
        public_key,
        validity: certificate.validity,
    })
}

fn is_published(der: &[u8]) -> bool {
    let fingerprint = hex::encode(hash_parts(&[der]));
    PRODUCTION_FINGERPRINTS.contains(&fingerprint.as_str())
}

fn root_use(name: &Name) -> Option<CertificateUse> {
    name_part(name, ORGANIZATIONAL_UNIT_NAME).find_map(|unit| match unit.as_str() {
        "JPKI for digital signature" => Some(CertificateUse::Signing),
        "JPKI for user authentication" => Some(CertificateUse::Authentication),
        _ => None,
    })
}

fn name_part(name: &Name, part: ObjectIdentifier) -> impl Iterator<Item = String> {
    let attributes = name.0.iter().flat_map(|relative| relative.0.iter());
    let found = attributes.filter(move |attribute| attribute.oid == part);
    found.map(|attribute| String::from_utf8_lossy(attribute.value.value()).into_owned())
}
