//! A clinic's record system: proves itself with a key of its own (SMART backend services, ES384), and speaks FHIR. It shares no code
//! with the facade.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use musubi_tests_support::told;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A registered system.
pub(crate) struct System {
    pub(crate) id: &'static str,
    pub(crate) origin: String,
    key: EcdsaKeyPair,
    http: reqwest::Client,
    pub(crate) token: String,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap().to_str().unwrap()
    }

    /// The first issue of an `OperationOutcome`, which every refusal is.
    pub(crate) fn issue(&self, status: u16) -> &Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(
            self.body["resourceType"], "OperationOutcome",
            "{}",
            self.body
        );
        &self.body["issue"][0]
    }

    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self.body
    }
}

impl System {
    /// A system with a fresh key, known to nobody yet.
    pub(crate) fn new(id: &'static str) -> Self {
        Self {
            id,
            origin: String::new(),
            key: EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap(),
            http: musubi_tests_support::gateway::http(),
            token: String::new(),
        }
    }

    /// Registers the system in a node's configuration, before the node starts.
    pub(crate) fn register(&mut self, config: &Path, registration: &str) {
        let point = self.key.public_key().as_ref().to_vec();
        let coordinate = |from: usize| URL_SAFE_NO_PAD.encode(&point[from..from + 48]);
        let jwks = json!({"keys": [{
            "kty": "EC", "crv": "P-384", "alg": "ES384", "use": "sig", "kid": self.kid(), "x": coordinate(1), "y": coordinate(49),
        }]});
        let path = config.with_file_name(format!("{}.jwks.json", self.id));
        std::fs::write(&path, jwks.to_string()).unwrap();
        let mut text = std::fs::read_to_string(config).unwrap();
        let origin = text.split_once("origin = \"").unwrap().1;
        self.origin = origin.split('"').next().unwrap().to_owned();
        text.push_str(&format!(
            "\n[[facade.clients]]\nid = \"{}\"\njwks = \"{}\"\n{registration}\n",
            self.id,
            path.display()
        ));
        std::fs::write(config, text).unwrap();
    }

    pub(crate) fn kid(&self) -> String {
        format!("{}-1", self.id)
    }

    /// What a right assertion claims.
    pub(crate) fn claims(&self) -> Value {
        let now = now();
        json!({
            "iss": self.id, "sub": self.id, "aud": format!("{}/auth/token", self.origin), "iat": now, "exp": now + 240,
            "jti": hex::encode(musubi_tests_support::gateway::random()),
        })
    }

    /// A signed assertion.
    pub(crate) fn assertion(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self
            .key
            .sign(&SystemRandom::new(), signed.as_bytes())
            .unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    pub(crate) fn header(&self) -> Value {
        json!({"alg": "ES384", "kid": self.kid(), "typ": "JWT"})
    }

    /// Asks for a token with an assertion.
    pub(crate) async fn ask_token(&self, assertion: &str, scope: &str) -> Reply {
        let form = format!(
            "grant_type=client_credentials&client_assertion_type={ASSERTION_TYPE}&client_assertion={assertion}&scope={scope}"
        );
        let request = self
            .http
            .post(format!("{}/auth/token", self.origin))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.replace(' ', "+"));
        reply(request).await
    }

    /// Takes a token and keeps it.
    pub(crate) async fn log_in(&mut self, scope: &str) -> String {
        let assertion = self.assertion(&self.header(), &self.claims());
        let answer = self.ask_token(&assertion, scope).await.expect(200);
        assert_eq!(
            (&answer["token_type"], &answer["expires_in"]),
            (&json!("bearer"), &json!(300))
        );
        self.token = answer["access_token"].as_str().unwrap().to_owned();
        answer["scope"].as_str().unwrap().to_owned()
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        told::call(path, &[]);
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.origin)
        };
        self.http.request(method, url).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        reply(self.request(Method::GET, path)).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Reply {
        let body = body.to_string();
        told::call("", body.as_bytes());
        let mut request = self
            .request(method, path)
            .header("content-type", "application/fhir+json")
            .body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        reply(request).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, body, &[]).await
    }
}

pub(crate) async fn reply(request: RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Reply {
        status,
        headers,
        body,
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}
