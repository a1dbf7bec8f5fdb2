//! Client assertions (RFC 7523, SMART backend services): a signed token by which a client proves itself, good once and for five minutes.

use crate::client::{ALGORITHMS, Client};
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use musubi_primitives::Moment;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// How far ahead an assertion may expire, in seconds (SMART App Launch 2: no more than five minutes).
pub const LIFE_MAX: u64 = 300;
/// How far the client's clock may be from ours, in seconds.
const SKEW: u64 = 30;
/// Longest `jti`, in bytes.
const JTI_BYTES_MAX: usize = 256;
/// The most assertions remembered; each is forgotten once it has expired.
const REMEMBERED_MAX: usize = 100_000;

/// Why an assertion does not prove the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    /// Not a JWT, or without a key id or with another algorithm.
    #[error("expected a JWT with kid, signed by ES384 or RS384")]
    Form,
    /// No such client, no such key, or a signature that does not verify: the same words for all three.
    #[error("no registered client's key verifies this assertion")]
    Unproved,
    /// Claims are missing, or `iss` and `sub` differ.
    #[error("expected the claims iss = sub = the client's id, aud, exp and jti")]
    Claims,
    /// For another server.
    #[error("aud is not the address that was called")]
    Audience,
    /// Expired, too long-lived, or issued in the future.
    #[error("exp is over, or more than {LIFE_MAX} s ahead, or iat is to come: set the clock")]
    Time,
    /// Issued before this process began: it might have been used.
    #[error("the assertion was issued before this server began; sign a new one")]
    Earlier,
    /// Used before.
    #[error("this jti was used before; sign a new assertion")]
    Replayed,
    /// Too many at once.
    #[error("too many assertions are remembered; try again in a minute")]
    Crowded,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    #[serde(default)]
    sub: String,
    aud: Audience,
    exp: u64,
    iat: Option<u64>,
    jti: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn names(&self, endpoint: &str) -> bool {
        match self {
            Self::One(one) => one == endpoint,
            Self::Several(several) => several.iter().any(|one| one == endpoint),
        }
    }
}

/// Checks assertions, and remembers those that were used.
#[derive(Debug)]
pub struct Assertions {
    endpoint: String,
    /// When this process began, in seconds: what was used before is not remembered.
    began: u64,
    used: Mutex<BTreeMap<(String, String), u64>>,
}

impl Assertions {
    /// For the token endpoint at this address.
    pub fn new(endpoint: String, began: Moment) -> Self {
        Self {
            endpoint,
            began: began / 1000,
            used: Mutex::default(),
        }
    }

    /// The client that an assertion proves; the assertion is used up.
    ///
    /// # Errors
    /// See [`AssertionError`].
    pub fn prove<'c>(
        &self,
        clients: &'c [Client],
        assertion: &str,
        now: Moment,
    ) -> Result<&'c Client, AssertionError> {
        let (client, claims) = signed_by(clients, assertion)?;
        if claims.iss != *client.id || claims.iss != claims.sub {
            return Err(AssertionError::Claims);
        }
        self.check(&claims, &self.endpoint, now / 1000)?;
        self.use_up(claims, now / 1000)?;
        Ok(client)
    }

    /// The client that the JWT of one call of a CDS service proves (CDS Hooks 2, "Trusting CDS Clients"); it is used up. `endpoint` is
    /// what is called, and so what `aud` must name.
    ///
    /// # Errors
    /// See [`AssertionError`].
    pub fn prove_call<'c>(
        &self,
        clients: &'c [Client],
        jwt: &str,
        endpoint: &str,
        now: Moment,
    ) -> Result<&'c Client, AssertionError> {
        let (client, claims) = signed_by(clients, jwt)?;
        self.check(&claims, endpoint, now / 1000)?;
        self.use_up(claims, now / 1000)?;
        Ok(client)
    }

    fn check(&self, claims: &Claims, endpoint: &str, now: u64) -> Result<(), AssertionError> {
        if !(1..=JTI_BYTES_MAX).contains(&claims.jti.len()) {
            return Err(AssertionError::Claims);
        }
        if !claims.aud.names(endpoint) {
            return Err(AssertionError::Audience);
        }
        let lives = now < claims.exp.saturating_add(SKEW) && claims.exp <= now + LIFE_MAX + SKEW;
        if !lives || claims.iat.is_some_and(|iat| now + SKEW < iat) {
            return Err(AssertionError::Time);
        }
        // Without iat the latest moment of issue is taken from exp, which is at most five minutes ahead of it.
        let issued = claims
            .iat
            .unwrap_or_else(|| claims.exp.saturating_sub(LIFE_MAX));
        if issued < self.began {
            return Err(AssertionError::Earlier);
        }
        Ok(())
    }

    fn use_up(&self, claims: Claims, now: u64) -> Result<(), AssertionError> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= REMEMBERED_MAX {
            used.retain(|_, exp| now < exp.saturating_add(SKEW));
        }
        if used.len() >= REMEMBERED_MAX {
            return Err(AssertionError::Crowded);
        }
        match used.insert((claims.iss, claims.jti), claims.exp) {
            None => Ok(()),
            Some(_) => Err(AssertionError::Replayed),
        }
    }
}

