//! What the desk says before, while and after it asks.

use musubi_consent::{Revocation, RevocationSource as _};
use musubi_consent_card::Credential;
use musubi_consent_card_emulator::CertificateStanding;
use tokio::net::TcpListener;

use crate::world::{
    Clock, NOW, NOW_SECONDS, Village, by_list, by_responder, certificate, go_online, responder,
    serve, set,
};

#[tokio::test]
async fn each_standing_of_a_certificate_arrives_as_its_own_state() {
    let clock = Clock::new();
    let responder = responder(&clock);
    let online = go_online(&responder).await;
    let folder = tempfile::tempdir().unwrap();
    let mut village = Village::open(folder.path(), by_responder(online.address), &clock);
    let since = NOW_SECONDS - 5;
    let cases = [
        (CertificateStanding::Good, Revocation::Good),
        (
            CertificateStanding::Revoked { since },
            Revocation::Revoked {
                since: since * 1000,
            },
        ),
        (CertificateStanding::Unknown, Revocation::Unknown),
    ];
    for (count, (standing, expected)) in (1..).zip(cases) {
        let certificate = certificate(Credential::Signing);
        set(&responder, &certificate, standing);
        let query = certificate.revocation_query(NOW);
        assert_eq!(village.desk.revocation(&query), Revocation::NotChecked);
        village.answered(count).await;
        assert_eq!(village.desk.revocation(&query), expected);
    }
}

#[tokio::test]
async fn an_authentication_certificate_is_asked_about_too() {
    let clock = Clock::new();
    let responder = responder(&clock);
    let online = go_online(&responder).await;
    let folder = tempfile::tempdir().unwrap();
    let mut village = Village::open(folder.path(), by_responder(online.address), &clock);
    let certificate = certificate(Credential::Authentication);
    let query = certificate.revocation_query(NOW);
    assert_eq!(village.desk.revocation(&query), Revocation::NotChecked);
    village.answered(1).await;
    assert_eq!(village.desk.revocation(&query), Revocation::Good);
}

#[tokio::test]
async fn a_list_says_good_and_revoked() {
    let clock = Clock::new();
    let responder = responder(&clock);
    let online = go_online(&responder).await;
    let taken_back = certificate(Credential::Signing);
    let since = NOW_SECONDS - 5;
    set(
        &responder,
        &taken_back,
        CertificateStanding::Revoked { since },
    );
    let in_force = certificate(Credential::Signing);
    let folder = tempfile::tempdir().unwrap();
    let settings = by_list(online.address, &in_force);
    let mut village = Village::open(folder.path(), settings, &clock);
    let query = in_force.revocation_query(NOW);
    assert_eq!(village.desk.revocation(&query), Revocation::NotChecked);
    village.answered(1).await;
    assert_eq!(village.desk.revocation(&query), Revocation::Good);
    let taken_back = village.desk.revocation(&taken_back.revocation_query(NOW));
    assert_eq!(
        taken_back,
        Revocation::Revoked {
            since: since * 1000
        }
    );
    assert_eq!(responder.questions(), 1, "one list answers for a village");
}

#[tokio::test]
async fn a_list_stands_in_for_a_responder_that_fails() {
    let clock = Clock::new();
    let responder = responder(&clock);
    let online = go_online(&responder).await;
    let certificate = certificate(Credential::Signing);
    let nobody = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let nowhere = nobody.local_addr().unwrap();
    drop(nobody);
    let settings = musubi_node_workers::RevocationSettings {
        responders: by_responder(nowhere).responders,
        ..by_list(online.address, &certificate)
    };
    let folder = tempfile::tempdir().unwrap();
    let mut village = Village::open(folder.path(), settings, &clock);
    let query = certificate.revocation_query(NOW);
    assert_eq!(village.desk.revocation(&query), Revocation::NotChecked);
    village.answered(1).await;
    assert_eq!(village.desk.revocation(&query), Revocation::Good);
}

#[tokio::test]
async fn what_is_pending_offline_is_settled_when_the_network_is_back() {
    let clock = Clock::new();
    let responder = responder(&clock);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let folder = tempfile::tempdir().unwrap();
    let mut village = Village::open(folder.path(), by_responder(address), &clock);
    let certificate = certificate(Credential::Signing);
    let query = certificate.revocation_query(NOW);
    assert_eq!(village.desk.revocation(&query), Revocation::NotChecked);
    village.tried_in_vain().await;
    assert_eq!(village.desk.revocation(&query), Revocation::NotChecked);
    clock.advance(24 * 3600 * 1000);
    let _online = serve(&responder, TcpListener::bind(address).await.unwrap());
    village.answered(1).await;
    assert_eq!(
        village.desk.revocation(&query),
        Revocation::Good,
        "good a day later means good when it signed"
    );
}

#[tokio::test]
async fn a_good_answer_is_asked_for_again_when_it_is_no_longer_fresh() {
    let clock = Clock::new();
    let responder = responder(&clock);
    let online = go_online(&responder).await;
    let folder = tempfile::tempdir().unwrap();
    let mut village = Village::open(folder.path(), by_responder(online.address), &clock);
    let certificate = certificate(Credential::Signing);
    village.desk.revocation(&certificate.revocation_query(NOW));
    village.answered(1).await;
    clock.advance(3600 * 1000);
    let since = NOW_SECONDS + 60;
    set(
        &responder,
        &certificate,
        CertificateStanding::Revoked { since },
    );
    let later = certificate.revocation_query(clock.now());
    assert_eq!(village.desk.revocation(&later), Revocation::NotChecked);
    village.answered(2).await;
    let revoked = Revocation::Revoked {
        since: since * 1000,
    };
    assert_eq!(village.desk.revocation(&later), revoked);
}

#[tokio::test]
async fn nobody_is_asked_at_an_address_that_only_the_certificate_names() {
    let clock = Clock::new();
    let folder = tempfile::tempdir().unwrap();
    let settings = musubi_node_workers::RevocationSettings::default();
    let mut village = Village::open(folder.path(), settings, &clock);
    // Its certificate names http://ocsp.test.invalid as its responder.
    let certificate = certificate(Credential::Authentication);
    let query = certificate.revocation_query(NOW);
    assert_eq!(village.desk.revocation(&query), Revocation::NotChecked);
    village.gave_up(1).await;
    assert_eq!(village.desk.revocation(&query), Revocation::NotChecked);
}
