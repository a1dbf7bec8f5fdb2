//! Which application holds which file, and which key signs how: the card as data, so that a new generation is a new row.

/// One of the two certificates with its key and its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Credential {
    /// 署名用: consent, binding, withdrawal. Protected by the 6 to 16 character password.
    Signing,
    /// 利用者証明用: check-in. Protected by the 4-digit PIN.
    Authentication,
}

/// Where the token lives, as its own name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// `JPKIAPICCTOKEN2`: the plastic card.
    Plastic,
    /// `JPKIAPGPSETOKEN`: an Android phone; its authentication certificate needs the PIN first.
    Android,
    /// `JPKIAPIOSTOKEN`: an iPhone.
    IPhone,
}

impl TokenKind {
    /// Reads the first 32 bytes of the token information file (space padded).
    #[must_use]
    pub fn parse_token_name(name: &[u8]) -> Option<Self> {
        match name.trim_ascii_end() {
            b"JPKIAPICCTOKEN2" => Some(Self::Plastic),
            b"JPKIAPGPSETOKEN" => Some(Self::Android),
            b"JPKIAPIOSTOKEN" => Some(Self::IPhone),
            _ => None,
        }
    }
}

/// How a credential signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256 and a 2048-bit key: every card until the new generation.
    RsaPkcs1Sha256,
    /// ECDSA on P-384 with SHA-384: announced for the new generation; its APDUs are not published.
    EcdsaP384Sha384,
}

/// Bytes of an RSA signature: those of the 2048-bit modulus (RFC 8017, 8.2.1).
const RSA_SIGNATURE_BYTES: usize = 256;

/// Most bytes of one number of a P-384 signature: 48, and a zero before a set highest bit.
const P384_NUMBER_BYTES_MAX: usize = 49;

impl SignatureAlgorithm {
    /// Whether these bytes can be a signature of this kind at all: 256 bytes for RSA; for P-384 a DER sequence of two positive numbers
    /// of at most 384 bits (RFC 3279, 2.2.3), and nothing after it.
    #[must_use]
    pub fn has_form(self, signature: &[u8]) -> bool {
        match self {
            Self::RsaPkcs1Sha256 => signature.len() == RSA_SIGNATURE_BYTES,
            Self::EcdsaP384Sha384 => is_pair_of_numbers(signature),
        }
    }
}

fn is_pair_of_numbers(signature: &[u8]) -> bool {
    let [0x30, length, numbers @ ..] = signature else {
        return false;
    };
    let after = after_number(numbers).and_then(after_number);
    usize::from(*length) == numbers.len() && after.is_some_and(<[u8]>::is_empty)
}

/// What follows a DER INTEGER that may stand in a P-384 signature.
fn after_number(bytes: &[u8]) -> Option<&[u8]> {
    let [0x02, length, rest @ ..] = bytes else {
        return None;
    };
    let (number, after) = rest.split_at_checked(usize::from(*length))?;
    let is_positive = number.first().is_some_and(|first| *first < 0x80);
    (is_positive && number.len() <= P384_NUMBER_BYTES_MAX).then_some(after)
}

/// A file this crate may select. There is no value for the individual number, for its key reference 照合番号A or for
/// the resident-record application, and no way to make one from a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementaryFile {
    /// JPKI 0001, readable after the signing password.
    SigningCertificate,
    /// JPKI 000A, free on the plastic card.
    AuthenticationCertificate,
    /// JPKI 0006, the PKCS#11 token information.
    TokenInformation,
    /// JPKI 0008, which certificates the card carries.
    CertificateAvailability,
    /// JPKI 001A.
    SigningKey,
    /// JPKI 001B.
    SigningPassword,
    /// JPKI 0017.
    AuthenticationKey,
    /// JPKI 0018.
    AuthenticationPin,
    /// Text application 0002, the basic four facts.
    BasicFour,
    /// Text application 0011, the 4-digit PIN of 券面事項入力補助.
    CardFacePin,
    /// Text application 0015, 照合番号B: opens the basic four and cannot open the individual number.
    PrintedNumberB,
}

impl ElementaryFile {
    pub(crate) const fn identifier(self) -> u16 {
        match self {
            Self::SigningCertificate => 0x0001,
            Self::BasicFour => 0x0002,
            Self::TokenInformation => 0x0006,
            Self::CertificateAvailability => 0x0008,
            Self::AuthenticationCertificate => 0x000A,
            Self::CardFacePin => 0x0011,
            Self::PrintedNumberB => 0x0015,
            Self::AuthenticationKey => 0x0017,
            Self::AuthenticationPin => 0x0018,
            Self::SigningKey => 0x001A,
            Self::SigningPassword => 0x001B,
        }
    }
}

/// 公的個人認証AP.
pub const JPKI_APPLICATION: [u8; 10] = [0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01];

/// 券面入力補助AP.
pub const TEXT_APPLICATION: [u8; 10] = [0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x08];

/// GlobalPlatform issuer security domain. Selecting it ends every VERIFY state; selecting the master file does not,
/// since the card answers 9000 to that without leaving the application.
pub const ISSUER_SECURITY_DOMAIN: [u8; 7] = [0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00];

/// The three files of one credential and how its key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialLayout {
    /// Holds the X.509 certificate.
    pub certificate: ElementaryFile,
    /// Holds the private key.
    pub key: ElementaryFile,
    /// Holds the PIN or password.
    pub secret: ElementaryFile,
    /// How the key signs.
    pub algorithm: SignatureAlgorithm,
}

/// One generation of the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// DF name of the application that signs.
    pub application: &'static [u8],
    /// The consent key.
    pub signing: CredentialLayout,
    /// The check-in key.
    pub authentication: CredentialLayout,
}

impl Layout {
    /// The files of `credential`.
    #[must_use]
    pub const fn credential(&self, credential: Credential) -> &CredentialLayout {
        match credential {
            Credential::Signing => &self.signing,
            Credential::Authentication => &self.authentication,
        }
    }
}

/// Cards issued since 2016, and both kinds of phone.
pub const CURRENT: Layout = Layout {
    application: &JPKI_APPLICATION,
    signing: CredentialLayout {
        certificate: ElementaryFile::SigningCertificate,
        key: ElementaryFile::SigningKey,
        secret: ElementaryFile::SigningPassword,
        algorithm: SignatureAlgorithm::RsaPkcs1Sha256,
    },
    authentication: CredentialLayout {
        certificate: ElementaryFile::AuthenticationCertificate,
        key: ElementaryFile::AuthenticationKey,
        secret: ElementaryFile::AuthenticationPin,
        algorithm: SignatureAlgorithm::RsaPkcs1Sha256,
    },
};

/// The announced successor: ECDSA P-384 with SHA-384. Its application identifier and files are not published, so this
/// row keeps today's; when the specification appears, only this row changes.
pub const SUCCESSOR: Layout = Layout {
    signing: CredentialLayout {
        algorithm: SignatureAlgorithm::EcdsaP384Sha384,
        ..CURRENT.signing
    },
    authentication: CredentialLayout {
        algorithm: SignatureAlgorithm::EcdsaP384Sha384,
        ..CURRENT.authentication
    },
    ..CURRENT
};
