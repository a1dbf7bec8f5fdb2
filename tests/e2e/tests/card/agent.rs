//! The card agent as a page meets it: over HTTP, with a card on a real PC/SC service. What a page must not do is tried as well.

use crate::{
    documents::{self, FIVES, FOURS, GENESIS, SEVENS, TWOS},
    judge,
    office::Office,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use musubi_consent::{
    CheckIn, Counter, Document, Environment, Evidence, ExpectedCheckIn, ExpectedWithdrawal,
    SealedEvidence, SignedCms, Statement, TrustedRoots, WithdrawalFields,
    attestation::ActiveBinding, binding::binding_commitment, evidence::HpkePrivateKey,
    validator::NoRevocationSource,
};
use musubi_consent_card_emulator::{CardProfile, folder::demo_person, issue::DEMO_SECRETS};
use musubi_primitives::{AccountId, ConsentId, MemberId, Pseudonym, Purpose, Salt, SessionId};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, ChildStdout, Stdio},
};
use tokio::runtime::Runtime;

const PAGE: &str = "https://counter.example.jp";
const ELSEWHERE: &str = "https://elsewhere.example.jp";

/// A running agent, and the page that talks to it; a test that fails leaves none behind.
struct Agent {
    process: Child,
    lines: BufReader<ChildStdout>,
    address: String,
    token: String,
    http: Client,
    runtime: Runtime,
}

impl Drop for Agent {
    fn drop(&mut self) {
        // One that has ended needs no end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Agent {
    fn start(office: &Office, more: &[&str]) -> Self {
        let fixed = ["agent", "--json", "--listen", "127.0.0.1:0"];
        let mut process = office
            .command()
            .args(fixed)
            .args(["--origin", PAGE])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap());
        let address = line(&mut lines)["address"].as_str().unwrap().to_owned();
        Self {
            process,
            lines,
            address,
            token: String::new(),
            http: Client::new(),
            runtime: Runtime::new().unwrap(),
        }
    }

    /// An agent whose page is paired.
    fn paired(office: &Office, more: &[&str]) -> Self {
        let mut agent = Self::start(office, more);
        let code = agent.code();
        let (status, answer) = agent.ask(PAGE, "/v1/pairings", &json!({"code": code}));
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        agent.token = answer["token"].as_str().unwrap().to_owned();
        agent
    }

    /// The code that stands on the agent's terminal.
    fn code(&mut self) -> String {
        line(&mut self.lines)["code"].as_str().unwrap().to_owned()
    }

    fn request(&self, method: Method, origin: &str, path: &str) -> RequestBuilder {
        let url = format!("http://{}{path}", self.address);
        let request = self.http.request(method, url).header("origin", origin);
        request.header("authorization", format!("Bearer {}", self.token))
    }

    fn send(&self, request: RequestBuilder) -> Response {
        self.runtime.block_on(request.send()).unwrap()
    }

    fn ask(&self, origin: &str, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = self.request(Method::POST, origin, path);
        let response = self.send(request.body(body.to_string()));
        let status = response.status();
        (
            status,
            self.runtime.block_on(response.json()).unwrap_or_default(),
        )
    }

    /// Follows the readers until a card lies there, or none does.
    fn wait_for_card(&self, events: &mut Response, lies_there: bool) {
        let wanted = format!("\"card\":{lies_there}");
        loop {
            let chunk = self.runtime.block_on(events.chunk()).unwrap();
            let chunk = chunk.expect("the agent goes on telling");
            if String::from_utf8_lossy(&chunk).contains(&wanted) {
                return;
            }
        }
    }

    /// Asks as the page does; the answer, or the refusal's code.
    fn page(&self, path: &str, body: &Value) -> Result<Value, String> {
        let (status, answer) = self.ask(PAGE, path, body);
        if status.is_success() {
            return Ok(answer);
        }
        for language in ["ja", "ja-x-easy", "en"] {
            assert_ne!(answer["sentences"][language], "", "{answer}");
            assert!(answer["sentences"][language].is_string(), "{answer}");
        }
        Err(answer["outcome"].as_str().unwrap().to_owned())
    }

