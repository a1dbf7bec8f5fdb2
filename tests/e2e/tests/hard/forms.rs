//! A 予診票 as families fill it in: fetched, begun, put aside and sent from the guardian's own phone, kept from everybody else, and read by
//! the clinic that the family allowed.

use crate::{
    actor::{Actor, Question, Unread},
    bedside::day,
    people::{Guardian, Home, Scope, patient},
    world::{AT_CLINIC, AT_RUSUTSU, CLINIC, RUSUTSU, World},
};
use musubi_primitives::{
    Category, CategorySet, Claim, DenialReason, Pseudonym, Purpose, resident::Authority,
    trail::TrailHead,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const INTERVIEW: &str = "/v1/forms/yoshinhyo-infant";
const DRAFT: &str = "/v1/forms/yoshinhyo-infant/draft";

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_filled_in_at_home_and_read_at_the_clinic() {
    let world = World::open().await;
    let home = Home::rusutsu(&world);
    let mother = home.guardian("見本　母", Authority::Joint).await;
    let father = home.guardian("見本　父", Authority::Joint).await;
    let child = home.child(&patient("forms", "見本　子", &day(-120))).await;
    nobody_else_learns_of_the_child(&mother, child).await;
    home.join(&mother, child).await;
    home.join(&father, child).await;
    forms_are_offered_by_age(&world, &mother, child).await;
    a_draft_is_the_writers_own(&mother, &father, child).await;
    what_does_not_fit_is_refused_and_not_stored(&world, &mother, child).await;
    the_clinic_reads_it_under_consent(&home, &mother, child).await;
    world.tells_nothing().await;
}

/// All questions answered by a healthy child's mother; as the demonstration has it.
fn answers() -> Value {
    let text = include_str!("../../../../chain-spec/presets/demo/phone-family/questionnaire.json");
    serde_json::from_str(text).unwrap()
}

async fn get(who: &Actor, path: &str, child: &Pseudonym) -> (StatusCode, Value) {
    who.send(Method::GET, path, Some(child), Vec::new()).await
}

async fn save(who: &Actor, child: &Pseudonym, draft: &Value) -> (StatusCode, Value) {
    let body = draft.to_string().into_bytes();
    who.send(Method::POST, DRAFT, Some(child), body).await
}

async fn nobody_else_learns_of_the_child(stranger: &Guardian, child: Pseudonym) {
    let of_child = get(&stranger.phone, "/v1/forms", &child).await;
    let of_nobody = get(&stranger.phone, "/v1/forms", &Pseudonym([9; 32])).await;
    assert_eq!(of_child.0, StatusCode::NOT_FOUND);
    assert_eq!(of_child, of_nobody);
    assert_eq!(of_child.0, get(&stranger.phone, DRAFT, &child).await.0);
    assert_eq!(
        of_child.0,
        stranger.phone.post_fhir(&child, &answers()).await.0
    );
}

async fn forms_are_offered_by_age(world: &World, mother: &Guardian, child: Pseudonym) {
    let names = |listed: &Value| -> Vec<String> {
        let forms = listed["forms"].as_array().unwrap().iter();
        forms
            .map(|form| form["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let (_, listed) = get(&mother.phone, "/v1/forms", &child).await;
    assert_eq!(
        names(&listed),
        ["checkup-3-4m-family", "survey-checkup", "yoshinhyo-infant"],
        "{listed}"
    );
    let interview = &listed["forms"][2];
    assert_eq!(interview["title"]["ja"], "予診票（乳幼児・小学生）");
    assert_eq!(interview["from"], day(-120).as_str());
    let nurse = world.staff("rusutsu", "nurse", AT_RUSUTSU);
    let (_, of_staff) = get(&nurse, "/v1/forms", &child).await;
    assert!(names(&of_staff).contains(&"checkup-3-4m".to_owned()));
    assert!(!names(&of_staff).contains(&"checkup-3y".to_owned()));
    // Another member's staff sees forms and no dates: they would tell the birth date.
    let doctor = world.staff("yotei-clinic", "doctor", AT_CLINIC);
    let (_, elsewhere) = get(&doctor, "/v1/forms", &child).await;
    assert!(names(&elsewhere).contains(&"checkup-3y".to_owned()));
    assert!(!elsewhere.to_string().contains("\"from\""));

    let (status, form) = get(&mother.phone, INTERVIEW, &child).await;
    assert_eq!(
        (status, &form["resourceType"]),
        (StatusCode::OK, &json!("Questionnaire"))
    );
    assert_eq!(form["version"], interview["version"]);
    let (missing, _) = get(&mother.phone, "/v1/forms/no-such-form", &child).await;
    assert_eq!(missing, StatusCode::NOT_FOUND);
}

async fn a_draft_is_the_writers_own(mother: &Guardian, father: &Guardian, child: Pseudonym) {
    let mut draft = answers();
    draft["status"] = json!("in-progress");
    draft["item"].as_array_mut().unwrap().truncate(2);
    assert_eq!(save(&mother.phone, &child, &draft).await.0, StatusCode::OK);
    assert_eq!(
        get(&mother.phone, DRAFT, &child).await,
        (StatusCode::OK, draft.clone())
    );
    let (_, listed) = get(&mother.phone, "/v1/forms", &child).await;
    assert!(listed["forms"][2]["draft"].is_u64(), "{listed}");
    assert_eq!(
        get(&father.phone, DRAFT, &child).await.0,
        StatusCode::NOT_FOUND
    );

    draft["item"][0]["item"][1]["answer"][0] = json!({"valueString": "36.5"});
    let (status, outcome) = save(&mother.phone, &child, &draft).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let place = outcome["issue"][0]["expression"][0].as_str().unwrap();
    assert!(
        place.starts_with("QuestionnaireResponse.item[0]"),
        "{outcome}"
    );
}

/// Required answers, options, types, questions that are not asked, versions, drafts, other resources: each with its place.
async fn what_does_not_fit_is_refused_and_not_stored(
    world: &World,
    mother: &Guardian,
    child: Pseudonym,
) {
    let before: TrailHead = world.read("MusubiApi_trail_head", &child).await;
    let bent = |change: &dyn Fn(&mut Value)| {
        let mut bent = answers();
        change(&mut bent);
        bent
    };
    let wrong: [(Value, &str); 6] = [
        (
            bent(&|all| drop(all["item"].as_array_mut().unwrap().remove(1))),
            "linkId='leaflet-read'",
        ),
        (
            bent(&|all| all["item"][0]["item"][0]["answer"][0]["valueCoding"]["code"] = json!("X")),
            "item[0].item[0].answer[0]",
        ),
        (
            bent(&|all| all["item"][1]["answer"][0] = json!({"valueString": "yes"})),
            "item[1].answer[0]",
        ),
        (
            bent(&|all| {
                let asked = json!({"linkId": "unwell-symptoms", "answer": [{"valueString": "咳"}]});
                all["item"].as_array_mut().unwrap().push(asked);
            }),
            "item[",
        ),
        (
            bent(&|all| {
                all["questionnaire"] =
                    json!("https://musubi.example/forms/yoshinhyo-infant|1999.1");
            }),
            "QuestionnaireResponse.questionnaire",
        ),
        (
            bent(&|all| all["status"] = json!("in-progress")),
            "QuestionnaireResponse.status",
        ),
    ];
    for (answers, place) in wrong {
        let (status, outcome) = mother.phone.post_fhir(&child, &answers).await;
        assert_eq!(
            status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{place}: {outcome}"
        );
        assert_eq!(outcome["resourceType"], "OperationOutcome");
        let expression = outcome["issue"][0]["expression"][0].as_str().unwrap();
        assert!(expression.contains(place), "{place}: {outcome}");
    }
    let dose = crate::bedside::dose("forms", "PCV20", &day(-30), "L1");
    assert_eq!(
        mother.phone.post_fhir(&child, &dose).await.0,
        StatusCode::FORBIDDEN
    );
    let doctor = world.staff("yotei-clinic", "doctor", AT_CLINIC);
    let mut by_staff = answers();
    by_staff["item"].as_array_mut().unwrap().remove(1);
    let (status, outcome) = doctor.post_fhir(&child, &by_staff).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{outcome}");
    let after: TrailHead = world.read("MusubiApi_trail_head", &child).await;
    assert_eq!(before, after, "nothing was stored");
}

async fn the_clinic_reads_it_under_consent(home: &Home<'_>, mother: &Guardian, child: Pseudonym) {
    let world = home.world;
    let record = mother.phone.record(&child, &answers()).await;
    world.until_stored(&record).await;
    assert_eq!(
        get(&mother.phone, DRAFT, &child).await.0,
        StatusCode::NOT_FOUND
    );
    let doctor = world.staff("yotei-clinic", "doctor", AT_CLINIC);
    let question = Question {
        subject: child,
        purpose: Purpose::ChildCare,
        categories: CategorySet::of(&[Category::Questionnaire]),
        claim: Claim::Consent,
        session: None,
    };
    assert_eq!(
        doctor.read(RUSUTSU, &question).await,
        Err(Unread::Denied(DenialReason::NoConsent))
    );
    let scope = Scope {
        recipient: CLINIC,
        purpose: Purpose::ChildCare,
        categories: question.categories,
    };
    home.consent(mother, child, scope).await;
    world.until_level(AT_CLINIC).await;
    let read = doctor.read(RUSUTSU, &question).await.unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!(read[0]["item"], answers()["item"]);
    assert_eq!(
        read[0]["source"]["identifier"]["value"],
        json!(mother.pseudonym),
        "who answered is what the phone's signature proves"
    );
}
