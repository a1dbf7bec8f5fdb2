//! The forecast row by row: each test is a child on a day.

use musubi_care::child::{Circumstances, Dose, History, Recovery, Sex, Subject};
use musubi_care::civil::Date;
use musubi_care::forecast::{Forecast, Status, forecast};
use musubi_care::reason::Reason;

use crate::door::{day, rules};

fn of(birth: &str, sex: Sex, doses: &[(&str, &str)], as_of: &str) -> Forecast {
    let subject = Subject {
        birth: Some(day(birth)),
        sex: Some(sex),
        pregnancy_start: None,
    };
    let given = doses
        .iter()
        .map(|(vaccine, date)| Dose::new(vaccine, day(date)))
        .collect();
    forecast(
        &rules(),
        &subject,
        &History::Confirmed(given),
        &Circumstances::default(),
        day(as_of),
    )
}

fn row(forecast: &Forecast, programme: &str) -> Vec<String> {
    let shown = |date: Option<Date>| date.map_or_else(|| "-".to_owned(), |date| date.to_string());
    let rows = forecast
        .rows
        .iter()
        .filter(|row| row.programme == programme);
    rows.map(|row| match &row.dose {
        Some(dose) => format!(
            "{:?} {} {} {}/{} {} {} {} {}",
            row.status,
            row.vaccine,
            dose.label,
            dose.number,
            dose.of,
            dose.earliest,
            dose.due,
            shown(dose.overdue_after),
            dose.latest
        ),
        None => format!("{:?} {}", row.status, row.vaccine),
    })
    .collect()
}

#[test]
fn a_newborn_sees_every_series_to_its_end() {
    let rows = of("2026-09-20", Sex::Female, &[], "2026-09-25");
    assert_eq!(
        row(&rows, "V-5IN1"),
        [
            "Later DPT-IPV-HIB primary_1 1/4 2026-11-19 2026-11-19 2027-04-19 2034-03-19",
            "Later DPT-IPV-HIB primary_2 2/4 2026-12-10 2026-12-10 2027-01-15 2034-03-19",
            "Later DPT-IPV-HIB primary_3 3/4 2026-12-31 2026-12-31 2027-02-05 2034-03-19",
            "Later DPT-IPV-HIB booster 4/4 2027-07-01 2027-07-01 2028-07-01 2034-03-19",
        ]
    );
    assert_eq!(
        row(&rows, "V-BCG"),
        ["Possible BCG single 1/1 2026-09-20 2027-02-19 2027-05-19 2027-09-19"]
    );
    assert_eq!(row(&rows, "V-MR").len(), 2);
    assert_eq!(row(&rows, "V-JE").len(), 4);
    assert_eq!(
        row(&rows, "V-HPV").len(),
        2,
        "a girl who starts before fifteen needs two doses"
    );
    assert!(row(&rows, "V-HIB").is_empty(), "the five-in-one covers it");
}

#[test]
fn a_boy_has_no_row_for_a_programme_for_girls() {
    assert!(row(&of("2014-05-01", Sex::Male, &[], "2026-11-22"), "V-HPV").is_empty());
}

#[test]
fn a_late_dose_is_overdue_and_a_missed_period_is_ended() {
    let rows = of(
        "2025-05-10",
        Sex::Male,
        &[("HEPB", "2025-08-01")],
        "2026-11-22",
    );
    assert_eq!(
        row(&rows, "V-VAR").first().map(String::as_str),
        Some("Overdue VAR dose_1 1/2 2026-05-09 2026-05-09 2026-08-09 2028-05-09")
    );
    assert_eq!(row(&rows, "V-HEPB"), ["Ended HEPB"]);
    assert_eq!(row(&rows, "V-BCG"), ["Ended BCG"]);
}

#[test]
fn a_live_vaccine_yesterday_moves_the_next_live_one() {
    let rows = of(
        "2025-05-10",
        Sex::Male,
        &[("MR", "2026-06-01")],
        "2026-06-02",
    );
    assert_eq!(
        row(&rows, "V-VAR").first().map(String::as_str),
        Some("Later VAR dose_1 1/2 2026-06-29 2026-06-29 2026-08-09 2028-05-09")
    );
}

#[test]
fn a_series_goes_on_with_the_product_it_began_with() {
    let rows = of(
        "2026-01-15",
        Sex::Male,
        &[
            ("PCV15", "2026-03-16"),
            ("RV5", "2026-03-16"),
            ("DPT-IPV", "2026-03-16"),
        ],
        "2026-04-20",
    );
    assert!(
        row(&rows, "V-PCV")
            .iter()
            .all(|row| row.contains(" PCV15 "))
    );
    assert!(row(&rows, "V-ROTA").is_empty());
    assert_eq!(row(&rows, "V-ROTA5").len(), 2);
    assert!(
        row(&rows, "V-5IN1")
            .iter()
            .all(|row| row.contains(" DPT-IPV-HIB ")),
        "sold out: the change is permitted"
    );
}

