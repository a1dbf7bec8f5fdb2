//! A guardian gets a new card: the person stays who she is, what she consented to stays, and the old card says nothing any more.

use crate::desk::{Desk, Person};
use musubi_consent_card_emulator::CardProfile;
use musubi_primitives::{ConsentState, Ending};

const NAME: &str = "見本　花子";
const BORN: &str = "1992-04-01";

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_card_speaks_for_the_same_person_and_the_old_one_no_longer_does() {
    let mut desk = Desk::open().await;
    let old = desk.enrol(NAME, BORN, CardProfile::Adult).await;
    let child = desk
        .enrol("見本　結", "2026-01-15", CardProfile::Child)
        .await;
    desk.attest_guardianship(&child, &old).await;
    let first = desk.bind(&old).await;
    let given = desk.consent(&child, &old).await;

    let new = Person {
        pseudonym: old.pseudonym,
        card: desk.issue(NAME, BORN, CardProfile::Adult),
    };
    let (_, unnamed) = desk.offer_binding(&new, None).await;
    let differs = "field replaces differs from what is expected";
    assert_eq!(unnamed["reason"], differs, "{unnamed}");
    assert_eq!(desk.active_card(old.pseudonym).await, Some(first));
    let (second, renewed) = desk.offer_binding(&new, Some(first)).await;
    assert_eq!(renewed["outcome"], "attested", "{renewed}");
    assert_eq!(desk.active_card(old.pseudonym).await, Some(second));
    assert_eq!(desk.state(given).await, ConsentState::Effective);

    let (refused, by_old) = desk.offer_consent(&child, &old).await;
    let other_card = "the certificate is not that of the active card binding";
    assert_eq!(by_old["reason"], other_card, "{by_old}");
    assert_ne!(desk.state(refused).await, ConsentState::Effective);
    let by_old = desk.offer_withdrawal(&child, &old, given).await;
    assert_eq!(by_old["outcome"], "disagreed", "{by_old}");
    let other_card = "the certificate is not that of the card binding";
    assert_eq!(by_old["reason"], other_card, "{by_old}");
    assert_eq!(desk.state(given).await, ConsentState::Effective);

    // What the old card gave, the new one takes back.
    let by_new = desk.offer_withdrawal(&child, &new, given).await;
    assert_eq!(by_new["outcome"], "attested", "{by_new}");
    let ended = ConsentState::Ended(Ending::Withdrawn);
    assert_eq!(desk.state(given).await, ended);
    let (again, answer) = desk.offer_consent(&child, &new).await;
    assert_eq!(answer["outcome"], "attested", "{answer}");
    assert_eq!(desk.state(again).await, ConsentState::Effective);
    desk.tells_nothing().await;
}
