//! What moves and what leaves: a family to another village, a clinic out of reach and back, a member out of the consortium.

use crate::{
    actor::{Actor, Question, Unread},
    bedside::{Order, day, dose, verdict},
    followed::{
        a_child_is_invited, a_child_who_came_is_invited_anew, a_child_who_moved_is_followed_no_more,
    },
    people::{Home, Scope, patient},
    vaults::{assert_receipt, until_all_signed},
    world::{
        AT_CLINIC, AT_RANKOSHI, AT_RUSUTSU, BLOCKS_MAX, CLINIC, RANKOSHI, RUSUTSU, SECOND_CLINIC,
        World,
    },
};
use musubi_client_sdk::calls::{self, Action};
use musubi_node_vault::{VaultRequest, VaultResponse};
use musubi_primitives::{
    Category, CategorySet, Claim, DenialReason, MemberId, Moment, Pseudonym, Purpose, RecordId,
    StatuteArticle, resident::Authority,
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Instant};

/// How long a family may wait for its history at the new village, in milliseconds.
const MINUTE: Moment = 60_000;

#[tokio::test(flavor = "multi_thread")]
async fn moves_absences_and_departures_lose_nothing() {
    let mut world = World::open().await;
    a_family_moves_and_its_history_with_it(&world).await;
    a_clinic_offline_is_merged_when_it_is_back(&mut world).await;
    a_member_that_leaves_holds_nothing(&world).await;
    world.tells_nothing().await;
}

fn health() -> CategorySet {
    CategorySet::of(&[Category::Immunization, Category::Growth])
}

pub(crate) fn by_statute(subject: Pseudonym) -> Question {
    Question {
        subject,
        purpose: Purpose::ChildCare,
        categories: health(),
        claim: Claim::Statute(StatuteArticle::MaternalChildHealth19_2),
        session: None,
    }
}

fn on_consent(subject: Pseudonym) -> Question {
    Question {
        claim: Claim::Consent,
        ..by_statute(subject)
    }
}

pub(crate) fn weight(of: &str, day: &str) -> Value {
    json!({
        "resourceType": "Observation", "status": "final", "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "subject": {"reference": format!("Patient/{of}")}, "effectiveDateTime": day,
        "valueQuantity": {"value": 6240, "code": "g", "system": "http://unitsofmeasure.org"},
    })
}

pub(crate) fn sorted(mut resources: Vec<Value>) -> Vec<String> {
    let mut texts: Vec<String> = resources.drain(..).map(|one| one.to_string()).collect();
    texts.sort_unstable();
    texts
}

/// 留寿都 to 蘭越: both officers agree, the new village has every record in its own vault, the old one reads no more, and what is written
/// from now on is sealed to the new home.
async fn a_family_moves_and_its_history_with_it(world: &World) {
    let old = Home::rusutsu(world);
    let mother = old.guardian("見本　転居", Authority::Single).await;
    let chart = patient("moving", "見本　moving", &day(-120));
    let subject = old.child(&chart).await;
    old.join(&mother, subject).await;
    let clinic = world.staff("yotei-clinic", "doctor", AT_CLINIC);
    let history = [
        dose("moving", "PCV20", &day(-50), "L1"),
        dose("moving", "RV1", &day(-50), "R1"),
        weight("moving", &day(-50)),
    ];
    let mut records = Vec::new();
    for resource in &history {
        let record = clinic.record(&subject, resource).await;
        world.until_stored(&record).await;
        records.push(record);
    }
    let everything = sorted(history.to_vec());
    let nurse_of_old = world.staff("rusutsu", "nurse", AT_RUSUTSU);
    let nurse_of_new = world.staff("rankoshi", "nurse", AT_RANKOSHI);
    let read = nurse_of_old.read(RUSUTSU, &by_statute(subject)).await;
    assert_eq!(sorted(read.unwrap()), everything);
    let not_applicable = Unread::Denied(DenialReason::StatuteNotApplicable);
    let early = nurse_of_new.read(RUSUTSU, &by_statute(subject)).await;
    assert_eq!(early, Err(not_applicable));
    a_child_is_invited(&nurse_of_old, subject).await;

    // The family consents before it goes: the new village may prepare.
    let scope = Scope {
        recipient: RANKOSHI,
        purpose: Purpose::ChildCare,
        categories: health(),
    };
    let agreed = Since::now(world).await;
    old.consent(&mother, subject, scope).await;
    let prepared = nurse_of_new.read(RUSUTSU, &on_consent(subject)).await;
    assert_eq!(sorted(prepared.unwrap()), everything);

    hand_over(world, &[subject, mother.pseudonym]).await;
    let read = until_read(world, &nurse_of_new, subject, history.len()).await;
    assert_eq!(sorted(read), everything, "from the new village's own vault");
    agreed.is_within_a_minute(world).await;
    let routine = nurse_of_old.read(RUSUTSU, &by_statute(subject)).await;
    assert_eq!(
        routine,
        Err(Unread::Denied(DenialReason::StatuteNotApplicable))
    );
    the_new_counter_goes_on(world, &chart, subject).await;
    the_new_village_knows_what_is_due(world, &nurse_of_new, subject).await;
    a_child_who_moved_is_followed_no_more(&nurse_of_old, subject).await;
    a_child_who_came_is_invited_anew(&nurse_of_new, subject).await;
    world.until_level(AT_CLINIC).await;
    let after = dose("moving", "PCV20", &day(-1), "L2");
    let record = clinic.record(&subject, &after).await;
    let view = world.until_stored(&record).await;
    assert_eq!(
        (view.home, view.holders.contains(&RANKOSHI)),
        (RANKOSHI, true)
    );
    assert!(!view.holders.contains(&RUSUTSU));
    all_three_sign_for_an_erasure(world, &records[0]).await;
}

