//! What a family decides, and what goes on without it: withdrawal in the waiting room, joint custody, emergencies, erasure.

use crate::{
    actor::{Actor, Question, Unread},
    bedside::{Order, day, dose, verdict},
    people::{Guardian, Home, Scope, patient},
    proved::whole_trail_verifies,
    world::{AT_CLINIC, AT_RUSUTSU, CLINIC, RUSUTSU, SECOND_CLINIC, World},
};
use musubi_client_sdk::calls;
use musubi_node_vault::Refusal;
use musubi_primitives::{
    Category, CategorySet, Claim, Commitment, DenialReason, MemberId, Pseudonym, Purpose, RecordId,
    RecordState, RequestId, SessionId, StatuteArticle,
    access::BreakGlassReason,
    resident::Authority,
    trail::{TrailFact, TrailHead, TrailRow},
};
use musubi_tests_support::gateway::{now, random};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_family_decides_holds_everywhere() {
    let world = World::open().await;
    let home = Home::rusutsu(&world);
    let mother = home.guardian("見本　母", Authority::Joint).await;
    withdrawal_between_check_in_and_injection(&home, &mother).await;
    an_objection_under_joint_custody_pauses(&home, &mother).await;
    an_emergency_is_opened_told_and_reviewed(&home, &mother).await;
    an_erasure_leaves_receipts_and_a_whole_trail(&home, &mother).await;
    world.tells_nothing().await;
}

fn immunizations() -> CategorySet {
    CategorySet::of(&[Category::Immunization])
}

fn scope(recipient: MemberId) -> Scope {
    Scope {
        recipient,
        purpose: Purpose::ChildCare,
        categories: immunizations(),
    }
}

fn on_consent(subject: Pseudonym) -> Question {
    Question {
        subject,
        purpose: Purpose::ChildCare,
        categories: immunizations(),
        claim: Claim::Consent,
        session: None,
    }
}

fn by_statute(subject: Pseudonym) -> Question {
    Question {
        claim: Claim::Statute(StatuteArticle::ImmunizationAct),
        ..on_consent(subject)
    }
}

/// A child with one stored dose that the first clinic gave.
async fn child(home: &Home<'_>, mother: &Guardian, id: &str) -> (Pseudonym, RecordId, Value) {
    let subject = home
        .child(&patient(id, &format!("見本　{id}"), &day(-120)))
        .await;
    home.join(mother, subject).await;
    let clinic = home.world.staff("yotei-clinic", "doctor", AT_CLINIC);
    let given = dose(id, "PCV20", &day(-30), "L1");
    let record = clinic.record(&subject, &given).await;
    home.world.until_stored(&record).await;
    (subject, record, given)
}

fn second_clinic(world: &World) -> Actor {
    world.staff("shiribetsu-clinic", "doctor", AT_RUSUTSU)
}

/// The mother changes her mind in the waiting room: what was read before stays read, nothing more is released, the check says that a
/// person must look, and the municipality's own duty goes on.
async fn withdrawal_between_check_in_and_injection(home: &Home<'_>, mother: &Guardian) {
    let world = home.world;
    let (subject, _, given) = child(home, mother, "waiting").await;
    let consent = home.consent(mother, subject, scope(CLINIC)).await;
    let of_second = home.consent(mother, subject, scope(SECOND_CLINIC)).await;
    let clinic = world.staff("yotei-clinic", "doctor", AT_CLINIC);
    let session = SessionId(random());
    let until = now() + 3_600_000;
    let check_in = Commitment(random());
    // Opened by the home municipality, which alone judges check-ins (rule A14).
    world
        .staff("rusutsu", "officer", AT_RUSUTSU)
        .submit(calls::access::open_session(
            session, consent, check_in, until,
        ))
        .await;
    let in_visit = Question {
        session: Some(session),
        ..on_consent(subject)
    };
    assert_eq!(
        clinic.read(RUSUTSU, &in_visit).await.unwrap(),
        std::slice::from_ref(&given)
    );
    let chart = patient("waiting", "見本　waiting", &day(-120));
    let mut order = Order::new(subject, &chart, "PCV20");
    order.said = json!({"historyConfirmed": true, "session": session});
    assert_eq!(verdict(&clinic.check(&order).await).0, "conditions_met");

    // The second clinic has a ticket in its hand that it has not redeemed.
    let reader = second_clinic(world);
    let ticket = reader.ask(&on_consent(subject)).await.unwrap();
    for consent in [consent, of_second] {
        mother
            .phone
            .submit(calls::consent::withdraw(consent, None))
            .await;
    }
    assert_eq!(
        reader.redeem(RUSUTSU, ticket).await,
        Err(Unread::Refused(Refusal::NotAvailable))
    );
    let denied = Err(Unread::Denied(DenialReason::Withdrawn));
    assert_eq!(clinic.read(RUSUTSU, &in_visit).await, denied);
    assert_eq!(reader.read(RUSUTSU, &on_consent(subject)).await, denied);
    let card = clinic.check(&order).await;
    assert_eq!(verdict(&card).0, "needs_person", "{card}");
    let nurse = world.staff("rusutsu", "nurse", AT_RUSUTSU);
    assert_eq!(
        nurse.read(RUSUTSU, &by_statute(subject)).await.unwrap(),
        [given],
        "follow-up by statute goes on"
    );
}

