//! A family visits a clinic: the card opens the visit at this counter, for this member of staff, now, and for nobody else.

use crate::desk::{Desk, Person, nonce_in, words};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use musubi_client_sdk::calls;
use musubi_consent::{CheckIn, CheckInFields, Evidence, SignedCms, SignedContent};
use musubi_consent_card::{JpkiCard, TriesPolicy, UserPin};
use musubi_consent_card_emulator::{CardProfile, VirtualCard, issue::DEMO_SECRETS};
use musubi_primitives::{
    BindingId, Category, CategorySet, Claim, Commitment, ConsentId, Language, Purpose, RequestId,
    Salt, SessionId,
};
use musubi_tests_support::{
    gateway::{now, random},
    statement::CLINIC,
};
use serde_json::{Value, json};

const CLINIC_NAME: &str = "shiribetsu-clinic";

struct Family {
    guardian: Person,
    child: Person,
    sibling: Person,
    /// For the child's immunisations, at the clinic.
    consent: ConsentId,
}

/// A guardian whose card is bound, two children with cards of their own, and a consent for one of them.
async fn family(desk: &mut Desk) -> Family {
    let guardian = desk
        .enrol("見本　花子", "1992-04-01", CardProfile::Adult)
        .await;
    let child = desk
        .enrol("見本　結", "2018-01-15", CardProfile::Child)
        .await;
    let sibling = desk
        .enrol("見本　蓮", "2019-06-30", CardProfile::Child)
        .await;
    for child in [&child, &sibling] {
        desk.attest_guardianship(child, &guardian).await;
    }
    let bound = desk.bind(&guardian).await;
    desk.show_check_in_card(&guardian, bound).await;
    let alone = BindingId(random());
    desk.show_check_in_card(&child, alone).await;
    let consent = desk.consent(&child, &guardian).await;
    Family {
        guardian,
        child,
        sibling,
        consent,
    }
}

/// What is put into the check-in; tests bend it.
struct Visit {
    session: SessionId,
    nonce: [u8; 32],
    purpose: &'static str,
}

async fn nonce(desk: &Desk, purpose: &str) -> [u8; 32] {
    let terminal = desk.caller(CLINIC_NAME, "terminal");
    let form = json!({"for": purpose});
    nonce_in(&terminal.post("/v1/nonces", &form).await)
}

async fn visit(desk: &Desk) -> Visit {
    Visit {
        session: SessionId(random()),
        nonce: nonce(desk, "check-in").await,
        purpose: "child-care",
    }
}

/// One touch at the clinic's counter: the body that `musubi card check-in` makes for the gateway.
fn touch(desk: &mut Desk, card: &Person, of: &Person, subject: &Person, visit: &Visit) -> Value {
    let request = desk.new_file("request");
    let pairs = [
        ("--genesis", desk.genesis.to_string()),
        ("--session", visit.session.to_string()),
        ("--subject", subject.pseudonym.to_string()),
        ("--person", of.pseudonym.to_string()),
        ("--member", CLINIC.0.to_string()),
        (
            "--terminal",
            desk.account(CLINIC_NAME, "terminal").to_string(),
        ),
        ("--staff", desk.account(CLINIC_NAME, "clerk").to_string()),
        ("--purpose", visit.purpose.to_owned()),
        ("--nonce", Commitment(visit.nonce).to_string()),
        ("--document", desk.new_file("json").display().to_string()),
        ("--out", desk.new_file("cms").display().to_string()),
        ("--request", request.display().to_string()),
        ("--seal-to", desk.key.to_string()),
    ];
    let mut arguments = words(&["check-in"]);
    for (name, value) in pairs {
        arguments.extend([name.to_owned(), value]);
    }
    desk.touch(&card.card, &arguments, DEMO_SECRETS.authentication_pin);
    serde_json::from_slice(&std::fs::read(&request).unwrap()).unwrap()
}

/// Hands a check-in in at a terminal of the clinic; what became of it.
async fn hand_in(desk: &Desk, terminal: &str, body: &Value) -> String {
    let terminal = desk.caller(CLINIC_NAME, terminal);
    let answer = terminal.post("/v1/check-ins", body).await;
    let said = answer["code"].as_str().or(answer["outcome"].as_str());
    said.unwrap().to_owned()
}

/// The clinic's doctor asks for the child's immunisations in a visit; the reason of a denial.
async fn read(desk: &Desk, child: &Person, session: Option<SessionId>) -> (RequestId, Value) {
    let doctor = desk.caller(CLINIC_NAME, "doctor");
    let request = RequestId(random());
    let call = calls::access::request_access(
        request,
        child.pseudonym,
        Purpose::ChildCare,
        CategorySet::of(&[Category::Immunization]),
        Claim::Consent,
        session,
    );
    doctor.submit(call).await;
    (
        request,
        decision(desk, CLINIC_NAME, "doctor", request).await.1,
    )
}

