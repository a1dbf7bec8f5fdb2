//! One consortium, four public clients at once, each as the operator of another village on that village's node.
#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests start processes, read key files, and fail loudly"
)]

mod foreign;
mod foreign_client;
mod subxt_client;

use ed25519_dalek::{SigningKey, pkcs8::DecodePrivateKey};
use musubi_tests_support::Consortium;

/// The key of a village's operator, as the demonstration lays it out.
fn operator(consortium: &Consortium, village: &str) -> SigningKey {
    let path = consortium
        .folder()
        .join("members")
        .join(village)
        .join("operator.pem");
    let pem = std::fs::read_to_string(&path).expect("the consortium has laid its keys out");
    SigningKey::from_pkcs8_pem(&pem).expect("an Ed25519 key")
}

#[tokio::test(flavor = "multi_thread")]
async fn unmodified_public_clients_read_sign_submit_follow_and_check_proofs() {
    let mut consortium = Consortium::start();
    consortium.rpc(0).await.wait_for_height(1).await;
    let mut place = |place: usize| {
        let (name, address) = (
            consortium.node(place).name.clone(),
            consortium.node(place).rpc.clone(),
        );
        (format!("ws://{address}"), operator(&consortium, &name))
    };
    let (polkadot_js, papi, python, rust) = (place(0), place(1), place(2), place(3));
    tokio::join!(
        foreign_client::run_javascript("polkadot-js.mjs", polkadot_js.0, polkadot_js.1),
        foreign_client::run_javascript("papi.mjs", papi.0, papi.1),
        foreign_client::run_python("python_client.py", python.0, python.1),
        subxt_client::run(rust.0, rust.1),
    );
}
