//! The JPKI application: status, signing and authentication.
//!
//! One signature is one VERIFY, one certificate read and one COMPUTE DIGITAL SIGNATURE, after everything that can be
//! checked without spending a try has been checked. VERIFY state is ended by leaving the application afterwards.

use sha2::{Digest as _, Sha256, Sha384};

use crate::apdu::{Command, ExchangeError, Response, StatusWord, exchange};
use crate::error::{Attempt, CardError, SecretKind, TriesPolicy};
use crate::layout::{
    self, Credential, ElementaryFile, ISSUER_SECURITY_DOMAIN, Layout, SignatureAlgorithm,
    TEXT_APPLICATION, TokenKind,
};
use crate::pin::{SignPassword, UserPin};
use crate::transport::Transport;

/// Largest file read from a card, in bytes. Certificates measure about 1,500.
const FILE_BYTES_MAX: usize = 4096;

/// At this many tries or fewer [`TriesPolicy::StopWhenFew`] stops.
const FEW_TRIES: u8 = 2;

/// DER prefix of a SHA-256 DigestInfo (RFC 8017, 9.2 note 1); 19 bytes, so that the card receives 51.
const SHA256_DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// What the retry counter says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tries {
    /// So many wrong entries until the secret is blocked.
    Left(u8),
    /// Blocked already.
    Blocked,
    /// The card does not have this secret.
    Absent,
}

/// Which certificates the card says it carries (file 0008).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Availability {
    /// The signing certificate is there.
    pub signing: bool,
    /// The authentication certificate is there.
    pub authentication: bool,
}

/// All that can be learnt without a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardStatus {
    /// Plastic or phone; none when the token names itself in a way we do not know.
    pub token: Option<TokenKind>,
    /// Certificates on the card.
    pub availability: Availability,
    /// Counter of the signing password.
    pub signing: Tries,
    /// Counter of the authentication PIN.
    pub authentication: Tries,
}

/// What one touch of the card yields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardSignature {
    /// DER of the certificate whose key signed.
    pub certificate: Vec<u8>,
    /// The signature bytes.
    pub signature: Vec<u8>,
    /// How they were made.
    pub algorithm: SignatureAlgorithm,
}

/// A card whose JPKI application is selected.
pub struct JpkiCard<T: Transport> {
    transport: T,
    layout: Layout,
    token: Option<TokenKind>,
}

impl<T: Transport> std::fmt::Debug for JpkiCard<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("JpkiCard")
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

impl<T: Transport> JpkiCard<T> {
    /// Selects the application of today's cards and reads the token's kind. The ATR is not looked at: it varies by reader.
    ///
    /// # Errors
    ///
    /// [`CardError::NotMyNumberCard`] when the application is not there; otherwise what the card or reader did.
    pub fn open(transport: T) -> Result<Self, CardError> {
        Self::open_generation(transport, layout::CURRENT)
    }

    /// Like [`JpkiCard::open`], for a card of the given generation.
    ///
    /// # Errors
    ///
    /// As [`JpkiCard::open`].
    pub fn open_generation(transport: T, layout: Layout) -> Result<Self, CardError> {
        let mut card = Self {
            transport,
            layout,
            token: None,
        };
        card.select_application()?;
        card.token = card.read_token_kind()?;
        Ok(card)
    }

    /// Plastic card or phone, if the token's name is a known one.
    #[must_use]
    pub fn token(&self) -> Option<TokenKind> {
        self.token
    }

    /// Everything that costs no try: kind, certificates present, both counters.
    ///
    /// # Errors
    ///
    /// What the card or reader did.
    pub fn status(&mut self) -> Result<CardStatus, CardError> {
        let availability = self.availability()?;
        Ok(CardStatus {
            token: self.token,
            availability,
            signing: self.tries(Credential::Signing)?,
            authentication: self.tries(Credential::Authentication)?,
        })
    }

    /// Which certificates the card carries.
    ///
    /// # Errors
    ///
    /// What the card or reader did.
    pub fn availability(&mut self) -> Result<Availability, CardError> {
        self.select_file(ElementaryFile::CertificateAvailability)?;
        let flags = self.read_record(3)?;
        let [signing, authentication, _] =
            <[u8; 3]>::try_from(flags).map_err(|_| CardError::Malformed(Attempt::Read))?;
        Ok(Availability {
            signing: signing == 0x8F,
            authentication: authentication == 0x8F,
        })
    }

