//! Cards that sign well and count for nothing: the village refuses to bind each of them, for its own reason.

use crate::desk::Desk;
use musubi_consent::{CertificateUse, Environment};
use musubi_consent_card_emulator::CardProfile;

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_is_expired_foreign_or_of_another_world_is_bound_to_nobody() {
    let mut desk = Desk::open().await;
    let other_world = Environment::JpkiTest.policy(CertificateUse::Signing);
    let cases = [
        (
            CardProfile::Expired,
            "certificate expired when it signed".to_owned(),
        ),
        (CardProfile::ForeignRoot, "unknown issuer".to_owned()),
        (
            CardProfile::JpkiTestPolicy,
            format!("certificate policy {other_world}"),
        ),
    ];
    for (profile, reason) in cases {
        let name = format!("見本　{}", profile.name());
        let person = desk.enrol(&name, "1992-04-01", profile).await;
        let (_, answer) = desk.offer_binding(&person, None).await;
        assert_eq!(answer["outcome"], "disagreed", "{profile:?}: {answer}");
        let expected = format!("verify the signature: accept the certificate: {reason}");
        assert_eq!(answer["reason"], expected, "{profile:?}");
        assert_eq!(
            desk.active_card(person.pseudonym).await,
            None,
            "{profile:?}"
        );
        // The person is not to blame for the card: with another one the binding is made.
        let card = desk.issue(&name, "1992-04-01", CardProfile::Adult);
        let with_another = crate::desk::Person { card, ..person };
        let bound = desk.bind(&with_another).await;
        let active = desk.active_card(with_another.pseudonym).await;
        assert_eq!(active, Some(bound), "{profile:?}");
    }
    desk.tells_nothing().await;
}
