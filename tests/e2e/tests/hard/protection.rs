//! A parent and a child under protection (支援措置): whoever knew them before learns nothing any more, by content, count or wording.

use crate::{
    actor::{Actor, Question, Unread},
    bedside::{Order, day, dose},
    family::whole_trail,
    followed::{a_child_is_invited, a_reissued_child_is_followed_on},
    people::{Guardian, Home, Scope, patient},
    same_work::{nobody_is_told_by_what_a_denial_costs, nobody_is_told_by_what_a_refusal_costs},
    world::{AT_CLINIC, AT_RUSUTSU, RANKOSHI, RUSUTSU, SECOND_CLINIC, World},
};
use codec::Decode as _;
use musubi_client_sdk::{calls, extrinsics::Call};
use musubi_primitives::{
    AssuranceLevel, Category, CategorySet, Claim, Commitment, ConsentId, DenialReason, Pseudonym,
    Purpose, Terms, resident::Authority, seams::GuardianshipFacts,
};
use musubi_tests_support::gateway::{now, random};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Nobody has it.
const STRANGER: Pseudonym = Pseudonym([0x5a; 32]);

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_who_a_protected_family_has_become() {
    let world = World::open().await;
    let home = Home::rusutsu(&world);
    let mut mother = home.guardian("見本　母", Authority::Joint).await;
    let father = home.guardian("見本　父", Authority::Joint).await;
    let chart = patient("protected", "見本　protected", &day(-120));
    let former = home.child(&chart).await;
    for guardian in [&mother, &father] {
        home.join(guardian, former).await;
    }
    let clinic = world.staff("yotei-clinic", "doctor", AT_CLINIC);
    let record = clinic
        .record(&former, &dose("protected", "PCV20", &day(-30), "L1"))
        .await;
    world.until_stored(&record).await;
    let nurse = world.staff("rusutsu", "nurse", AT_RUSUTSU);
    a_child_is_invited(&nurse, former).await;
    home.consent(&mother, former, scope()).await;
    let curious = world.staff("shiribetsu-clinic", "doctor", AT_RUSUTSU);
    assert_eq!(
        curious
            .read(RUSUTSU, &on_consent(former))
            .await
            .unwrap()
            .len(),
        1
    );

    let former_mother = mother.pseudonym;
    let child = protect(&world, &mut mother, former).await;
    home.bind(&mother).await;
    world.until_level(AT_CLINIC).await;
    let everybody = [former, child, STRANGER];
    a_curious_member_hears_the_same_of_all(&curious, &everybody).await;
    the_other_guardian_hears_the_same_of_all(&world, &father, &everybody).await;
    every_path_answers_alike(&father.phone, &everybody).await;
    every_path_answers_alike(&curious, &everybody).await;
    nobody_is_told_by_what_a_refusal_costs(&world, &father.phone, &everybody).await;
    nobody_is_told_by_what_a_denial_costs(&curious, &everybody, on_consent).await;
    a_clinic_hears_the_same_of_former_and_stranger(&clinic, former, &chart).await;
    a_reissued_child_is_followed_on(&nurse, former, child).await;
    care_goes_on(&home, &mother, &curious, child).await;
    nothing_on_the_chain_joins(
        &world,
        [(former, child), (former_mother, mother.pseudonym)],
        &father,
    )
    .await;
    no_account_signs_for_both(&world, [former, child], &mother.phone).await;
    no_account_signs_for_both(&world, [former_mother, mother.pseudonym], &mother.phone).await;
    let officer = world.staff("rusutsu", "officer", AT_RUSUTSU);
    let offer = calls::residents::offer_hand_over(child, RANKOSHI);
    assert!(
        !officer.try_submit(offer).await.0.is_success(),
        "no hand-over in the open"
    );
    world.tells_nothing().await;
}

fn scope() -> Scope {
    Scope {
        recipient: SECOND_CLINIC,
        purpose: Purpose::ChildCare,
        categories: CategorySet::of(&[Category::Immunization]),
    }
}

fn on_consent(subject: Pseudonym) -> Question {
    Question {
        subject,
        purpose: Purpose::ChildCare,
        categories: scope().categories,
        claim: Claim::Consent,
        session: None,
    }
}

