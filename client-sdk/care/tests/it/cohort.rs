//! A cohort from its FHIR records: who is due, who got a lot, what is reported, what is published, and how a child is followed up.

use musubi_care::bedside::Incident;
use musubi_care::civil::Date;
use musubi_care::due::{due_checkups, due_list};
use musubi_care::figures::{Threshold, checkups, doses, maternal, vaccinated};
use musubi_care::follow_up::{FollowUp, Pace, State, Step, StepError, Taken};
use musubi_care::forecast::Status;
use musubi_care::forms::{OFFERS_2026, offers::Offers};
use musubi_care::recall::{normal, recall};
use musubi_care::records::{PRODUCT_SYSTEM, Person, ProductCodes, people};
use musubi_care::report::{Course, DoseGiven, IncidentReport, ReactionReport};
use musubi_fhir::Resource;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::door::{day, rules};

fn patient(id: &str, birth: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "identifier": [{"value": id}], "name": [{"text": "x"}], "gender": "female", "birthDate": birth})
}

fn dose(id: &str, product: &str, date: &str, lot: &str) -> Value {
    json!({"resourceType": "Immunization", "status": "completed", "primarySource": false, "lotNumber": lot, "vaccineCode": {"coding": [{"system": PRODUCT_SYSTEM, "code": product}]},
        "patient": {"reference": format!("Patient/{id}")}, "occurrenceDateTime": date})
}

fn checkup(id: &str, form: &str, date: &str, overall: &str) -> Value {
    let judged = json!({"linkId": "judgement", "item": [{"linkId": "overall", "answer": [{"valueCoding": {"code": overall}}]}]});
    json!({"resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": format!("https://musubi.example/forms/{form}|2026.1"),
        "subject": {"reference": format!("Patient/{id}")}, "authored": date, "item": [judged]})
}

fn cohort(values: Vec<Value>) -> Vec<Person> {
    let resources: Vec<Resource> = values
        .into_iter()
        .map(|value| Resource::from_value(value).unwrap())
        .collect();
    people(&resources, &rules(), &ProductCodes::new())
}

#[test]
fn overdue_comes_before_due_and_an_unknown_history_is_said() {
    let people = cohort(vec![
        patient("late", "2025-01-10"),
        patient("young", "2026-09-20"),
        json!({"resourceType": "Patient", "id": "undated", "identifier": [{"value": "x"}], "name": [{"text": "x"}]}),
    ]);
    let list = due_list(&rules(), &people, false, day("2026-11-26"));
    assert_eq!(list.undated, ["undated"]);
    assert!(
        list.doses
            .iter()
            .all(|dose| dose.unconfirmed && dose.person != "undated")
    );
    assert_eq!(list.doses[0].status, Status::Overdue);
    let first_due = list
        .doses
        .iter()
        .position(|dose| dose.status == Status::Due)
        .unwrap();
    assert!(
        list.doses[first_due..]
            .iter()
            .all(|dose| dose.status != Status::Overdue)
    );
    assert!(
        list.doses
            .iter()
            .any(|dose| dose.person == "young" && dose.vaccine == "DPT-IPV-HIB")
    );
}

#[test]
fn a_checkup_is_due_in_its_period_overdue_until_school_and_over_once_a_later_one_was_held() {
    let offers = Offers::parse(OFFERS_2026).unwrap();
    let forms = |person: Value, held: Vec<Value>, on: &str| -> Vec<(String, Status)> {
        let people = cohort([vec![person], held].concat());
        let due = due_checkups(&offers, &people, day(on));
        due.into_iter()
            .map(|checkup| (checkup.form, checkup.status))
            .collect()
    };
    let born = || patient("1", "2025-03-10");
    let of = |form: &str, status| (form.to_owned(), status);
    let at_18_months = forms(born(), vec![], "2026-09-20");
    assert!(at_18_months.contains(&of("checkup-18m", Status::Due)));
    assert_eq!(at_18_months.first().unwrap().1, Status::Overdue);
    let seen_early = checkup("1", "checkup-9-10m", "2025-12-20", "normal");
    assert_eq!(
        forms(born(), vec![seen_early.clone()], "2026-09-20"),
        [of("checkup-18m", Status::Due)]
    );
    assert_eq!(
        forms(born(), vec![seen_early], "2027-04-01"),
        [of("checkup-18m", Status::Overdue)]
    );
    let seen = checkup("1", "checkup-18m", "2026-09-21", "normal");
    assert_eq!(forms(born(), vec![seen], "2026-09-22"), []);
    assert_eq!(forms(patient("1", "2010-03-10"), vec![], "2026-09-22"), []);
    assert_eq!(forms(patient("1", "2026-12-01"), vec![], "2026-09-22"), []);
}