/// Whose key signed it, and what it claims.
fn signed_by<'c>(clients: &'c [Client], jwt: &str) -> Result<(&'c Client, Claims), AssertionError> {
    let header = decode_header(jwt).map_err(|_| AssertionError::Form)?;
    let kid = header.kid.ok_or(AssertionError::Form)?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(AssertionError::Form);
    }
    let proved = clients.iter().find_map(|client| {
        let key = client.key(&kid, header.alg)?;
        let claims = verified(jwt, key, header.alg)?;
        client.is_called(&claims.iss).then_some((client, claims))
    });
    proved.ok_or(AssertionError::Unproved)
}

/// The claims, if the key made the signature. Times are judged by the node's clock, later.
fn verified(
    assertion: &str,
    key: &jsonwebtoken::jwk::Jwk,
    algorithm: jsonwebtoken::Algorithm,
) -> Option<Claims> {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let key = DecodingKey::from_jwk(key).ok()?;
    decode(assertion, &key, &validation)
        .ok()
        .map(|token| token.claims)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::{
        rand::SystemRandom,
        rsa::KeySize,
        signature::{KeyPair, RSA_PKCS1_SHA384, RsaKeyPair},
    };
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use musubi_primitives::Role;
    use serde_json::{Value, json};

    const ENDPOINT: &str = "https://clinic.example/auth/token";
    /// Seconds.
    const NOW: u64 = 1_795_651_200;

    /// A client with an RSA key, since the end-to-end tests sign by ES384.
    struct Rsa {
        key: RsaKeyPair,
        clients: Vec<Client>,
    }

    impl Rsa {
        fn new() -> Self {
            let key = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
            let public = key.public_key();
            let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
            let jwk = json!({
                "kty": "RSA", "alg": "RS384", "kid": "k", "n": part(public.modulus().big_endian_without_leading_zero()),
                "e": part(public.exponent().big_endian_without_leading_zero()),
            });
            let keys = json!({"keys": [jwk]}).to_string();
            let client = Client::new("ehr", &keys, Role::Doctor, "system/*.rs", None);
            Self {
                key,
                clients: vec![client.expect("a client")],
            }
        }

        fn sign(&self, claims: &Value) -> String {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let header = json!({"alg": "RS384", "kid": "k"});
            let signed = format!("{}.{}", part(&header), part(claims));
            let mut signature = vec![0; self.key.public_modulus_len()];
            self.key
                .sign(
                    &RSA_PKCS1_SHA384,
                    &SystemRandom::new(),
                    signed.as_bytes(),
                    &mut signature,
                )
                .expect("signs");
            format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
        }

        fn prove(&self, assertions: &Assertions, claims: &Value) -> Result<(), AssertionError> {
            let client = assertions.prove(&self.clients, &self.sign(claims), NOW * 1000);
            client.map(drop)
        }
    }

    fn claims(jti: &str) -> Value {
        json!({"iss": "ehr", "sub": "ehr", "aud": [ENDPOINT, "x"], "exp": NOW + 60, "iat": NOW, "jti": jti})
    }

    #[test]
    fn an_assertion_by_rsa_proves_the_client_once() {
        let (rsa, assertions) = (
            Rsa::new(),
            Assertions::new(ENDPOINT.to_owned(), (NOW - 1000) * 1000),
        );
        assert_eq!(rsa.prove(&assertions, &claims("1")), Ok(()));
        assert_eq!(
            rsa.prove(&assertions, &claims("1")),
            Err(AssertionError::Replayed)
        );
        assert_eq!(rsa.prove(&assertions, &claims("2")), Ok(()));
    }

    #[test]
    fn what_was_issued_before_this_process_began_might_have_been_used() {
        let (rsa, assertions) = (Rsa::new(), Assertions::new(ENDPOINT.to_owned(), NOW * 1000));
        let mut early = claims("1");
        early["iat"] = json!(NOW - 1);
        assert_eq!(rsa.prove(&assertions, &early), Err(AssertionError::Earlier));
        early.as_object_mut().expect("an object").remove("iat");
        assert_eq!(rsa.prove(&assertions, &early), Err(AssertionError::Earlier));
        early["exp"] = json!(NOW + LIFE_MAX);
        assert_eq!(rsa.prove(&assertions, &early), Ok(()));
    }

    #[test]
    fn a_call_is_proved_by_a_jwt_for_its_own_address_once_and_by_the_name_that_was_registered() {
        let (mut rsa, assertions) = (Rsa::new(), Assertions::new(ENDPOINT.to_owned(), 0));
        let service = "https://clinic.example/cds-services/x";
        let prove = |rsa: &Rsa, claims: &Value| {
            let proved =
                assertions.prove_call(&rsa.clients, &rsa.sign(claims), service, NOW * 1000);
            proved.map(|client| client.id.to_string())
        };
        let call = |iss: &str, jti: &str| json!({"iss": iss, "aud": service, "exp": NOW + 60, "iat": NOW, "jti": jti});
        assert_eq!(prove(&rsa, &call("ehr", "1")), Ok("ehr".to_owned()));
        assert_eq!(
            prove(&rsa, &call("ehr", "1")),
            Err(AssertionError::Replayed)
        );
        assert_eq!(prove(&rsa, &claims("2")), Err(AssertionError::Audience));
        let address = "https://ehr.example";
        assert_eq!(
            prove(&rsa, &call(address, "3")),
            Err(AssertionError::Unproved)
        );
        rsa.clients = rsa
            .clients
            .into_iter()
            .map(|one| one.issued_by(Some(address)))
            .collect();
        assert_eq!(prove(&rsa, &call(address, "3")), Ok("ehr".to_owned()));
        // The name of its calls is none at the token endpoint.
        let mut assertion = claims("4");
        (assertion["iss"], assertion["sub"]) = (json!(address), json!(address));
        assert_eq!(
            rsa.prove(&assertions, &assertion),
            Err(AssertionError::Claims)
        );
    }

    #[test]
    fn each_claim_is_checked() {
        let (rsa, assertions) = (Rsa::new(), Assertions::new(ENDPOINT.to_owned(), 0));
        for (name, value, expected) in [
            (
                "aud",
                json!("https://elsewhere.example/auth/token"),
                AssertionError::Audience,
            ),
            ("exp", json!(NOW - 60), AssertionError::Time),
            ("exp", json!(NOW + 3600), AssertionError::Time),
            ("iat", json!(NOW + 60), AssertionError::Time),
            ("sub", json!("other"), AssertionError::Claims),
            ("jti", json!(""), AssertionError::Claims),
            ("iss", json!("other"), AssertionError::Unproved),
            ("exp", Value::Null, AssertionError::Unproved),
        ] {
            let mut wrong = claims("1");
            wrong[name] = value;
            assert_eq!(rsa.prove(&assertions, &wrong), Err(expected), "{name}");
        }
    }
}
