//! Growth: the published tables digit by digit, and everything that lies between, on the edges and outside.

use musubi_care::child::Sex;
use musubi_care::civil::Date;
use musubi_care::decimal::Thousandths;
use musubi_care::growth::{
    Band, Change, CompletedAge, DegreeError, Doubt, Measure, Measurement, OverweightClass,
    Position, Posture, Reference, ReferenceError, changes, growth_ages, kaup_index,
    overweight_degree, plausibility, usual_posture,
};
use musubi_care::presets::GROWTH_2023;

use crate::door::day;
use crate::seed::Seed;

const PUBLISHED: &str = include_str!("../data/growth-jp-2023-percentiles.csv");
const BORN: &str = "2024-05-10";

fn reference() -> Reference {
    Reference::parse(GROWTH_2023).unwrap()
}

fn number(text: &str) -> Thousandths {
    Thousandths::parse(text).unwrap()
}

fn measured(measure: Measure, on: &str, value: &str) -> Measurement {
    Measurement {
        measure,
        on: day(on),
        value: number(value),
    }
}

/// The published file's own fields: measure, sex, first and last day of the band for a child born on `BORN`, printed values.
fn published() -> Vec<(Measure, Sex, [Date; 2], Vec<String>)> {
    let rows = PUBLISHED
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect::<Vec<_>>());
    rows.map(|fields| {
        let (measure, decimals) = match fields[0] {
            "weight" => (Measure::Weight, 2),
            "height" => (Measure::Height, 1),
            _ => (Measure::Head, 1),
        };
        let sex = if fields[2] == "male" {
            Sex::Male
        } else {
            Sex::Female
        };
        let days = match fields[4] {
            "birth" => [day(BORN); 2],
            "day30" => [day("2024-06-09"); 2],
            from => [monthly_day(from), monthly_day(fields[5]).eve()],
        };
        let values = fields[6..]
            .iter()
            .map(|value| padded(value, decimals))
            .collect();
        (measure, sex, days, values)
    })
    .collect()
}

/// The tenth of a month, so many months after 10 May 2024.
fn monthly_day(months: &str) -> Date {
    let months = 4 + months.parse::<i32>().unwrap();
    Date::new(2024 + months / 12, months % 12 + 1, 10).unwrap()
}

fn padded(value: &str, decimals: usize) -> String {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    format!("{whole}.{fraction:0<decimals$}")
}

#[test]
fn every_published_value_is_reproduced_to_the_printed_digit() {
    let reference = reference();
    let mut reproduced = 0;
    for (measure, sex, days, values) in published() {
        for on in days {
            let lines = reference.lines_at(measure, sex, day(BORN), on).unwrap();
            let printed: Vec<String> = lines
                .values
                .iter()
                .map(|value| measure.printed(*value))
                .collect();
            assert_eq!(printed, values, "{measure} {sex:?} on {on}");
            for (line, value) in reference.lines.iter().zip(&values) {
                let evaluation = reference
                    .evaluate(measure, sex, day(BORN), on, number(value))
                    .unwrap();
                assert_eq!(
                    evaluation.position,
                    Position::On(*line),
                    "{measure} {sex:?} {value} on {on}"
                );
                reproduced += 1;
            }
        }
    }
    assert_eq!(reproduced, 2 * 7 * 130);
}

#[test]
fn a_value_between_two_lines_is_placed_between_them_and_nothing_is_extrapolated() {
    let reference = reference();
    for (measure, sex, days, values) in published() {
        let place = |value: i32| {
            reference
                .evaluate(measure, sex, day(BORN), days[0], Thousandths(value))
                .unwrap()
                .position
        };
        let values: Vec<i32> = values.iter().map(|value| number(value).0).collect();
        assert_eq!(place(values[0] - 1), Position::Below(3));
        assert_eq!(place(0), Position::Below(3));
        assert_eq!(place(values[6] + 1), Position::Above(97));
        for (at, pair) in values.windows(2).enumerate() {
            let between = Position::Between(reference.lines[at], reference.lines[at + 1]);
            let middle = i32::midpoint(pair[0], pair[1]);
            assert_eq!(
                [place(pair[0] + 1), place(middle), place(pair[1] - 1)],
                [between; 3],
                "{measure} {sex:?} {pair:?}"
            );
        }
    }
}

