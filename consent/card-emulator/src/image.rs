//! The contents of a card: files, secrets and keys, and their form between runs.

use der::asn1::OctetString;
use der::{Decode as _, Encode as _, Sequence};

use crate::certificate::require_test_issuer;
use crate::error::EmulatorError;

/// Applications of the card that the emulator knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Application {
    /// 公的個人認証AP.
    Jpki = 1,
    /// 券面入力補助AP.
    Text = 2,
    /// 券面AP: selectable, holds nothing here.
    Surface = 3,
    /// 住基AP: selecting it is a trip-wire.
    ResidentRecord = 4,
    /// GlobalPlatform issuer security domain.
    IssuerDomain = 5,
}

impl Application {
    /// The application that a DF name selects.
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        match name {
            [0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01] => Some(Self::Jpki),
            [0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, last] => match last {
                0x08 => Some(Self::Text),
                0x02 => Some(Self::Surface),
                0x01 => Some(Self::ResidentRecord),
                _ => None,
            },
            [0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00] => Some(Self::IssuerDomain),
            _ => None,
        }
    }
}

/// A readable file.
#[derive(Clone, Debug, Sequence)]
pub(crate) struct FileEntry {
    pub(crate) application: u8,
    pub(crate) identifier: u16,
    pub(crate) content: OctetString,
    /// Secrets of the same application, any of which opens the file; none means free.
    pub(crate) guards: Vec<u16>,
}

/// A PIN, password or printed number with its counter.
#[derive(Clone, Sequence)]
pub(crate) struct SecretEntry {
    pub(crate) application: u8,
    pub(crate) identifier: u16,
    pub(crate) value: OctetString,
    pub(crate) tries_left: u8,
    pub(crate) tries_max: u8,
}

/// A private key of the JPKI application.
#[derive(Clone, Sequence)]
pub(crate) struct KeyEntry {
    pub(crate) identifier: u16,
    pub(crate) pkcs8: OctetString,
    pub(crate) secret: u16,
}

/// All that a card holds.
#[derive(Clone, Sequence)]
pub(crate) struct CardImage {
    pub(crate) version: u8,
    pub(crate) files: Vec<FileEntry>,
    pub(crate) secrets: Vec<SecretEntry>,
    pub(crate) keys: Vec<KeyEntry>,
}

/// Form of [`CardImage`] that this build writes and reads.
pub(crate) const IMAGE_VERSION: u8 = 1;

impl CardImage {
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, EmulatorError> {
        self.require_test_certificates()?;
        self.to_der().map_err(EmulatorError::der("card image"))
    }

    pub(crate) fn parse_bytes(bytes: &[u8]) -> Result<Self, EmulatorError> {
        let image = Self::from_der(bytes).map_err(EmulatorError::der("card image"))?;
        if image.version != IMAGE_VERSION {
            return Err(EmulatorError::PersonFact {
                field: "version",
                rule: "the version this build writes",
            });
        }
        image.require_test_certificates()?;
        Ok(image)
    }

    /// No card with a certificate of another authority is ever kept or loaded.
    fn require_test_certificates(&self) -> Result<(), EmulatorError> {
        let is_certificate = |file: &&FileEntry| {
            file.application == Application::Jpki as u8
                && matches!(file.identifier, 1 | 2 | 10 | 11)
        };
        self.files
            .iter()
            .filter(is_certificate)
            .try_for_each(|file| require_test_issuer(file.content.as_bytes()))
    }

    pub(crate) fn file(&self, application: Application, identifier: u16) -> Option<&FileEntry> {
        self.files
            .iter()
            .find(|file| file.application == application as u8 && file.identifier == identifier)
    }

    pub(crate) fn secret_mut(
        &mut self,
        application: Application,
        identifier: u16,
    ) -> Option<&mut SecretEntry> {
        let is_meant = |secret: &&mut SecretEntry| {
            secret.application == application as u8 && secret.identifier == identifier
        };
        self.secrets.iter_mut().find(is_meant)
    }

    pub(crate) fn has(&self, application: Application, identifier: u16) -> bool {
        let has_secret = self
            .secrets
            .iter()
            .any(|entry| entry.application == application as u8 && entry.identifier == identifier);
        let has_key = application == Application::Jpki
            && self.keys.iter().any(|key| key.identifier == identifier);
        has_secret || has_key || self.file(application, identifier).is_some()
    }
}
