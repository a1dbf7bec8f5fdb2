//! Issuing a card: keys, certificates, files and secrets, for each kind of holder that a counter meets.

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::ID_CE_SUBJECT_ALT_NAME;
use der::asn1::OctetString;
use musubi_consent_card::Credential;
use x509_cert::ext::Extension;

use crate::authority::TestAuthority;
use crate::card::VirtualCard;
use crate::certificate::{CertificateRequest, Validity, alternative_name, extension, policies};
use crate::error::EmulatorError;
use crate::image::{Application, CardImage, FileEntry, IMAGE_VERSION, KeyEntry, SecretEntry};
use crate::key::CardKey;
use crate::person::PersonFacts;

/// What the holder chose at issue.
#[derive(Clone, Copy, Debug)]
pub struct CardSecrets<'a> {
    /// Signing password as the card stores it: upper case.
    pub signing_password: &'a str,
    /// PIN of the authentication key.
    pub authentication_pin: &'a str,
    /// PIN of the text application.
    pub card_face_pin: &'a str,
    /// 照合番号B, fourteen digits.
    pub printed_number_b: &'a str,
}

/// Secrets of demo cards; printed in the demo, used nowhere else.
pub const DEMO_SECRETS: CardSecrets<'static> = CardSecrets {
    signing_password: "MUSUBI2026",
    authentication_pin: "1234",
    card_face_pin: "5678",
    printed_number_b: "04040120319999",
};

/// What distinguishes this card from an ordinary adult's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardProfile {
    /// Plastic card, both certificates, all tries left.
    Adult,
    /// One try left on the signing password.
    OneTryLeft,
    /// Signing password blocked.
    Locked,
    /// Under 15: no signing certificate, and PIN answers that look like a lock.
    Child,
    /// 顔認証マイナンバーカード: no signing certificate and no usable PIN.
    WithoutPin,
    /// A substituted character in the name of the certificate.
    SubstitutedName,
    /// Android phone: the authentication certificate wants its PIN.
    Android,
    /// iPhone.
    IPhone,
    /// Certificates that ended a second before the validity asked for begins.
    Expired,
    /// An adult's card whose certificates the authority took back, as after a change of address. The card cannot tell; only
    /// the authority's list does: see [`crate::TestFolder::revocation_list`].
    Revoked,
    /// Certificates under the roots of [`TestAuthority::earlier`], which are pinned too while their cards live.
    EarlierRoot,
    /// Certificates under roots of the same name that nobody pinned.
    ForeignRoot,
    /// Certificates with the policies of JPKI-TEST cards.
    JpkiTestPolicy,
    /// The announced successor: P-384 keys.
    Successor,
}

impl CardProfile {
    /// Every profile, for tests that run through all.
    pub const ALL: [Self; 14] = [
        Self::Adult,
        Self::OneTryLeft,
        Self::Locked,
        Self::Child,
        Self::WithoutPin,
        Self::SubstitutedName,
        Self::Android,
        Self::IPhone,
        Self::Expired,
        Self::Revoked,
        Self::EarlierRoot,
        Self::ForeignRoot,
        Self::JpkiTestPolicy,
        Self::Successor,
    ];

    /// Name in commands and of card files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Adult => "adult",
            Self::OneTryLeft => "one-try-left",
            Self::Locked => "locked",
            Self::Child => "child",
            Self::WithoutPin => "without-pin",
            Self::SubstitutedName => "substituted-name",
            Self::Android => "android",
            Self::IPhone => "iphone",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::EarlierRoot => "earlier-root",
            Self::ForeignRoot => "foreign-root",
            Self::JpkiTestPolicy => "jpki-test-policy",
            Self::Successor => "successor",
        }
    }

    /// The profile with this [`CardProfile::name`].
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }

    fn has_signing_certificate(self) -> bool {
        !matches!(self, Self::Child | Self::WithoutPin)
    }

    fn token_name(self) -> &'static [u8] {
        if self == Self::Android {
            b"JPKIAPGPSETOKEN"
        } else if self == Self::IPhone {
            b"JPKIAPIOSTOKEN"
        } else {
            b"JPKIAPICCTOKEN2"
        }
    }

    fn signing_tries(self) -> u8 {
        if matches!(self, Self::Locked | Self::Child | Self::WithoutPin) {
            0
        } else if self == Self::OneTryLeft {
            1
        } else {
            5
        }
    }

    fn pin_tries(self) -> u8 {
        if self == Self::WithoutPin { 0 } else { 3 }
    }
}