    /// How many tries the secret of `credential` has left. Costs none.
    ///
    /// # Errors
    ///
    /// What the card or reader did.
    pub fn tries(&mut self, credential: Credential) -> Result<Tries, CardError> {
        let secret = self.layout.credential(credential).secret;
        if self.try_select_file(secret)? == StatusWord::NOT_FOUND {
            return Ok(Tries::Absent);
        }
        query_tries(&mut self.transport)
    }

    /// Whether it makes sense to ask a person for the secret of `credential` at all: its certificate is there and enough tries are
    /// left. Costs none; [`JpkiCard::sign`] and [`JpkiCard::authenticate`] ask again.
    ///
    /// # Errors
    ///
    /// The outcome that a person should hear instead of being asked.
    pub fn require_ready(
        &mut self,
        credential: Credential,
        policy: TriesPolicy,
    ) -> Result<(), CardError> {
        self.require_certificate(credential)?;
        self.require_tries(credential, policy)
    }

    /// Reads the authentication certificate, which holds no name or address. Free on the plastic card.
    ///
    /// # Errors
    ///
    /// [`CardError::SecretRequired`] on a phone; otherwise what the card or reader did.
    pub fn read_authentication_certificate(&mut self) -> Result<Vec<u8>, CardError> {
        self.read_certificate(Credential::Authentication)
    }

    /// Signs `content` with the consent key: exactly one VERIFY.
    ///
    /// # Errors
    ///
    /// A [`CardError`] that says whether and how a try was spent.
    pub fn sign(
        &mut self,
        password: &SignPassword,
        content: &[u8],
        policy: TriesPolicy,
    ) -> Result<CardSignature, CardError> {
        self.use_credential(Credential::Signing, password.bytes(), content, policy)
    }

    /// Signs `content` with the check-in key: exactly one VERIFY.
    ///
    /// # Errors
    ///
    /// A [`CardError`] that says whether and how a try was spent.
    pub fn authenticate(
        &mut self,
        pin: &UserPin,
        content: &[u8],
        policy: TriesPolicy,
    ) -> Result<CardSignature, CardError> {
        self.use_credential(Credential::Authentication, pin.bytes(), content, policy)
    }

    fn use_credential(
        &mut self,
        credential: Credential,
        secret: &[u8],
        content: &[u8],
        policy: TriesPolicy,
    ) -> Result<CardSignature, CardError> {
        self.select_application()?;
        self.require_ready(credential, policy)?;
        let outcome = self.verify_and_sign(credential, secret, content);
        self.leave();
        outcome
    }

    fn verify_and_sign(
        &mut self,
        credential: Credential,
        secret: &[u8],
        content: &[u8],
    ) -> Result<CardSignature, CardError> {
        // The file of the secret is still selected: reading the counter selected it.
        verify(&mut self.transport, credential.into(), secret)?;
        let certificate = self.read_certificate(credential)?;
        let algorithm = self.layout.credential(credential).algorithm;
        self.select_file(self.layout.credential(credential).key)?;
        let signature = self.compute_signature(&signature_input(algorithm, content))?;
        if !algorithm.has_form(&signature) {
            return Err(CardError::Malformed(Attempt::Sign));
        }
        Ok(CardSignature {
            certificate,
            signature,
            algorithm,
        })
    }

    /// A card without the certificate answers its PIN queries as if it were locked, so absence is asked first.
    fn require_certificate(&mut self, credential: Credential) -> Result<(), CardError> {
        let availability = self.availability()?;
        let present = match credential {
            Credential::Signing => availability.signing,
            Credential::Authentication => availability.authentication,
        };
        if present {
            Ok(())
        } else {
            Err(CardError::CertificateAbsent(credential))
        }
    }

    fn require_tries(
        &mut self,
        credential: Credential,
        policy: TriesPolicy,
    ) -> Result<(), CardError> {
        match self.tries(credential)? {
            Tries::Absent => Err(CardError::CertificateAbsent(credential)),
            tries @ (Tries::Left(_) | Tries::Blocked) => {
                enough_tries(tries, credential.into(), policy)
            }
        }
    }

