//! A folder with a test authority and a card of each kind, for demonstrations, tests and people who want to try.
//!
//! ```text
//! authority.key          both generations of roots, private keys included
//! roots/*.der            what a verifier pins
//! cards/<profile>.card   one card of each profile, keys and counters included
//! revoked.crl            signing certificates taken back: the card of the profile "revoked"
//! README.txt             the secrets of the cards
//! ```

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use musubi_consent_card::Credential;
use musubi_consent_card::card_face::Sex;

use crate::authority::TestAuthority;
use crate::card::VirtualCard;
use crate::certificate::{TEST_ORGANISATION, Validity};
use crate::error::EmulatorError;
use crate::issue::{CardProfile, CardSecrets, DEMO_SECRETS};
use crate::person::PersonFacts;
use crate::revocation::RevokedCertificate;

const DAY_SECONDS: u64 = 24 * 3600;
const YEAR_SECONDS: u64 = 365 * DAY_SECONDS;

/// How long the revocation list of a folder counts: as long as its cards, since nobody renews it.
const CARD_VALIDITY_SECONDS: u64 = 5 * YEAR_SECONDS;

/// The folder.
#[derive(Debug)]
pub struct TestFolder {
    path: PathBuf,
    authority: TestAuthority,
}

impl TestFolder {
    /// Makes an authority of two generations and a card of each profile for `person`, valid from a day before `now` (seconds since
    /// 1970) for five years.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::File`] when the folder holds an authority already, or cannot be written.
    pub fn make(path: &Path, person: &PersonFacts, now: u64) -> Result<Self, EmulatorError> {
        let roots = |age: u64| Validity {
            not_before: now.saturating_sub(age),
            not_after: now.saturating_add(CARD_VALIDITY_SECONDS + YEAR_SECONDS),
        };
        let earlier = TestAuthority::generate(roots(4 * YEAR_SECONDS))?;
        let authority = TestAuthority::generate(roots(YEAR_SECONDS))?.after(earlier);
        for folder in ["roots", "cards"] {
            let folder = path.join(folder);
            std::fs::create_dir_all(&folder).map_err(EmulatorError::file(&folder))?;
        }
        write_new(&path.join("authority.key"), &authority.to_bytes()?)?;
        let folder = Self {
            path: path.to_owned(),
            authority,
        };
        folder.write_roots()?;
        let validity = card_validity(now);
        for profile in CardProfile::ALL {
            let card = folder
                .authority
                .issue_card(person, DEMO_SECRETS, profile, validity)?;
            folder.keep(profile, &card)?;
        }
        let list = folder.list_of_revoked(&person.municipality_code, validity)?;
        write_new(&folder.revocation_list(), &list)?;
        write_new(&path.join("README.txt"), read_me(DEMO_SECRETS).as_bytes())?;
        Ok(folder)
    }

    /// Opens a folder that [`TestFolder::make`] made.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::ForeignIssuer`] for the roots of anybody else; otherwise which file cannot be read.
    pub fn open(path: &Path) -> Result<Self, EmulatorError> {
        let key = path.join("authority.key");
        let bytes = std::fs::read(&key).map_err(EmulatorError::file(&key))?;
        Ok(Self {
            path: path.to_owned(),
            authority: TestAuthority::parse_bytes(&bytes)?,
        })
    }

    /// The authority, to issue more cards.
    #[must_use]
    pub fn authority(&self) -> &TestAuthority {
        &self.authority
    }

    /// File of the card of this profile.
    #[must_use]
    pub fn card_path(&self, profile: CardProfile) -> PathBuf {
        let name = format!("{}.card", profile.name());
        self.path.join("cards").join(name)
    }

    /// The card of this profile, with its counters as they were left.
    ///
    /// # Errors
    ///
    /// Which file cannot be read.
    pub fn card(&self, profile: CardProfile) -> Result<VirtualCard, EmulatorError> {
        let path = self.card_path(profile);
        let bytes = std::fs::read(&path).map_err(EmulatorError::file(&path))?;
        VirtualCard::parse_bytes(&bytes)
    }

    /// Keeps a card, so that a wrong PIN today is one try less tomorrow.
    ///
    /// # Errors
    ///
    /// Which file cannot be written.
    pub fn keep(&self, profile: CardProfile, card: &VirtualCard) -> Result<(), EmulatorError> {
        write(
            OpenOptions::new().create(true).truncate(true),
            &self.card_path(profile),
            &card.to_bytes()?,
        )
    }

    /// File of the list (DER) of the signing certificates that were taken back.
    #[must_use]
    pub fn revocation_list(&self) -> PathBuf {
        self.path.join("revoked.crl")
    }

    fn list_of_revoked(
        &self,
        municipality_code: &str,
        validity: Validity,
    ) -> Result<Vec<u8>, EmulatorError> {
        let card = self.card(CardProfile::Revoked)?;
        let revoked: Result<Vec<_>, _> = card
            .issued_certificate(Credential::Signing)
            .map(|certificate| RevokedCertificate::of(certificate, validity.not_before))
            .into_iter()
            .collect();
        self.authority
            .revocation_list(Credential::Signing, municipality_code, &revoked?, validity)
    }

    fn write_roots(&self) -> Result<(), EmulatorError> {
        let names = [
            "signing",
            "authentication",
            "earlier-signing",
            "earlier-authentication",
        ];
        names
            .into_iter()
            .zip(self.authority.roots())
            .try_for_each(|(name, root)| {
                write_new(&self.path.join("roots").join(format!("{name}.der")), root)
            })
    }
}

/// Somebody who does not exist, in a village that does.
#[must_use]
pub fn demo_person() -> PersonFacts {
    PersonFacts {
        name: "試験　花子".to_owned(),
        address: "北海道虻田郡留寿都村字留寿都１７５番地".to_owned(),
        birth_date: "19920401".to_owned(),
        sex: Sex::Female,
        municipality_code: "01396".to_owned(),
    }
}

/// From a day before `now` for five years.
#[must_use]
pub fn card_validity(now: u64) -> Validity {
    Validity {
        not_before: now.saturating_sub(DAY_SECONDS),
        not_after: now.saturating_add(CARD_VALIDITY_SECONDS),
    }
}

/// Writes a file that must not be there yet: an authority is never replaced by accident.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), EmulatorError> {
    write(OpenOptions::new().create_new(true), path, bytes)
}

/// Writes a file for its owner alone, as people expect of keys, though these open nothing real.
fn write(options: &mut OpenOptions, path: &Path, bytes: &[u8]) -> Result<(), EmulatorError> {
    let file = options.write(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(bytes))
        .map_err(EmulatorError::file(path))
}

fn read_me(secrets: CardSecrets<'_>) -> String {
    format!(
        "Cards of {TEST_ORGANISATION}. They open nothing real.\n\n\
         signing password      {}\n\
         authentication PIN    {}\n\
         card-face PIN         {}\n\
         printed number B      {}\n",
        secrets.signing_password,
        secrets.authentication_pin,
        secrets.card_face_pin,
        secrets.printed_number_b
    )
}