impl TestAuthority {
    /// Issues a card with new keys to `person`.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::PersonFact`] when a fact has the wrong form; otherwise what could not be made.
    pub fn issue_card(
        &self,
        person: &PersonFacts,
        secrets: CardSecrets<'_>,
        profile: CardProfile,
        validity: Validity,
    ) -> Result<VirtualCard, EmulatorError> {
        let mut image = CardImage {
            version: IMAGE_VERSION,
            files: Vec::new(),
            secrets: Vec::new(),
            keys: Vec::new(),
        };
        if profile.has_signing_certificate() {
            self.add_credential(&mut image, Credential::Signing, person, profile, validity)?;
        }
        self.add_credential(
            &mut image,
            Credential::Authentication,
            person,
            profile,
            validity,
        )?;
        add_token_files(&mut image, profile)?;
        add_text_files(&mut image, person)?;
        add_secrets(&mut image, secrets, profile)?;
        VirtualCard::from_image(image)
    }

    fn add_credential(
        &self,
        image: &mut CardImage,
        credential: Credential,
        person: &PersonFacts,
        profile: CardProfile,
        validity: Validity,
    ) -> Result<(), EmulatorError> {
        let key = CardKey::generate(profile == CardProfile::Successor)?;
        let certificate = self.certify_profile(credential, person, profile, validity, &key)?;
        let place = CredentialPlace::of(credential, profile);
        image
            .files
            .push(jpki_file(place.certificate, &certificate, &place.guards)?);
        image
            .files
            .push(jpki_file(place.root, self.root(credential), &[])?);
        image.keys.push(KeyEntry {
            identifier: place.key,
            pkcs8: octets(&key.to_pkcs8()?)?,
            secret: place.secret,
        });
        Ok(())
    }
}

impl TestAuthority {
    /// The certificate of one credential, bent as the profile says.
    fn certify_profile(
        &self,
        credential: Credential,
        person: &PersonFacts,
        profile: CardProfile,
        validity: Validity,
        key: &CardKey,
    ) -> Result<Vec<u8>, EmulatorError> {
        if profile == CardProfile::ForeignRoot {
            let stranger = Self::generate(validity)?;
            let request = stranger.request(credential, person, key.public_key_info()?, validity)?;
            return stranger.certify(credential, &request);
        }
        if profile == CardProfile::EarlierRoot {
            let earlier = self.earlier().ok_or(EmulatorError::NoEarlierGeneration)?;
            let request = earlier.request(credential, person, key.public_key_info()?, validity)?;
            return earlier.certify(credential, &request);
        }
        let mut request = self.request(credential, person, key.public_key_info()?, validity)?;
        if profile == CardProfile::SubstitutedName && credential == Credential::Signing {
            let names = extension(
                ID_CE_SUBJECT_ALT_NAME,
                false,
                &alternative_name(person, true)?,
            )?;
            replace_extension(&mut request, names);
        }
        if profile == CardProfile::JpkiTestPolicy {
            replace_extension(&mut request, policies(jpki_test_policy(credential))?);
        }
        if profile == CardProfile::Expired {
            request.validity = ended_before(validity);
        }
        self.certify(credential, &request)
    }
}

fn replace_extension(request: &mut CertificateRequest, with: Extension) {
    request
        .extensions
        .retain(|extension| extension.extn_id != with.extn_id);
    request.extensions.push(with);
}

/// As long as `validity`, and over one second before it begins.
fn ended_before(validity: Validity) -> Validity {
    let length = validity.not_after.saturating_sub(validity.not_before);
    let not_after = validity.not_before.saturating_sub(1);
    Validity {
        not_before: not_after.saturating_sub(length),
        not_after,
    }
}

/// Policies of J-LIS' own test cards.
const fn jpki_test_policy(credential: Credential) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(match credential {
        Credential::Signing => "1.2.392.200149.8.5.1.0.20",
        Credential::Authentication => "1.2.392.200149.8.5.1.0.30",
    })
}

/// Identifiers of one credential's files.
struct CredentialPlace {
    certificate: u16,
    root: u16,
    key: u16,
    secret: u16,
    guards: Vec<u16>,
}

