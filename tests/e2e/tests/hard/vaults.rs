//! Vaults on real disks: what one loses another gives back, a liar is found out, a full one says so, a lagging one says nothing, and each
//! holder of an erased record shows a receipt.

use crate::{
    actor::{Actor, Question, Unread},
    bedside::{day, dose},
    damage::{Disk, Impostor, vault_of},
    family::whole_trail,
    people::{Home, patient},
    world::{AT_CLINIC, AT_RUSUTSU, BLOCKS_MAX, CLINIC, RUSUTSU, World},
};
use codec::Decode as _;
use musubi_client_sdk::calls;
use musubi_node_vault::{
    ErasureReceipt, Refusal, VaultRequest, VaultResponse, exchange::RecordsWanted,
};
use musubi_primitives::{
    AccountId, Category, CategorySet, CiphertextHash, Claim, Commitment, MemberId, Moment,
    Pseudonym, Purpose, RecordId, RecordState, RequestId, StatuteArticle, seams::MemberFacts,
};
use musubi_tests_support::{
    Consortium,
    gateway::{now, random},
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sp_io::hashing::{blake2_128, twox_128};
use std::{collections::BTreeMap, process::Command, time::Duration};
use tokio::time::interval;

#[tokio::test(flavor = "multi_thread")]
async fn what_one_vault_loses_another_gives_back() {
    let mut world = World::open().await;
    let subject = child(&world, "damaged").await;
    let clinic = world.staff("yotei-clinic", "doctor", AT_CLINIC);
    let mut records = Vec::new();
    for number in 1..=8 {
        records.push(clinic.record(&subject, &weight("damaged", number)).await);
    }
    for record in &records {
        world.until_stored(record).await;
    }
    damaged_in_every_way(&mut world, &records).await;
    all_is_read(&world, subject, records.len()).await;
    a_vault_that_is_gone_comes_back(&mut world, &records).await;
    a_liar_is_found_out(&mut world, &records).await;
    all_is_read(&world, subject, records.len()).await;
    each_holder_shows_its_receipt(&world, &records[0]).await;
    a_holder_that_lost_it_owes_a_receipt_too(&mut world, &records[1]).await;
    the_repairs_are_in_the_logs(&mut world);
    world.tells_nothing().await;
}

async fn child(world: &World, id: &str) -> Pseudonym {
    let chart = patient(id, &format!("見本　{id}"), &day(-120));
    Home::rusutsu(world).child(&chart).await
}

fn weight(of: &str, number: u32) -> Value {
    json!({
        "resourceType": "Observation", "status": "final", "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "subject": {"reference": format!("Patient/{of}")}, "effectiveDateTime": day(-i64::from(number)),
        "valueQuantity": {"value": 6240 + number, "code": "g", "system": "http://unitsofmeasure.org"},
    })
}

fn by_statute(subject: Pseudonym) -> Question {
    Question {
        subject,
        purpose: Purpose::ChildCare,
        categories: CategorySet::of(&[Category::Growth]),
        claim: Claim::Statute(StatuteArticle::MaternalChildHealth19_2),
        session: None,
    }
}

async fn all_is_read(world: &World, subject: Pseudonym, count: usize) {
    let nurse = world.staff("rusutsu", "nurse", AT_RUSUTSU);
    let read = nurse.read(RUSUTSU, &by_statute(subject)).await.unwrap();
    assert_eq!(read.len(), count);
}

/// Both nodes are away at once, and each loses what the other still has.
async fn damaged_in_every_way(world: &mut World, records: &[RecordId]) {
    for place in [AT_RUSUTSU, AT_CLINIC] {
        world.consortium.node(place).process.kill();
    }
    let village = Disk::of(world, AT_RUSUTSU);
    village.remove("blobs", &records[0].0);
    village.alter("blobs", &records[1].0, |bytes| bytes.truncate(40));
    village.alter("blobs", &records[2].0, |bytes| bytes[9] ^= 1);
    village.swap_envelopes(&records[3], &records[4]);
    let clinic = Disk::of(world, AT_CLINIC);
    clinic.remove("blobs", &records[5].0);
    clinic.alter("holdings", &records[6].0, Vec::clear);
    drop((village, clinic));
    for place in [AT_RUSUTSU, AT_CLINIC] {
        world.consortium.node(place).process.restart();
    }
    until_mended(world, AT_RUSUTSU, 4).await;
    until_mended(world, AT_CLINIC, 2).await;
}

/// A new disk: the chain says what was on the old one.
async fn a_vault_that_is_gone_comes_back(world: &mut World, records: &[RecordId]) {
    world.consortium.node(AT_CLINIC).process.kill();
    std::fs::remove_dir_all(vault_of(world, AT_CLINIC)).unwrap();
    world.consortium.node(AT_CLINIC).process.restart();
    let count = u64::try_from(records.len()).unwrap();
    until_mended(world, AT_CLINIC, count).await;
}

/// The clinic's node key is in other hands while the village has lost a record; then the clinic itself is back.
async fn a_liar_is_found_out(world: &mut World, records: &[RecordId]) {
    for place in [AT_RUSUTSU, AT_CLINIC] {
        world.consortium.node(place).process.kill();
    }
    Disk::of(world, AT_RUSUTSU).remove("blobs", &records[7].0);
    world.consortium.node(AT_RUSUTSU).process.restart();
    let impostor = Impostor::in_place_of(world, AT_CLINIC, "yotei-clinic");
    let lied = |figures: &Figures| 0 < figures["musubi_vault_false_answers_total"];
    let figures = until(world, AT_RUSUTSU, lied).await;
    assert_eq!(figures["musubi_vault_damaged_records"], 1);
    assert_eq!(figures["musubi_vault_repairs_total"], 0);
    assert!(0 < impostor.asked());
    drop(impostor);
    world.consortium.node(AT_CLINIC).process.restart();
    until_mended(world, AT_RUSUTSU, 1).await;
}

type Figures = BTreeMap<String, u64>;

async fn figures(world: &mut World, place: usize) -> Figures {
    let address = world.consortium.node(place).rpc.clone();
    let Ok(scraped) = reqwest::get(format!("http://{address}/metrics")).await else {
        return Figures::new();
    };
    let scraped = scraped.text().await.unwrap();
    let lines = scraped.lines().filter_map(|line| line.split_once(' '));
    lines
        .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
        .collect()
}

/// Follows the chain until a node's figures are as wanted.
async fn until(world: &mut World, place: usize, wanted: impl Fn(&Figures) -> bool) -> Figures {
    for _ in 0..BLOCKS_MAX {
        let now = figures(world, place).await;
        if now.contains_key("musubi_vault_repairs_total") && wanted(&now) {
            return now;
        }
        world.next_block().await;
    }
    panic!("the figures of node {place} never came to stand as wanted");
}

async fn until_mended(world: &mut World, place: usize, count: u64) {
    let mended = |figures: &Figures| {
        figures["musubi_vault_damaged_records"] == 0
            && figures["musubi_vault_repairs_total"] == count
    };
    let figures = until(world, place, mended).await;
    assert_eq!(figures["musubi_vault_damage_found_total"], count);
}

/// The officer orders; both holders sign; what the chain has are the commitments of the very receipts that they show.
async fn each_holder_shows_its_receipt(world: &World, record: &RecordId) {
    order_erasure(world, record).await;
    let erased = until_all_signed(world, record).await;
    let nurse = world.staff("rusutsu", "nurse", AT_RUSUTSU);
    for (holder, commitment) in erased {
        let request = VaultRequest::ErasureReceipt { record: *record };
        let VaultResponse::ErasureReceipt(receipt) = nurse.vault(holder, request).await else {
            panic!("{holder} shows no receipt")
        };
        assert_receipt(world, &receipt, holder, record).await;
        assert_eq!(receipt.commitment(), commitment);
    }
}

async fn order_erasure(world: &World, record: &RecordId) {
    let officer = world.staff("rusutsu", "officer", AT_RUSUTSU);
    officer.submit(calls::records::order_erasure(*record)).await;
}

pub(crate) async fn assert_receipt(
    world: &World,
    receipt: &ErasureReceipt,
    holder: MemberId,
    record: &RecordId,
) {
    let facts: Option<MemberFacts> = world.read("MusubiApi_member", &holder).await;
    assert!(receipt.verifies(&world.genesis, &facts.unwrap().verifier));
    assert_eq!((receipt.holder, receipt.record), (holder, *record));
}

/// What the chain keeps of a record, up to its holders and the commitments of their receipts.
type Kept = (
    (Pseudonym, Category, MemberId, AccountId, MemberId),
    (Commitment, CiphertextHash, Moment, RecordState),
    Vec<(MemberId, Option<Commitment>)>,
);

/// Holders and the commitments of their receipts, once the record's erasure is complete.
pub(crate) async fn until_all_signed(
    world: &World,
    record: &RecordId,
) -> BTreeMap<MemberId, Commitment> {
    let pallet = twox_128(b"Records");
    let key = [&pallet[..], &pallet, &blake2_128(&record.0), &record.0].concat();
    let key = json!(format!("0x{}", hex::encode(key)));
    let rpc = world.consortium.rpc(AT_RUSUTSU).await;
    for _ in 0..BLOCKS_MAX {
        let value = rpc
            .ask("state_getStorage", std::slice::from_ref(&key))
            .await;
        let bytes = hex::decode(&value.as_str().unwrap()[2..]).unwrap();
        let (_, (.., state), holders) = Kept::decode(&mut bytes.as_slice()).unwrap();
        assert_eq!(state, RecordState::Erased);
        let signed = holders
            .iter()
            .filter_map(|(holder, receipt)| Some((*holder, (*receipt)?)));
        let signed: BTreeMap<MemberId, Commitment> = signed.collect();
        if signed.len() == holders.len() {
            return signed;
        }
        world.next_block().await;
    }
    panic!("the erasure of {record} was never complete");
}

/// The clinic's disk lost the record, and the order comes before any repair: it signs all the same, and nothing brings the record back.
async fn a_holder_that_lost_it_owes_a_receipt_too(world: &mut World, record: &RecordId) {
    world.consortium.node(AT_CLINIC).process.kill();
    std::fs::remove_dir_all(vault_of(world, AT_CLINIC)).unwrap();
    order_erasure(world, record).await;
    world.consortium.node(AT_CLINIC).process.restart();
    let signed = until_all_signed(world, record).await;
    assert_eq!(signed.into_keys().collect::<Vec<_>>(), [RUSUTSU, CLINIC]);
}

fn the_repairs_are_in_the_logs(world: &mut World) {
    for place in [AT_RUSUTSU, AT_CLINIC] {
        let log = world.consortium.node(place).process.log();
        assert!(log.contains("made good from another holder"), "it is told");
    }
    let log = world.consortium.node(AT_RUSUTSU).process.log();
    assert!(log.contains("gave something else than the record"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_vault_says_so_and_a_lagging_one_answers_nothing() {
    let consortium = Consortium::lay_out();
    let path = consortium.config(AT_CLINIC);
    let config = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, config + "\n[vault]\nauthor_bytes = 1500\n").unwrap();
    let mut world = World::open_with(consortium).await;
    let subject = child(&world, "full").await;
    let clinic = world.staff("yotei-clinic", "doctor", AT_CLINIC);
    let given = dose("full", "PCV20", &day(-30), "L1");
    let record = clinic.record(&subject, &given).await;
    world.until_stored(&record).await;
    a_record_too_many(&world, &clinic, subject).await;
    assert_eq!(clinic.record(&subject, &given).await, record, "it is there");
    a_custodian_that_lags(&mut world, subject).await;
    world.tells_nothing().await;
}

/// Nothing of it reaches the chain, and what is smaller still finds room.
async fn a_record_too_many(world: &World, clinic: &Actor, subject: Pseudonym) {
    let mut large = weight("full", 1);
    large["note"] = json!([{"text": "長".repeat(600)}]);
    let before = whole_trail(world, &subject).await.len();
    let (status, said) = clinic.post_fhir(&subject, &large).await;
    assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE, "{said}");
    let words = said["issue"][0]["diagnostics"].as_str().unwrap();
    assert!(words.contains("vault.author_bytes"), "{words}");
    let small = clinic.record(&subject, &weight("full", 2)).await;
    world.until_stored(&small).await;
    let after = whole_trail(world, &subject).await.len();
    assert_eq!(after, before + 2, "the small one is committed and stored");
}

/// Two validators stop: no block becomes final, and after fifteen seconds the custodian answers nobody, whatever ticket they have.
async fn a_custodian_that_lags(world: &mut World, subject: Pseudonym) {
    let nurse = world.staff("rusutsu", "nurse", AT_RUSUTSU);
    let ticket = nurse.ask(&by_statute(subject)).await.unwrap();
    signal(world, "-STOP");
    let (stopped_at, mut pulse) = (now(), interval(Duration::from_millis(250)));
    let lagging = loop {
        pulse.tick().await;
        match records(&nurse, ticket).await {
            Ok(_) => assert!(now() < stopped_at + 60_000, "it answers from old state"),
            Err(refusal) => break refusal,
        }
    };
    assert_eq!(lagging, Unread::Refused(Refusal::StateTooOld));
    signal(world, "-CONT");
    world.next_block().await;
    let ticket = RequestId(random());
    let unknown = records(&nurse, ticket).await;
    assert_eq!(unknown, Err(Unread::Refused(Refusal::NotAvailable)));
    all_is_read(world, subject, 1).await;
}

async fn records(nurse: &Actor, request: RequestId) -> Result<(), Unread> {
    let wanted = RecordsWanted {
        request,
        after: None,
    };
    match nurse.vault(RUSUTSU, VaultRequest::Records(wanted)).await {
        VaultResponse::Records(_) => Ok(()),
        VaultResponse::Refused(refusal) => Err(Unread::Refused(refusal)),
        other => panic!("{other:?}"),
    }
}

fn signal(world: &mut World, signal: &str) {
    for place in 2..4 {
        let pid = world.consortium.node(place).process.pid().unwrap();
        let sent = Command::new("kill")
            .args([signal, &pid.to_string()])
            .status();
        assert!(sent.unwrap().success());
    }
}
