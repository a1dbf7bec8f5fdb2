//! The JSON that crosses between Rust and TypeScript (`data/shapes.json`): one value of every kind, as the Rust types write it.
//!
//! `client-sdk/ts/test/shapes.test.mjs` has the compiler hold the same file against the TypeScript types. A kind that is added here and
//! not there, or there and not here, fails one of the two. `UPDATE_VECTORS=1` writes the file anew.

use crate::kept::assert_kept;
use codec::{DecodeAll, Encode};
use musubi_care::{
    child::{Circumstances, Dose, History, Proposal, Recovery, Sex, Standing, Subject},
    civil::Date,
    decimal::Thousandths,
    forecast::{self, Status},
    growth::{Band, Change, Doubt, Evaluation, Measure, Position, Reference, ReferenceId},
    presets::{GROWTH_2023, SCHEDULE_2026},
    reason::Reason,
    rules::{Route, RuleSet},
    schedule,
    verdict::{Answer, Placement, Stop, Verdict},
};
use musubi_client_sdk::proofs::Statement;
use musubi_consent::{
    StatementFields,
    statement::{Action, Place},
};
use musubi_primitives::{
    AssuranceLevel, Category, Language, Purpose, Role, Terms, VerdictCode,
    access::{Basis, BreakGlassReason, Claim, DenialReason, StatuteArticle},
    consent::Ending,
    record::{OverrideReason, RecordState},
    resident::{Authority, BindingState, SignerRole},
    trail::{TrailFact, TrailRow},
};
use scale_info::{TypeDef, TypeInfo};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/shapes.json");

/// The bundle that `client-sdk/tests/it/shared.rs` makes: a statement of every kind.
const BUNDLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/bundle.json");

/// What each code is called; serde names them all when it is given one that does not exist.
fn codes<T: DeserializeOwned>() -> Value {
    let error = serde_json::from_value::<T>("?".into())
        .err()
        .unwrap()
        .to_string();
    let names: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
    assert!(!names.is_empty(), "{error}");
    json!(names)
}

fn all<T: Serialize>(values: &[T]) -> Value {
    json!(values)
}

/// A value of each variant, its fields as zero bytes would fill them: the wire format itself says which variants there are.
fn one_of_each<T: TypeInfo + DecodeAll + Serialize>() -> Vec<T> {
    let TypeDef::Variant(variants) = T::type_info().type_def else {
        panic!("an enum is expected");
    };
    let filled = |index: u8| {
        (0..400).find_map(|zeros| {
            let bytes = [vec![index], vec![0; zeros]].concat();
            T::decode_all(&mut bytes.as_slice()).ok()
        })
    };
    let made: Vec<T> = variants
        .variants
        .iter()
        .map(|variant| filled(variant.index).unwrap())
        .collect();
    assert_eq!(made.len(), variants.variants.len());
    made
}

fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// Every status, as long as there are no more: a new one does not compile here.
fn statuses() -> Vec<Status> {
    let next = |status: Status| match status {
        Status::Overdue => Some(Status::Due),
        Status::Due => Some(Status::Possible),
        Status::Possible => Some(Status::Later),
        Status::Later => Some(Status::Complete),
        Status::Complete => Some(Status::Ended),
        Status::Ended => Some(Status::Contraindicated),
        Status::Contraindicated => Some(Status::NeedsPerson),
        Status::NeedsPerson => None,
    };
    std::iter::successors(Some(Status::Overdue), |status| next(*status)).collect()
}

fn doubts() -> Vec<Doubt> {
    let (low, high) = (Thousandths(1_500), Thousandths(9_250));
    let next = |doubt: &Doubt| match doubt {
        Doubt::NotPositive => Some(Doubt::BeforeBirth),
        Doubt::BeforeBirth => Some(Doubt::SmallerUnit),
        Doubt::SmallerUnit => Some(Doubt::LargerUnit),
        Doubt::LargerUnit => Some(Doubt::OutOfRange { low, high }),
        Doubt::OutOfRange { .. } => Some(Doubt::Shrank { by: low }),
        Doubt::Shrank { .. } => None,
    };
    std::iter::successors(Some(Doubt::NotPositive), next).collect()
}