#[test]
fn a_child_on_a_band_edge_belongs_to_the_later_band() {
    let reference = reference();
    let band = |measure, on: &str| {
        reference
            .lines_at(measure, Sex::Male, day(BORN), day(on))
            .map(|lines| lines.band)
    };
    assert_eq!(band(Measure::Weight, "2024-05-10"), Some(Band::Birth));
    assert_eq!(
        band(Measure::Weight, "2024-05-11"),
        None,
        "no band is published for the first days"
    );
    assert_eq!(band(Measure::Weight, "2024-06-08"), None);
    assert_eq!(band(Measure::Weight, "2024-06-09"), Some(Band::Day(30)));
    assert_eq!(
        band(Measure::Weight, "2024-06-10"),
        Some(Band::Months(1, 2))
    );
    assert_eq!(
        band(Measure::Weight, "2025-05-09"),
        Some(Band::Months(11, 12))
    );
    assert_eq!(
        band(Measure::Weight, "2025-05-10"),
        Some(Band::Months(12, 18))
    );
    assert_eq!(
        band(Measure::Head, "2027-05-09"),
        Some(Band::Months(30, 36))
    );
    assert_eq!(
        band(Measure::Head, "2027-05-10"),
        None,
        "the head is published to under three years"
    );
    assert_eq!(
        band(Measure::Height, "2030-11-09"),
        Some(Band::Months(72, 78))
    );
    assert_eq!(band(Measure::Height, "2030-11-10"), None);
    assert_eq!(
        band(Measure::Height, "2024-05-09"),
        None,
        "not before birth"
    );
}

#[test]
fn a_month_is_complete_on_its_day_or_after_a_short_months_last_day() {
    let months =
        |birth: &str, on: &str| CompletedAge::on(day(birth), day(on)).map(|age| age.months);
    assert_eq!(months("2026-01-31", "2026-02-28"), Some(0));
    assert_eq!(months("2026-01-31", "2026-03-01"), Some(1));
    assert_eq!(months("2024-02-29", "2025-02-28"), Some(11));
    assert_eq!(months("2024-02-29", "2025-03-01"), Some(12));
    assert_eq!(months("2026-01-15", "2026-02-14"), Some(0));
    assert_eq!(months("2026-01-15", "2026-02-15"), Some(1));
    assert_eq!(months("2026-01-15", "2026-01-14"), None);
}

#[test]
fn completed_months_never_run_backwards() {
    for seed in 0..200 {
        let mut chance = Seed::new(seed);
        let birth = day("2019-01-01").plus_days(i32::try_from(chance.between(0, 2500)).unwrap());
        let age = |days| {
            CompletedAge::on(birth, birth.plus_days(days))
                .unwrap()
                .months
        };
        let ages: Vec<u16> = (0..900).map(age).collect();
        assert!(
            ages.windows(2)
                .all(|pair| pair[0] == pair[1] || pair[0] + 1 == pair[1]),
            "born {birth}"
        );
        assert_eq!((ages[0], ages[27], ages[31]), (0, 0, 1), "born {birth}");
    }
}

#[test]
fn an_evaluation_keeps_its_reference() {
    let evaluation = reference()
        .evaluate(
            Measure::Weight,
            Sex::Female,
            day(BORN),
            day("2024-09-10"),
            number("6.64"),
        )
        .unwrap();
    assert_eq!(
        (
            evaluation.reference.id.as_str(),
            evaluation.reference.survey_year
        ),
        ("jp-2023", 2023)
    );
    assert_eq!(evaluation.position, Position::On(50));
    assert!(reference().credit.starts_with("出典: こども家庭庁"));
}

#[test]
fn the_kaup_index_is_a_number_only() {
    assert_eq!(
        kaup_index(number("10"), number("80")),
        Some(number("15.625"))
    );
    assert_eq!(
        kaup_index(number("6.55"), number("62.3")),
        Some(number("16.876"))
    );
    assert_eq!(kaup_index(number("10"), number("0")), None);
}

#[test]
fn the_published_examples_of_the_overweight_degree_agree() {
    let reference = reference();
    let age = CompletedAge::on(day(BORN), day("2027-01-10")).unwrap();
    let degree = |formula: usize| {
        overweight_degree(
            &reference.standard_weight[formula],
            Sex::Female,
            age,
            number("13"),
            number("92"),
        )
        .unwrap()
    };
    let (new, old) = (degree(0), degree(1));
    assert_eq!(
        (new.survey_year, new.standard_weight, new.percent),
        (2023, number("12.947"), number("0.409"))
    );
    assert_eq!(
        (old.survey_year, old.standard_weight, old.percent),
        (2000, number("13.018"), number("-0.136"))
    );
    assert_eq!(
        (new.class, old.class),
        (OverweightClass::Normal, OverweightClass::Normal)
    );
}