    fn compute_signature(&mut self, input: &[u8]) -> Result<Vec<u8>, CardError> {
        let response =
            exchange(&mut self.transport, &Command::compute_signature(input)).map_err(|error| {
                match error {
                    ExchangeError::Transport(_) => CardError::SignatureOutcomeUnknown,
                    ExchangeError::Malformed => CardError::Malformed(Attempt::Sign),
                }
            })?;
        expect_ok(&response, Attempt::Sign)?;
        Ok(response.data)
    }

    fn read_certificate(&mut self, credential: Credential) -> Result<Vec<u8>, CardError> {
        let file = self.layout.credential(credential).certificate;
        if self.try_select_file(file)? == StatusWord::NOT_FOUND {
            return Err(CardError::CertificateAbsent(credential));
        }
        let needs_secret = CardError::UnexpectedStatus {
            attempt: Attempt::Read,
            status: StatusWord::SECURITY_NOT_SATISFIED.0,
        };
        read_tlv_file(&mut self.transport).map_err(|error| {
            if error == needs_secret {
                CardError::SecretRequired(credential.into())
            } else {
                error
            }
        })
    }

    fn read_token_kind(&mut self) -> Result<Option<TokenKind>, CardError> {
        self.select_file(ElementaryFile::TokenInformation)?;
        Ok(TokenKind::parse_token_name(&self.read_record(32)?))
    }

    fn read_record(&mut self, length: u16) -> Result<Vec<u8>, CardError> {
        read_chunk(&mut self.transport, 0, length)
    }

    fn select_application(&mut self) -> Result<(), CardError> {
        let command = Command::select_application(self.layout.application);
        let response = exchange(&mut self.transport, &command)
            .map_err(|error| error.during(Attempt::SelectApplication))?;
        match response.status {
            StatusWord::OK => Ok(()),
            _ => Err(CardError::NotMyNumberCard),
        }
    }

    fn select_file(&mut self, file: ElementaryFile) -> Result<(), CardError> {
        select_file(&mut self.transport, file)
    }

    fn try_select_file(&mut self, file: ElementaryFile) -> Result<StatusWord, CardError> {
        try_select_file(&mut self.transport, file)
    }

    fn leave(&mut self) {
        leave(&mut self.transport);
    }
}

impl<T: Transport> Drop for JpkiCard<T> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Ends VERIFY state by selecting something else. The transport cuts the power afterwards; should both fail, the card is gone.
pub(crate) fn leave<T: Transport>(transport: &mut T) {
    let domain = exchange(
        transport,
        &Command::select_application(&ISSUER_SECURITY_DOMAIN),
    );
    if !domain.is_ok_and(|response| response.status == StatusWord::OK) {
        // A phone's secure element hides that domain; any other application ends the state as well.
        drop(exchange(
            transport,
            &Command::select_application(&TEXT_APPLICATION),
        ));
    }
}

pub(crate) fn select_file<T: Transport>(
    transport: &mut T,
    file: ElementaryFile,
) -> Result<(), CardError> {
    match try_select_file(transport, file)? {
        StatusWord::OK => Ok(()),
        StatusWord(status) => Err(CardError::UnexpectedStatus {
            attempt: Attempt::SelectFile,
            status,
        }),
    }
}

/// Selects a file that may be missing: the status is 9000 or "not found", anything else is an error.
pub(crate) fn try_select_file<T: Transport>(
    transport: &mut T,
    file: ElementaryFile,
) -> Result<StatusWord, CardError> {
    let response = exchange(transport, &Command::select_file(file.identifier()))
        .map_err(|error| error.during(Attempt::SelectFile))?;
    match response.status {
        status @ (StatusWord::OK | StatusWord::NOT_FOUND) => Ok(status),
        StatusWord(status) => Err(CardError::UnexpectedStatus {
            attempt: Attempt::SelectFile,
            status,
        }),
    }
}

pub(crate) fn query_tries<T: Transport>(transport: &mut T) -> Result<Tries, CardError> {
    let response = exchange(transport, &Command::tries_left())
        .map_err(|error| error.during(Attempt::QueryTries))?;
    if response.status.is_blocked() {
        return Ok(Tries::Blocked);
    }
    match response.status.tries_left() {
        Some(left) => Ok(Tries::Left(left)),
        None => Err(CardError::UnexpectedStatus {
            attempt: Attempt::QueryTries,
            status: response.status.0,
        }),
    }
}