/// The officer protects the mother, with a new phone, and the child, for whom she alone decides from now on.
async fn protect(world: &World, mother: &mut Guardian, child: Pseudonym) -> Pseudonym {
    let officer = world.staff("rusutsu", "officer", AT_RUSUTSU);
    let phone = world.phone(AT_RUSUTSU);
    let keys = json!({"account": phone.account(), "hpke": phone.sealing.public()});
    let form = json!({
        "event": "protected", "person": mother.pseudonym, "guardians": [], "device": keys,
    });
    let clerk = world.staff("rusutsu", "clerk", AT_RUSUTSU);
    let (status, _) = clerk
        .send(
            Method::POST,
            "/v1/life-events",
            None,
            form.to_string().into_bytes(),
        )
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let read = |answer: Value| serde_json::from_value(answer["pseudonym"].clone()).unwrap();
    let reissued: Pseudonym = read(officer.post("/v1/life-events", &form).await);
    assert_ne!(reissued, mother.pseudonym);
    // Sent again, because the answer was lost, it is the same.
    assert_eq!(read(officer.post("/v1/life-events", &form).await), reissued);
    (mother.pseudonym, mother.phone) = (reissued, phone);
    let form = json!({"event": "protected", "person": child, "guardians": [mother.pseudonym]});
    read(officer.post("/v1/life-events", &form).await)
}

/// A member that had a consent asks for the former pseudonym, for the new one, and for one that nobody has.
async fn a_curious_member_hears_the_same_of_all(curious: &Actor, everybody: &[Pseudonym]) {
    for subject in everybody {
        let heard = curious.read(RUSUTSU, &on_consent(*subject)).await;
        assert_eq!(heard, Err(Unread::Denied(DenialReason::NotAvailable)));
    }
    let mut heard = Vec::new();
    for subject in everybody {
        heard.push(curious.try_submit(proposal(*subject, STRANGER)).await);
    }
    assert!(
        heard
            .iter()
            .all(|answer| *answer == heard[0] && !answer.0.is_success()),
        "{heard:?}"
    );
}

/// The father, whose guardianship was of the former pseudonym, tries what he could do before.
async fn the_other_guardian_hears_the_same_of_all(
    world: &World,
    father: &Guardian,
    everybody: &[Pseudonym],
) {
    let mut heard = Vec::new();
    for subject in everybody {
        let pair = (father.pseudonym, *subject);
        let held: Option<GuardianshipFacts> = world.read("MusubiApi_guardianship", &pair).await;
        assert_eq!(held, None);
        let proposed = father
            .phone
            .try_submit(proposal(*subject, father.pseudonym))
            .await;
        let frozen = father
            .phone
            .try_submit(calls::residents::freeze(*subject))
            .await;
        heard.push((proposed, frozen));
    }
    let is_same = heard.iter().all(|answer| *answer == heard[0]);
    assert!(is_same, "{heard:?}");
    assert!(!heard[0].0.0.is_success() && !heard[0].1.0.is_success());
}

/// Every path of the gateway that names somebody, as one who may not know of them asks: the same status and bytes for all.
async fn every_path_answers_alike(who: &Actor, everybody: &[Pseudonym]) {
    let key = format!("0x{}", "11".repeat(32));
    let block = format!("0x{}", "22".repeat(32));
    let paths = [
        (Method::GET, "/v1/family/{subject}/trail?first=0".to_owned()),
        (
            Method::GET,
            format!("/v1/family/{{subject}}/trail-end?block={block}"),
        ),
        (Method::GET, "/v1/family/{subject}/consents".to_owned()),
        (
            Method::GET,
            format!("/v1/family/{{subject}}/records?key={key}"),
        ),
        (Method::POST, "/v1/family/{subject}/health-cards".to_owned()),
        (
            Method::GET,
            "/v1/family/{subject}/copy?form=fhir".to_owned(),
        ),
        (Method::GET, "/v1/forms".to_owned()),
        (
            Method::GET,
            "/v1/forms/child-vaccination-history/draft".to_owned(),
        ),
        (Method::GET, "/v1/records/{subject}".to_owned()),
        (Method::GET, "/v1/requests/{subject}".to_owned()),
        (Method::GET, "/v1/consents/{subject}".to_owned()),
    ];
    for (method, path) in paths {
        let mut heard = Vec::new();
        for subject in everybody {
            let name = subject.to_string();
            let path = path.replace("{subject}", &name);
            let (status, bytes) = who
                .bytes(method.clone(), &path, Some(subject), Vec::new())
                .await;
            let text = String::from_utf8(bytes).unwrap();
            assert!(!text.contains(&name), "{method} {path} repeats: {text}");
            heard.push((status, text));
        }
        let is_same = heard.iter().all(|answer| *answer == heard[0]);
        assert!(is_same, "{method} {path}: {heard:?}");
    }
}