    /// Ends; gives all that it said on its terminal, but for the codes that are said there on purpose.
    fn stop(mut self) -> String {
        self.process.kill().unwrap();
        let mut said = String::new();
        let mut terminal = self.process.stderr.take().unwrap();
        terminal.read_to_string(&mut said).unwrap();
        self.process.wait().unwrap();
        said
    }
}

fn line(lines: &mut BufReader<ChildStdout>) -> Value {
    let mut text = String::new();
    lines.read_line(&mut text).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn office(profile: CardProfile) -> Office {
    let mut office = Office::open();
    office.place(profile, None);
    office
}

/// A key that plays the municipality.
fn municipality() -> (HpkePrivateKey, String) {
    let (private, public) = HpkePrivateKey::derive(&[8; 32]);
    (private, public.to_string())
}

fn withdrawal() -> Value {
    let now = documents::now();
    json!({"kind": "withdrawal", "fields": {
        "consent": TWOS, "subject": FOURS, "guardian": FIVES, "not_before": now - 1000, "not_after": now + 3_600_000,
        "nonce": SEVENS, "language": "ja",
    }})
}

fn signature(digest: &Value, secret: &str) -> Value {
    json!({
        "digest": digest, "genesis": GENESIS, "key": "signing", "secret": secret, "sealTo": municipality().1,
    })
}

#[test]
fn a_page_of_another_origin_or_another_name_or_without_a_token_learns_nothing() {
    let office = office(CardProfile::Adult);
    let mut agent = Agent::start(&office, &[]);
    let (status, answer) = agent.ask(PAGE, "/v1/status", &json!({}));
    assert_eq!(
        (status, &answer["outcome"]),
        (StatusCode::UNAUTHORIZED, &json!("not-paired"))
    );
    let code = agent.code();
    let body = json!({"code": code});
    let (status, answer) = agent.ask(ELSEWHERE, "/v1/pairings", &body);
    assert_eq!(
        (status, &answer["outcome"]),
        (StatusCode::FORBIDDEN, &json!("foreign-origin"))
    );
    let (_, answer) = agent.ask(PAGE, "/v1/pairings", &body);
    agent.token = answer["token"].as_str().unwrap().to_owned();
    assert!(agent.page("/v1/status", &json!({})).is_ok());

    // The token is worth nothing at another origin, and the answer cannot be read there.
    let response = agent.send(agent.request(Method::POST, ELSEWHERE, "/v1/status"));
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(
        !response
            .headers()
            .contains_key("access-control-allow-origin")
    );
    // A name that was pointed at this machine (DNS rebinding) is no name of it.
    let request = agent.request(Method::POST, PAGE, "/v1/status");
    let rebound = agent.send(request.header("host", "counter.example.jp:8937"));
    assert_eq!(rebound.status(), StatusCode::FORBIDDEN);
    // Nor does a caller come in that hides where it comes from.
    let url = format!("http://{}/v1/status", agent.address);
    let hidden = agent.send(agent.http.post(url).bearer_auth(&agent.token));
    assert_eq!(hidden.status(), StatusCode::FORBIDDEN);
    // What a browser asks first is answered to the page alone.
    for (origin, allowed) in [(PAGE, true), (ELSEWHERE, false)] {
        let preflight = agent.request(Method::OPTIONS, origin, "/v1/status");
        let preflight = agent.send(preflight);
        assert_eq!(preflight.status().is_success(), allowed);
    }
}

#[test]
fn the_page_sees_cards_come_and_go_and_what_they_are() {
    let mut office = office(CardProfile::Adult);
    let agent = Agent::paired(&office, &[]);
    let mut events = agent.send(agent.request(Method::GET, PAGE, "/v1/readers"));
    agent.wait_for_card(&mut events, true);
    let status = agent.page("/v1/status", &json!({})).unwrap();
    assert_eq!(status["token"], "plastic");
    assert_eq!(status["signing"]["tries_left"], 5);
    office.take();
    agent.wait_for_card(&mut events, false);
    assert_eq!(
        agent.page("/v1/status", &json!({})),
        Err("no-card".to_owned())
    );
    office.place(CardProfile::Child, None);
    agent.wait_for_card(&mut events, true);
    let status = agent.page("/v1/status", &json!({})).unwrap();
    assert_eq!(status["signing"]["present"], false);
}

#[test]
fn the_face_is_read_and_a_wrong_pin_says_how_many_tries_are_left() {
    let office = office(CardProfile::Adult);
    let agent = Agent::paired(&office, &[]);
    let wrong = json!({"secret": "9999"});
    let (_, answer) = agent.ask(PAGE, "/v1/face", &wrong);
    assert_eq!(
        (&answer["outcome"], &answer["triesLeft"]),
        (&json!("secret-wrong"), &json!(2))
    );
    let few = json!({"secret": DEMO_SECRETS.card_face_pin});
    assert_eq!(
        agent.page("/v1/face", &few),
        Err("few-tries-left".to_owned())
    );
    let printed = json!({"secret": DEMO_SECRETS.printed_number_b, "printedNumber": true});
    let face = agent.page("/v1/face", &printed).unwrap();
    let person = demo_person();
    assert_eq!(
        (&face["name"], &face["birthDate"]),
        (&json!(person.name), &json!(person.birth_date))
    );
    let malformed = json!({"secret": "12", "insist": true});
    assert_eq!(
        agent.page("/v1/face", &malformed),
        Err("secret-malformed".to_owned())
    );
    office.remember(&agent.stop());
    office.nothing_personal_was_said();
}

#[test]
fn what_is_signed_is_what_was_shown_and_only_the_municipality_opens_it() {
    let office = office(CardProfile::Adult);
    let roots = office.roots();
    let agent = Agent::paired(&office, &["--roots", &roots, "--environment", "emulated"]);
    let never_shown = json!("00".repeat(32));
    let password = DEMO_SECRETS.signing_password;
    assert_eq!(
        agent.page("/v1/signatures", &signature(&never_shown, password)),
        Err("not-shown".to_owned())
    );
    let shown = agent.page("/v1/documents", &withdrawal()).unwrap();
    for language in ["ja", "ja-x-easy", "en"] {
        assert_eq!(shown["said"][language][0]["is"], "title");
    }
    let mut by_pin = signature(&shown["digest"], DEMO_SECRETS.authentication_pin);
    by_pin["key"] = json!("authentication");
    assert_eq!(
        agent.page("/v1/signatures", &by_pin),
        Err("wrong-key".to_owned())
    );
    let signed = agent.page("/v1/signatures", &signature(&shown["digest"], password));
    let signed = signed.unwrap();
    let evidence = open(&signed["sealed"], &[2; 32]);
    let document = Document::<WithdrawalFields>::parse(&evidence.document).unwrap();
    assert_eq!(hex::encode(document.digest()), shown["digest"]);
    assert_eq!(signed["commitment"], evidence.commitment().to_string());
    require_signature(&office, &evidence);
    office.remember(&agent.stop());
    office.nothing_personal_was_said();
}

#[test]
fn a_consent_comes_back_with_the_call_that_says_the_same_on_the_chain() {
    let office = office(CardProfile::Adult);
    let agent = Agent::paired(&office, &[]);
    let file = std::fs::read(documents::consent(office.folder())).unwrap();
    let mut fields: Value = serde_json::from_slice(&file).unwrap();
    for of_this_build in ["schema", "wording"] {
        fields.as_object_mut().unwrap().remove(of_this_build);
    }
    let body = json!({"kind": "consent", "fields": fields});
    let shown = agent.page("/v1/documents", &body).unwrap();
    let signed = agent.page(
        "/v1/signatures",
        &signature(&shown["digest"], DEMO_SECRETS.signing_password),
    );
    let signed = signed.unwrap();
    let evidence = open(&signed["sealed"], &[1; 32]);
    assert_eq!(evidence.document, file);
    let statement = Statement::parse(&file).unwrap();
    let terms = statement.fields().terms(evidence.commitment());
    let call = musubi_client_sdk::calls::consent::propose(statement.fields().consent, &terms, None);
    assert_eq!(signed["proposal"], hex::encode(call.0));
    // A page that adds a word of its own has nothing shown and nothing signed.
    fields["name"] = json!("somebody");
    let body = json!({"kind": "consent", "fields": fields});
    assert_eq!(
        agent.page("/v1/documents", &body),
        Err("malformed-body".to_owned())
    );
}

#[test]
fn a_check_in_counts_at_its_own_terminal() {
    let office = office(CardProfile::Adult);
    let agent = Agent::paired(&office, &[]);
    let session = SessionId([6; 32]);
    let visit = json!({
        "genesis": GENESIS, "session": session, "subject": TWOS, "person": TWOS, "member": 5, "terminal": FOURS, "staff": FIVES,
        "purpose": "checkup", "nonce": SEVENS, "language": "ja", "secret": DEMO_SECRETS.authentication_pin, "sealTo": municipality().1,
    });
    let signed = agent.page("/v1/check-ins", &visit).unwrap();
    let request = &signed["request"];
    assert_eq!(request["session"], json!(session));
    let evidence = open(&request["sealed"], &session.0);
    let fields = CheckIn::parse(&evidence.document).unwrap().fields().clone();
    assert!(fields.not_before <= documents::now());
    let expected = ExpectedCheckIn {
        session,
        subject: Pseudonym([2; 32]),
        person: Pseudonym([2; 32]),
        member: MemberId(5),
        terminal: AccountId([4; 32]),
        staff: AccountId([5; 32]),
        purpose: Purpose::Checkup,
        nonce: [7; 32],
    };
    assert_eq!(judge(&office, &expected, &evidence), Ok(()));
}

/// The first page holds the card for as long as it takes its time to answer; the second is told at once.
#[test]
fn one_page_at_a_time() {
    let mut office = Office::open();
    office.place_slowly(CardProfile::Adult, 60);
    let agent = Agent::paired(&office, &[]);
    let (first, second) = std::thread::scope(|scope| {
        let ask = || agent.page("/v1/status", &json!({}));
        let first = scope.spawn(ask);
        let second = scope.spawn(ask);
        (first.join().unwrap(), second.join().unwrap())
    });
    let busy = Err("agent-busy".to_owned());
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    assert!(first == busy || second == busy, "{first:?} {second:?}");
    assert!(agent.page("/v1/status", &json!({})).is_ok());
}

/// A card of the emulator inside the agent never meets production roots.
#[test]
fn a_test_card_signs_nothing_in_production() {
    let office = office(CardProfile::Adult);
    let cards = office.folder().join("cards").display().to_string();
    let roots = office.roots();
    let emulated = ["--emulated", "adult", "--cards", &cards];
    let production = ["--roots", &roots, "--environment", "production"];
    let agent = Agent::paired(&office, &[emulated, production].concat());
    let shown = agent.page("/v1/documents", &withdrawal()).unwrap();
    let body = signature(&shown["digest"], DEMO_SECRETS.signing_password);
    assert_eq!(
        agent.page("/v1/signatures", &body),
        Err("test-card-in-production".to_owned())
    );
}

fn open(sealed: &Value, about: &[u8; 32]) -> Evidence {
    let bytes = STANDARD.decode(sealed.as_str().unwrap()).unwrap();
    let sealed = SealedEvidence::parse(&bytes).unwrap();
    assert!(sealed.open(&municipality().0, &[0; 32]).is_err());
    sealed.open(&municipality().0, about).unwrap()
}

/// The municipality's own judgement of the evidence.
fn require_signature(office: &Office, evidence: &Evidence) {
    let roots = TrustedRoots::new(Environment::Emulated, &office.cards().authority().roots());
    let counter = Counter {
        genesis: GENESIS.parse().unwrap(),
        roots: &roots.unwrap(),
        revocations: &NoRevocationSource,
    };
    let certificate = SignedCms::parse(&evidence.cms).unwrap().certificate;
    let (salt, guardian) = (Salt([4; 32]), Pseudonym([5; 32]));
    let binding = ActiveBinding {
        commitment: binding_commitment(&salt, &guardian, &certificate),
        salt,
    };
    let mut expected = ExpectedWithdrawal {
        consent: ConsentId([2; 32]),
        subject: Pseudonym([4; 32]),
        guardian,
        nonce: [7; 32],
    };
    assert!(
        counter
            .accept_withdrawal(&expected, &binding, evidence)
            .is_ok()
    );
    expected.subject = Pseudonym([9; 32]);
    assert!(
        counter
            .accept_withdrawal(&expected, &binding, evidence)
            .is_err()
    );
}