#[test]
fn a_dose_without_day_or_known_code_leaves_the_history_unconfirmed() {
    let mut vague = dose("a", "MR", "2026-03", "L");
    let known = |values: Vec<Value>| cohort(values)[0].history(true).is_confirmed();
    assert!(known(vec![
        patient("a", "2025-01-10"),
        dose("a", "MR", "2026-03-01", "L")
    ]));
    assert!(!known(vec![patient("a", "2025-01-10"), vague.clone()]));
    vague["occurrenceDateTime"] = json!("2026-03-01");
    vague["vaccineCode"] =
        json!({"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "03"}]});
    assert!(!known(vec![patient("a", "2025-01-10"), vague.clone()]));
    vague["status"] = json!("entered-in-error");
    assert!(known(vec![patient("a", "2025-01-10"), vague]));
}

#[test]
fn a_lot_is_found_however_it_was_written_and_missing_lots_are_listed_apart() {
    assert_eq!(normal("ＨＫ４１７－ａ "), "HK417A");
    let mut without = dose("c", "DPT-IPV-HIB", "2026-03-03", "x");
    without["lotNumber"] = Value::Null;
    let people = cohort(vec![
        dose("a", "DPT-IPV-HIB", "2026-03-01", "HK417A"),
        dose("b", "DPT-IPV-HIB", "2026-03-02", "ｈｋ 417-a"),
        dose("b", "MR", "2026-03-02", "HK417A"),
        without,
        dose("d", "DPT-IPV-HIB", "2026-03-04", "HK418A"),
    ]);
    let names = |doses: &[musubi_care::recall::RecalledDose]| {
        doses
            .iter()
            .map(|dose| dose.person.clone())
            .collect::<Vec<_>>()
    };
    let found = recall(&people, "HK417A", Some("DPT-IPV-HIB"));
    assert_eq!(
        (names(&found.doses), names(&found.without_lot)),
        (vec!["a".into(), "b".into()], vec!["c".to_owned()])
    );
    assert_eq!(recall(&people, "HK417A", None).doses.len(), 3);
}

/// Children who come of 18 months in fiscal year 2026: so many with a checkup, sent on, and absent.
fn village(attended: usize, sent_on: usize, absent: usize) -> Vec<Person> {
    let mut values = Vec::new();
    for at in 0..attended + sent_on + absent {
        let id = format!("c{at}");
        values.push(patient(&id, "2025-01-10"));
        if at < attended {
            values.push(checkup(&id, "checkup-18m", "2026-08-01", "healthy"));
        } else if at < attended + sent_on {
            values.push(checkup(&id, "checkup-18m", "2026-08-01", "examine"));
            values.push(checkup(&id, "checkup-18m", "2026-09-01", "observe"));
        }
    }
    cohort(values)
}

#[test]
fn the_report_counts_people_visits_and_who_was_sent_on() {
    let report = checkups::report(&village(40, 3, 12), 2026);
    let row = report.iter().find(|row| row.band == "1歳6か月").unwrap();
    assert_eq!(
        (row.target, row.attended, row.visits, row.to_examine),
        (55, 43, 46, 3)
    );
    assert_eq!(row.rate_permille(), Some(781));
    let year_before = checkups::report(&village(40, 3, 12), 2025);
    let targets: Vec<u32> = year_before.iter().map(|row| row.target).collect();
    assert_eq!(
        targets,
        [0, 55, 55, 55, 0, 0, 0],
        "3, 6 and 9 months come in the year before"
    );
    let empty = report.iter().find(|row| row.band == "3歳").unwrap();
    assert_eq!((empty.target, empty.rate_permille()), (0, None));
}

#[test]
fn what_is_published_hides_the_three_and_what_would_tell_them() {
    let report = checkups::report(&village(40, 3, 12), 2026);
    let published = checkups::table(&report).publish(Threshold::USUAL);
    let row = published
        .rows
        .iter()
        .position(|name| name == "1歳6か月")
        .unwrap();
    assert_eq!(published.counts[row], [Some(40), None, None]);
    assert_eq!(published.row_totals[row], Some(55));
    assert!(
        published.text().contains("40\t*\t*\t55"),
        "{}",
        published.text()
    );
}

#[test]
fn doses_are_counted_by_product_and_age() {
    let people = cohort(vec![
        patient("a", "2025-01-10"),
        dose("a", "MR", "2026-01-09", "L"),
        dose("a", "MR", "2026-01-08", "L"),
        dose("a", "MR", "2027-04-01", "L"),
    ]);
    let table = doses::table(&people, &rules(), day("2025-04-01"), day("2026-03-31"));
    let row = table
        .names()
        .0
        .iter()
        .position(|name| name == "MR")
        .unwrap();
    assert_eq!(
        table.counts()[row],
        [1, 1, 0, 0, 0],
        "age one is reached on the eve of the birthday"
    );
}

fn after(steps: &[(Step, &str)]) -> Result<FollowUp, StepError> {
    let mut steps = steps.iter();
    steps.try_fold(FollowUp::default(), |so_far, (step, on)| {
        so_far.take(*step, day(on), "hoken-1")
    })
}

#[test]
fn a_child_who_does_not_come_is_followed_until_seen() {
    let usual = [
        (
            Step::Invite,
            "2026-04-01",
            State::Invited,
            Some((Step::Remind, "2026-04-29")),
        ),
        (
            Step::Remind,
            "2026-04-30",
            State::Reminded,
            Some((Step::Telephone, "2026-05-28")),
        ),
        (
            Step::Telephone,
            "2026-05-28",
            State::Telephoned,
            Some((Step::Visit, "2026-06-11")),
        ),
        (
            Step::Visit,
            "2026-06-12",
            State::Visited,
            Some((Step::Refer, "2026-06-26")),
        ),
        (Step::Refer, "2026-06-26", State::Referred, None),
        (Step::See, "2026-07-01", State::Seen, None),
    ];
    let mut follow_up = FollowUp::default();
    assert_eq!(
        (follow_up.state(), follow_up.next(Pace::USUAL)),
        (State::Expected, None)
    );
    for (step, on, state, next) in usual {
        follow_up = follow_up.take(step, day(on), "hoken-1").unwrap();
        assert_eq!(follow_up.state(), state);
        assert_eq!(
            follow_up.next(Pace::USUAL),
            next.map(|(step, on)| (step, day(on)))
        );
    }
    assert!(matches!(
        follow_up.take(Step::Visit, day("2026-07-02"), "hoken-1"),
        Err(StepError::Over { .. })
    ));
}

#[test]
fn steps_that_could_not_have_happened_are_refused() {
    assert!(matches!(
        after(&[(Step::Remind, "2026-04-01")]),
        Err(StepError::TooSoon { .. })
    ));
    assert!(matches!(
        after(&[(Step::Invite, "2026-04-01"), (Step::Refer, "2026-04-02")]),
        Err(StepError::TooSoon { .. })
    ));
    assert!(matches!(
        after(&[(Step::Invite, "2026-04-02"), (Step::Remind, "2026-04-01")]),
        Err(StepError::Backwards { .. })
    ));
    assert!(matches!(
        FollowUp::default().take(Step::Invite, day("2026-04-01"), " "),
        Err(StepError::Nobody { .. })
    ));
    assert!(
        after(&[(Step::Visit, "2026-04-01"), (Step::See, "2026-04-01")]).is_ok(),
        "urgency does not wait for letters"
    );
    let forged = json!([{"step": "remind", "on": "2026-04-01", "by": "x"}]);
    assert!(serde_json::from_value::<FollowUp>(forged).is_err());
}

proptest! {
    #[test]
    fn whatever_is_noted_reads_back_and_ends_once_seen(steps in proptest::collection::vec((0..6_usize, 0..3_i32), 0..12)) {
        let all = [Step::Invite, Step::Remind, Step::Telephone, Step::Visit, Step::See, Step::Refer];
        let mut follow_up = FollowUp::default();
        let mut on: Date = day("2026-04-01");
        for (step, days) in steps {
            on = on.plus_days(days);
            let was_seen = follow_up.state() == State::Seen;
            match follow_up.clone().take(all[step], on, "h") {
                Ok(next) => {
                    prop_assert!(!was_seen);
                    follow_up = next;
                }
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
        prop_assert!(follow_up.taken().is_sorted_by_key(|taken: &Taken| taken.on));
        let text = serde_json::to_string(&follow_up).unwrap();
        prop_assert_eq!(serde_json::from_str::<FollowUp>(&text).unwrap(), follow_up);
    }
}

fn given() -> DoseGiven {
    DoseGiven {
        vaccine: "MR".into(),
        maker: "x".into(),
        lot: "L".into(),
        date: Some(day("2026-04-01")),
        number: Some(1),
    }
}

#[test]
fn an_incident_report_names_every_field_that_is_missing() {
    let fields = |report: &IncidentReport| {
        report
            .gaps()
            .into_iter()
            .map(|gap| gap.field)
            .collect::<Vec<_>>()
    };
    assert_eq!(fields(&IncidentReport::default()).len(), 13);
    let whole = IncidentReport {
        municipality: "留寿都村".into(),
        place: "x".into(),
        age_months: Some(12),
        dose: given(),
        kind: Some(Incident::Interval),
        course: "x".into(),
        found_on: Some(day("2026-04-02")),
        harm: Some(false),
        family_told: Some(true),
        cause: "x".into(),
        prevention: "x".into(),
        reporter: "x".into(),
        ..IncidentReport::default()
    };
    assert_eq!((fields(&whole), whole.is_urgent()), (vec![], false));
    let harmed = IncidentReport {
        harm: Some(true),
        found_on: Some(day("2026-03-31")),
        ..whole
    };
    assert_eq!(
        (fields(&harmed), harmed.is_urgent()),
        (vec!["harm_text", "found_on"], true)
    );
}

#[test]
fn a_reaction_draft_is_ready_only_when_nothing_is_missing() {
    let fields = |report: &ReactionReport| {
        report
            .gaps()
            .into_iter()
            .map(|gap| gap.field)
            .collect::<Vec<_>>()
    };
    let whole = ReactionReport {
        initials: "M.Y.".into(),
        birth: Some(day("2025-01-10")),
        sex: "female".into(),
        municipality: "x".into(),
        doses: vec![given()],
        symptom: "x".into(),
        onset: Some(day("2026-04-01")),
        serious: Some(false),
        course: Some(Course::Recovered),
        course_on: Some(day("2026-04-03")),
        judgement: "x".into(),
        physician: "x".into(),
        institution: "x".into(),
        ..ReactionReport::default()
    };
    assert_eq!(fields(&whole), Vec::<&str>::new());
    let early = ReactionReport {
        onset: Some(day("2026-03-31")),
        course_on: None,
        ..whole
    };
    assert_eq!(fields(&early), ["onset", "course_on"]);
    assert!(
        serde_json::from_value::<ReactionReport>(json!({"name": "x"})).is_err(),
        "no field for a name"
    );
}

#[test]
fn coverage_has_its_denominator_and_counts_the_doses_that_the_rules_count() {
    let people = cohort(vec![
        patient("full", "2025-05-10"),
        dose("full", "MR", "2026-06-01", "L"),
        patient("late", "2025-06-10"),
        dose("late", "MR", "2027-04-02", "L"),
        patient("none", "2026-03-31"),
        patient("younger", "2026-04-01"),
    ]);
    let coverage = vaccinated::coverage(&people, &rules(), 2026, day("2027-03-31"));
    let born: Vec<i32> = coverage.iter().map(|cohort| cohort.born).collect();
    assert_eq!(born, [2026, 2025], "cohorts without children are left out");
    let of_mr = |dose: usize| {
        let mut doses = coverage[1].doses.iter();
        doses.find(|one| one.programme == "V-MR" && one.dose == dose)
    };
    let first = of_mr(1).expect("a first dose");
    assert_eq!((first.given, first.children), (1, 3));
    let second = of_mr(2).expect("a second dose");
    assert_eq!((second.given, second.children), (0, 3));
    let table = vaccinated::table(&coverage[1]).publish(Threshold::USUAL);
    assert!(
        table
            .counts
            .iter()
            .flatten()
            .all(|count| count.is_none_or(|count| count == 0))
    );
    assert!(
        table.row_totals.iter().all(Option::is_none),
        "three children are too few to tell"
    );
}

#[test]
fn pregnancies_are_counted_by_week_band_and_mothers_by_their_checkups() {
    let people = cohort(vec![
        patient("early", "1995-01-10"),
        checkup("early", "pregnancy-notification", "2026-05-01", "until-11"),
        checkup("early", "checkup-prenatal", "2026-06-01", "healthy"),
        checkup("early", "checkup-prenatal", "2026-07-01", "examine"),
        patient("late", "1996-01-10"),
        checkup("late", "pregnancy-notification", "2026-08-01", "12-19"),
        checkup("late", "checkup-postnatal", "2027-02-01", "healthy"),
        patient("before", "1996-01-10"),
        checkup("before", "pregnancy-notification", "2026-03-31", "until-11"),
    ]);
    let report = maternal::report(&people, day("2026-04-01"), day("2027-03-31"));
    let bands: Vec<(&str, u32)> = report
        .notifications
        .iter()
        .map(|(band, count)| (band.as_str(), *count))
        .collect();
    assert_eq!(bands, [("12-19", 1), ("until-11", 1)]);
    let figures = |row: usize| {
        let row = &report.checkups[row];
        (
            row.band,
            row.target,
            row.attended,
            row.visits,
            row.to_examine,
        )
    };
    assert_eq!(figures(0), ("妊婦", 2, 1, 2, 1));
    assert_eq!(figures(1), ("産婦", 2, 1, 1, 0));
}

#[test]
fn checkups_that_a_clinic_held_are_told_apart() {
    let mut people = village(2, 0, 0);
    people[0].forms[0].entrusted = true;
    let report = checkups::report(&people, 2026);
    let row = report.iter().find(|row| row.band == "1歳6か月").unwrap();
    assert_eq!((row.visits, row.entrusted), (2, 1));
}

#[test]
fn a_record_that_the_child_came_ends_a_follow_up_and_days_do_not_run_backwards() {
    let invited = FollowUp::default()
        .take(Step::Invite, day("2026-10-01"), "n")
        .unwrap();
    let seen = invited.clone().seen_by_record(day("2026-10-20"));
    assert_eq!((seen.state(), seen.next(Pace::USUAL)), (State::Seen, None));
    assert_eq!(seen.taken()[1].on, day("2026-10-20"));
    assert_eq!(
        invited.seen_by_record(day("2026-09-01")).taken()[1].on,
        day("2026-10-01")
    );
    assert_eq!(seen.clone().seen_by_record(day("2026-11-01")), seen);
}
