//! The test authority's revocation lists: one per municipality, as JPKI publishes them.

use const_oid::db::rfc5280 as oid;
use der::asn1::{BitString, OctetString};
use der::{Decode as _, Encode as _};
use musubi_consent_card::Credential;
use x509_cert::Certificate;
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, IssuingDistributionPoint};
use x509_cert::serial_number::SerialNumber;

use crate::authority::TestAuthority;
use crate::certificate::{Validity, distribution_point_name, extension, sha256_with_rsa, time};
use crate::error::EmulatorError;

/// A certificate that the authority takes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedCertificate {
    /// Serial number, big endian.
    pub serial: Vec<u8>,
    /// Since when, in seconds since 1970.
    pub since: u64,
}

impl RevokedCertificate {
    /// Takes back this certificate (DER).
    ///
    /// # Errors
    ///
    /// [`EmulatorError::Der`] when the bytes are no certificate.
    pub fn of(certificate: &[u8], since: u64) -> Result<Self, EmulatorError> {
        let certificate =
            Certificate::from_der(certificate).map_err(EmulatorError::der("certificate"))?;
        Ok(Self {
            serial: certificate
                .tbs_certificate
                .serial_number
                .as_bytes()
                .to_vec(),
            since,
        })
    }
}

impl TestAuthority {
    /// DER of the list of one municipality. `validity` is from this update to the next.
    ///
    /// # Errors
    ///
    /// [`EmulatorError`] when something cannot be encoded.
    pub fn revocation_list(
        &self,
        credential: Credential,
        municipality_code: &str,
        revoked: &[RevokedCertificate],
        validity: Validity,
    ) -> Result<Vec<u8>, EmulatorError> {
        let issuer = self.issuer(credential);
        let entries: Result<Vec<_>, _> = revoked.iter().map(revoked_entry).collect();
        let tbs_cert_list = TbsCertList {
            version: x509_cert::Version::V2,
            signature: sha256_with_rsa(),
            issuer: issuer.name.clone(),
            this_update: time(validity.not_before)?,
            next_update: Some(time(validity.not_after)?),
            revoked_certificates: Some(entries?).filter(|entries| !entries.is_empty()),
            crl_extensions: Some(list_extensions(
                issuer.key_identifier()?,
                credential,
                municipality_code,
            )?),
        };
        let signed_bytes = tbs_cert_list
            .to_der()
            .map_err(EmulatorError::der("revocation list"))?;
        let signature = BitString::from_bytes(&issuer.key.sign(&signed_bytes)?)
            .map_err(EmulatorError::der("signature"))?;
        let list = CertificateList {
            tbs_cert_list,
            signature_algorithm: sha256_with_rsa(),
            signature,
        };
        list.to_der().map_err(EmulatorError::der("revocation list"))
    }
}

fn revoked_entry(revoked: &RevokedCertificate) -> Result<RevokedCert, EmulatorError> {
    Ok(RevokedCert {
        serial_number: SerialNumber::new(&revoked.serial).map_err(EmulatorError::der("serial"))?,
        revocation_date: time(revoked.since)?,
        crl_entry_extensions: None,
    })
}

fn list_extensions(
    key_identifier: Vec<u8>,
    credential: Credential,
    municipality_code: &str,
) -> Result<Vec<Extension>, EmulatorError> {
    let authority = AuthorityKeyIdentifier {
        key_identifier: Some(
            OctetString::new(key_identifier).map_err(EmulatorError::der("key identifier"))?,
        ),
        ..AuthorityKeyIdentifier::default()
    };
    let point = IssuingDistributionPoint {
        distribution_point: Some(distribution_point_name(credential, municipality_code)?),
        only_contains_user_certs: true,
        only_contains_ca_certs: false,
        only_some_reasons: None,
        indirect_crl: false,
        only_contains_attribute_certs: false,
    };
    Ok(vec![
        extension(oid::ID_CE_AUTHORITY_KEY_IDENTIFIER, false, &authority)?,
        extension(oid::ID_CE_ISSUING_DISTRIBUTION_POINT, true, &point)?,
    ])
}
