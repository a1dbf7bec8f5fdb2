//! The test authority: a signing root and an authentication root, as JPKI has two.

use der::asn1::OctetString;
use der::{Decode as _, Encode as _, Sequence};
use musubi_consent_card::Credential;

use crate::certificate::{
    CertificateRequest, Issuer, TEST_ORGANISATION, Validity, authentication_extensions,
    authentication_subject, require_test_issuer, root_extensions, root_name, root_unit,
    signing_extensions, signing_subject,
};
use crate::error::EmulatorError;
use crate::key::RsaKey;
use crate::person::PersonFacts;

/// One root: who issues, and its own certificate.
#[derive(Debug)]
struct Root {
    issuer: Issuer,
    certificate: Vec<u8>,
}

/// Two roots made for tests and demos. Each call of [`TestAuthority::generate`] is a new generation under the same names.
#[derive(Debug)]
pub struct TestAuthority {
    signing: Root,
    authentication: Root,
    earlier: Option<Box<Self>>,
}

impl TestAuthority {
    /// Makes a new generation of roots.
    ///
    /// # Errors
    ///
    /// [`EmulatorError`] when keys or random bytes cannot be had.
    pub fn generate(validity: Validity) -> Result<Self, EmulatorError> {
        Self::generate_as(TEST_ORGANISATION, validity)
    }

    /// Roots of another organisation, for tests of what the validator refuses. Cards of such roots cannot be saved or loaded.
    ///
    /// # Errors
    ///
    /// [`EmulatorError`] when keys or random bytes cannot be had.
    pub fn generate_as(organisation: &str, validity: Validity) -> Result<Self, EmulatorError> {
        Ok(Self {
            signing: Root::generate(organisation, Credential::Signing, validity)?,
            authentication: Root::generate(organisation, Credential::Authentication, validity)?,
            earlier: None,
        })
    }

    /// This authority as the generation after `earlier`, whose cards are still in use.
    #[must_use]
    pub fn after(mut self, earlier: Self) -> Self {
        self.earlier = Some(Box::new(earlier));
        self
    }

    /// The generation before this one.
    #[must_use]
    pub fn earlier(&self) -> Option<&Self> {
        self.earlier.as_deref()
    }

    /// DER of every root to pin, newest generation first.
    #[must_use]
    pub fn roots(&self) -> Vec<&[u8]> {
        let generations = std::iter::successors(Some(self), |authority| authority.earlier());
        generations
            .flat_map(|authority| {
                [
                    authority.root(Credential::Signing),
                    authority.root(Credential::Authentication),
                ]
            })
            .collect()
    }

    /// DER of the self-signed root of `credential`.
    #[must_use]
    pub fn root(&self, credential: Credential) -> &[u8] {
        &self.root_of(credential).certificate
    }

    /// Name, key and serial of the root of `credential`.
    #[must_use]
    pub fn issuer(&self, credential: Credential) -> &Issuer {
        &self.root_of(credential).issuer
    }

    /// What a certificate of `person` says; a test may bend it before [`TestAuthority::certify`].
    ///
    /// # Errors
    ///
    /// [`EmulatorError::PersonFact`] when a fact has the wrong form.
    pub fn request(
        &self,
        credential: Credential,
        person: &PersonFacts,
        public_key_info: Vec<u8>,
        validity: Validity,
    ) -> Result<CertificateRequest, EmulatorError> {
        person.check()?;
        let issuer = self.issuer(credential);
        let identifier = identifier(validity)?;
        let (subject, extensions) = match credential {
            Credential::Signing => (
                signing_subject(&format!(
                    "{}{}A",
                    &identifier[..22],
                    person.municipality_code
                ))?,
                signing_extensions(issuer, &public_key_info, person, false)?,
            ),
            Credential::Authentication => (
                authentication_subject(&format!(
                    "{}{}",
                    &identifier[..18],
                    person.municipality_code
                ))?,
                authentication_extensions(issuer, &public_key_info, person)?,
            ),
        };
        Ok(CertificateRequest {
            serial: random_serial()?,
            subject,
            public_key_info,
            validity,
            extensions,
        })
    }

    /// Signs a certificate under the root of `credential`.
    ///
    /// # Errors
    ///
    /// [`EmulatorError`] when something cannot be encoded.
    pub fn certify(
        &self,
        credential: Credential,
        request: &CertificateRequest,
    ) -> Result<Vec<u8>, EmulatorError> {
        self.issuer(credential).certify(request)
    }