pub(crate) fn enough_tries(
    tries: Tries,
    secret: SecretKind,
    policy: TriesPolicy,
) -> Result<(), CardError> {
    match (tries, policy) {
        (Tries::Blocked | Tries::Absent, _) => Err(CardError::SecretBlocked(secret)),
        (Tries::Left(tries_left), TriesPolicy::StopWhenFew) if tries_left <= FEW_TRIES => {
            Err(CardError::FewTriesLeft { secret, tries_left })
        }
        (Tries::Left(_), TriesPolicy::StopWhenFew | TriesPolicy::UseEvenTheLast) => Ok(()),
    }
}

/// Presents a secret exactly once. If no judgement came back the outcome is unknown, never "wrong" and never repeated.
pub(crate) fn verify<T: Transport>(
    transport: &mut T,
    kind: SecretKind,
    secret: &[u8],
) -> Result<(), CardError> {
    let response = exchange(transport, &Command::verify(secret))
        .map_err(|_| CardError::SecretOutcomeUnknown(kind))?;
    if response.status == StatusWord::OK {
        return Ok(());
    }
    if response.status.is_blocked() {
        return Err(CardError::SecretBlocked(kind));
    }
    match response.status.tries_left() {
        Some(tries_left) => Err(CardError::SecretWrong {
            secret: kind,
            tries_left,
        }),
        None => Err(CardError::UnexpectedStatus {
            attempt: Attempt::Verify,
            status: response.status.0,
        }),
    }
}

/// Reads one TLV object that fills the selected file: its header first, then the rest in chunks.
pub(crate) fn read_tlv_file<T: Transport>(transport: &mut T) -> Result<Vec<u8>, CardError> {
    let mut file = read_chunk(transport, 0, 6)?;
    let length = tlv_length(&file).ok_or(CardError::Malformed(Attempt::Read))?;
    if FILE_BYTES_MAX < length || length < file.len() {
        return Err(CardError::Malformed(Attempt::Read));
    }
    while file.len() < length {
        let offset = u16::try_from(file.len()).expect("FILE_BYTES_MAX fits in 15 bits");
        let wanted = u16::try_from((length - file.len()).min(256)).expect("at most 256");
        let chunk = read_chunk(transport, offset, wanted)?;
        if chunk.is_empty() {
            return Err(CardError::Malformed(Attempt::Read));
        }
        file.extend_from_slice(&chunk);
    }
    Ok(file)
}

fn read_chunk<T: Transport>(
    transport: &mut T,
    offset: u16,
    length: u16,
) -> Result<Vec<u8>, CardError> {
    let response = exchange(transport, &Command::read_binary(offset, length))
        .map_err(|error| error.during(Attempt::Read))?;
    expect_ok(&response, Attempt::Read)?;
    if usize::from(length) < response.data.len() {
        return Err(CardError::Malformed(Attempt::Read));
    }
    Ok(response.data)
}

fn expect_ok(response: &Response, attempt: Attempt) -> Result<(), CardError> {
    match response.status {
        StatusWord::OK => Ok(()),
        StatusWord(status) => Err(CardError::UnexpectedStatus { attempt, status }),
    }
}

/// Whole length of a BER-TLV object from its first bytes: tag of one or two bytes, length of up to three.
fn tlv_length(head: &[u8]) -> Option<usize> {
    let tag_bytes = if head.first()? & 0x1F == 0x1F { 2 } else { 1 };
    let after_tag = head.get(tag_bytes..)?;
    let (length_bytes, value_bytes) = match after_tag {
        [short @ 0..=0x7F, ..] => (1, usize::from(*short)),
        [0x81, length, ..] => (2, usize::from(*length)),
        [0x82, high, low, ..] => (3, usize::from(u16::from_be_bytes([*high, *low]))),
        _ => return None,
    };
    Some(tag_bytes + length_bytes + value_bytes)
}

/// What the card is asked to sign for `content`: it adds only the padding.
fn signature_input(algorithm: SignatureAlgorithm, content: &[u8]) -> Vec<u8> {
    match algorithm {
        SignatureAlgorithm::RsaPkcs1Sha256 => {
            [&SHA256_DIGEST_INFO[..], &Sha256::digest(content)[..]].concat()
        }
        SignatureAlgorithm::EcdsaP384Sha384 => Sha384::digest(content).to_vec(),
    }
}