/// No account of the municipality signs about the former and the new pseudonym, and the new phone signs nothing in public at all.
async fn no_account_signs_for_both(world: &World, pair: [Pseudonym; 2], phone: &Actor) {
    let rpc = world.consortium.rpc(AT_RUSUTSU).await;
    let mut senders = [BTreeSet::new(), BTreeSet::new()];
    for height in 1..=rpc.height().await {
        let hash = rpc.hash_at(height).await;
        let block = rpc.ask("chain_getBlock", &[hash]).await;
        for extrinsic in block["block"]["extrinsics"].as_array().unwrap() {
            let bytes = hex::decode(&extrinsic.as_str().unwrap()[2..]).unwrap();
            let Some(sender) = sender(&bytes) else {
                continue;
            };
            assert_ne!(sender, phone.account().0, "a protected phone signs");
            for (pseudonym, senders) in pair.iter().zip(&mut senders) {
                if bytes.windows(32).any(|window| window == pseudonym.0) {
                    senders.insert(sender);
                }
            }
        }
    }
    let municipality = ["officer", "relay", "clerk", "nurse"]
        .map(|key| world.staff("rusutsu", key, AT_RUSUTSU).account().0);
    let [of_former, of_new] = &senders;
    assert!(of_former.contains(&municipality[0]) && of_new.contains(&municipality[1]));
    let of_both = municipality
        .iter()
        .filter(|account| of_former.contains(*account) && of_new.contains(*account));
    assert_eq!(of_both.count(), 0, "{senders:?}");
}

/// Who signed an extrinsic; nobody an inherent one. Version 4, as the runtime's metadata says.
fn sender(extrinsic: &[u8]) -> Option<[u8; 32]> {
    let mut rest = extrinsic;
    codec::Compact::<u32>::decode(&mut rest).unwrap();
    let [version, address, rest @ ..] = rest else {
        return None;
    };
    (0x80 & version != 0 && *address == 0).then(|| rest[..32].try_into().unwrap())
}

/// A proposal about somebody, by whoever says that the guardian wants it.
fn proposal(subject: Pseudonym, guardian: Pseudonym) -> Call {
    let moment = now();
    let scope = scope();
    let terms = Terms {
        subject,
        guardian,
        recipient: scope.recipient,
        purpose: scope.purpose,
        categories: scope.categories,
        not_before: moment,
        not_after: moment + 86_400_000,
        statement: Commitment([1; 32]),
        nonce: [2; 32],
        assurance: AssuranceLevel::CardSigned,
        second_attester: None,
        account: None,
    };
    calls::consent::propose(ConsentId(random()), &terms, None)
}

async fn a_clinic_hears_the_same_of_former_and_stranger(
    clinic: &Actor,
    former: Pseudonym,
    chart: &Value,
) {
    let given = dose("protected", "RV1", &day(-1), "R1");
    let mut heard = Vec::new();
    for subject in [former, STRANGER] {
        let recorded = clinic.post_fhir(&subject, &given).await;
        let checked = clinic.try_check(&Order::new(subject, chart, "RV1")).await;
        heard.push((recorded, checked));
    }
    assert_eq!(heard[0], heard[1]);
    assert_eq!(heard[0].0.0, StatusCode::NOT_FOUND);
}

/// The mother decides under the new pseudonym; when she withdraws, not even that is told.
async fn care_goes_on(home: &Home<'_>, mother: &Guardian, reader: &Actor, child: Pseudonym) {
    let clinic = home.world.staff("yotei-clinic", "doctor", AT_CLINIC);
    let given = dose("protected", "RV1", &day(-1), "R1");
    let record = clinic.record(&child, &given).await;
    home.world.until_stored(&record).await;
    let consent = home.consent(mother, child, scope()).await;
    assert_eq!(
        reader.read(RUSUTSU, &on_consent(child)).await.unwrap(),
        [given]
    );
    mother
        .phone
        .submit(calls::consent::withdraw(consent, None))
        .await;
    let heard = reader.read(RUSUTSU, &on_consent(child)).await;
    assert_eq!(heard, Err(Unread::Denied(DenialReason::NotAvailable)));
}

/// No row of either trail names the other pseudonym, and none of the new ones the guardian who lost it.
async fn nothing_on_the_chain_joins(
    world: &World,
    pairs: [(Pseudonym, Pseudonym); 2],
    father: &Guardian,
) {
    for (former, new) in pairs {
        let text = |rows: &Vec<_>| serde_json::to_string(rows).unwrap();
        let of_new = text(&whole_trail(world, &new).await);
        let of_former = text(&whole_trail(world, &former).await);
        assert!(!of_new.contains(&former.to_string()), "{of_new}");
        assert!(!of_new.contains(&father.pseudonym.to_string()), "{of_new}");
        assert!(!of_former.contains(&new.to_string()), "{of_former}");
    }
}