/// 民法824条の2: the other parent objects; only that parent lets it go on.
async fn an_objection_under_joint_custody_pauses(home: &Home<'_>, mother: &Guardian) {
    let (subject, _, given) = child(home, mother, "joint").await;
    let father = home.guardian("見本　父", Authority::Joint).await;
    home.join(&father, subject).await;
    let consent = home.consent(mother, subject, scope(SECOND_CLINIC)).await;
    let reader = second_clinic(home.world);
    let question = on_consent(subject);
    assert_eq!(
        reader.read(RUSUTSU, &question).await.unwrap(),
        std::slice::from_ref(&given)
    );
    let ticket = reader.ask(&question).await.unwrap();

    let object = calls::consent::object(consent, father.pseudonym, None);
    father.phone.submit(object).await;
    assert_eq!(
        reader.redeem(RUSUTSU, ticket).await,
        Err(Unread::Refused(Refusal::NotAvailable))
    );
    assert_eq!(
        reader.read(RUSUTSU, &question).await,
        Err(Unread::Denied(DenialReason::Paused))
    );
    let (status, _) = mother
        .phone
        .try_submit(calls::consent::resume(consent, None))
        .await;
    assert!(
        !status.is_success(),
        "the mother cannot speak for the father"
    );
    father
        .phone
        .submit(calls::consent::resume(consent, None))
        .await;
    assert_eq!(reader.read(RUSUTSU, &question).await.unwrap(), [given]);
}

/// Nobody can be asked: crew break the glass, the family sees it, a second person reviews it.
async fn an_emergency_is_opened_told_and_reviewed(home: &Home<'_>, mother: &Guardian) {
    let world = home.world;
    let (subject, record, given) = child(home, mother, "emergency").await;
    let crew = world.staff("yotei-fire-service", "crew", AT_RUSUTSU);
    let reviewer = world.staff("yotei-fire-service", "reviewer", AT_RUSUTSU);
    let question = |opening| Question {
        purpose: Purpose::Emergency,
        claim: Claim::BreakGlass(opening),
        ..on_consent(subject)
    };
    let opening = RequestId(random());
    let not_open = Err(Unread::Denied(DenialReason::BreakGlassNotOpen));
    assert_eq!(crew.read(RUSUTSU, &question(opening)).await, not_open);
    let open = |opening| {
        let incident = Commitment(random());
        let reason = BreakGlassReason::LifeAtRisk;
        calls::access::open_break_glass(opening, subject, incident, reason)
    };
    let doctor = second_clinic(world);
    crew.submit(open(opening)).await;
    assert_eq!(
        crew.read(RUSUTSU, &question(opening)).await.unwrap(),
        [given]
    );
    assert_eq!(
        doctor.read(RUSUTSU, &question(opening)).await,
        not_open,
        "another's opening"
    );
    let sensitive = Question {
        categories: CategorySet::of(&[Category::Sensitive]),
        ..question(opening)
    };
    assert_eq!(
        crew.read(RUSUTSU, &sensitive).await,
        Err(Unread::Denied(DenialReason::NoConsent))
    );
    let review = |justified| calls::access::review_break_glass(opening, justified);
    assert!(
        !reviewer.try_submit(review(true)).await.0.is_success(),
        "still open"
    );
    crew.submit(calls::access::close_break_glass(opening)).await;
    assert_eq!(crew.read(RUSUTSU, &question(opening)).await, not_open);
    assert!(
        !crew.try_submit(review(true)).await.0.is_success(),
        "the opener reviews nothing"
    );
    reviewer.submit(review(true)).await;
    let told = |fact: &TrailFact| match fact {
        TrailFact::BreakGlassOpened { request, .. } => (*request == opening).then_some("opened"),
        TrailFact::Delivered { record: of, .. } => (*of == record).then_some("delivered"),
        TrailFact::BreakGlassClosed { request } => (*request == opening).then_some("closed"),
        TrailFact::BreakGlassReviewed { justified, .. } => justified.then_some("justified"),
        _ => None,
    };
    let rows = whole_trail(world, &subject).await;
    let mut facts: Vec<&str> = rows.iter().filter_map(|row| told(&row.fact)).collect();
    facts.sort_unstable();
    assert_eq!(facts, ["closed", "delivered", "justified", "opened"]);
}

