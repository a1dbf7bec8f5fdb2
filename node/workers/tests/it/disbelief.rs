//! A responder that misbehaves changes nothing but the time it takes.

use musubi_consent::{Revocation, RevocationSource as _};
use musubi_consent_card::Credential;
use musubi_consent_card_emulator::ResponderFault;
use musubi_node_workers::RevocationSettings;

use crate::world::{Clock, NOW, Village, by_list, by_responder, certificate, go_online, responder};

async fn survives(fault: ResponderFault, is_by_list: bool) {
    let clock = Clock::new();
    let responder = responder(&clock);
    responder.misbehave(Some(fault));
    let online = go_online(&responder).await;
    let certificate = certificate(Credential::Signing);
    let settings = if is_by_list {
        by_list(online.address, &certificate)
    } else {
        by_responder(online.address)
    };
    let patience = if fault == ResponderFault::Silent {
        200
    } else {
        10_000
    };
    let settings = RevocationSettings {
        timeout_ms: patience,
        ..settings
    };
    let folder = tempfile::tempdir().unwrap();
    let mut village = Village::open(folder.path(), settings, &clock);
    let query = certificate.revocation_query(NOW);
    assert_eq!(village.desk.revocation(&query), Revocation::NotChecked);
    village.tried_in_vain().await;
    assert_eq!(
        village.desk.revocation(&query),
        Revocation::NotChecked,
        "{fault:?}"
    );
    assert!(0 < responder.questions());
    responder.misbehave(None);
    village.answered(1).await;
    assert_eq!(
        village.desk.revocation(&query),
        Revocation::Good,
        "{fault:?}"
    );
}

#[tokio::test]
async fn no_misbehaviour_of_a_responder_is_believed() {
    for fault in ResponderFault::ALL {
        survives(fault, false).await;
    }
}

#[tokio::test]
async fn no_misbehaviour_around_a_list_is_believed() {
    for fault in [
        ResponderFault::Stale,
        ResponderFault::Endless,
        ResponderFault::Redirect,
        ResponderFault::Silent,
        ResponderFault::MediaType,
    ] {
        survives(fault, true).await;
    }
}
