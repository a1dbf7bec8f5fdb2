//! Where revocation answers may be asked for: an operator's list, and nothing else.
//!
//! ```toml
//! [[responders]]
//! certificate_use = "signing"
//! address = "http://ocsp.example.lg.jp/signing"
//!
//! [[lists]]
//! certificate_use = "signing"
//! distribution_point = "CN=Rusutsu-mura CRLDP,OU=Hokkaido,OU=CRL Distribution Points,OU=JPKI for digital signature,O=JPKI,C=JP"
//! address = "http://crl.example.lg.jp/01396.crl"
//! ```

use std::time::Duration;

use musubi_consent::validator::point_text;
use musubi_consent::{CertificateUse, IssuerHash};
use reqwest::Url;
use serde::{Deserialize, Serialize};

/// Most addresses of either kind.
const ADDRESSES_MAX: usize = 64;

/// Why the settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// No URL of the form `http://host/path`: answers are signed, and this build has no TLS that could be mistaken for trust.
    #[error("address {0:?}: http://host/path without user, password or fragment is expected")]
    Address(String),
    /// More than can be meant.
    #[error("{0} addresses, at most {ADDRESSES_MAX} are taken")]
    TooMany(usize),
    /// Two responders for one use, or two lists for one point.
    #[error("two addresses for the same {0}")]
    Twice(&'static str),
    /// A time of zero.
    #[error("{0} must be more than zero")]
    Zero(&'static str),
}

/// An address that an operator configured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Address(Url);

impl Address {
    pub(crate) fn url(&self) -> &Url {
        &self.0
    }
}

impl TryFrom<String> for Address {
    type Error = SettingsError;

    fn try_from(text: String) -> Result<Self, SettingsError> {
        let parsed = Url::parse(&text).ok();
        let plain = |url: &Url| {
            url.scheme() == "http"
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
                && url.fragment().is_none()
        };
        parsed
            .filter(plain)
            .map(Self)
            .ok_or(SettingsError::Address(text))
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0.into()
    }
}

/// Where to ask about certificates of one use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResponderAddress {
    /// Signing or authentication.
    pub certificate_use: CertificateUse,
    /// Where.
    pub address: Address,
    /// How this responder wants the issuer to be named.
    #[serde(default)]
    pub issuer_hash: IssuerHash,
}

/// Where one revocation list lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListAddress {
    /// Signing or authentication.
    pub certificate_use: CertificateUse,
    /// Name of the distribution point as certificates write it, in the form of RFC 4514.
    pub distribution_point: String,
    /// Where.
    pub address: Address,
}

/// Everything the worker is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RevocationSettings {
    /// OCSP responders; asked first.
    pub responders: Vec<ResponderAddress>,
    /// Revocation lists; used where no responder answers.
    pub lists: Vec<ListAddress>,
    /// Longest time for one answer, in milliseconds.
    pub timeout_ms: u64,
    /// Pause before what could not be had is asked for again, in milliseconds.
    pub retry_ms: u64,
}

impl Default for RevocationSettings {
    /// Nobody is asked: every certificate stays "not checked".
    fn default() -> Self {
        Self {
            responders: Vec::new(),
            lists: Vec::new(),
            timeout_ms: 10_000,
            retry_ms: 60_000,
        }
    }
}

impl RevocationSettings {
    /// Refuses what contradicts itself.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] naming it.
    pub fn check(&self) -> Result<(), SettingsError> {
        let uses = self.responders.iter().map(|one| one.certificate_use);
        let points = self
            .lists
            .iter()
            .map(|one| (one.certificate_use, one.distribution_point.as_str()));
        require_distinct(uses.collect(), "use")?;
        require_distinct(points.collect(), "distribution point")?;
        for (value, name) in [(self.timeout_ms, "timeout_ms"), (self.retry_ms, "retry_ms")] {
            if value == 0 {
                return Err(SettingsError::Zero(name));
            }
        }
        Ok(())
    }

    pub(crate) fn responder(&self, certificate_use: CertificateUse) -> Option<&ResponderAddress> {
        let mut all = self.responders.iter();
        all.find(|one| one.certificate_use == certificate_use)
    }

    /// The list for a distribution point given as certificates encode it.
    pub(crate) fn list(
        &self,
        certificate_use: CertificateUse,
        point: &[u8],
    ) -> Option<&ListAddress> {
        let text = point_text(point)?;
        let mut all = self.lists.iter();
        all.find(|one| one.certificate_use == certificate_use && one.distribution_point == text)
    }

    pub(crate) fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    pub(crate) fn retry(&self) -> Duration {
        Duration::from_millis(self.retry_ms)
    }
}

fn require_distinct<T: Ord>(mut all: Vec<T>, what: &'static str) -> Result<(), SettingsError> {
    if ADDRESSES_MAX < all.len() {
        return Err(SettingsError::TooMany(all.len()));
    }
    all.sort_unstable();
    if all.array_windows().any(|[first, second]| first == second) {
        return Err(SettingsError::Twice(what));
    }
    Ok(())
}