#[test]
fn the_classes_begin_where_the_table_says() {
    let reference = reference();
    let age = CompletedAge::on(day(BORN), day("2027-01-10")).unwrap();
    let class = |grams: i32| {
        overweight_degree(
            &reference.standard_weight[0],
            Sex::Female,
            age,
            Thousandths(grams),
            number("92"),
        )
        .unwrap()
        .class
    };
    // The standard is 12.947084 kg: its −20, −15, +15, +20 and +30 percent are 10.357667, 11.005021, 14.889147, 15.536501 and 16.831209 kg.
    use OverweightClass::{Normal, Overweight, SlightlyOverweight, Thin, VeryOverweight, VeryThin};
    let edges = [
        (10_357, VeryThin),
        (10_358, Thin),
        (11_005, Thin),
        (11_006, Normal),
        (14_889, Normal),
        (14_890, SlightlyOverweight),
    ];
    let more = [
        (15_536, SlightlyOverweight),
        (15_537, Overweight),
        (16_831, Overweight),
        (16_832, VeryOverweight),
    ];
    for (grams, wanted) in edges.into_iter().chain(more) {
        assert_eq!(class(grams), wanted, "{grams} g");
    }
}

#[test]
fn the_overweight_degree_is_not_reckoned_outside_its_formula() {
    let reference = reference();
    let degree = |on: &str, weight: &str, height: &str| {
        let age = CompletedAge::on(day(BORN), day(on)).unwrap();
        overweight_degree(
            &reference.standard_weight[0],
            Sex::Male,
            age,
            number(weight),
            number(height),
        )
        .map(|_| ())
    };
    assert_eq!(degree("2025-05-09", "9", "75"), Err(DegreeError::Age));
    assert_eq!(degree("2025-05-10", "9", "75"), Ok(()));
    assert_eq!(degree("2030-05-09", "20", "110"), Ok(()));
    assert_eq!(degree("2030-05-10", "20", "110"), Err(DegreeError::Age));
    assert_eq!(degree("2026-05-10", "9", "69.9"), Err(DegreeError::Height));
    assert_eq!(degree("2026-05-10", "9", "70"), Ok(()));
    assert_eq!(degree("2026-05-10", "20", "120"), Err(DegreeError::Height));
    assert_eq!(degree("2026-05-10", "9000", "75"), Err(DegreeError::Weight));
}

#[test]
fn a_preterm_child_has_both_ages() {
    let ages = |gestation, on: &str| growth_ages(day(BORN), gestation, day(on)).unwrap();
    let preterm = ages(Some(32 * 7), "2024-09-10");
    assert_eq!(preterm.corrected_birth, Some(day("2024-07-05")));
    assert_eq!(
        (
            preterm.actual.months,
            preterm.corrected.map(|age| age.months)
        ),
        (4, Some(2))
    );
    assert_eq!(
        ages(Some(32 * 7), "2024-07-04").corrected,
        None,
        "the day of term has not come"
    );
    assert_eq!(
        ages(Some(37 * 7), "2024-09-10").corrected,
        None,
        "37 weeks is not preterm"
    );
    assert!(ages(Some(37 * 7 - 1), "2024-09-10").corrected.is_some());
    assert_eq!(ages(None, "2024-09-10").corrected, None);
}

#[test]
fn length_is_taken_lying_under_two_years() {
    let posture = |on: &str| usual_posture(CompletedAge::on(day(BORN), day(on)).unwrap());
    assert_eq!(
        [posture("2026-05-09"), posture("2026-05-10")],
        [Posture::Lying, Posture::Standing]
    );
}