fn positions() -> Vec<Position> {
    let next = |position: &Position| match position {
        Position::Below(_) => Some(Position::On(50)),
        Position::On(_) => Some(Position::Between(25, 50)),
        Position::Between(..) => Some(Position::Above(97)),
        Position::Above(_) => None,
    };
    std::iter::successors(Some(Position::Below(3)), next).collect()
}

fn changes() -> Vec<Change> {
    let next = |change: &Change| match change {
        Change::Fell { .. } => Some(Change::CrossedUp { lines: 2 }),
        Change::CrossedUp { .. } => Some(Change::CrossedDown { lines: 3 }),
        Change::CrossedDown { .. } => None,
    };
    std::iter::successors(Some(Change::Fell { by: Thousandths(5) }), next).collect()
}

fn evaluations() -> Vec<Evaluation> {
    let bands = [Band::Birth, Band::Day(30), Band::Months(3, 4)];
    let of = |(band, position)| Evaluation {
        reference: ReferenceId {
            id: "jp-2023".into(),
            survey_year: 2023,
        },
        measure: Measure::Weight,
        value: Thousandths(7_250),
        band,
        position,
    };
    bands.into_iter().cycle().zip(positions()).map(of).collect()
}

fn verdicts(rules: &RuleSet) -> Vec<Verdict> {
    let stop = |reason| Stop {
        reason,
        rule: "V-MR".into(),
        satisfied_from: Some(date("2026-01-10")),
    };
    let placement = Placement {
        dose: "1".into(),
        also_called: vec![],
        number: 1,
        of: 2,
        advisories: vec!["38度".into()],
    };
    let asked = schedule::check(
        rules,
        &Subject::default(),
        &History::Unconfirmed(vec![]),
        &Circumstances::default(),
        &Proposal::new("MR", date("2026-05-01")),
    );
    let answers = [
        Answer::ConditionsMet(placement),
        Answer::NotMet(stop(Reason::AgeTooYoung)),
        Answer::NeedsPerson(stop(Reason::HistoryUnconfirmed)),
    ];
    let with = |answer| Verdict {
        answer,
        also: vec![stop(Reason::Precaution)],
        ..asked.clone()
    };
    answers
        .into_iter()
        .map(with)
        .chain([asked.clone()])
        .collect()
}

/// What TypeScript hands over to the arithmetic, read back by the types that take it.
fn asked() -> Value {
    let subject = Subject {
        birth: Some(date("2025-01-10")),
        sex: Some(Sex::Female),
        pregnancy_start: Some(date("2026-01-10")),
    };
    let dose = |standing| Dose {
        standing,
        ..Dose::new("MR", date("2026-02-01"))
    };
    let circumstances = Circumstances {
        conditions: vec!["fever".into()],
        short_interval_needed: true,
        measures: vec!["x".into()],
        recovery: Some(Recovery {
            on: date("2026-02-01"),
            accepted: true,
        }),
    };
    let doses = vec![dose(Standing::Stored), dose(Standing::Pending)];
    let routes = [
        Route::Subcutaneous,
        Route::Intramuscular,
        Route::Oral,
        Route::Percutaneous,
    ];
    let proposals = routes.map(|route| Proposal {
        vaccine: "MR".into(),
        date: date("2026-05-01"),
        volume: Some(Thousandths(500)),
        route: Some(route),
        lot_expiry: Some(date("2027-05-01")),
    });
    json!({
        "Child": [
            {"subject": subject, "history": History::Confirmed(doses), "circumstances": circumstances},
            {"subject": {}, "history": History::Unconfirmed(vec![])},
        ],
        "Proposal": proposals,
    })
}

fn care() -> Value {
    let rules = RuleSet::parse(SCHEDULE_2026).unwrap();
    Reference::parse(GROWTH_2023).unwrap();
    let born = Subject {
        birth: Some(date("2025-06-10")),
        ..Subject::default()
    };
    let forecasts: Vec<_> = [
        History::Confirmed(vec![]),
        History::Unconfirmed(vec![Dose::new("PCV20", date("2025-08-20"))]),
    ]
    .iter()
    .map(|history| {
        let circumstances = Circumstances::default();
        forecast::forecast(&rules, &born, history, &circumstances, date("2026-05-01"))
    })
    .collect();
    json!({
        "Verdict": verdicts(&rules), "Forecast": forecasts, "Evaluation": evaluations(), "Doubt": doubts(), "Change": changes(), "Position": positions(),
    })
}