/// A record that must go: every holder destroys it and says so; what the chain says of everything else still fits together.
async fn an_erasure_leaves_receipts_and_a_whole_trail(home: &Home<'_>, mother: &Guardian) {
    let world = home.world;
    let (subject, record, given) = child(home, mother, "erased").await;
    home.consent(mother, subject, scope(SECOND_CLINIC)).await;
    let reader = second_clinic(world);
    let question = on_consent(subject);
    assert_eq!(
        reader.read(RUSUTSU, &question).await.unwrap(),
        std::slice::from_ref(&given)
    );
    let ticket = reader.ask(&question).await.unwrap();

    let order = calls::records::order_erasure(record);
    let nurse = world.staff("rusutsu", "nurse", AT_RUSUTSU);
    assert!(!nurse.try_submit(order.clone()).await.0.is_success());
    let elsewhere = world.staff("rankoshi", "officer", AT_RUSUTSU);
    assert!(!elsewhere.try_submit(order.clone()).await.0.is_success());
    world
        .staff("rusutsu", "officer", AT_RUSUTSU)
        .submit(order)
        .await;

    let erased_by = |rows: &[TrailRow]| {
        let holders = rows.iter().filter_map(|row| match row.fact {
            TrailFact::RecordErased { record: of, holder } => (of == record).then_some(holder),
            _ => None,
        });
        let mut holders: Vec<MemberId> = holders.collect();
        holders.sort_unstable();
        holders
    };
    let mut rows = whole_trail(world, &subject).await;
    while erased_by(&rows).len() < 2 {
        world.next_block().await;
        rows = whole_trail(world, &subject).await;
    }
    assert_eq!(erased_by(&rows), [RUSUTSU, CLINIC]);
    assert_eq!(
        world.until(&record, |_| true).await.state,
        RecordState::Erased
    );
    assert_eq!(reader.redeem(RUSUTSU, ticket).await, Ok(Vec::new()));
    assert_eq!(reader.read(RUSUTSU, &question).await, Ok(Vec::new()));
    assert_eq!(
        nurse.read(RUSUTSU, &by_statute(subject)).await,
        Ok(Vec::new())
    );
    let clinic = world.staff("yotei-clinic", "doctor", AT_CLINIC);
    let chart = patient("erased", "見本　erased", &day(-120));
    let card = clinic.check(&Order::new(subject, &chart, "PCV20")).await;
    assert_eq!(
        verdict(&card),
        ("conditions_met", None),
        "the erased dose is known to nobody"
    );
    let again = clinic.post_fhir(&subject, &given).await;
    assert!(
        !again.0.is_success(),
        "what was erased does not come back: {again:?}"
    );
    let proved = whole_trail_verifies(world, &subject).await;
    assert_eq!(
        erased_by(&proved),
        [RUSUTSU, CLINIC],
        "the receipts are proved offline, and all that came before the erasure"
    );
}

/// Every row of a subject's trail, whose hashes lead to the head that state keeps: none is missing, none was altered.
pub(crate) async fn whole_trail(world: &World, subject: &Pseudonym) -> Vec<TrailRow> {
    let head: TrailHead = world.read("MusubiApi_trail_head", subject).await;
    let count = usize::try_from(head.count).unwrap();
    let rpc = world.consortium.rpc(AT_RUSUTSU).await;
    let mut rows: Vec<TrailRow> = Vec::new();
    while rows.len() < count {
        let page = rpc
            .ask("musubi_trail", &[json!(subject), json!(rows.len())])
            .await;
        let page = page.as_array().unwrap().clone();
        assert!(!page.is_empty(), "rows are missing after {}", rows.len());
        let read = |placed: Value| serde_json::from_value(placed["row"].clone()).unwrap();
        rows.extend(page.into_iter().map(read));
    }
    // Rows that were written while this was read are of the next call.
    rows.truncate(count);
    let start = Some(TrailHead::start(subject));
    let followed = rows.iter().fold(start, |head, row| head?.after(row));
    assert_eq!(followed, Some(head));
    rows
}
