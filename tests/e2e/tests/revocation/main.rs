//! Consent signed while nobody can say whether the certificate was revoked: taken in, and finished when the authority can be asked again.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "these tests start processes, change their files, and sign at this machine's time"
)]

mod traces;
mod village;

use musubi_primitives::consent::{ConsentState, Ending};
use village::{Family, GUARDIAN, Times, Village};

/// The answer comes within the visit where the authority answers.
const ONLINE: Times = Times {
    wait_ms: 30_000,
    deadline_ms: 24 * 3600 * 1000,
};
/// Nobody is kept waiting for an authority that is away.
const OFFLINE: Times = Times {
    wait_ms: 50,
    ..ONLINE
};
const REVOKED: &str = "the certificate was revoked before it signed";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pending_is_finished_when_the_authority_answers_and_survives_kill_9() {
    let mut village = Village::open(OFFLINE).await;
    let family = village.enrol().await;

    let binding = village.sign_binding(&family).await;
    assert_eq!(village.give(&binding).await["outcome"], "pending");
    assert_eq!(village.give(&binding).await["outcome"], "pending");
    assert_eq!(village.card(&family).await, None);
    village.kill();
    village.authority.go_online().await;
    village.restart(OFFLINE).await;
    village.until_bound(&family, &binding).await;
    assert_eq!(village.give(&binding).await["outcome"], "attested");

    village.authority.go_offline();
    village.forget_answers(OFFLINE).await;
    let consent = village.propose_consent(&family).await;
    assert_eq!(village.give(&consent).await["outcome"], "pending");
    assert_eq!(village.give(&consent).await["outcome"], "pending");
    assert_eq!(village.state(&consent).await, ConsentState::Proposed);
    village.kill();
    village.restart(OFFLINE).await;
    village.authority.go_online().await;
    let state = village.until_judged(&consent).await;
    assert_eq!(state, ConsentState::Effective);
    assert_eq!(village.give(&consent).await["outcome"], "attested");
    village.tells_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_speaks_for_nobody_but_the_person_whom_its_certificate_names() {
    let mut village = Village::open(ONLINE).await;
    village.authority.go_online().await;
    let mut family = village.enrol().await;
    family.certificate = village.authority.certify("他人　次郎");
    let binding = village.sign_binding(&family).await;
    let answer = village.give(&binding).await;
    assert_eq!(answer["outcome"], "disagreed");
    assert!(
        answer["reason"]
            .as_str()
            .unwrap()
            .contains("not that of the person"),
        "{answer}"
    );
    assert_eq!(village.card(&family).await, None);
    village.tells_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_was_revoked_before_it_signed_is_disagreed_with_for_that_reason() {
    let mut village = Village::open(ONLINE).await;
    village.authority.go_online().await;
    let family = village.enrol().await;
    let binding = village.sign_binding(&family).await;
    assert_eq!(village.give(&binding).await["outcome"], "attested");

    village.authority.go_offline();
    village.forget_answers(OFFLINE).await;
    let consent = village.propose_consent(&family).await;
    assert_eq!(village.give(&consent).await["outcome"], "pending");
    village.authority.revoke(&family.certificate);
    village.authority.go_online().await;
    let state = village.until_judged(&consent).await;
    assert_eq!(state, ConsentState::Ended(Ending::Refused));
    let answer = village.give(&consent).await;
    assert_eq!(answer["outcome"], "disagreed");
    assert!(
        answer["reason"].as_str().unwrap().contains(REVOKED),
        "{answer}"
    );
    let clinic = village.clinic();
    let of_revoked = village.give_by(&clinic, &consent).await;

    // So it is after moving house: the certificate is gone, the person is the same. Reissued at the counter and bound again, she signs.
    let former = village.card(&family).await;
    let moved = Family {
        certificate: village.authority.certify(GUARDIAN),
        ..family
    };
    let rebinding = village.sign_binding(&moved).await;
    assert_eq!(village.give(&rebinding).await["outcome"], "attested");
    assert_ne!(village.card(&moved).await, former);
    let consent = village.propose_consent(&moved).await;
    assert_eq!(village.give(&consent).await["outcome"], "attested");

    // A clinic hears of a revoked certificate what it hears of a signature that is wrong.
    let mut damaged = village.propose_consent(&moved).await;
    damaged.damage_signature();
    let of_damaged = village.give_by(&clinic, &damaged).await;
    assert_eq!(of_damaged["outcome"], "disagreed");
    assert!(of_damaged["reason"].as_str().unwrap().contains("counter"));
    for (said, fact) in of_damaged.as_object().unwrap() {
        if said != "block" {
            assert_eq!(&of_revoked[said], fact, "{said}");
        }
    }
    assert_eq!(
        of_damaged.as_object().unwrap().len(),
        of_revoked.as_object().unwrap().len()
    );
    let heard_at_home = village.give(&damaged).await;
    assert_ne!(heard_at_home["reason"], of_damaged["reason"]);
    village.tells_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_gets_no_answer_until_its_deadline_is_given_up() {
    let mut village = Village::open(ONLINE).await;
    village.authority.go_online().await;
    let family = village.enrol().await;
    let binding = village.sign_binding(&family).await;
    assert_eq!(village.give(&binding).await["outcome"], "attested");

    village.authority.go_offline();
    village
        .forget_answers(Times {
            deadline_ms: 500,
            ..OFFLINE
        })
        .await;
    let consent = village.propose_consent(&family).await;
    assert_eq!(village.give(&consent).await["outcome"], "pending");
    let state = village.until_judged(&consent).await;
    assert_eq!(state, ConsentState::Ended(Ending::Refused));
    // An answer that comes now changes nothing.
    village.authority.go_online().await;
    let answer = village.give(&consent).await;
    assert_eq!(answer["outcome"], "disagreed");
    let reason = answer["reason"].as_str().unwrap();
    assert!(reason.contains("in time"), "{reason}");
    village.tells_nothing().await;
}
