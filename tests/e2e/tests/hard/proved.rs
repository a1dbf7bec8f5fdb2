//! Proofs over JSON-RPC for `musubi verify`: what a reader with the chain specification alone can check of a subject's trail.

use crate::world::{AT_RUSUTSU, World};
use musubi_client_sdk::proofs::{
    Bundle, Statement, Step,
    follow::Ancestor,
    state::StateProof,
    trail::audit,
    wire::{HexBytes, PathProof},
};
use musubi_primitives::{Pseudonym, trail::TrailRow};
use musubi_tests_support::{Rpc, process::binary};
use serde_json::{Value, json};
use std::process::Command;

/// Proves a subject's whole trail as of now; its rows. A bundle in which a row is missing does not hold.
pub(crate) async fn whole_trail_verifies(world: &World, subject: &Pseudonym) -> Vec<TrailRow> {
    let rpc = world.consortium.rpc(AT_RUSUTSU).await;
    let newest = rpc.height().await;
    let rows = rows(&rpc, subject, newest).await;
    let bundle = bundle(world, &rpc, subject, newest, rows.clone()).await;
    assert!(verify(world, &bundle), "the whole trail is proved");
    let mut without_last = rows.clone();
    without_last.pop();
    let altered = self::bundle(world, &rpc, subject, newest, without_last).await;
    assert!(!verify(world, &altered), "a row is missing, and it is seen");
    rows
}

/// The rows that a subject's trail had at a height.
async fn rows(rpc: &Rpc, subject: &Pseudonym, newest: u64) -> Vec<TrailRow> {
    let mut rows: Vec<TrailRow> = Vec::new();
    loop {
        let params = [json!(subject), json!(rows.len())];
        let page = rpc.ask("musubi_trail", &params).await;
        let page = page.as_array().unwrap().clone();
        let count = page.len();
        let written = page
            .into_iter()
            .filter(|placed| placed["height"].as_u64().unwrap() <= newest);
        let before = rows.len();
        rows.extend(written.map(|placed| serde_json::from_value(placed["row"].clone()).unwrap()));
        if rows.len() < before + count || count == 0 {
            return rows;
        }
    }
}

async fn bundle(
    world: &World,
    rpc: &Rpc,
    subject: &Pseudonym,
    newest: u64,
    rows: Vec<TrailRow>,
) -> Bundle {
    let hash = rpc.hash_at(newest).await;
    let mut bundle = Bundle::new(world.genesis);
    bundle.steps = vec![step(rpc, &hash).await];
    let audit = audit(&rows);
    bundle.statements = vec![
        Statement::WholeTrail {
            height: newest,
            subject: *subject,
            rows,
        },
        Statement::ReadsWithoutGrant {
            height: newest,
            subject: *subject,
            permits: audit.permits,
            without_grant: audit.without_grant,
        },
    ];
    for (height, keys) in bundle.keys_to_prove(newest) {
        let keys: Vec<String> = keys
            .iter()
            .map(|key| format!("0x{}", hex::encode(key)))
            .collect();
        let params = [json!(keys), hash.clone()];
        let proof = rpc.ask("state_getReadProof", &params).await;
        let nodes = proof["proof"].as_array().unwrap().iter().map(bytes);
        let mut nodes: Vec<HexBytes> = nodes.collect();
        nodes.sort();
        nodes.dedup();
        bundle.states.push(StateProof { height, nodes });
    }
    bundle
}

/// One step from genesis: the validators are those of the specification.
async fn step(rpc: &Rpc, block: &Value) -> Step {
    let answer = rpc
        .ask("musubi_certificate", std::slice::from_ref(block))
        .await;
    let named_by = &answer["setCommittedBy"];
    Step {
        header: bytes(&answer["header"]),
        certificate: scale(&answer["certificateEncoded"]),
        validators: scale(&answer["validatorsEncoded"]),
        named_by: Some(Ancestor {
            header: bytes(&named_by["header"]),
            proof: PathProof(scale(&named_by["proof"]["encoded"])),
        }),
    }
}

/// `musubi verify`, in a process of its own that opens no socket.
fn verify(world: &World, bundle: &Bundle) -> bool {
    let folder = world.consortium.folder();
    let file = folder.join("bundle.json");
    std::fs::write(&file, bundle.to_text()).unwrap();
    let run = Command::new(binary())
        .args(["verify", "--spec"])
        .arg(folder.join("chain-spec.json"))
        .arg(file)
        .output();
    run.unwrap().status.success()
}

fn bytes(value: &Value) -> HexBytes {
    let digits = value.as_str().unwrap().strip_prefix("0x").unwrap();
    HexBytes(hex::decode(digits).unwrap())
}

fn scale<T: codec::DecodeAll>(value: &Value) -> T {
    T::decode_all(&mut bytes(value).0.as_slice()).unwrap()
}
