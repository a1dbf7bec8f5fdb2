//! The card itself: command APDU in, response APDU out, with the state a real card keeps between them.
//!
//! VERIFY state outlives a reset and a second SELECT of the same application; it ends when another application is
//! selected or the power is cut. SELECT of the master file answers 9000 and changes nothing, as on real cards.

use std::collections::BTreeSet;

use musubi_consent_card::Credential;
use musubi_consent_card::transport::{Transport, TransportError};
use sha2::{Digest as _, Sha256};

use crate::command::Command;
use crate::error::EmulatorError;
use crate::image::{Application, CardImage, KeyEntry};
use crate::key::CardKey;

/// Answer to reset of the contact interface.
const ATR: [u8; 9] = [0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0xFE, 0x45, 0x14];

const OK: u16 = 0x9000;
const WRONG_LENGTH: u16 = 0x6700;
const SECURITY_NOT_SATISFIED: u16 = 0x6982;
const BLOCKED_OTHERWISE: u16 = 0x6983;
const BLOCKED: u16 = 0x6984;
const CONDITIONS_NOT_SATISFIED: u16 = 0x6985;
const NO_CURRENT_FILE: u16 = 0x6986;
const WRONG_DATA: u16 = 0x6A80;
const NOT_FOUND: u16 = 0x6A82;
const WRONG_PARAMETERS: u16 = 0x6A86;
const WRONG_OFFSET: u16 = 0x6B00;
const UNKNOWN_INSTRUCTION: u16 = 0x6D00;

/// Something no Musubi code may ever do to a card. Recorded, and a failure of the test that finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tripwire {
    /// SELECT of the file that holds the individual number.
    IndividualNumber,
    /// SELECT of the rendered individual number on the surface application.
    RenderedIndividualNumber,
    /// SELECT of a key reference of 照合番号A, which is the individual number.
    PrintedNumberA,
    /// SELECT of the resident-record application.
    ResidentRecord,
    /// Any command that changes a secret.
    SecretChange,
    /// A second VERIFY with data before the card was powered down: one touch presents one secret once.
    SecondVerify,
}

impl Tripwire {
    /// Every trip-wire.
    pub const ALL: [Self; 6] = [
        Self::IndividualNumber,
        Self::RenderedIndividualNumber,
        Self::PrintedNumberA,
        Self::ResidentRecord,
        Self::SecretChange,
        Self::SecondVerify,
    ];
}

/// What goes wrong, once armed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The card leaves the reader while it executes VERIFY: it has judged, and nobody hears it.
    RemovalDuringVerify,
    /// The card leaves the reader while it signs.
    RemovalDuringSign,
    /// The card leaves the reader while an application or file is selected.
    RemovalDuringSelect,
    /// The card leaves the reader while a file is read.
    RemovalDuringRead,
    /// A blocked secret is said with 6983 at all times, as some cards do, instead of 63C0 and then 6984.
    BlockedAs6983,
    /// COMPUTE DIGITAL SIGNATURE returns one byte less than a signature has.
    ShortSignatures,
    /// Every answer with data comes through 61xx and GET RESPONSE.
    ChainedAnswers,
    /// READ BINARY is first refused with 6Cxx naming one byte less.
    CorrectedLengths,
    /// READ BINARY returns one byte more than asked.
    OverlongReads,
    /// READ BINARY returns nothing and says 9000.
    EmptyReads,
    /// COMPUTE DIGITAL SIGNATURE returns something that is as long as a signature and none.
    WrongSignatures,
    /// Files end before their own length says so.
    TruncatedFiles,
    /// The answer to reset is noise.
    GarbageAtr,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 13] = [
        Self::RemovalDuringVerify,
        Self::RemovalDuringSign,
        Self::RemovalDuringSelect,
        Self::RemovalDuringRead,
        Self::BlockedAs6983,
        Self::ShortSignatures,
        Self::WrongSignatures,
        Self::ChainedAnswers,
        Self::CorrectedLengths,
        Self::OverlongReads,
        Self::EmptyReads,
        Self::TruncatedFiles,
        Self::GarbageAtr,
    ];

    /// Name in commands.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RemovalDuringVerify => "removal-during-verify",
            Self::RemovalDuringSign => "removal-during-sign",
            Self::RemovalDuringSelect => "removal-during-select",
            Self::RemovalDuringRead => "removal-during-read",
            Self::BlockedAs6983 => "blocked-as-6983",
            Self::ShortSignatures => "short-signatures",
            Self::WrongSignatures => "wrong-signatures",
            Self::ChainedAnswers => "chained-answers",
            Self::CorrectedLengths => "corrected-lengths",
            Self::OverlongReads => "overlong-reads",
            Self::EmptyReads => "empty-reads",
            Self::TruncatedFiles => "truncated-files",
            Self::GarbageAtr => "garbage-atr",
        }
    }

    /// The fault with this [`Fault::name`].
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }
}

