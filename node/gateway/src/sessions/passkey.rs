//! Passkeys: registration and assertion as WebAuthn Level 2 (W3C Recommendation, 8 April 2021) has them, sections 7.1 and 7.2, with
//! attestation "none", ES256 or EdDSA, and a user who is present and verified (PIN or biometrics at the authenticator).

use super::cbor::Value;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use musubi_primitives::{
    AccountId, Moment, VerifyingKey, commitment::hash_parts, finality::verify_ed25519,
};
use serde::{Deserialize, Serialize};

/// The most bytes of a credential's id (WebAuthn Level 2, section 7.1, advises against longer ones).
const CREDENTIAL_BYTES_MAX: usize = 1_023;
/// Authenticator data without a credential: hash of the site, flags, counter (section 6.1).
const HEAD: usize = 37;
/// Flags of the authenticator data (section 6.1): user present, user verified, attested credential data, extensions.
const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;
const EXTENDED: u8 = 0x80;

/// The site that passkeys are made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    /// The origin of its pages, such as `https://musubi.vill.example.jp`.
    pub origin: String,
    /// The domain in it, to which passkeys are bound.
    pub id: String,
}

impl RelyingParty {
    /// The site of an origin; `None` for what is no `https` origin (or `http` on `localhost`, where browsers allow passkeys too).
    pub fn of(origin: &str) -> Option<Self> {
        let (scheme, host) = origin.split_once("://")?;
        let id = host.split(':').next()?;
        let is_plain = host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || ".-:".contains(c));
        let is_secure = scheme == "https" || (scheme == "http" && id == "localhost");
        (is_plain && is_secure && !id.is_empty()).then(|| Self {
            origin: origin.to_owned(),
            id: id.to_owned(),
        })
    }
}

/// How a passkey signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256, COSE −7; the key is an uncompressed point.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519, COSE −8.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// A passkey of an account. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Passkey {
    /// Its id, base64url.
    pub credential: String,
    /// Whose it is.
    pub account: AccountId,
    /// How it signs.
    pub algorithm: Algorithm,
    /// Its public key, base64url.
    pub key: String,
    /// The authenticator's counter when it signed last; 0 for authenticators that do not count.
    pub counter: u32,
    /// When it was registered, milliseconds since 1970.
    pub made: Moment,
}

/// What a browser hands over after `navigator.credentials.create`, each part base64url.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Registration {
    /// The client data as the browser serialised it.
    #[serde(rename = "clientDataJSON")]
    pub client_data: String,
    /// The attestation object; its format must be "none".
    pub attestation_object: String,
}

/// What a browser hands over after `navigator.credentials.get`, each part base64url.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Assertion {
    /// Which passkey.
    pub credential: String,
    /// The client data as the browser serialised it.
    #[serde(rename = "clientDataJSON")]
    pub client_data: String,
    /// The authenticator data.
    pub authenticator_data: String,
    /// The signature over authenticator data and client data.
    pub signature: String,
}

/// What is wrong with what a browser handed over; names the part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Wrong(pub &'static str);

/// The client data, of which only this is looked at (section 5.8.1).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    #[serde(rename = "type")]
    ceremony: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

/// The challenge that client data answers to. Nothing is proved by it yet.
pub(crate) fn challenge_of(client_data: &str) -> Result<String, Wrong> {
    Ok(parse(client_data)?.0.challenge)
}

impl Registration {
    /// The passkey, if the browser made it for this site and challenge (section 7.1); the challenge is taken by the caller.
    pub(crate) fn passkey(
        &self,
        party: &RelyingParty,
        account: AccountId,
        now: Moment,
    ) -> Result<Passkey, Wrong> {
        check_client(&self.client_data, "webauthn.create", party)?;
        let object = decode(&self.attestation_object, "attestationObject: no base64url")?;
        let (object, rest) =
            Value::read(&object).ok_or(Wrong("attestationObject: no canonical CBOR"))?;
        let is_none = object.at("fmt") == Some(&Value::Text("none"))
            && object.at("attStmt") == Some(&Value::Map(Vec::new()));
        if !is_none || !rest.is_empty() {
            return Err(Wrong("attestationObject: expected the format \"none\""));
        }
        let data = object.at("authData").and_then(Value::bytes);
        let data =
            Authenticator::read(data.ok_or(Wrong("attestationObject: no authData"))?, party)?;
        let (credential, algorithm, key) = data.credential()?;
        Ok(Passkey {
            credential: URL_SAFE_NO_PAD.encode(credential),
            account,
            algorithm,
            key: URL_SAFE_NO_PAD.encode(key),
            counter: data.counter,
            made: now,
        })
    }
}

impl Assertion {
    /// The authenticator's counter, if the passkey signed this for this site (section 7.2); the challenge is taken by the caller.
    pub(crate) fn check(&self, party: &RelyingParty, passkey: &Passkey) -> Result<u32, Wrong> {
        let client = check_client(&self.client_data, "webauthn.get", party)?;
        let data = decode(&self.authenticator_data, "authenticatorData: no base64url")?;
        let counter = Authenticator::read(&data, party)?.counter;
        let signature = decode(&self.signature, "signature: no base64url")?;
        let signed = [&data[..], &hash_parts(&[&client])].concat();
        if passkey.verifies(&signed, &signature) {
            return Ok(counter);
        }
        Err(Wrong("signature: it does not verify"))
    }
}