async fn decision(desk: &Desk, member: &str, key: &str, request: RequestId) -> (u16, Value) {
    let path = format!("/v1/requests/{request}");
    let caller = desk.caller(member, key);
    let asked = caller.request(reqwest::Method::GET, &path, "", Vec::new());
    let response = asked.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

/// The touch opens a session at the terminal too, for reading: the token.
async fn visitors_token(desk: &Desk, visit: &Visit) -> String {
    let terminal = desk.caller(CLINIC_NAME, "terminal");
    let given = terminal.post("/v1/sessions/challenges", &Value::Null).await;
    let form = json!({"challenge": given["challenge"], "visit": visit.session});
    let opened = terminal.post("/v1/sessions", &form).await;
    assert_eq!(opened["scopes"], json!(["family.read"]));
    opened["token"].as_str().unwrap().to_owned()
}

/// What somebody with the token sees of the family.
async fn family_seen(desk: &Desk, token: &str) -> (u16, Value) {
    let url = format!("http://{}/v1/family", desk.address);
    let asked = reqwest::Client::new().get(url).bearer_auth(token);
    let response = asked.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_touch_opens_one_visit_which_ends_when_the_clinic_closes_it() {
    let mut desk = Desk::open().await;
    let family = family(&mut desk).await;
    let visit = visit(&desk).await;
    let (_, denied) = read(&desk, &family.child, Some(visit.session)).await;
    assert_eq!(denied, json!({"deny": "no-session"}));

    let (guardian, child) = (&family.guardian, &family.child);
    let body = touch(&mut desk, guardian, guardian, child, &visit);
    assert_eq!(hand_in(&desk, "terminal", &body).await, "opened");
    // The answer was lost, and the node died: the same visit, not a second one.
    desk.kill_and_restart().await;
    assert_eq!(hand_in(&desk, "terminal", &body).await, "opened");
    let (request, permitted) = read(&desk, child, Some(visit.session)).await;
    assert!(permitted["permit"].is_object(), "{permitted}");
    let token = visitors_token(&desk, &visit).await;
    let (status, seen) = family_seen(&desk, &token).await;
    assert_eq!(
        (status, &seen["person"]),
        (200, &json!(family.guardian.pseudonym))
    );

    // Whom a request does not concern is told what one is told who makes an id up.
    for (member, key, status) in [
        ("rusutsu", "nurse", 200),
        ("rankoshi", "nurse", 404),
        ("yotei-clinic", "doctor", 404),
    ] {
        assert_eq!(decision(&desk, member, key, request).await.0, status);
    }

    let call = calls::access::close_session(visit.session);
    desk.caller(CLINIC_NAME, "clerk").submit(call).await;
    let (status, over) = family_seen(&desk, &token).await;
    assert_eq!((status, &over["status"]), (401, &json!(401)));
    let (_, denied) = read(&desk, child, Some(visit.session)).await;
    assert_eq!(denied, json!({"deny": "no-session"}));
    assert_eq!(hand_in(&desk, "terminal", &body).await, "used");
    desk.tells_nothing().await;
}

/// Between the touch and the injection the guardian thinks better of it: the visit that the card opened is over with the consent, for the
/// next read and for the schedule check, and another touch opens none.
#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_in_the_waiting_room_ends_the_visit_that_the_card_opened() {
    let mut desk = Desk::open().await;
    let family = family(&mut desk).await;
    let (guardian, child) = (&family.guardian, &family.child);
    let first = visit(&desk).await;
    let body = touch(&mut desk, guardian, guardian, child, &first);
    assert_eq!(hand_in(&desk, "terminal", &body).await, "opened");
    let (_, permitted) = read(&desk, child, Some(first.session)).await;
    assert!(permitted["permit"].is_object(), "{permitted}");
    let opened = (first.session, CLINIC, child.pseudonym);
    assert!(
        desk.read::<bool>("MusubiApi_is_session_open", &opened)
            .await
    );

    let answer = desk.offer_withdrawal(child, guardian, family.consent).await;
    assert_eq!(answer["outcome"], "attested", "{answer}");
    let (_, denied) = read(&desk, child, Some(first.session)).await;
    assert_eq!(denied, json!({"deny": "withdrawn"}));
    // What the schedule check asks before it lets the injection go on.
    assert!(
        !desk
            .read::<bool>("MusubiApi_is_session_open", &opened)
            .await
    );
    let second = visit(&desk).await;
    let body = touch(&mut desk, guardian, guardian, child, &second);
    let said = hand_in(&desk, "terminal", &body).await;
    assert_ne!(said, "opened");
    desk.tells_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_checks_in_with_its_own_card_and_not_with_a_sibling_s() {
    let mut desk = Desk::open().await;
    let family = family(&mut desk).await;
    let (child, sibling) = (&family.child, &family.sibling);
    let wrong = visit(&desk).await;
    let body = touch(&mut desk, sibling, child, child, &wrong);
    assert_eq!(hand_in(&desk, "terminal", &body).await, "other-card");
    let own = visit(&desk).await;
    let body = touch(&mut desk, child, child, child, &own);
    assert_eq!(hand_in(&desk, "terminal", &body).await, "opened");
    // No card was shown for the sibling, and nobody consented to anything about it.
    let unknown = visit(&desk).await;
    let body = touch(&mut desk, sibling, sibling, sibling, &unknown);
    assert_eq!(hand_in(&desk, "terminal", &body).await, "no-card");
    let guardian = &family.guardian;
    let unconsented = visit(&desk).await;
    let body = touch(&mut desk, guardian, guardian, sibling, &unconsented);
    assert_eq!(hand_in(&desk, "terminal", &body).await, "no-consent");
    let stranger = visit(&desk).await;
    let body = touch(&mut desk, child, child, sibling, &stranger);
    assert_eq!(hand_in(&desk, "terminal", &body).await, "not-entitled");
    desk.tells_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_signed_for_one_counter_is_worth_nothing_at_another_or_later() {
    let mut desk = Desk::open().await;
    let family = family(&mut desk).await;
    let (guardian, child) = (&family.guardian, &family.child);
    let first = visit(&desk).await;
    let body = touch(&mut desk, guardian, guardian, child, &first);

    assert_eq!(hand_in(&desk, "doctor", &body).await, "other-terminal");
    let bent = |field: &str, value: Value| {
        let mut body = body.clone();
        body[field] = value;
        body
    };
    let doctor = json!(desk.account(CLINIC_NAME, "doctor"));
    let stranger = json!(desk.account("yotei-clinic", "doctor"));
    let relayed = [
        (bent("staff", doctor), "other-staff"),
        (bent("staff", stranger), "other-staff"),
        (bent("purpose", json!("statistics")), "other-purpose"),
        (
            bent("subject", json!(family.sibling.pseudonym)),
            "other-subject",
        ),
    ];
    for (body, code) in relayed {
        assert_eq!(hand_in(&desk, "terminal", &body).await, code);
    }
    // The session is what the evidence is sealed about.
    let renamed = bent("session", json!(SessionId(random())));
    let terminal = desk.caller(CLINIC_NAME, "terminal");
    let (status, problem) = desk.ask(&terminal, "/v1/check-ins", &renamed).await;
    assert_eq!(status, 422, "{problem}");
    // None of that cost the family its visit.
    assert_eq!(hand_in(&desk, "terminal", &body).await, "opened");

    let again = Visit {
        session: SessionId(random()),
        ..first
    };
    let body = touch(&mut desk, guardian, guardian, child, &again);
    assert_eq!(hand_in(&desk, "terminal", &body).await, "nonce-not-valid");
    let of_a_document = Visit {
        nonce: nonce(&desk, "document").await,
        ..visit(&desk).await
    };
    let body = touch(&mut desk, guardian, guardian, child, &of_a_document);
    assert_eq!(hand_in(&desk, "terminal", &body).await, "nonce-not-valid");
    let late = stale(&desk, guardian, child, nonce(&desk, "check-in").await);
    assert_eq!(hand_in(&desk, "terminal", &late).await, "stale");
    desk.tells_nothing().await;
}

/// A check-in that the card signed ten minutes ago and somebody kept.
fn stale(desk: &Desk, guardian: &Person, child: &Person, nonce: [u8; 32]) -> Value {
    let signed_at = now() - 600_000;
    let fields = CheckInFields {
        session: SessionId(random()),
        subject: child.pseudonym,
        person: guardian.pseudonym,
        member: CLINIC,
        terminal: desk.account(CLINIC_NAME, "terminal"),
        staff: desk.account(CLINIC_NAME, "clerk"),
        purpose: Purpose::ChildCare,
        not_before: signed_at,
        not_after: signed_at + 60_000,
        nonce,
        language: Language::Japanese,
    };
    let document = CheckIn::new(fields.clone()).unwrap();
    let content = SignedContent::of(&document, desk.genesis).to_bytes();
    let card = VirtualCard::parse_bytes(&std::fs::read(&guardian.card).unwrap()).unwrap();
    let pin = UserPin::parse(DEMO_SECRETS.authentication_pin).unwrap();
    let signed = JpkiCard::open(card)
        .and_then(|mut card| card.authenticate(&pin, &content, TriesPolicy::StopWhenFew))
        .unwrap();
    let cms = SignedCms {
        certificate: signed.certificate,
        signature: signed.signature,
    };
    let evidence = Evidence {
        document: document.canonical_bytes().to_vec(),
        salt: Salt(random()),
        cms: cms.to_der().unwrap(),
        signed_at,
    };
    let sealed = evidence.seal(&desk.key, &fields.session.0).unwrap();
    json!({
        "session": fields.session, "subject": fields.subject, "staff": fields.staff,
        "purpose": fields.purpose, "sealed": STANDARD.encode(sealed.to_bytes()),
    })
}