/// A My Number Card in software.
pub struct VirtualCard {
    image: CardImage,
    keys: Vec<LoadedKey>,
    session: Session,
    fault: Option<Fault>,
    tripped: BTreeSet<Tripwire>,
    verifies: u32,
}

/// A key of the image, parsed once: checking an RSA key takes longer than signing with it.
struct LoadedKey {
    identifier: u16,
    secret: u16,
    key: CardKey,
}

/// What a card remembers until it loses power.
#[derive(Debug, Default)]
struct Session {
    application: Option<Application>,
    file: Option<u16>,
    verified: BTreeSet<(Application, u16)>,
    /// VERIFYs with data since power came, in whatever application.
    verifies: u32,
    pending: Vec<u8>,
    removed: bool,
}

impl std::fmt::Debug for VirtualCard {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("VirtualCard")
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

impl VirtualCard {
    pub(crate) fn from_image(image: CardImage) -> Result<Self, EmulatorError> {
        let load = |entry: &KeyEntry| {
            let key = CardKey::parse_pkcs8(entry.pkcs8.as_bytes())?;
            Ok(LoadedKey {
                identifier: entry.identifier,
                secret: entry.secret,
                key,
            })
        };
        let keys: Result<_, EmulatorError> = image.keys.iter().map(load).collect();
        Ok(Self {
            image,
            keys: keys?,
            session: Session::default(),
            fault: None,
            tripped: BTreeSet::new(),
            verifies: 0,
        })
    }

    /// Everything the card holds, private keys and counters included.
    ///
    /// # Errors
    ///
    /// [`EmulatorError`] when something cannot be encoded, or belongs to another authority.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EmulatorError> {
        self.image.to_bytes()
    }

    /// Reads what [`VirtualCard::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::ForeignIssuer`] for a card of any other authority; otherwise what is malformed.
    pub fn parse_bytes(bytes: &[u8]) -> Result<Self, EmulatorError> {
        CardImage::parse_bytes(bytes).and_then(Self::from_image)
    }

    /// The same card with a fault armed.
    #[must_use]
    pub fn with_fault(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    /// Forbidden things that were done to this card.
    #[must_use]
    pub fn tripped(&self) -> &BTreeSet<Tripwire> {
        &self.tripped
    }

    /// How many VERIFYs with data this card has received, right or wrong, since it was made or loaded.
    #[must_use]
    pub fn verifies(&self) -> u32 {
        self.verifies
    }

    /// DER of a certificate, read past the card's own guards: what its issuer knows anyway. None where the card has none.
    #[must_use]
    pub fn issued_certificate(&self, credential: Credential) -> Option<&[u8]> {
        let identifier = match credential {
            Credential::Signing => 0x0001,
            Credential::Authentication => 0x000A,
        };
        let file = self.image.file(Application::Jpki, identifier)?;
        Some(file.content.as_bytes())
    }

    /// Answer to reset.
    #[must_use]
    pub fn atr(&self) -> &'static [u8] {
        if self.fault == Some(Fault::GarbageAtr) {
            &[0x55, 0xAA, 0x00]
        } else {
            &ATR
        }
    }

    /// Ends all state, as taking the card off the reader or cutting its power does.
    pub fn power_off(&mut self) {
        self.session = Session::default();
    }

    /// True once a fault took the card off the reader; [`VirtualCard::power_off`] puts it back.
    #[must_use]
    pub fn is_removed(&self) -> bool {
        self.session.removed
    }

