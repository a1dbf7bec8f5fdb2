//! Sessions: how they are opened, what they open, and what ends them.

use crate::world::{Outgoing, Village, answer, doctor, guardian};
use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer as _, SigningKey};
use musubi_node_gateway::sessions::TRIES;
use musubi_primitives::commitment::hash_parts;
use serde_json::{Value, json};

const ORIGIN: &str = "https://musubi.vill.example.jp";
const SITE: &str = "musubi.vill.example.jp";

/// The routes of one node, whose sessions live as long as it does.
struct Node {
    village: Village,
    routes: Router,
}

impl Node {
    fn start() -> Self {
        let village = Village::default();
        let routes = village.routes_with_sessions(ORIGIN);
        Self { village, routes }
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        answer(self.routes.clone(), request).await
    }

    async fn challenge(&self) -> String {
        let request = Request::post("/v1/sessions/challenges");
        let (status, given) = self.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(
            (status, &given["rpId"]),
            (StatusCode::CREATED, &json!(SITE))
        );
        given["challenge"].as_str().unwrap().to_owned()
    }

    async fn open(&self, key: &SigningKey, scopes: Value) -> (StatusCode, Value) {
        let mut form = json!({"challenge": self.challenge().await});
        if !scopes.is_null() {
            form["scopes"] = scopes;
        }
        let call = Outgoing::post("/v1/sessions", form.to_string());
        self.send(call.signed_by(key)).await
    }

    async fn token(&self, key: &SigningKey, scopes: Value) -> String {
        let (status, opened) = self.open(key, scopes).await;
        assert_eq!(status, StatusCode::CREATED, "{opened}");
        opened["token"].as_str().unwrap().to_owned()
    }

    async fn with(&self, token: &str, method: &str, path: &str, body: &str) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {token}"));
        self.send(request.body(Body::from(body.to_owned())).unwrap())
            .await
    }
}