    /// Everything needed to issue more cards later, private keys included.
    ///
    /// # Errors
    ///
    /// [`EmulatorError`] when something cannot be encoded.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EmulatorError> {
        let generations: Result<Vec<_>, EmulatorError> =
            std::iter::successors(Some(self), |authority| authority.earlier())
                .map(Self::to_image)
                .collect();
        generations?
            .to_der()
            .map_err(EmulatorError::der("authority"))
    }

    /// Reads what [`TestAuthority::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::ForeignIssuer`] for the roots of anybody else; otherwise what is malformed.
    pub fn parse_bytes(bytes: &[u8]) -> Result<Self, EmulatorError> {
        let generations =
            Vec::<AuthorityImage>::from_der(bytes).map_err(EmulatorError::der("authority"))?;
        let mut succession: Option<Self> = None;
        for image in generations.iter().rev() {
            let newer = Self::parse_image(image)?;
            succession = Some(match succession {
                Some(earlier) => newer.after(earlier),
                None => newer,
            });
        }
        succession.ok_or(EmulatorError::PersonFact {
            field: "generations",
            rule: "at least one",
        })
    }

    fn to_image(&self) -> Result<AuthorityImage, EmulatorError> {
        Ok(AuthorityImage {
            signing: self.signing.to_image()?,
            authentication: self.authentication.to_image()?,
        })
    }

    fn parse_image(image: &AuthorityImage) -> Result<Self, EmulatorError> {
        Ok(Self {
            signing: Root::parse_image(&image.signing)?,
            authentication: Root::parse_image(&image.authentication)?,
            earlier: None,
        })
    }

    fn root_of(&self, credential: Credential) -> &Root {
        match credential {
            Credential::Signing => &self.signing,
            Credential::Authentication => &self.authentication,
        }
    }
}

impl Root {
    fn generate(
        organisation: &str,
        credential: Credential,
        validity: Validity,
    ) -> Result<Self, EmulatorError> {
        let issuer = Issuer {
            name: root_name(organisation, root_unit(credential))?,
            key: RsaKey::generate()?,
            serial: random_serial()?,
        };
        let public_key_info = issuer.key.public_key_info()?;
        let request = CertificateRequest {
            serial: issuer.serial.clone(),
            subject: issuer.name.clone(),
            extensions: root_extensions(&public_key_info)?,
            public_key_info,
            validity,
        };
        let certificate = issuer.certify(&request)?;
        Ok(Self {
            issuer,
            certificate,
        })
    }

    fn to_image(&self) -> Result<RootImage, EmulatorError> {
        require_test_issuer(&self.certificate)?;
        let octets =
            |bytes: &[u8]| OctetString::new(bytes).map_err(EmulatorError::der("authority"));
        Ok(RootImage {
            certificate: octets(&self.certificate)?,
            key: octets(&self.issuer.key.to_pkcs8()?)?,
        })
    }

    fn parse_image(image: &RootImage) -> Result<Self, EmulatorError> {
        let certificate = image.certificate.as_bytes().to_vec();
        require_test_issuer(&certificate)?;
        let parsed =
            x509_cert::Certificate::from_der(&certificate).map_err(EmulatorError::der("root"))?;
        let issuer = Issuer {
            name: parsed.tbs_certificate.subject,
            key: RsaKey::parse_pkcs8(image.key.as_bytes())?,
            serial: parsed.tbs_certificate.serial_number.as_bytes().to_vec(),
        };
        Ok(Self {
            issuer,
            certificate,
        })
    }
}

#[derive(Sequence)]
struct RootImage {
    certificate: OctetString,
    key: OctetString,
}

#[derive(Sequence)]
struct AuthorityImage {
    signing: RootImage,
    authentication: RootImage,
}

/// Twenty-two digits: the time of issue and random ones, as JPKI's identifiers begin.
fn identifier(validity: Validity) -> Result<String, EmulatorError> {
    let issued =
        der::DateTime::from_unix_duration(std::time::Duration::from_secs(validity.not_before))
            .map_err(EmulatorError::der("time of issue"))?;
    let random = u32::from_be_bytes(random_bytes()?) % 100_000_000;
    Ok(format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}{random:08}",
        issued.year(),
        issued.month(),
        issued.day(),
        issued.hour(),
        issued.minutes(),
        issued.seconds()
    ))
}

/// Four bytes, positive and without leading zeros, like the serials seen on cards.
fn random_serial() -> Result<Vec<u8>, EmulatorError> {
    let [first, rest @ ..] = random_bytes::<4>()?;
    Ok([&[first & 0x3F | 0x40], &rest[..]].concat())
}

fn random_bytes<const N: usize>() -> Result<[u8; N], EmulatorError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| EmulatorError::Random)?;
    Ok(bytes)
}
