//! Five hundred wrong injections over the twelve kinds of the incident log: each is made from a lawful one, without asking the engine.

use musubi_care::bedside::{
    Bedside, Finding, Incident, Present, Scanned, Signatures, Ticket, Weight, inspect,
};
use musubi_care::child::{Circumstances, Dose, History, Proposal};
use musubi_care::decimal::Thousandths;
use musubi_care::rules::{Route, RuleSet};
use musubi_care::schedule::check;

use crate::agreement::date;
use crate::calendar::{Calendar, Day};
use crate::childhoods::{history, proposal, subject};
use crate::door::rules;
use crate::lawful::{Childhood, childhood};
use crate::seed::Seed;

const ATTEMPTS: u64 = 500;
const KINDS: [Incident; 12] = [
    Incident::Interval,
    Incident::Unnecessary,
    Incident::Expired,
    Incident::WrongPerson,
    Incident::BloodRisk,
    Incident::WrongVaccine,
    Incident::WrongVolume,
    Incident::Age,
    Incident::RouteSite,
    Incident::Storage,
    Incident::Consent,
    Incident::Residence,
];

struct Attempt {
    child: Childhood,
    given: History,
    proposed: Proposal,
    bedside: Bedside,
}

#[test]
fn five_hundred_wrong_injections_are_stopped_or_warned_of() {
    let (calendar, rules) = (Calendar::walk(), rules());
    for seed in 0..ATTEMPTS {
        let kind = KINDS[usize::try_from(seed % 12).unwrap()];
        let mut chance = Seed::new(5_000_000 + seed);
        let attempt = mistaken(&calendar, &mut chance, kind);
        let findings = look(&calendar, &rules, &attempt);
        assert!(
            findings.iter().any(|finding| finding.incident == kind),
            "seed {seed}, {kind:?}: {:?} found {findings:?}",
            attempt.proposed
        );
    }
}

#[test]
fn a_lawful_injection_has_no_finding() {
    let (calendar, rules) = (Calendar::walk(), rules());
    for seed in 0..ATTEMPTS {
        let mut chance = Seed::new(6_000_000 + seed);
        let attempt = lawful(&calendar, &mut chance, |_| true);
        assert_eq!(
            look(&calendar, &rules, &attempt),
            [],
            "seed {seed}: {:?}",
            attempt.proposed
        );
    }
}

#[test]
fn a_warning_leaves_the_decision_to_a_person_and_a_stop_does_not() {
    let (calendar, rules) = (Calendar::walk(), rules());
    let weight = |kind| {
        let findings = look(
            &calendar,
            &rules,
            &mistaken(&calendar, &mut Seed::new(7), kind),
        );
        findings
            .iter()
            .find(|finding| finding.incident == kind)
            .map(|finding| finding.weight)
    };
    assert_eq!(weight(Incident::Storage), Some(Weight::Warn));
    assert_eq!(weight(Incident::Expired), Some(Weight::Stop));
}

fn look(calendar: &Calendar, rules: &RuleSet, attempt: &Attempt) -> Vec<Finding> {
    let verdict = check(
        rules,
        &subject(calendar, &attempt.child),
        &attempt.given,
        &Circumstances::default(),
        &attempt.proposed,
    );
    inspect(&rules.bedside, &attempt.bedside, &verdict)
}

/// A dose of a lawful childhood, given as it should be, where `fits` holds.
fn lawful(
    calendar: &Calendar,
    chance: &mut Seed,
    fits: impl Fn(&(Childhood, usize)) -> bool,
) -> Attempt {
    let found = loop {
        let child = childhood(calendar, chance);
        let at = chance.between(0, child.doses.len() - 1);
        let found = (child, at);
        if !matches!(found.0.doses[at].code, "MUMPS" | "FLU") && fits(&found) {
            break found;
        }
    };
    let (child, at) = found;
    let (given, proposed) = (
        history(calendar, &child, at),
        proposal(calendar, &child, at),
    );
    let bedside = bedside_of(calendar, &child, &proposed);
    Attempt {
        child,
        given,
        proposed,
        bedside,
    }
}

