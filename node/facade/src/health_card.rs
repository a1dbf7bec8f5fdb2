//! SMART Health Cards: the vaccination record in few words, signed by the municipality (ES256 over a compressed payload), so that
//! anybody with the issuer's public key checks it offline.

use crate::{outcome::Outcome, parts::Facade, ports::Agent, record::plain_id, served::Type};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::{Compression, write::DeflateEncoder};
use musubi_primitives::{Moment, Pseudonym};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{fmt, io::Write};

/// The card type that is issued.
pub const CARD_TYPE: &str = "https://smarthealth.cards#immunization";

/// What stands before and after the secret in an ECPrivateKey of P-256 (RFC 5915 section 3).
const SEC1_BEFORE: [u8; 7] = [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
const SEC1_AFTER: [u8; 12] = [
    0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
];

/// The key that signs cards.
pub struct IssuerKey(EcdsaKeyPair);

impl fmt::Debug for IssuerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssuerKey({})", self.kid())
    }
}

impl IssuerKey {
    /// The key with this secret; `None` for the few numbers that are none (zero, and from the order of the curve on).
    pub fn from_secret(secret: &[u8; 32]) -> Option<Self> {
        let der = [&SEC1_BEFORE[..], secret, &SEC1_AFTER].concat();
        EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, &der)
            .ok()
            .map(Self)
    }

    /// The RFC 7638 thumbprint of the public key.
    pub fn kid(&self) -> String {
        let (x, y) = self.point();
        // RFC 7638 section 3.2: the required members in this order, without space.
        let required = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        URL_SAFE_NO_PAD.encode(Sha256::digest(required))
    }

    /// The public key as a JWK.
    pub fn jwk(&self) -> Value {
        let (x, y) = self.point();
        json!({"kty": "EC", "use": "sig", "alg": "ES256", "crv": "P-256", "kid": self.kid(), "x": x, "y": y})
    }

    /// Signs a payload as a health card's compact JWS.
    ///
    /// # Errors
    /// When the platform fails.
    fn sign(&self, payload: &Value) -> Result<String, String> {
        let header = json!({"zip": "DEF", "alg": "ES256", "kid": self.kid()});
        let mut deflated = DeflateEncoder::new(Vec::new(), Compression::best());
        let compressed = deflated
            .write_all(payload.to_string().as_bytes())
            .and_then(|()| deflated.finish());
        let compressed = compressed.map_err(|error| error.to_string())?;
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let signed = format!(
            "{}.{}",
            part(header.to_string().as_bytes()),
            part(&compressed)
        );
        let signature = self
            .0
            .sign(&SystemRandom::new(), signed.as_bytes())
            .map_err(|_| "the signature failed".to_owned())?;
        Ok(format!("{signed}.{}", part(signature.as_ref())))
    }

    /// A person's completed doses as a card, in few words: `person` has `name` and `birthDate` of a FHIR Patient, `doses` are Immunization
    /// resources, `now` is in milliseconds since 1970.
    ///
    /// # Errors
    /// When the platform fails.
    pub fn vaccination_card(
        &self,
        origin: &str,
        now: Moment,
        person: &Value,
        doses: &[Value],
    ) -> Result<String, String> {
        let person = json!({
            "resourceType": "Patient", "name": person["name"], "birthDate": person["birthDate"],
        });
        let given = doses.iter().filter(|dose| dose["status"] == "completed");
        let entries: Vec<Value> = [person]
            .into_iter()
            .chain(given.map(few_words))
            .enumerate()
            .map(|(place, resource)| json!({"fullUrl": format!("resource:{place}"), "resource": resource}))
            .collect();
        self.sign(&json!({
            "iss": origin,
            "nbf": now / 1000,
            "vc": {
                "type": ["https://smarthealth.cards#health-card", CARD_TYPE],
                "credentialSubject": {
                    "fhirVersion": "4.0.1",
                    "fhirBundle": {"resourceType": "Bundle", "type": "collection", "entry": entries},
                },
            },
        }))
    }

    /// The coordinates of the public key, base64url.
    fn point(&self) -> (String, String) {
        // SEC 1 section 2.3.3, uncompressed: 04, x, y.
        let point = self.0.public_key().as_ref();
        let part = |from: usize| {
            let bytes = point.get(from..from + 32).unwrap_or_default();
            URL_SAFE_NO_PAD.encode(bytes)
        };
        (part(1), part(33))
    }
}

impl Facade {
    /// The public keys of this facade.
    pub(crate) fn jwks(&self) -> Value {
        let keys: Vec<Value> = self.issuer.iter().map(IssuerKey::jwk).collect();
        json!({"keys": keys})
    }