impl Passkey {
    fn verifies(&self, signed: &[u8], signature: &[u8]) -> bool {
        let Ok(key) = URL_SAFE_NO_PAD.decode(&self.key) else {
            return false;
        };
        match self.algorithm {
            Algorithm::Es256 => UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key)
                .verify(signed, signature)
                .is_ok(),
            Algorithm::EdDsa => match (<[u8; 32]>::try_from(key), signature.try_into()) {
                (Ok(key), Ok(signature)) => verify_ed25519(&VerifyingKey(key), signature, signed),
                _ => false,
            },
        }
    }
}

/// Client data for this ceremony at this site; its bytes.
fn check_client(text: &str, ceremony: &str, party: &RelyingParty) -> Result<Vec<u8>, Wrong> {
    let (data, bytes) = parse(text)?;
    if data.ceremony != ceremony {
        return Err(Wrong("clientDataJSON: another ceremony"));
    }
    if data.origin != party.origin || data.cross_origin {
        return Err(Wrong("clientDataJSON: another origin"));
    }
    Ok(bytes)
}

fn parse(text: &str) -> Result<(ClientData, Vec<u8>), Wrong> {
    let bytes = decode(text, "clientDataJSON: no base64url")?;
    let data =
        serde_json::from_slice(&bytes).map_err(|_| Wrong("clientDataJSON: no JSON of it"))?;
    Ok((data, bytes))
}

fn decode(text: &str, wrong: &'static str) -> Result<Vec<u8>, Wrong> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Wrong(wrong))
}

/// Authenticator data (section 6.1).
struct Authenticator<'a> {
    flags: u8,
    counter: u32,
    rest: &'a [u8],
}

impl<'a> Authenticator<'a> {
    /// Reads it, made for this site with the user present and verified.
    fn read(bytes: &'a [u8], party: &RelyingParty) -> Result<Self, Wrong> {
        let short = Wrong("authenticator data: cut off");
        let (head, rest) = bytes.split_at_checked(HEAD).ok_or(short)?;
        let (site, head) = head.split_at_checked(32).ok_or(short)?;
        let (flags, counter) = head.split_first().ok_or(short)?;
        if site != hash_parts(&[party.id.as_bytes()]) {
            return Err(Wrong("authenticator data: made for another site"));
        }
        if flags & (PRESENT | VERIFIED) != PRESENT | VERIFIED {
            return Err(Wrong(
                "authenticator data: ask for user verification (\"required\")",
            ));
        }
        let counter = counter.try_into().map_err(|_| short)?;
        Ok(Self {
            flags: *flags,
            counter: u32::from_be_bytes(counter),
            rest,
        })
    }

    /// The credential that was made: its id, and how and with which key it signs (section 6.5.1).
    fn credential(&self) -> Result<(&'a [u8], Algorithm, Vec<u8>), Wrong> {
        let short = Wrong("authenticator data: no credential in it");
        if self.flags & ATTESTED == 0 {
            return Err(short);
        }
        // The authenticator's model says nothing without attestation.
        let (_model, rest) = self.rest.split_at_checked(16).ok_or(short)?;
        let (length, rest) = rest.split_at_checked(2).ok_or(short)?;
        let length = length
            .iter()
            .fold(0, |length, byte| length << 8 | usize::from(*byte));
        let (id, rest) = rest.split_at_checked(length).ok_or(short)?;
        let (key, rest) = Value::read(rest).ok_or(Wrong("credential: no COSE key"))?;
        if id.is_empty() || CREDENTIAL_BYTES_MAX < id.len() {
            return Err(Wrong("credential: expected an id of at most 1,023 bytes"));
        }
        if !rest.is_empty() && self.flags & EXTENDED == 0 {
            return Err(Wrong("authenticator data: more than it says"));
        }
        let (algorithm, key) = public_key(&key).ok_or(Wrong(
            "credential: expected a key for ES256 (-7) or EdDSA (-8)",
        ))?;
        Ok((id, algorithm, key))
    }
}

/// A COSE key (RFC 9053): P-256 as an uncompressed point, Ed25519 as it is.
fn public_key(key: &Value<'_>) -> Option<(Algorithm, Vec<u8>)> {
    let number = |label| match key.number(label) {
        Some(Value::Integer(number)) => Some(*number),
        _ => None,
    };
    let part = |label| {
        let bytes = key.number(label).and_then(Value::bytes);
        bytes.filter(|bytes| bytes.len() == 32)
    };
    match (number(1)?, number(3)?, number(-1)?) {
        (2, -7, 1) => Some((Algorithm::Es256, [&[4], part(-2)?, part(-3)?].concat())),
        (1, -8, 6) => Some((Algorithm::EdDsa, part(-2)?.to_vec())),
        _ => None,
    }
}