/// Author, former home and new home have kept the record; the new home's officer orders, and each of them signs.
async fn all_three_sign_for_an_erasure(world: &World, record: &RecordId) {
    let officer = world.staff("rankoshi", "officer", AT_RANKOSHI);
    officer.submit(calls::records::order_erasure(*record)).await;
    let signed = until_all_signed(world, record).await;
    let holders: Vec<MemberId> = signed.keys().copied().collect();
    assert_eq!(holders, [RUSUTSU, RANKOSHI, CLINIC]);
    let nurse = world.staff("rankoshi", "nurse", AT_RANKOSHI);
    for (holder, commitment) in signed {
        let request = VaultRequest::ErasureReceipt { record: *record };
        let VaultResponse::ErasureReceipt(receipt) = nurse.vault(holder, request).await else {
            panic!("{holder} shows no receipt")
        };
        assert_receipt(world, &receipt, holder, record).await;
        assert_eq!(receipt.commitment(), commitment);
    }
}

async fn hand_over(world: &World, people: &[Pseudonym]) {
    let from = world.staff("rusutsu", "officer", AT_RUSUTSU);
    let to = world.staff("rankoshi", "officer", AT_RANKOSHI);
    for person in people {
        let accept = calls::residents::accept_hand_over(*person);
        assert!(
            !to.try_submit(accept.clone()).await.0.is_success(),
            "nothing was offered"
        );
        from.submit(calls::residents::offer_hand_over(*person, RANKOSHI))
            .await;
        world.until_level(AT_RANKOSHI).await;
        to.submit(accept).await;
    }
}

/// The new village's nurse reads at the own vault, block by block, until everything has arrived there.
async fn until_read(world: &World, nurse: &Actor, subject: Pseudonym, count: usize) -> Vec<Value> {
    for _ in 0..BLOCKS_MAX {
        match nurse.read(RANKOSHI, &by_statute(subject)).await {
            Ok(read) if read.len() == count => return read,
            Ok(_) => world.next_block().await,
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("the history never arrived");
}

/// When something began, by the chain's time and by this machine's.
struct Since {
    by_chain: Moment,
    by_machine: Instant,
}

impl Since {
    async fn now(world: &World) -> Self {
        Self {
            by_chain: world.chain_time().await,
            by_machine: Instant::now(),
        }
    }

    /// Tells how long it took, and holds it against the minute that a family may wait. The chain's time is its blocks' time: it counts what
    /// the protocol needed.
    #[allow(
        clippy::print_stdout,
        reason = "the figure is this test's other product"
    )]
    async fn is_within_a_minute(&self, world: &World) {
        let took = world.chain_time().await - self.by_chain;
        let machine = self.by_machine.elapsed();
        println!(
            "consent to complete history at the new village: {took} ms by the chain, {machine:?} here"
        );
        assert!(took <= MINUTE, "{took} ms by the chain");
    }
}

/// The new village's list goes on from the doses that the old one's children had.
async fn the_new_village_knows_what_is_due(world: &World, nurse: &Actor, subject: Pseudonym) {
    for _ in 0..BLOCKS_MAX {
        let (status, list) = nurse.get("/v1/follow-up/due").await;
        assert!(status.is_success(), "{list}");
        let rows = list["doses"].as_array().unwrap().iter();
        let next: BTreeMap<&str, &str> = rows
            .filter(|row| row["person"] == json!(subject))
            .map(|row| {
                (
                    row["vaccine"].as_str().unwrap(),
                    row["dose"].as_str().unwrap(),
                )
            })
            .collect();
        // Both were given once, fifty days ago; the third of the usual ones never.
        let of = |vaccine: &str| next.get(vaccine).copied();
        if of("PCV20") == Some("2") && of("RV1") == Some("2") && of("DPT-IPV-HIB") == Some("1") {
            return;
        }
        world.next_block().await;
    }
    panic!("the new village's list never had the whole history")
}