fn bedside_of(calendar: &Calendar, child: &Childhood, proposed: &Proposal) -> Bedside {
    let birth = date(calendar, child.birth);
    Bedside {
        ticket: Ticket {
            number: "0142-7".to_owned(),
            name: "山田 花".to_owned(),
            birth,
            municipality: "014001".to_owned(),
            vaccines: vec![proposed.vaccine.clone()],
        },
        present: Present {
            ticket: "0142-7".to_owned(),
            name: "山田 花".to_owned(),
            birth,
            municipality: "014001".to_owned(),
            covered_by_agreement: false,
        },
        signatures: Some(Signatures {
            guardian: true,
            physician: true,
        }),
        scanned: Scanned {
            vaccine: Some(proposed.vaccine.clone()),
            device_used_before: false,
            storage_out_of_range: false,
        },
    }
}

fn mistaken(calendar: &Calendar, chance: &mut Seed, kind: Incident) -> Attempt {
    match kind {
        Incident::Interval => too_soon(calendar, chance),
        Incident::Unnecessary => once_too_often(calendar, chance),
        Incident::Age => outside_the_age(calendar, chance),
        Incident::Expired => with_proposal(calendar, chance, |proposed, chance| {
            proposed.lot_expiry = Some(
                proposed
                    .date
                    .plus_days(-1 - i32::try_from(chance.between(0, 300)).unwrap()),
            );
        }),
        Incident::WrongVolume => wrong_volume(calendar, chance),
        Incident::RouteSite => with_proposal(calendar, chance, |proposed, _| {
            proposed.route = Some(if proposed.route == Some(Route::Oral) {
                Route::Subcutaneous
            } else {
                Route::Oral
            });
        }),
        Incident::WrongPerson => with_bedside(calendar, chance, |bedside, chance| {
            match chance.between(0, 2) {
                0 => "山田 月".clone_into(&mut bedside.present.name),
                1 => bedside.present.birth = bedside.present.birth.plus_days(-700),
                _ => "0142-8".clone_into(&mut bedside.present.ticket),
            }
        }),
        Incident::WrongVaccine => with_bedside(calendar, chance, |bedside, chance| {
            let others: Vec<&str> = ["DT", "MR", "VAR", "PCV20", "JE", "HEPB"]
                .into_iter()
                .filter(|code| Some(*code) != bedside.scanned.vaccine.as_deref())
                .collect();
            bedside.scanned.vaccine = Some((*chance.pick(&others)).to_owned());
        }),
        Incident::Consent => with_bedside(calendar, chance, |bedside, chance| {
            let guardian = chance.chance(50);
            bedside.signatures = Some(Signatures {
                guardian,
                physician: !guardian,
            });
        }),
        Incident::Residence => with_bedside(calendar, chance, |bedside, _| {
            "014002".clone_into(&mut bedside.present.municipality);
        }),
        Incident::BloodRisk => with_bedside(calendar, chance, |bedside, _| {
            bedside.scanned.device_used_before = true;
        }),
        Incident::Storage => with_bedside(calendar, chance, |bedside, _| {
            bedside.scanned.storage_out_of_range = true;
        }),
    }
}

/// Any volume but the right one; not on the eve of a third birthday, when two are right for JE.
fn wrong_volume(calendar: &Calendar, chance: &mut Seed) -> Attempt {
    let mut attempt = lawful(calendar, chance, |(child, at)| {
        child.doses[*at].microlitres.is_some()
            && child.doses[*at].day != calendar.ages(child.birth)[36]
    });
    let volumes = [100, 250, 500, 1000, 1500, 2000].map(Thousandths);
    let wrong: Vec<Thousandths> = volumes
        .into_iter()
        .filter(|volume| Some(*volume) != attempt.proposed.volume)
        .collect();
    attempt.proposed.volume = Some(*chance.pick(&wrong));
    attempt
}

fn with_proposal(
    calendar: &Calendar,
    chance: &mut Seed,
    spoil: impl Fn(&mut Proposal, &mut Seed),
) -> Attempt {
    let mut attempt = lawful(calendar, chance, |_| true);
    spoil(&mut attempt.proposed, chance);
    attempt
}

fn with_bedside(
    calendar: &Calendar,
    chance: &mut Seed,
    spoil: impl Fn(&mut Bedside, &mut Seed),
) -> Attempt {
    let mut attempt = lawful(calendar, chance, |_| true);
    spoil(&mut attempt.bedside, chance);
    attempt
}

