//! What the facade emits, from real processes with real records, passes validators that share nothing with it, and a reader of SMART
//! Health Cards verifies its cards.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests start processes, read key files, and fail loudly"
)]
#![allow(
    dead_code,
    reason = "the end-to-end tests of the facade use all of these, this one a part"
)]

mod emitted;
#[path = "../clients/foreign.rs"]
mod foreign;
mod seeds;
#[path = "../../../e2e/tests/fhir/system.rs"]
mod system;
#[path = "../../../e2e/tests/fhir/world.rs"]
mod world;

use musubi_tests_support::gateway::secret;
use serde_json::{Value, json};
use std::path::Path;
use tokio::process::Command;
use world::World;

#[tokio::test(flavor = "multi_thread")]
async fn what_the_facade_emits_passes_validators_and_readers_of_others() {
    let mut world = World::open().await;
    for system in [&mut world.village, &mut world.clinic, &mut world.reader] {
        system.log_in("system/*.cruds").await;
    }
    let (resources, cards) = emitted::said(&world).await;
    let jwks = world
        .village
        .get("/.well-known/jwks.json")
        .await
        .expect(200);
    let openapi = world.village.get("/openapi.json").await.expect(200);
    let emitted = json!({"resources": resources, "cards": cards, "jwks": jwks, "openapi": openapi});
    // It stays, for the profiles of others: `./dev fhir-profiles`.
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fhir-emitted.json");
    std::fs::write(&kept, emitted.to_string()).unwrap();

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fhir");
    let javascript = foreign::javascript(&folder).await;
    let checked = foreign::must(
        Command::new("node")
            .arg("validate.mjs")
            .arg(&kept)
            .current_dir(&javascript),
    )
    .await;
    let python = foreign::python(&folder, "python-fhir").await;
    let also = foreign::must(
        Command::new(python)
            .arg(folder.join("validate.py"))
            .arg(&kept),
    )
    .await;
    for report in [checked, also] {
        let report: Value = serde_json::from_str(report.trim()).unwrap();
        assert_eq!(
            (report["resources"].as_u64(), &report["complaints"]),
            (u64::try_from(resources.len()).ok(), &json!([]))
        );
    }
    // What was asked before took its time: a token lives for five minutes.
    world.village.log_in("system/*.cruds").await;
    every_operation_answers_as_its_document_says(&world, &openapi).await;
}

/// Examples of each operation, of each kind: right and wrong.
const EXAMPLES: u32 = 4;

/// Schemathesis over the village's node, which has every desk: signed as its officer, and with the token of its system.
async fn every_operation_answers_as_its_document_says(world: &World, openapi: &Value) {
    let officer = world
        .consortium
        .folder()
        .join("members/rusutsu/officer.pem");
    let mut seeds = seeds::make(world).await;
    seeds.keys["officer"] = hex::encode(secret(&officer)).into();
    let elsewhere: Vec<&str> = seeds::ELSEWHERE.iter().map(|(name, _)| *name).collect();
    let settings = json!({
        "origin": world.village.origin, "genesis": world.genesis, "keys": seeds.keys, "token": world.village.token,
        "openapi": openapi, "examples": EXAMPLES, "seeds": seeds.calls, "elsewhere": elsewhere,
    });
    let file = world.consortium.folder().join("schemathesis.json");
    std::fs::write(&file, settings.to_string()).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rest");
    let python = foreign::python(&folder, "python-rest").await;
    let report = foreign::must(
        Command::new(python)
            .arg(folder.join("fuzz.py"))
            .arg(&file)
            .current_dir(world.consortium.folder()),
    )
    .await;
    let report: Value = serde_json::from_str(report.trim()).unwrap();
    tell(&report);
    assert_eq!(report["complaints"], json!([]));
    assert!(40 < report["operations"].as_u64().unwrap(), "{report}");
}

#[allow(clippy::print_stdout, reason = "how long it took is told")]
fn tell(report: &Value) {
    println!("schemathesis: {report}");
}