impl CredentialPlace {
    fn of(credential: Credential, profile: CardProfile) -> Self {
        match credential {
            Credential::Signing => Self {
                certificate: 0x0001,
                root: 0x0002,
                key: 0x001A,
                secret: 0x001B,
                guards: vec![0x001B],
            },
            Credential::Authentication => {
                let guards = if profile == CardProfile::Android {
                    vec![0x0018]
                } else {
                    Vec::new()
                };
                Self {
                    certificate: 0x000A,
                    root: 0x000B,
                    key: 0x0017,
                    secret: 0x0018,
                    guards,
                }
            }
        }
    }
}

fn add_token_files(image: &mut CardImage, profile: CardProfile) -> Result<(), EmulatorError> {
    // CK_TOKEN_INFO: name, manufacturer, model, serial, then sixteen numbers that no reader of ours looks at.
    let mut token = profile.token_name().to_vec();
    token.resize(96, b' ');
    token.resize(160, 0);
    image.files.push(jpki_file(0x0006, &token, &[])?);
    let signing = if profile.has_signing_certificate() {
        0x8F
    } else {
        0x00
    };
    image
        .files
        .push(jpki_file(0x0008, &[signing, 0x8F, 0x00], &[])?);
    Ok(())
}

/// The basic four, opened by PIN or 照合番号B. The individual number has no file here at all.
fn add_text_files(image: &mut CardImage, person: &PersonFacts) -> Result<(), EmulatorError> {
    image.files.push(FileEntry {
        application: Application::Text as u8,
        identifier: 0x0002,
        content: octets(&basic_four(person))?,
        guards: vec![0x0011, 0x0015],
    });
    Ok(())
}

fn add_secrets(
    image: &mut CardImage,
    secrets: CardSecrets<'_>,
    profile: CardProfile,
) -> Result<(), EmulatorError> {
    let entries = [
        (
            Application::Jpki,
            0x001B,
            secrets.signing_password,
            profile.signing_tries(),
            5,
        ),
        (
            Application::Jpki,
            0x0018,
            secrets.authentication_pin,
            profile.pin_tries(),
            3,
        ),
        (
            Application::Text,
            0x0011,
            secrets.card_face_pin,
            profile.pin_tries(),
            3,
        ),
        (Application::Text, 0x0015, secrets.printed_number_b, 10, 10),
    ];
    for (application, identifier, value, tries_left, tries_max) in entries {
        let value = octets(value.as_bytes())?;
        image.secrets.push(SecretEntry {
            application: application as u8,
            identifier,
            value,
            tries_left,
            tries_max,
        });
    }
    Ok(())
}

/// `FF20 { DF21 offsets, DF22 name, DF23 address, DF24 birth date, DF25 sex }`; offsets count from the file's start.
fn basic_four(person: &PersonFacts) -> Vec<u8> {
    let values = [
        tlv(0xDF22, person.name.as_bytes()),
        tlv(0xDF23, person.address.as_bytes()),
        tlv(0xDF24, person.birth_date.as_bytes()),
        tlv(0xDF25, person.sex_digit().as_bytes()),
    ];
    let values_length: usize = values.iter().map(Vec::len).sum();
    let table_length = tlv(0xDF21, &[0; 8]).len();
    let header_length =
        tlv(0xFF20, &vec![0; table_length + values_length]).len() - table_length - values_length;
    let mut offsets = Vec::new();
    let mut position = header_length + table_length;
    for value in &values {
        offsets.extend(
            u16::try_from(position)
                .expect("PersonFacts::check bounds name and address")
                .to_be_bytes(),
        );
        position += value.len();
    }
    tlv(0xFF20, &[tlv(0xDF21, &offsets), values.concat()].concat())
}

fn tlv(tag: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len())
        .expect("PersonFacts::check bounds name and address")
        .to_be_bytes();
    let head = match length {
        [0, short @ 0..=0x7F] => vec![short],
        [0, long] => vec![0x81, long],
        [high, low] => vec![0x82, high, low],
    };
    [&tag.to_be_bytes()[..], &head, value].concat()
}

fn jpki_file(identifier: u16, content: &[u8], guards: &[u16]) -> Result<FileEntry, EmulatorError> {
    Ok(FileEntry {
        application: Application::Jpki as u8,
        identifier,
        content: octets(content)?,
        guards: guards.to_vec(),
    })
}

fn octets(bytes: &[u8]) -> Result<OctetString, EmulatorError> {
    OctetString::new(bytes).map_err(EmulatorError::der("card file"))
}