/// The second dose of a series, or a live vaccine after another, some days too soon.
fn too_soon(calendar: &Calendar, chance: &mut Seed) -> Attempt {
    let gaps = [
        ("DPT-IPV-HIB", 21),
        ("DPT-IPV", 21),
        ("PCV20", 28),
        ("RV1", 28),
        ("RV5", 28),
        ("HEPB", 28),
        ("JE", 7),
        ("HPV9", 28),
    ];
    let gap_of = |code: &str| gaps.iter().find(|gap| gap.0 == code).map(|gap| gap.1);
    let earlier = |child: &Childhood, at: usize| {
        child.doses[..at]
            .iter()
            .filter(|dose| dose.code == child.doses[at].code)
            .map(|dose| dose.day)
            .collect::<Vec<Day>>()
    };
    let mut attempt = lawful(calendar, chance, |(child, at)| {
        let young = child.doses[*at].code != "PCV20" || child.doses[*at].day < child.birth + 300;
        gap_of(child.doses[*at].code).is_some() && earlier(child, *at).len() == 1 && young
    });
    let gap = gap_of(&attempt.proposed.vaccine).unwrap();
    let code = attempt.proposed.vaccine.clone();
    let previous = attempt
        .given
        .doses()
        .iter()
        .rev()
        .find(|dose| dose.vaccine == code)
        .unwrap()
        .date;
    attempt.proposed.date = previous.plus_days(i32::try_from(chance.between(1, gap - 1)).unwrap());
    attempt.proposed.lot_expiry = Some(attempt.proposed.date.plus_days(100));
    let by_then: Vec<Dose> = attempt
        .given
        .doses()
        .iter()
        .filter(|dose| dose.date <= attempt.proposed.date)
        .cloned()
        .collect();
    attempt.given = History::Confirmed(by_then);
    attempt
}

/// A product whose doses are all given, once more inside its period.
fn once_too_often(calendar: &Calendar, chance: &mut Seed) -> Attempt {
    let whole = [
        ("DPT-IPV-HIB", 4),
        ("RV1", 2),
        ("RV5", 3),
        ("HEPB", 3),
        ("BCG", 1),
        ("VAR", 2),
        ("DT", 1),
    ];
    let is_last = |child: &Childhood, at: usize| {
        let dose = &child.doses[at];
        let number = child.doses[..=at]
            .iter()
            .filter(|other| other.code == dose.code)
            .count();
        whole.contains(&(dose.code, number))
    };
    let mut attempt = lawful(calendar, chance, |(child, at)| is_last(child, *at));
    let mut doses = attempt.given.doses().to_vec();
    doses.push(Dose::new(&attempt.proposed.vaccine, attempt.proposed.date));
    attempt.given = History::Confirmed(doses);
    attempt.proposed.date = attempt
        .proposed
        .date
        .plus_days(i32::try_from(chance.between(0, 20)).unwrap());
    attempt.proposed.lot_expiry = None;
    attempt
}

/// The first dose of a series a day or more before its age, or after it.
fn outside_the_age(calendar: &Calendar, chance: &mut Seed) -> Attempt {
    let months = [
        ("DPT-IPV-HIB", 2, 90),
        ("PCV20", 2, 60),
        ("MR", 12, 24),
        ("VAR", 12, 36),
        ("DT", 132, 156),
        ("JE", 6, 90),
        ("BCG", 0, 12),
        ("HEPB", 0, 12),
    ];
    let (code, from, to) = *chance.pick(&months);
    let mut attempt = lawful(calendar, chance, |(child, at)| {
        child.doses[*at].code == code && child.doses[..*at].iter().all(|dose| dose.code != code)
    });
    let age = calendar.ages(attempt.child.birth);
    let early = 0 < from && chance.chance(50);
    let day = if early {
        age[from] - chance.between(1, 20)
    } else {
        age[to] + chance.between(1, 60)
    };
    attempt.proposed.date = date(calendar, day);
    attempt.proposed.lot_expiry = None;
    let by_then: Vec<Dose> = attempt
        .given
        .doses()
        .iter()
        .filter(|dose| dose.date <= attempt.proposed.date)
        .cloned()
        .collect();
    attempt.given = History::Confirmed(by_then);
    attempt
}