    /// True while any secret counts as presented.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        !self.session.verified.is_empty()
    }

    /// Executes one command. None when the card left the reader before its answer.
    pub fn respond(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        if self.session.removed {
            return None;
        }
        let Some(command) = Command::parse(bytes) else {
            return Some(WRONG_LENGTH.to_be_bytes().to_vec());
        };
        let (data, status) = match self.execute(command) {
            Ok(data) => (data, OK),
            Err(status) => (Vec::new(), status),
        };
        if self.leaves_during(command) {
            self.session = Session {
                removed: true,
                ..Session::default()
            };
            return None;
        }
        Some(self.answer(command, data, status))
    }

    fn execute(&mut self, command: Command<'_>) -> Result<Vec<u8>, u16> {
        match command.operation {
            [0x00, 0xA4] => self.select(command),
            [0x00, 0xB0] => self.read_binary(command),
            [0x00, 0x20] => self.verify(command),
            [0x00, 0xC0] => Ok(Vec::new()),
            [0x80, 0x2A] => self.compute_signature(command),
            [0x00, 0x24] | [0x80, 0x32] => {
                self.trip(Tripwire::SecretChange);
                Err(SECURITY_NOT_SATISFIED)
            }
            _ => Err(UNKNOWN_INSTRUCTION),
        }
    }

    fn select(&mut self, command: Command<'_>) -> Result<Vec<u8>, u16> {
        match command.p1 {
            0x00 if self.session.application.is_some() => Ok(Vec::new()),
            0x02 => self.select_file(command.data),
            0x04 => self.select_application(command.data),
            _ => Err(WRONG_PARAMETERS),
        }
    }

    fn select_application(&mut self, name: &[u8]) -> Result<Vec<u8>, u16> {
        let application = Application::named(name).ok_or(NOT_FOUND)?;
        if application == Application::ResidentRecord {
            self.trip(Tripwire::ResidentRecord);
        }
        if self.session.application != Some(application) {
            self.session = Session {
                application: Some(application),
                verifies: self.session.verifies,
                ..Session::default()
            };
        }
        self.session.file = None;
        Ok(Vec::new())
    }

    fn select_file(&mut self, identifier: &[u8]) -> Result<Vec<u8>, u16> {
        let identifier = u16::from_be_bytes(identifier.try_into().map_err(|_| WRONG_LENGTH)?);
        let application = self.session.application.ok_or(CONDITIONS_NOT_SATISFIED)?;
        if let Some(tripwire) = forbidden_file(application, identifier) {
            self.trip(tripwire);
        }
        if !self.image.has(application, identifier) {
            return Err(NOT_FOUND);
        }
        self.session.file = Some(identifier);
        Ok(Vec::new())
    }

    fn read_binary(&mut self, command: Command<'_>) -> Result<Vec<u8>, u16> {
        let (application, identifier) = self.current_file()?;
        let file = self
            .image
            .file(application, identifier)
            .ok_or(NO_CURRENT_FILE)?;
        let is_open = |guard: &u16| self.session.verified.contains(&(application, *guard));
        if !file.guards.is_empty() && !file.guards.iter().any(is_open) {
            return Err(SECURITY_NOT_SATISFIED);
        }
        let mut content = file.content.as_bytes();
        if self.fault == Some(Fault::TruncatedFiles) {
            content = &content[..content.len() / 2];
        }
        let offset = usize::from(u16::from_be_bytes([command.p1 & 0x7F, command.p2]));
        let rest = content
            .get(offset..)
            .filter(|rest| !rest.is_empty())
            .ok_or(WRONG_OFFSET)?;
        let length = command.expected.unwrap_or(256);
        self.read_length(length)
            .map(|length| rest[..length.min(rest.len())].to_vec())
    }

    /// How many bytes a READ BINARY of `length` yields under the armed fault.
    fn read_length(&self, length: usize) -> Result<usize, u16> {
        if self.fault == Some(Fault::CorrectedLengths) && length.is_multiple_of(2) {
            let corrected = u8::try_from(length - 1).unwrap_or(0xFF);
            return Err(u16::from_be_bytes([0x6C, corrected]));
        }
        Ok(if self.fault == Some(Fault::OverlongReads) {
            length + 1
        } else if self.fault == Some(Fault::EmptyReads) {
            0
        } else {
            length
        })
    }

    fn verify(&mut self, command: Command<'_>) -> Result<Vec<u8>, u16> {
        let (application, identifier) = self.current_file()?;
        let secret = self
            .image
            .secret_mut(application, identifier)
            .ok_or(NO_CURRENT_FILE)?;
        if command.p2 != 0x80 {
            return Err(WRONG_PARAMETERS);
        }
        let said_otherwise = self.fault == Some(Fault::BlockedAs6983);
        let tries_left = |tries: u8| {
            if tries == 0 && said_otherwise {
                BLOCKED_OTHERWISE
            } else {
                0x63C0 | u16::from(tries)
            }
        };
        if command.data.is_empty() {
            return Err(tries_left(secret.tries_left));
        }
        self.verifies += 1;
        self.session.verifies += 1;
        if self.session.verifies == 2 {
            self.tripped.insert(Tripwire::SecondVerify);
        }
        if secret.tries_left == 0 {
            return Err(if said_otherwise {
                BLOCKED_OTHERWISE
            } else {
                BLOCKED
            });
        }
        if secret.value.as_bytes() != command.data {
            secret.tries_left -= 1;
            self.session.verified.remove(&(application, identifier));
            return Err(tries_left(secret.tries_left));
        }
        secret.tries_left = secret.tries_max;
        self.session.verified.insert((application, identifier));
        Ok(Vec::new())
    }

    fn compute_signature(&mut self, command: Command<'_>) -> Result<Vec<u8>, u16> {
        if self.session.application != Some(Application::Jpki) {
            return Err(CONDITIONS_NOT_SATISFIED);
        }
        // P2 names the selected key, or any key by its short identifier.
        let identifier = match command.p2 {
            0x80 => self.session.file.ok_or(CONDITIONS_NOT_SATISFIED)?,
            named @ 0x81..=0x9F => u16::from(named & 0x1F),
            _ => return Err(WRONG_PARAMETERS),
        };
        let loaded = self
            .keys
            .iter()
            .find(|key| key.identifier == identifier)
            .ok_or(CONDITIONS_NOT_SATISFIED)?;
        if !self
            .session
            .verified
            .contains(&(Application::Jpki, loaded.secret))
        {
            return Err(SECURITY_NOT_SATISFIED);
        }
        sign(&loaded.key, command).map(|signature| self.bend(signature))
    }

    /// A signature as the card hands it out under the armed fault.
    fn bend(&self, mut signature: Vec<u8>) -> Vec<u8> {
        if self.fault == Some(Fault::ShortSignatures) {
            signature.pop();
        }
        if self.fault == Some(Fault::WrongSignatures)
            && let Some(last) = signature.last_mut()
        {
            *last ^= 1;
        }
        signature
    }

    fn current_file(&self) -> Result<(Application, u16), u16> {
        self.session
            .application
            .zip(self.session.file)
            .ok_or(NO_CURRENT_FILE)
    }

    fn trip(&mut self, tripwire: Tripwire) {
        self.tripped.insert(tripwire);
    }

    fn leaves_during(&self, command: Command<'_>) -> bool {
        match command.operation {
            [0x00, 0xA4] => self.fault == Some(Fault::RemovalDuringSelect),
            [0x00, 0xB0] => self.fault == Some(Fault::RemovalDuringRead),
            [0x00, 0x20] => {
                self.fault == Some(Fault::RemovalDuringVerify) && !command.data.is_empty()
            }
            [0x80, 0x2A] => self.fault == Some(Fault::RemovalDuringSign),
            _ => false,
        }
    }

    /// Data and status as bytes; under [`Fault::ChainedAnswers`] the data waits for GET RESPONSE.
    fn answer(&mut self, command: Command<'_>, data: Vec<u8>, status: u16) -> Vec<u8> {
        if command.operation == [0x00, 0xC0] {
            return self.continue_answer(command.expected.unwrap_or(256));
        }
        if self.fault == Some(Fault::ChainedAnswers) && !data.is_empty() {
            self.session.pending = data;
            return self.announce_pending().to_vec();
        }
        [&data[..], &status.to_be_bytes()].concat()
    }

    fn continue_answer(&mut self, expected: usize) -> Vec<u8> {
        if self.session.pending.is_empty() {
            return CONDITIONS_NOT_SATISFIED.to_be_bytes().to_vec();
        }
        // At most 100 bytes at a time, so that chains of several links occur.
        let rest = self
            .session
            .pending
            .split_off(expected.min(100).min(self.session.pending.len()));
        let part = std::mem::replace(&mut self.session.pending, rest);
        let status = if self.session.pending.is_empty() {
            OK.to_be_bytes()
        } else {
            self.announce_pending()
        };
        [&part[..], &status].concat()
    }

    fn announce_pending(&self) -> [u8; 2] {
        [0x61, u8::try_from(self.session.pending.len()).unwrap_or(0)]
    }
}

impl Transport for VirtualCard {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.respond(command).ok_or(TransportError::Removed)
    }
}

fn forbidden_file(application: Application, identifier: u16) -> Option<Tripwire> {
    match (application, identifier) {
        (Application::Text, 0x0001) => Some(Tripwire::IndividualNumber),
        (Application::Surface, 0x0005) => Some(Tripwire::RenderedIndividualNumber),
        (Application::Text, 0x0014) | (Application::Surface, 0x0013) => {
            Some(Tripwire::PrintedNumberA)
        }
        _ => None,
    }
}

/// P1 = 00 takes a DigestInfo, 02 a SHA-256 hash, 03 the message itself.
fn sign(key: &CardKey, command: Command<'_>) -> Result<Vec<u8>, u16> {
    match command.p1 {
        0x00 => key.sign_verbatim(command.data).ok_or(WRONG_DATA),
        0x02 => key.sign_hash(command.data).ok_or(WRONG_DATA),
        0x03 => key
            .sign_hash(&Sha256::digest(command.data))
            .ok_or(WRONG_DATA),
        _ => Err(WRONG_PARAMETERS),
    }
}
