//! The vehicle drives where there is no network: it carries signed nonces, collects signatures, and hands them in when it is back.

use crate::{
    desk::{Desk, Person, sealed},
    documents::statement,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use codec::Encode as _;
use ed25519_dalek::SigningKey;
use musubi_consent::{Evidence, NonceError, SignedNonceBatch, Statement};
use musubi_consent_card_emulator::CardProfile;
use musubi_primitives::{ConsentId, VerifyingKey};
use musubi_tests_support::gateway::{now, random, secret};
use serde_json::{Value, json};

/// Twenty minutes: longer than a signature may wait that was made at a counter with a network.
const DRIVE: u64 = 20 * 60 * 1000;

struct Family {
    guardian: Person,
    child: Person,
}

async fn family(desk: &mut Desk) -> Family {
    let guardian = desk
        .enrol("見本　花子", "1992-04-01", CardProfile::Adult)
        .await;
    let child = desk
        .enrol("見本　結", "2026-01-15", CardProfile::Child)
        .await;
    desk.attest_guardianship(&child, &guardian).await;
    desk.bind(&guardian).await;
    Family { guardian, child }
}

/// The clerk's terminal fetches nonces before the vehicle leaves.
async fn fetch(desk: &Desk, count: usize) -> SignedNonceBatch {
    let form = json!({"count": count, "hours": 8});
    let issued = desk.clerk().post("/v1/nonce-batches", &form).await;
    let bytes = STANDARD.decode(issued["batch"].as_str().unwrap()).unwrap();
    SignedNonceBatch::parse(&bytes).unwrap()
}

fn verifier(desk: &Desk) -> VerifyingKey {
    let path = desk
        .consortium
        .folder()
        .join("members/rusutsu/verifier.pem");
    let key = SigningKey::from_bytes(&secret(&path));
    VerifyingKey(key.verifying_key().to_bytes())
}

/// A consent that is signed on the road under a nonce that the terminal carries.
fn sign(desk: &mut Desk, family: &Family, nonce: [u8; 32]) -> (Statement, Evidence) {
    let (child, guardian) = (family.child.pseudonym, family.guardian.pseudonym);
    let document = statement(child, guardian, ConsentId(random()), nonce);
    let card = family.guardian.card.clone();
    let evidence = desk.sign(&card, document.canonical_bytes(), &[]);
    (document, evidence)
}

async fn hand_in(
    desk: &Desk,
    key: &str,
    document: &Statement,
    evidence: &Evidence,
) -> (u16, String) {
    let body = sealed(&desk.key, "consent", document.fields().consent.0, evidence);
    let (status, answer) = desk
        .ask(&desk.caller("rusutsu", key), "/v1/evidence", &body)
        .await;
    let said = answer["detail"].as_str().or(answer["outcome"].as_str());
    (status, said.unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_signed_on_the_road_counts_once_and_only_for_the_terminal_that_carried_the_nonce()
{
    let mut desk = Desk::open().await;
    let family = family(&mut desk).await;
    let carried = fetch(&desk, 3).await;
    let terminal = desk.account("rusutsu", "clerk");
    let check =
        |batch: &SignedNonceBatch, of| batch.check(&desk.genesis, &verifier(&desk), &of, now());
    assert_eq!(check(&carried, terminal), Ok(()));
    let other = desk.account("rusutsu", "nurse");
    assert_eq!(check(&carried, other), Err(NonceError::OtherTerminal));
    let mut forged = carried.clone();
    forged.batch.nonces[0] = [7; 32];
    assert_eq!(check(&forged, terminal), Err(NonceError::Forged));

    let [first, second, _] = carried.batch.nonces[..] else {
        panic!("three nonces were asked for");
    };
    let (document, evidence) = sign(&mut desk, &family, first);
    // Back on the road's other end the node has died in between: the nonces are on disk.
    desk.kill_and_restart().await;
    desk.propose(&document, &evidence).await;
    let (status, said) = hand_in(&desk, "nurse", &document, &evidence).await;
    assert_eq!(status, 422);
    assert!(said.contains("another terminal"), "{said}");
    let taken = hand_in(&desk, "clerk", &document, &evidence).await;
    assert_eq!(taken, (200, "attested".to_owned()));

    let (twice, again) = sign(&mut desk, &family, first);
    let (_, said) = hand_in(&desk, "clerk", &twice, &again).await;
    assert!(!said.contains("attested"), "{said}");
    let (invented, unsigned) = sign(&mut desk, &family, [7; 32]);
    desk.propose(&invented, &unsigned).await;
    let (status, said) = hand_in(&desk, "clerk", &invented, &unsigned).await;
    assert_eq!(status, 422);
    assert!(said.contains("never issued"), "{said}");

    // From the end of its batch a terminal shows nothing under these nonces, and its word cannot reach there.
    let at_the_end = carried.check(
        &desk.genesis,
        &verifier(&desk),
        &terminal,
        carried.batch.not_after,
    );
    assert_eq!(at_the_end, Err(NonceError::OutsidePeriod));
    let (document, mut evidence) = sign(&mut desk, &family, second);
    evidence.signed_at = carried.batch.not_after;
    desk.propose(&document, &evidence).await;
    let (status, said) = hand_in(&desk, "clerk", &document, &evidence).await;
    assert_eq!(status, 422);
    assert!(said.contains("ahead of this node's clock"), "{said}");

    // The terminal's word about the time reaches back to where its nonces begin, and no further.
    let (document, mut evidence) = sign(&mut desk, &family, second);
    evidence.signed_at = carried.batch.not_before - DRIVE;
    desk.propose(&document, &evidence).await;
    let (_, said) = hand_in(&desk, "clerk", &document, &evidence).await;
    assert!(!said.contains("attested"), "{said}");
    desk.tells_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_bounded_in_number_life_and_by_what_a_terminal_carries_already() {
    let mut desk = Desk::open().await;
    let refused: [(Value, &str); 4] = [
        (json!({"count": 0, "hours": 8}), "count of 1 to 256"),
        (json!({"count": 257, "hours": 8}), "count of 1 to 256"),
        (json!({"count": 1, "hours": 0}), "1 to 72 hours"),
        (json!({"count": 1, "hours": 73}), "1 to 72 hours"),
    ];
    for (form, reason) in refused {
        let (status, problem) = desk.ask(&desk.clerk(), "/v1/nonce-batches", &form).await;
        assert_eq!(status, 422);
        assert!(problem["detail"].as_str().unwrap().contains(reason));
    }
    let form = json!({"count": 200, "hours": 72});
    assert!(fetch(&desk, 200).await.encode().len() < 8_000);
    desk.kill_and_restart().await;
    let (status, problem) = desk.ask(&desk.clerk(), "/v1/nonce-batches", &form).await;
    assert_eq!(status, 422);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("carries 200"), "{detail}");
    // Another terminal of the village has room of its own; a clinic's has none here.
    let nurse = desk.caller("rusutsu", "nurse");
    assert_eq!(desk.ask(&nurse, "/v1/nonce-batches", &form).await.0, 201);
    let clinic = desk.caller("shiribetsu-clinic", "terminal");
    assert_eq!(desk.ask(&clinic, "/v1/nonce-batches", &form).await.0, 403);
    desk.tells_nothing().await;
}