fn kind(answer: &Value) -> &str {
    answer["type"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_token_stands_in_the_place_of_a_signature_where_its_scopes_allow() {
    let node = Node::start();
    let token = node.token(&doctor(), json!(["desk.read"])).await;
    let (status, context) = node.with(&token, "GET", "/v1/signing-context", "").await;
    assert_eq!((status, &context["nonce"]), (StatusCode::OK, &json!(3)));

    let request = format!("/v1/requests/0x{}", "11".repeat(32));
    let (status, refused) = node.with(&token, "GET", &request, "").await;
    assert_eq!(
        (status, kind(&refused)),
        (
            StatusCode::FORBIDDEN,
            "urn:musubi:problem:insufficient-scope"
        )
    );
    let wider = node.token(&doctor(), Value::Null).await;
    assert_eq!(
        node.with(&wider, "GET", &request, "").await.0,
        StatusCode::OK
    );
}

#[tokio::test]
async fn what_no_scope_names_is_signed_and_a_session_makes_no_other() {
    let node = Node::start();
    let token = node.token(&doctor(), Value::Null).await;
    let asked = node.village.asked.lock().unwrap().len();
    let challenge = json!({"challenge": node.challenge().await}).to_string();
    for (method, path, body) in [
        ("POST", "/v1/extrinsics", "x"),
        ("POST", "/v1/vault?custodian=0", "x"),
        ("POST", "/v1/life-events", "{}"),
        ("POST", "/v1/sessions", &challenge),
        ("POST", "/v1/passkeys", "{}"),
        ("DELETE", "/v1/passkeys/AA", ""),
    ] {
        let (status, refused) = node.with(&token, method, path, body).await;
        assert_eq!(
            (status, kind(&refused)),
            (StatusCode::FORBIDDEN, "urn:musubi:problem:not-by-session"),
            "{path}"
        );
    }
    assert_eq!(node.village.asked.lock().unwrap().len(), asked);
}

#[tokio::test]
async fn nobody_gets_a_scope_that_the_role_has_not() {
    let node = Node::start();
    for (key, scope) in [
        (doctor(), "counter.write"),
        (doctor(), "family.read"),
        (guardian(), "care.check"),
    ] {
        let (status, refused) = node.open(&key, json!([scope])).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{scope}: {refused}");
    }
    let (status, _) = node.open(&guardian(), json!(["family.read"])).await;
    assert_eq!(status, StatusCode::CREATED);
    let (status, _) = node.open(&guardian(), json!(["everything"])).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let stranger = SigningKey::from_bytes(&[99; 32]);
    assert_eq!(
        node.open(&stranger, Value::Null).await.0,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn a_role_that_is_withdrawn_on_the_chain_ends_the_session_for_good() {
    let node = Node::start();
    let token = node.token(&doctor(), Value::Null).await;
    let look = || node.with(&token, "GET", "/v1/signing-context", "");
    assert_eq!(look().await.0, StatusCode::OK);
    node.village.withdraw(&doctor());
    let (status, refused) = look().await;
    assert_eq!(
        (status, kind(&refused)),
        (StatusCode::UNAUTHORIZED, "urn:musubi:problem:no-session")
    );
    node.village.reinstate(&doctor());
    assert_eq!(
        look().await.0,
        StatusCode::UNAUTHORIZED,
        "it does not come back"
    );
}

#[tokio::test]
async fn an_account_lists_and_ends_its_own_sessions_and_nobody_elses() {
    let node = Node::start();
    let token = node.token(&doctor(), Value::Null).await;
    let other = node.token(&guardian(), Value::Null).await;
    let (_, own) = node.with(&token, "GET", "/v1/sessions", "").await;
    assert_eq!(own.as_array().unwrap().len(), 1);
    assert!(!own.to_string().contains(&token), "a token is told once");
    assert_eq!(own[0]["ground"], "device-key");
    let path = format!("/v1/sessions/{}", own[0]["id"].as_str().unwrap());
    assert_eq!(
        node.with(&other, "DELETE", &path, "").await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        node.with(&token, "DELETE", &path, "").await.0,
        StatusCode::NO_CONTENT
    );
    let (status, _) = node.with(&token, "GET", "/v1/sessions", "").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_challenge_serves_once_and_one_that_was_not_given_out_serves_nobody() {
    let node = Node::start();
    let form = json!({"challenge": node.challenge().await}).to_string();
    let call = || Outgoing::post("/v1/sessions", form.clone()).signed_by(&doctor());
    assert_eq!(node.send(call()).await.0, StatusCode::CREATED);
    let (status, refused) = node.send(call()).await;
    assert_eq!(
        (status, kind(&refused)),
        (
            StatusCode::UNAUTHORIZED,
            "urn:musubi:problem:challenge-not-valid"
        )
    );
    let invented = json!({"challenge": URL_SAFE_NO_PAD.encode([7; 64])}).to_string();
    let call = Outgoing::post("/v1/sessions", invented).signed_by(&doctor());
    assert_eq!(node.send(call).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn whoever_opens_too_many_waits() {
    let node = Node::start();
    for _ in 0..TRIES {
        assert_eq!(
            node.open(&doctor(), Value::Null).await.0,
            StatusCode::CREATED
        );
    }
    let (status, refused) = node.open(&doctor(), Value::Null).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "{refused}");
    assert_eq!(
        node.open(&guardian(), Value::Null).await.0,
        StatusCode::CREATED
    );
}

#[tokio::test]
async fn a_card_at_a_terminal_opens_reading_as_long_as_its_visit_goes_on() {
    let node = Node::start();
    let visit = format!("0x{}", "55".repeat(32));
    let open = async |scopes: Value| {
        let mut form = json!({"challenge": node.challenge().await, "visit": visit});
        if !scopes.is_null() {
            form["scopes"] = scopes;
        }
        let call = Outgoing::post("/v1/sessions", form.to_string());
        node.send(call.signed_by(&doctor())).await
    };
    assert_eq!(
        open(Value::Null).await.0,
        StatusCode::FORBIDDEN,
        "no such visit"
    );
    node.village.begin_visit();
    assert_eq!(open(json!(["desk.read"])).await.0, StatusCode::FORBIDDEN);
    let (status, opened) = open(Value::Null).await;
    assert_eq!(status, StatusCode::CREATED, "{opened}");
    assert_eq!(
        (&opened["ground"], &opened["scopes"]),
        (&json!("check-in"), &json!(["family.read"]))
    );
    let token = opened["token"].as_str().unwrap();
    let (status, _) = node.with(token, "GET", "/v1/sessions", "").await;
    assert_eq!(
        status,
        StatusCode::FORBIDDEN,
        "the terminal's own are not the visitor's"
    );
    node.village.end_visit();
    let (status, _) = node.with(token, "GET", "/v1/sessions", "").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

/// An authenticator in software, as the W3C's test tools have them.
struct Authenticator {
    es256: Option<EcdsaKeyPair>,
    eddsa: SigningKey,
    id: &'static [u8],
}

impl Authenticator {
    fn es256() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref());
        Self {
            es256: Some(pair.unwrap()),
            ..Self::eddsa()
        }
    }

    fn eddsa() -> Self {
        Self {
            es256: None,
            eddsa: SigningKey::from_bytes(&[7; 32]),
            id: b"credential-1",
        }
    }

    fn cose(&self) -> Vec<u8> {
        let Some(pair) = &self.es256 else {
            let key = self.eddsa.verifying_key().to_bytes();
            return [&[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 32][..], &key].concat();
        };
        let point = pair.public_key().as_ref();
        let head = [0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32];
        [&head[..], &point[1..33], &[0x22, 0x58, 32], &point[33..]].concat()
    }

    fn data(&self, flags: u8, counter: u32) -> Vec<u8> {
        let site = hash_parts(&[SITE.as_bytes()]);
        [&site[..], &[flags], &counter.to_be_bytes()].concat()
    }

    fn registration(&self, challenge: &str) -> Value {
        let length = u8::try_from(self.id.len()).unwrap();
        let credential = [&[0; 16][..], &[0, length], self.id, &self.cose()].concat();
        let data = [self.data(0x45, 0), credential].concat();
        let length = u8::try_from(data.len()).unwrap();
        let object = [
            &[0xa3][..],
            &[0x63],
            b"fmt",
            &[0x64],
            b"none",
            &[0x67],
            b"attStmt",
            &[0xa0, 0x68],
            b"authData",
            &[0x58, length],
            &data,
        ]
        .concat();
        json!({
            "clientDataJSON": client("webauthn.create", challenge, ORIGIN),
            "attestationObject": URL_SAFE_NO_PAD.encode(object),
        })
    }

    fn assertion(&self, client: &str, flags: u8, counter: u32) -> Value {
        let data = self.data(flags, counter);
        let hash = hash_parts(&[&URL_SAFE_NO_PAD.decode(client).unwrap()]);
        let signed = [&data[..], &hash].concat();
        let signature = match &self.es256 {
            Some(pair) => pair
                .sign(&SystemRandom::new(), &signed)
                .unwrap()
                .as_ref()
                .to_vec(),
            None => self.eddsa.sign(&signed).to_bytes().to_vec(),
        };
        json!({
            "credential": URL_SAFE_NO_PAD.encode(self.id), "clientDataJSON": client,
            "authenticatorData": URL_SAFE_NO_PAD.encode(data), "signature": URL_SAFE_NO_PAD.encode(signature),
        })
    }
}

fn client(ceremony: &str, challenge: &str, origin: &str) -> String {
    let data =
        json!({"type": ceremony, "challenge": challenge, "origin": origin, "crossOrigin": false});
    URL_SAFE_NO_PAD.encode(data.to_string())
}

impl Node {
    async fn register(&self, authenticator: &Authenticator) -> (StatusCode, Value) {
        let form = authenticator.registration(&self.challenge().await);
        let call = Outgoing::post("/v1/passkeys", form.to_string());
        self.send(call.signed_by(&doctor())).await
    }

    async fn log_in(&self, assertion: &Value) -> (StatusCode, Value) {
        let form = json!({"assertion": assertion, "scopes": ["desk.read"]}).to_string();
        let request = Request::post("/v1/sessions/by-passkey");
        self.send(request.body(Body::from(form)).unwrap()).await
    }
}

#[tokio::test]
async fn a_registered_passkey_opens_a_session_of_its_account() {
    for authenticator in [Authenticator::es256(), Authenticator::eddsa()] {
        let node = Node::start();
        let (status, registered) = node.register(&authenticator).await;
        assert_eq!(status, StatusCode::CREATED, "{registered}");
        assert_eq!(node.register(&authenticator).await.0, StatusCode::CONFLICT);
        let client = client("webauthn.get", &node.challenge().await, ORIGIN);
        let assertion = authenticator.assertion(&client, 0x05, 1);
        let (status, opened) = node.log_in(&assertion).await;
        assert_eq!(status, StatusCode::CREATED, "{opened}");
        assert_eq!(opened["ground"], "passkey");
        let token = opened["token"].as_str().unwrap();
        assert_eq!(
            node.with(token, "GET", "/v1/desk", "").await.0,
            StatusCode::NOT_FOUND
        );
        assert_eq!(
            node.with(token, "GET", "/v1/signing-context", "").await.0,
            StatusCode::OK
        );
        assert_eq!(
            node.log_in(&assertion).await.0,
            StatusCode::UNAUTHORIZED,
            "sent again"
        );
    }
}

#[tokio::test]
async fn an_assertion_that_is_bent_stale_unverified_or_of_another_site_opens_nothing() {
    let node = Node::start();
    let ours = Authenticator::es256();
    assert_eq!(node.register(&ours).await.0, StatusCode::CREATED);
    let get = async |origin: &str| client("webauthn.get", &node.challenge().await, origin);
    let bad = [
        ours.assertion(&get("https://elsewhere.example").await, 0x05, 1),
        ours.assertion(
            &client("webauthn.create", &node.challenge().await, ORIGIN),
            0x05,
            1,
        ),
        ours.assertion(&client("webauthn.get", "invented", ORIGIN), 0x05, 1),
        ours.assertion(&get(ORIGIN).await, 0x01, 1),
        ours.assertion(&get(ORIGIN).await, 0x04, 1),
        Authenticator::es256().assertion(&get(ORIGIN).await, 0x05, 1),
    ];
    let mut said = Vec::new();
    for assertion in &bad {
        let (status, refused) = node.log_in(assertion).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{refused}");
        said.push(refused);
    }
    let mut unknown = ours.assertion(&get(ORIGIN).await, 0x05, 1);
    unknown["credential"] = json!("AAAA");
    assert_eq!(
        node.log_in(&unknown).await.1,
        said[5],
        "no word of whether it is known"
    );
    let good = ours.assertion(&get(ORIGIN).await, 0x05, 5);
    assert_eq!(node.log_in(&good).await.0, StatusCode::CREATED);
    let copied = ours.assertion(&get(ORIGIN).await, 0x05, 5);
    let (status, refused) = node.log_in(&copied).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(
        refused["detail"].as_str().unwrap().contains("copied"),
        "{refused}"
    );
}