/// The counter takes the person over under the pseudonym that stays; under one that is not its own it takes nobody.
async fn the_new_counter_goes_on(world: &World, chart: &Value, subject: Pseudonym) {
    let clerk = world.staff("rankoshi", "clerk", AT_RANKOSHI);
    let form = |moved: Pseudonym| json!({"patient": chart, "domain": "health", "moved": moved});
    let stranger = Pseudonym([7; 32]);
    let (status, _) = clerk
        .send(
            reqwest::Method::POST,
            "/v1/people",
            None,
            form(stranger).to_string().into_bytes(),
        )
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let taken = clerk.post("/v1/people", &form(subject)).await;
    assert_eq!(taken["pseudonym"], json!(subject));
}

/// The clinic's node is away; its system keeps what was done and sends it when the node is back, some of it twice.
async fn a_clinic_offline_is_merged_when_it_is_back(world: &mut World) {
    let subject = Home::rusutsu(world)
        .child(&patient("offline", "見本　offline", &day(-120)))
        .await;
    let clinic = world.staff("yotei-clinic", "doctor", AT_CLINIC);
    let first = dose("offline", "PCV20", &day(-50), "L1");
    let record = clinic.record(&subject, &first).await;
    world.until_stored(&record).await;

    world.consortium.node(AT_CLINIC).process.kill();
    let queue = [
        dose("offline", "RV1", &day(-1), "R1"),
        weight("offline", &day(-1)),
        dose("offline", "DPT-IPV-HIB", &day(-1), "D1"),
    ];
    // Life goes on without the clinic: the village's own nurse records, and the chain grows.
    let nurse = world.staff("rusutsu", "nurse", AT_RUSUTSU);
    let meanwhile = weight("offline", &day(-2));
    nurse.record(&subject, &meanwhile).await;
    world.consortium.node(AT_CLINIC).process.restart();
    let height = world.consortium.rpc(AT_RUSUTSU).await.height().await;
    let back = world.consortium.rpc(AT_CLINIC).await;
    back.wait_for_height(height).await;
    let mut records: Vec<RecordId> = Vec::new();
    for resource in queue.iter().chain(&queue[..1]).chain([&first]) {
        records.push(clinic.record(&subject, resource).await);
    }
    assert_eq!(
        (records[3], records[4]),
        (records[0], record),
        "sent again, it is one record"
    );
    for record in &records {
        let view = world.until_stored(record).await;
        assert_eq!(view.author, CLINIC);
    }
    let mut expected = queue.to_vec();
    expected.extend([first, meanwhile]);
    let read = nurse.read(RUSUTSU, &by_statute(subject)).await.unwrap();
    assert_eq!(sorted(read), sorted(expected));
    let chart = patient("offline", "見本　offline", &day(-120));
    let card = clinic.check(&Order::new(subject, &chart, "RV1")).await;
    assert_eq!(verdict(&card), ("not_met", Some("INTERVAL_TOO_SHORT_SAME")));
}

/// The villages vote the second clinic out: its consents open nothing any more, its keys speak to nobody, and its ticket is dead.
async fn a_member_that_leaves_holds_nothing(world: &World) {
    let home = Home::rusutsu(world);
    let mother = home.guardian("見本　退出", Authority::Single).await;
    let subject = home
        .child(&patient("leaving", "見本　leaving", &day(-120)))
        .await;
    home.join(&mother, subject).await;
    let clinic = world.staff("yotei-clinic", "doctor", AT_CLINIC);
    let given = dose("leaving", "PCV20", &day(-30), "L1");
    let record = clinic.record(&subject, &given).await;
    world.until_stored(&record).await;
    let scope = Scope {
        recipient: SECOND_CLINIC,
        purpose: Purpose::ChildCare,
        categories: health(),
    };
    home.consent(&mother, subject, scope).await;
    let leaving = world.staff("shiribetsu-clinic", "doctor", AT_RUSUTSU);
    let question = on_consent(subject);
    assert_eq!(
        leaving.read(RUSUTSU, &question).await.unwrap(),
        std::slice::from_ref(&given)
    );
    leaving.ask(&question).await.unwrap();

    remove(world, SECOND_CLINIC).await;
    let (status, said) = leaving.get("/v1/signing-context").await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{said}");
    assert_eq!(
        leaving.read(RUSUTSU, &question).await,
        Err(Unread::NotHeard(StatusCode::FORBIDDEN))
    );
    let nurse = world.staff("rusutsu", "nurse", AT_RUSUTSU);
    assert_eq!(
        nurse.read(RUSUTSU, &by_statute(subject)).await.unwrap(),
        [given]
    );
}

/// Operators of the villages propose and vote until the proposal is enacted.
async fn remove(world: &World, member: MemberId) {
    let operator = |name| world.staff(name, "operator", AT_RUSUTSU);
    let propose = calls::consortium::propose(&Action::Remove(member));
    operator("rusutsu").submit(propose).await;
    for name in ["rankoshi", "sarabetsu", "mikasa"] {
        let (status, said) = operator(name)
            .try_submit(calls::consortium::vote(0, true))
            .await;
        // The last vote may come after the decision.
        assert!(
            status.is_success() || status == StatusCode::CONFLICT,
            "{said}"
        );
    }
}