fn chain() -> Value {
    let facts = one_of_each::<TrailFact>();
    let row = |fact: &TrailFact| TrailRow {
        subject: musubi_primitives::Pseudonym([7; 32]),
        index: 0,
        at: 5,
        fact: fact.clone(),
    };
    let checked = |override_reason| TrailFact::ScheduleChecked {
        inputs: musubi_primitives::Commitment([1; 32]),
        rule_set: 1,
        verdict: VerdictCode::NeedsPerson,
        override_reason,
    };
    let facts: Vec<TrailFact> = facts
        .into_iter()
        .chain([checked(Some(OverrideReason::CatchUp))])
        .collect();
    let bundle: Value = serde_json::from_str(&std::fs::read_to_string(BUNDLE).unwrap()).unwrap();
    let statements: Vec<Statement> = serde_json::from_value(bundle["statements"].clone()).unwrap();
    json!({
        "TrailRow": facts.iter().map(row).collect::<Vec<_>>(), "Statement": statements,
        "Basis": one_of_each::<Basis>(), "Claim": one_of_each::<Claim>(), "ConsentState": one_of_each::<musubi_primitives::ConsentState>(),
    })
}

fn terms() -> Vec<Terms> {
    let fields = super::statements::fields(Language::English);
    let terms = fields.terms(musubi_primitives::Commitment([1; 32]));
    vec![terms]
}

fn shapes() -> Value {
    let statements: Vec<StatementFields> = Language::ALL.map(super::statements::fields).to_vec();
    json!({
        "about": "Values as the Rust types write them; the TypeScript types are held against them.",
        "codes": {
            "Purpose": codes::<Purpose>(), "Category": codes::<Category>(), "Role": codes::<Role>(), "Ending": codes::<Ending>(),
            "RecordState": codes::<RecordState>(), "BindingState": codes::<BindingState>(), "StatuteArticle": codes::<StatuteArticle>(),
            "BreakGlassReason": codes::<BreakGlassReason>(), "DenialReason": codes::<DenialReason>(), "VerdictCode": codes::<VerdictCode>(),
            "OverrideReason": codes::<OverrideReason>(), "AssuranceLevel": codes::<AssuranceLevel>(), "Reason": codes::<Reason>(),
            "Status": all(&statuses()), "Sex": codes::<Sex>(), "Measure": codes::<Measure>(), "SignerRole": codes::<SignerRole>(),
            "StatementLanguage": codes::<Language>(),
        },
        "fields": {
            "actions": codes::<Action>(), "place": codes::<Place>(), "authority": codes::<Authority>(),
        },
        "asked": asked(), "care": care(), "chain": chain(), "terms": terms(), "statements": statements,
    })
}

#[test]
fn the_shapes_are_as_the_rust_types_write_them() {
    assert_kept(FILE, &shapes());
}

#[test]
fn what_typescript_asks_is_read_by_the_types_that_take_it() {
    let asked = asked();
    for child in asked["Child"].as_array().unwrap() {
        let _: Subject = serde_json::from_value(child["subject"].clone()).unwrap();
        let _: History = serde_json::from_value(child["history"].clone()).unwrap();
    }
    let proposals: Vec<Proposal> = serde_json::from_value(asked["Proposal"].clone()).unwrap();
    assert_eq!(json!(proposals), asked["Proposal"]);
    let read: Vec<Terms> = serde_json::from_value(json!(terms())).unwrap();
    assert_eq!(read, terms());
}

#[test]
fn every_fact_is_among_the_shapes_once() {
    let facts = one_of_each::<TrailFact>();
    let kinds: BTreeSet<u8> = facts.iter().map(|fact| fact.encode()[0]).collect();
    assert_eq!(kinds.len(), facts.len());
}