#[test]
fn a_finished_series_is_complete() {
    let rows = of(
        "2025-01-15",
        Sex::Male,
        &[
            ("HEPB", "2025-03-17"),
            ("HEPB", "2025-04-14"),
            ("HEPB", "2025-08-20"),
        ],
        "2025-10-01",
    );
    assert_eq!(row(&rows, "V-HEPB"), ["Complete HEPB"]);
}

#[test]
fn an_unconfirmed_history_marks_the_whole_forecast() {
    let subject = Subject {
        birth: Some(day("2026-01-15")),
        ..Subject::default()
    };
    let made = forecast(
        &rules(),
        &subject,
        &History::Unconfirmed(Vec::new()),
        &Circumstances::default(),
        day("2026-11-22"),
    );
    assert!(!made.history_confirmed);
}

#[test]
fn a_sex_that_nobody_knows_gives_a_row_for_a_person_and_never_no_row() {
    let hpv = |sex: Option<Sex>, birth: &str| {
        let subject = Subject {
            birth: Some(day(birth)),
            sex,
            pregnancy_start: None,
        };
        let made = forecast(
            &rules(),
            &subject,
            &History::Unconfirmed(Vec::new()),
            &Circumstances::default(),
            day("2026-11-22"),
        );
        let mut rows = made.rows.into_iter().filter(|row| row.programme == "V-HPV");
        rows.next()
            .map(|row| (row.status, row.stop.map(|stop| stop.reason)))
    };
    let of_twelve = "2013-12-01";
    assert_eq!(hpv(Some(Sex::Female), of_twelve), Some((Status::Due, None)));
    assert_eq!(hpv(Some(Sex::Male), of_twelve), None);
    assert_eq!(
        hpv(None, of_twelve),
        Some((Status::NeedsPerson, Some(Reason::SexUnknown)))
    );
    // A small child's is not asked about yet, and is not left out either.
    assert_eq!(
        hpv(None, "2026-05-01"),
        Some((Status::Later, Some(Reason::SexUnknown)))
    );
}

#[test]
fn a_pregnancy_has_its_own_row() {
    let subject = Subject {
        birth: None,
        sex: Some(Sex::Female),
        pregnancy_start: Some(day("2026-05-01")),
    };
    let made = forecast(
        &rules(),
        &subject,
        &History::Confirmed(Vec::new()),
        &Circumstances::default(),
        day("2026-11-22"),
    );
    assert_eq!(
        row(&made, "V-RSV"),
        ["Due RSV_MAT single 1/1 2026-11-13 2026-11-13 - 2027-01-14"]
    );
    assert_eq!(made.rows.len(), 1);
}

#[test]
fn a_condition_that_stops_is_named() {
    let subject = Subject {
        birth: Some(day("2025-05-10")),
        ..Subject::default()
    };
    let circumstances = Circumstances {
        conditions: vec!["PRIOR_VARICELLA".to_owned()],
        ..Circumstances::default()
    };
    let made = forecast(
        &rules(),
        &subject,
        &History::Confirmed(Vec::new()),
        &circumstances,
        day("2026-11-22"),
    );
    assert_eq!(row(&made, "V-VAR"), ["Contraindicated VAR"]);
    assert!(
        made.rows
            .iter()
            .all(|row| row.status != Status::NeedsPerson)
    );
}

#[test]
fn a_child_with_single_hib_doses_only_still_sees_the_five_in_one() {
    let rows = of(
        "2026-01-15",
        Sex::Male,
        &[("HIB", "2026-03-16")],
        "2026-04-20",
    );
    assert_eq!(row(&rows, "V-5IN1"), ["NeedsPerson DPT-IPV-HIB"]);
    assert!(
        row(&rows, "V-HIB")
            .first()
            .is_some_and(|row| row.starts_with("Due HIB primary_2"))
    );
}

#[test]
fn the_product_in_use_is_the_latest_by_date_and_not_by_place_in_the_list() {
    let rows = of(
        "2026-01-15",
        Sex::Male,
        &[("PCV20", "2026-04-20"), ("PCV15", "2026-03-16")],
        "2026-06-20",
    );
    assert_eq!(row(&rows, "V-PCV"), ["NeedsPerson PCV20"]);
}

#[test]
fn a_measure_that_is_not_decided_waits_for_a_person() {
    let subject = Subject {
        birth: Some(day("2021-06-01")),
        ..Subject::default()
    };
    let status = |accepted| {
        let circumstances = Circumstances {
            recovery: Some(Recovery {
                on: day("2026-04-01"),
                accepted,
            }),
            ..Circumstances::default()
        };
        let made = forecast(
            &rules(),
            &subject,
            &History::Confirmed(Vec::new()),
            &circumstances,
            day("2026-11-22"),
        );
        made.rows
            .iter()
            .find(|row| row.programme == "V-VAR")
            .map(|row| row.status)
    };
    assert_eq!(
        [status(false), status(true)],
        [Some(Status::NeedsPerson), Some(Status::Overdue)]
    );
}
