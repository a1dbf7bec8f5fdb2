//! A phone that is lost, and its owner at the counter with the card.

use crate::{
    actor::Actor,
    bedside::{day, dose},
    people::{Home, Scope, patient},
    world::{AT_CLINIC, AT_RUSUTSU, SECOND_CLINIC, World},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use codec::Decode as _;
use musubi_client_sdk::{
    calls,
    sealing::{Envelope, SealedRecord},
};
use musubi_primitives::{
    Category, CategorySet, ConsentState, HpkeKey, Pseudonym, Purpose,
    resident::Authority,
    view::{ConsentView, SealingKeys},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_card_at_the_counter_puts_another_phone_in_the_place_of_the_lost_one() {
    let world = World::open().await;
    let home = Home::rusutsu(&world);
    let mut mother = home.guardian("見本　母", Authority::Single).await;
    let child = home
        .child(&patient("phone", "見本　phone", &day(-120)))
        .await;
    home.join(&mother, child).await;
    let clinic = world.staff("yotei-clinic", "doctor", AT_CLINIC);
    let given = dose("phone", "PCV20", &day(-30), "L1");
    let record = clinic.record(&child, &given).await;
    world.until_stored(&record).await;
    let scope = Scope {
        recipient: SECOND_CLINIC,
        purpose: Purpose::ChildCare,
        categories: CategorySet::of(&[Category::Immunization]),
    };
    let consent = home.consent(&mother, child, scope).await;

    let phone = world.phone(AT_RUSUTSU);
    let keys = json!({"account": phone.account(), "hpke": phone.sealing.public()});
    let event = json!({"event": "phone-lost", "person": mother.pseudonym, "device": keys});
    let (status, said) = enter(&world, "clerk", &event).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{said}");
    home.bind(&mother).await;
    let (status, said) = enter(&world, "officer", &event).await;
    assert_eq!(status, StatusCode::CREATED, "{said}");
    let (status, said) = enter(&world, "officer", &event).await;
    assert_eq!(status, StatusCode::CREATED, "sent again: {said}");

    let (status, _) = mother.phone.get("/v1/signing-context").await;
    assert_eq!(
        status,
        StatusCode::FORBIDDEN,
        "the lost phone speaks for nobody"
    );
    let keys: Option<SealingKeys> = world.read("MusubiApi_sealing_keys", &child).await;
    let family: Vec<HpkeKey> = keys.unwrap().family;
    assert_eq!(
        family,
        [phone.sealing.public()],
        "new records are sealed to the new phone"
    );
    mother.phone = phone;
    assert_eq!(read_by_phone(&mother.phone, &child).await, [given]);
    mother
        .phone
        .submit(calls::consent::withdraw(consent, None))
        .await;
    let view: Option<ConsentView> = world.read("MusubiApi_consent", &consent).await;
    assert!(matches!(view.unwrap().state, ConsentState::Ended(_)));
    world.tells_nothing().await;
}

/// What a phone gets from its home municipality and opens with its own key: sealed before this phone was known.
async fn read_by_phone(phone: &Actor, child: &Pseudonym) -> Vec<Value> {
    let path = format!("/v1/family/{child}/records?key={}", phone.sealing.public());
    let (status, answer) = phone.get(&path).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let bytes = |piece: &Value| STANDARD.decode(piece.as_str().unwrap()).unwrap();
    let open = |record: &Value| {
        let sealed = SealedRecord::decode(&mut bytes(&record["sealed"]).as_slice()).unwrap();
        let envelope = Envelope::decode(&mut bytes(&record["envelope"]).as_slice()).unwrap();
        let data_key = envelope.open(&phone.sealing).unwrap();
        let plain = sealed.open(&sealed.ciphertext_hash(), &data_key).unwrap();
        serde_json::from_slice(&plain).unwrap()
    };
    answer.as_array().unwrap().iter().map(open).collect()
}

async fn enter(world: &World, who: &str, event: &Value) -> (StatusCode, Value) {
    let body = event.to_string().into_bytes();
    world
        .staff("rusutsu", who, AT_RUSUTSU)
        .send(Method::POST, "/v1/life-events", None, body)
        .await
}