    /// Issues the vaccination record of a patient as a health card.
    pub(crate) async fn issue_health_card(
        &self,
        agent: &Agent,
        id: &str,
        parameters: &Value,
    ) -> Result<Value, Outcome> {
        let issuer = self
            .issuer
            .as_ref()
            .ok_or_else(|| not_offered("this node has no key for health cards (keys.issuer)"))?;
        check_wanted(parameters)?;
        let patient = self.patient(agent, id).await?;
        let Some(names) = patient["name"].as_array() else {
            return Err(not_offered(
                "health cards carry a name and a birth date: the home municipality issues them",
            ));
        };
        let subject: Pseudonym = plain_id(id).ok_or_else(Outcome::not_found)?;
        let found = self.records_of(agent, Type::Immunization, subject).await?;
        if let Some(denied) = found.denied {
            // A card that leaves out what the chain denies would pass for a whole record.
            return Err(denied);
        }
        let written = names.iter().map(|name| json!({"text": name["text"]}));
        let person =
            json!({"name": written.take(1).collect::<Vec<_>>(), "birthDate": patient["birthDate"]});
        let issued = self.ledger.now();
        let card = issuer
            .vaccination_card(&self.origin, issued, &person, &found.resources)
            .map_err(|cause| Outcome::from(crate::ports::PortError::Unavailable(cause)))?;
        Ok(json!({
            "resourceType": "Parameters", "parameter": [{"name": "verifiableCredential", "valueString": card}],
        }))
    }
}

fn not_offered(text: &str) -> Outcome {
    Outcome::new(
        axum::http::StatusCode::NOT_IMPLEMENTED,
        "not-supported",
        text,
    )
}

/// The operation names what is wanted; only vaccination is issued.
fn check_wanted(parameters: &Value) -> Result<(), Outcome> {
    let named = parameters["parameter"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let types = named
        .iter()
        .filter(|parameter| parameter["name"] == "credentialType");
    let wanted: Vec<&str> = types
        .filter_map(|parameter| parameter["valueUri"].as_str())
        .collect();
    let is_known = |wanted: &&str| {
        [
            CARD_TYPE,
            "#immunization",
            "https://smarthealth.cards#health-card",
            "Immunization",
        ]
        .contains(wanted)
    };
    if parameters["resourceType"] == "Parameters"
        && !wanted.is_empty()
        && wanted.iter().all(is_known)
    {
        return Ok(());
    }
    Err(Outcome::invalid(format!(
        "expected Parameters with credentialType {CARD_TYPE}"
    ))
    .at("Parameters.parameter"))
}

/// A dose as a card has it: no ids, no texts beside codes (SMART Health Cards, data minimisation).
fn few_words(dose: &Value) -> Value {
    let codings = dose["vaccineCode"]["coding"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let codings: Vec<Value> = codings
        .iter()
        .map(|coding| json!({"system": coding["system"], "code": coding["code"]}))
        .collect();
    let vaccine = match codings.is_empty() {
        true => json!({"text": dose["vaccineCode"]["text"]}),
        false => json!({"coding": codings}),
    };
    let mut few = json!({
        "resourceType": "Immunization", "status": "completed", "vaccineCode": vaccine, "patient": {"reference": "resource:0"},
        "occurrenceDateTime": dose["occurrenceDateTime"],
    });
    if let Some(lot) = dose.get("lotNumber") {
        few["lotNumber"] = lot.clone();
    }
    few
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
    use std::io::Read;

    #[test]
    fn a_card_opens_under_its_public_key_and_no_altered_one_does() {
        let key = IssuerKey::from_secret(&[7; 32]).expect("a key");
        let payload = json!({"iss": "https://x", "text": "あ".repeat(500)});
        let card = key.sign(&payload).expect("signs");
        let (signed, signature) = card.rsplit_once('.').expect("three parts");
        let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
        let public = UnparsedPublicKey::new(
            &ECDSA_P256_SHA256_FIXED,
            key.0.public_key().as_ref().to_vec(),
        );
        assert!(public.verify(signed.as_bytes(), &signature).is_ok());
        assert!(public.verify(&signed.as_bytes()[1..], &signature).is_err());
        let compressed = URL_SAFE_NO_PAD
            .decode(signed.split('.').nth(1).expect("a payload"))
            .expect("base64url");
        let mut text = String::new();
        flate2::read::DeflateDecoder::new(&compressed[..])
            .read_to_string(&mut text)
            .expect("raw deflate");
        assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), payload);
    }

    #[test]
    fn the_key_id_is_the_thumbprint_and_what_is_no_key_makes_none() {
        let key = IssuerKey::from_secret(&[7; 32]).expect("a key");
        let jwk: jsonwebtoken::jwk::Jwk = serde_json::from_value(key.jwk()).expect("a JWK");
        let thumbprint = jwk
            .thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256)
            .expect("a thumbprint");
        assert_eq!(key.kid(), thumbprint);
        assert!(
            IssuerKey::from_secret(&[0; 32]).is_none()
                && IssuerKey::from_secret(&[0xff; 32]).is_none()
        );
    }
}