#[test]
fn a_slip_of_the_unit_is_asked_about() {
    let reference = reference();
    let doubt = |measure, value: &str| {
        plausibility(
            &reference,
            Sex::Male,
            day(BORN),
            measured(measure, "2024-09-10", value),
            None,
        )
    };
    assert_eq!(doubt(Measure::Weight, "7.1"), None);
    assert_eq!(
        doubt(Measure::Weight, "7100"),
        Some(Doubt::SmallerUnit),
        "grams for kilograms"
    );
    assert_eq!(
        doubt(Measure::Weight, "0.007"),
        Some(Doubt::LargerUnit),
        "kilograms in a field for grams"
    );
    assert_eq!(
        doubt(Measure::Height, "646"),
        Some(Doubt::SmallerUnit),
        "millimetres"
    );
    assert_eq!(
        doubt(Measure::Height, "0.646"),
        Some(Doubt::LargerUnit),
        "metres"
    );
    assert_eq!(
        doubt(Measure::Weight, "71"),
        Some(Doubt::OutOfRange {
            low: number("2.855"),
            high: number("17")
        })
    );
    assert_eq!(
        [
            doubt(Measure::Weight, "2.855"),
            doubt(Measure::Weight, "17")
        ],
        [None; 2],
        "the ends are inside"
    );
    assert_eq!(
        doubt(Measure::Weight, "2.854"),
        Some(Doubt::OutOfRange {
            low: number("2.855"),
            high: number("17")
        })
    );
    assert_eq!(doubt(Measure::Weight, "0"), Some(Doubt::NotPositive));
}

#[test]
fn the_guard_also_stands_between_bands_and_before_birth() {
    let reference = reference();
    let doubt = |on: &str, value: &str| {
        plausibility(
            &reference,
            Sex::Male,
            day(BORN),
            measured(Measure::Weight, on, value),
            None,
        )
    };
    assert_eq!(doubt("2024-05-20", "3.1"), None);
    assert_eq!(doubt("2024-05-20", "3100"), Some(Doubt::SmallerUnit));
    assert_eq!(doubt("2024-05-09", "3.1"), Some(Doubt::BeforeBirth));
    assert_eq!(
        doubt("2034-05-10", "31"),
        None,
        "above the ages of the reference nothing is judged"
    );
}

#[test]
fn a_child_does_not_shrink() {
    let reference = reference();
    let earlier = measured(Measure::Height, "2025-06-10", "75.5");
    let doubt = |value: &str| {
        plausibility(
            &reference,
            Sex::Male,
            day(BORN),
            measured(Measure::Height, "2025-07-10", value),
            Some(earlier),
        )
    };
    assert_eq!(
        doubt("73.5"),
        None,
        "two centimetres are within the error of the rod"
    );
    assert_eq!(doubt("73.4"), Some(Doubt::Shrank { by: number("2.1") }));
}

#[test]
fn crossing_two_lines_is_a_change_worth_a_look() {
    let reference = reference();
    let found = |earlier: &str, later: &str| {
        changes(
            &reference,
            Sex::Male,
            day(BORN),
            measured(Measure::Weight, "2024-09-10", earlier),
            measured(Measure::Weight, "2025-06-10", later),
        )
    };
    assert_eq!(found("7.12", "9.66"), [], "along the median");
    assert_eq!(found("7.12", "9.03"), [Change::CrossedDown { lines: 2 }]);
    assert_eq!(found("7.12", "9.1"), [], "one line");
    assert_eq!(found("7.12", "10.86"), [Change::CrossedUp { lines: 2 }]);
    assert_eq!(
        found("9.7", "9.6"),
        [
            Change::Fell { by: number("0.1") },
            Change::CrossedDown { lines: 4 }
        ]
    );
}

#[test]
fn a_newborn_may_lose_weight_for_two_weeks() {
    let reference = reference();
    let found = |on: &str| {
        changes(
            &reference,
            Sex::Male,
            day(BORN),
            measured(Measure::Weight, BORN, "3.2"),
            measured(Measure::Weight, on, "3"),
        )
    };
    assert_eq!(found("2024-05-15"), []);
    assert_eq!(found("2024-05-25"), [Change::Fell { by: number("0.2") }]);
}

#[test]
fn a_reference_that_does_not_rise_is_refused() {
    let refused = |from: &str, to: &str| {
        Reference::parse(&GROWTH_2023.replacen(from, to, 1))
            .map(drop)
            .unwrap_err()
    };
    assert!(matches!(
        refused("\"2.58\"", "\"2.3\""),
        ReferenceError::Row {
            measure: Measure::Weight,
            band: Band::Birth,
            ..
        }
    ));
    assert!(matches!(
        refused("musubi/growth/1", "musubi/growth/2"),
        ReferenceError::Format { .. }
    ));
    assert!(matches!(
        refused("\"credit\"", "\"credits\""),
        ReferenceError::Shape(_)
    ));
}
