//! A second, deliberately naive schedule check: rules written out by hand, vaccine by vaccine, on a walked calendar.
//! It shares no code, no data file and no parser with the crate.

use crate::calendar::{Calendar, Day};

#[derive(Clone, Debug, Default)]
pub(crate) struct Question {
    pub(crate) birth: Day,
    pub(crate) female: bool,
    pub(crate) pregnancy: Option<Day>,
    pub(crate) doses: Vec<(&'static str, Day)>,
    pub(crate) code: &'static str,
    pub(crate) day: Day,
    pub(crate) microlitres: Option<i32>,
    pub(crate) route: Option<&'static str>,
    pub(crate) expiry: Option<Day>,
    pub(crate) conditions: Vec<&'static str>,
    pub(crate) short: bool,
    pub(crate) shortage: bool,
    pub(crate) recovered: Option<Day>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) decision: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) dose: &'static str,
    pub(crate) advisories: Vec<&'static str>,
    pub(crate) first: Option<Day>,
}

/// A dose that may be given as far as age, number and interval go.
struct Fit {
    dose: &'static str,
    special: bool,
    review: Option<&'static str>,
}

/// What is in the way, and the first day on which it no longer is.
type Stop = (&'static str, Option<Day>);

pub(crate) struct Naive<'a> {
    calendar: &'a Calendar,
    q: &'a Question,
    age: Vec<Day>,
}

const LIVE: [&str; 4] = ["MR", "VAR", "BCG", "MUMPS"];
const PRIMARY: [&str; 4] = ["primary_1", "primary_2", "primary_3", "booster"];

pub(crate) fn decide(calendar: &Calendar, q: &Question) -> Answer {
    let naive = Naive {
        calendar,
        q,
        age: calendar.ages(q.birth),
    };
    naive.decide()
}

/// The first of `days` on which age, number and interval permit it, whatever else stands against it.
pub(crate) fn first_timely(
    calendar: &Calendar,
    q: &Question,
    days: core::ops::Range<Day>,
) -> Option<Day> {
    let age = calendar.ages(q.birth);
    days.into_iter()
        .find(|day| is_timely(calendar, &age, q, *day))
}

/// The first of `days` on which they do not.
pub(crate) fn first_untimely(
    calendar: &Calendar,
    q: &Question,
    days: core::ops::Range<Day>,
) -> Option<Day> {
    let age = calendar.ages(q.birth);
    days.into_iter()
        .find(|day| !is_timely(calendar, &age, q, *day))
}

fn is_timely(calendar: &Calendar, age: &[Day], q: &Question, day: Day) -> bool {
    let q = &Question { day, ..q.clone() };
    let age = age.to_vec();
    let naive = Naive { calendar, q, age };
    naive
        .in_programme()
        .and_then(|()| naive.timing())
        .and_then(|_| naive.live())
        .is_ok()
}

impl Naive<'_> {
    fn decide(&self) -> Answer {
        match self.decide_or_stop() {
            Ok((fit, advisories)) => match fit.review {
                Some(reason) => Answer {
                    decision: "needs_review",
                    reason,
                    dose: "",
                    advisories: vec![],
                    first: None,
                },
                None => Answer {
                    decision: "allowed",
                    reason: "OK",
                    dose: fit.dose,
                    advisories,
                    first: None,
                },
            },
            Err((reason, first)) => {
                let decision = if reason == "PRODUCT_SWITCH" {
                    "needs_review"
                } else {
                    "not_allowed"
                };
                Answer {
                    decision,
                    reason,
                    dose: "",
                    advisories: vec![],
                    first,
                }
            }
        }
    }

    fn decide_or_stop(&self) -> Result<(Fit, Vec<&'static str>), Stop> {
        let q = self.q;
        self.in_programme()?;
        if q.code.starts_with("HPV") && !q.female {
            return Err(("SEX_NOT_ELIGIBLE", None));
        }
        self.condition()?;
        let had = |code: &str| q.doses.iter().any(|dose| dose.0 == code);
        if (q.code == "RV1" && had("RV5")) || (q.code == "RV5" && had("RV1")) {
            return Err(("PRODUCT_SWITCH", None));
        }
        let mut fit = self.timing()?;
        self.live()?;
        if self.switched() {
            return Err(("PRODUCT_SWITCH", None));
        }
        self.vial()?;
        if matches!(q.code, "HPV2" | "HPV4") {
            fit.review = Some("RULES_OF_THAT_DAY_NOT_HELD");
        }
        let mut advisories = vec![];
        if q.code == "HPV9" && (had("HPV2") || had("HPV4")) {
            advisories.push("PRODUCT_SWITCH_TO_HPV9");
        }
        if q.code == "DPT-IPV-HIB" && had("DPT-IPV") {
            advisories.push("SWITCH_FROM_DISCONTINUED_4IN1");
        }
        if q.code.starts_with("RV") && fit.dose == "dose_1" && q.day > q.birth + 14 * 7 + 6 {
            advisories.push("ROTA_FIRST_DOSE_AFTER_14W6D");
        }
        if fit.special {
            advisories.push("SPECIAL_MEASURE_APPLIED");
        }
        Ok((fit, advisories))
    }

    fn on(&self, year: i32, month: u32, day: u32) -> Day {
        self.calendar.day(year, month, day)
    }

    fn in_programme(&self) -> Result<(), Stop> {
        let day = self.q.day;
        let used = match self.q.code {
            "PCV13" => day <= self.on(2024, 9, 30),
            "PCV15" | "DPT-IPV-HIB" => day >= self.on(2024, 4, 1),
            "PCV20" => day >= self.on(2024, 10, 1),
            "HPV2" | "HPV4" => day <= self.on(2026, 3, 31),
            "HPV9" => day >= self.on(2023, 4, 1),
            "RSV_MAT" => day >= self.on(2026, 4, 1),
            "MUMPS" | "FLU" => false,
            _ => true,
        };
        if used {
            Ok(())
        } else {
            Err(("VACCINE_NOT_IN_PROGRAM", None))
        }
    }

    fn condition(&self) -> Result<(), Stop> {
        let has = |code: &str| self.q.conditions.contains(&code);
        let rota = self.q.code.starts_with("RV");
        let rows = [
            (has("FEVER_37_5_OR_MORE"), "CONTRAINDICATED_FEVER"),
            (
                has("SEVERE_ACUTE_ILLNESS"),
                "CONTRAINDICATED_SEVERE_ACUTE_ILLNESS",
            ),
            (
                has("ANAPHYLAXIS_TO_COMPONENT"),
                "CONTRAINDICATED_ANAPHYLAXIS",
            ),
            (
                rota && (has("INTUSSUSCEPTION_HISTORY") || has("SCID")),
                "CONTRAINDICATED_ROTA_SPECIFIC",
            ),
            (
                self.q.code == "BCG" && has("KELOID"),
                "CONTRAINDICATED_BCG_KELOID",
            ),
            (
                self.q.code == "HEPB" && has("PERINATAL_HBIG_AND_HEPB"),
                "EXCLUDED_HEPB_PERINATAL_PROPHYLAXIS",
            ),
            (
                self.q.code == "VAR" && has("PRIOR_VARICELLA"),
                "EXCLUDED_PRIOR_DISEASE",
            ),
            (
                self.q.code == "MR" && has("PRIOR_MEASLES") && has("PRIOR_RUBELLA"),
                "EXCLUDED_PRIOR_DISEASE",
            ),
        ];
        rows.iter()
            .find(|row| row.0)
            .map_or(Ok(()), |row| Err((row.1, None)))
    }

    fn days_of(&self, codes: &[&str]) -> Vec<Day> {
        let mut days: Vec<Day> = self
            .q
            .doses
            .iter()
            .filter(|dose| codes.contains(&dose.0) && dose.1 <= self.q.day)
            .map(|dose| dose.1)
            .collect();
        days.sort_unstable();
        days
    }

    fn timing(&self) -> Result<Fit, Stop> {
        match self.q.code {
            "DPT-IPV-HIB" | "DPT-IPV" => self.five_in_one(),
            "HIB" => self.hib(),
            "PCV20" | "PCV15" | "PCV13" => self.pcv(),
            "RV1" => self.rota(2, 24 * 7),
            "RV5" => self.rota(3, 32 * 7),
            "HEPB" => self.hepatitis_b(),
            "BCG" => self.bcg(),
            "MR" => self.measles_rubella(),
            "VAR" => self.varicella(),
            "JE" => self.encephalitis(),
            "DT" => self.diphtheria_tetanus(),
            "HPV9" | "HPV2" | "HPV4" => self.papilloma(),
            "RSV_MAT" => self.respiratory_syncytial(),
            other => unreachable!("{other} is in no programme"),
        }
    }

    /// One legal age range, widened after long illness up to `cap` (none: no cap; some 0: excluded from the measure).
    fn within(&self, from: Day, to: Day, cap: Option<Day>) -> Result<bool, Stop> {
        let day = self.q.day;
        if day < from {
            Err(("AGE_TOO_YOUNG", Some(from)))
        } else if day <= to {
            Ok(false)
        } else if self.illness_until().is_some_and(|until| {
            self.q.recovered.unwrap() <= day && day <= until && cap.is_none_or(|cap| day <= cap)
        }) {
            Ok(true)
        } else {
            Err(("AGE_TOO_OLD", None))
        }
    }

    fn illness_until(&self) -> Option<Day> {
        let recovered = self.q.recovered?;
        let (year, month, day) = self.calendar.fields(recovered);
        // Two years counted from that day: the eve of the same day, or the end of February for a leap day.
        Some(if (month, day) == (2, 29) {
            self.on(year + 2, 2, 28)
        } else {
            self.on(year + 2, month, day) - 1
        })
    }

    fn wait(&self, until: Day) -> Result<(), Stop> {
        if self.q.day < until {
            Err(("INTERVAL_TOO_SHORT_SAME", Some(until)))
        } else {
            Ok(())
        }
    }

    fn five_in_one(&self) -> Result<Fit, Stop> {
        let d = self.days_of(&["DPT-IPV-HIB", "DPT-IPV"]);
        if d.len() >= 4 {
            return Err(("SERIES_COMPLETE", None));
        }
        let special = self.within(self.age[2], self.age[90], Some(self.age[15 * 12]))?;
        match d.len() {
            0 => {}
            1 | 2 => self.wait(d[d.len() - 1] + 21)?,
            _ => self.wait(self.calendar.months_on(d[2], 6))?,
        }
        Ok(Fit {
            dose: PRIMARY[d.len()],
            special,
            review: None,
        })
    }

    /// Primary doses given and whether the booster is done, for a course of `planned` primaries that end by `until`.
    fn course(
        &self,
        d: &[Day],
        planned: usize,
        until: Day,
        third_ends_at: Option<Day>,
    ) -> (usize, bool, bool) {
        let (mut primaries, mut boosted, mut no_third) = (0, false, false);
        for &day in d {
            if primaries == 0
                || (primaries < planned && day <= until && !(primaries == 2 && no_third))
            {
                primaries += 1;
                no_third |= primaries == 2 && third_ends_at.is_some_and(|end| day > end);
            } else {
                boosted = true;
            }
        }
        (primaries, boosted, no_third)
    }

    fn hib(&self) -> Result<Fit, Stop> {
        let d = self.days_of(&["HIB", "DPT-IPV-HIB"]);
        let start = d.first().copied().unwrap_or(self.q.day);
        let planned = if start <= self.age[7] { 3 } else { 2 };
        let (primaries, boosted, _) = self.course(&d, planned, self.age[12], None);
        let single = start > self.age[12];
        if (single && !d.is_empty()) || boosted {
            return Err(("SERIES_COMPLETE", None));
        }
        let special = self.within(self.age[2], self.age[60], Some(self.age[10 * 12]))?;
        let soon = if self.q.short { 21 } else { 28 };
        let Some(&last) = d.last() else {
            return Ok(Fit {
                dose: if single { "single" } else { "primary_1" },
                special,
                review: None,
            });
        };
        if primaries < planned && self.q.day <= self.age[12] {
            self.wait(last + soon)?;
            return Ok(Fit {
                dose: PRIMARY[primaries],
                special,
                review: None,
            });
        }
        self.wait(if primaries < planned {
            last + soon
        } else {
            self.calendar.months_on(last, 7)
        })?;
        Ok(Fit {
            dose: "booster",
            special,
            review: None,
        })
    }

    fn pcv(&self) -> Result<Fit, Stop> {
        let d = self.days_of(&["PCV20", "PCV15", "PCV13"]);
        let start = d.first().copied().unwrap_or(self.q.day);
        let young = start <= self.age[12];
        let planned = if start <= self.age[7] { 3 } else { 2 };
        let (primaries, boosted, no_third) =
            self.course(&d, planned, self.age[24], Some(self.age[12]));
        let done = if young {
            boosted
        } else {
            d.len() >= if start <= self.age[24] { 2 } else { 1 }
        };
        if done {
            return Err(("SERIES_COMPLETE", None));
        }
        let special = self.within(self.age[2], self.age[60], Some(self.age[6 * 12]))?;
        let fit = |dose| {
            Ok(Fit {
                dose,
                special,
                review: None,
            })
        };
        if !young && d.is_empty() {
            return fit(if start <= self.age[24] {
                "dose_1"
            } else {
                "single"
            });
        }
        if !young {
            self.wait(d[0] + 61)?;
            return fit("dose_2");
        }
        let Some(&last) = d.last() else {
            return fit("primary_1");
        };
        if primaries < planned && self.q.day <= self.age[24] && !no_third {
            self.wait(last + 28)?;
            return fit(PRIMARY[primaries]);
        }
        if self.q.day < self.age[12] {
            return Err(("BOOSTER_TOO_EARLY_AGE", Some(self.age[12])));
        }
        self.wait(last + 61)?;
        fit("booster")
    }

    fn rota(&self, count: usize, last_day: usize) -> Result<Fit, Stop> {
        let d = self.days_of(&[self.q.code]);
        if d.len() >= count {
            return Err(("SERIES_COMPLETE", None));
        }
        self.within(self.q.birth + 42, self.q.birth + last_day, Some(0))?;
        if let Some(last) = d.last() {
            self.wait(last + 28)?;
        }
        Ok(Fit {
            dose: ["dose_1", "dose_2", "dose_3"][d.len()],
            special: false,
            review: None,
        })
    }

    fn hepatitis_b(&self) -> Result<Fit, Stop> {
        let d = self.days_of(&["HEPB"]);
        if d.len() >= 3 {
            return Err(("SERIES_COMPLETE", None));
        }
        let special = self.within(self.q.birth, self.age[12], None)?;
        match d.len() {
            0 => {}
            1 => self.wait(d[0] + 28)?,
            _ => self.wait((d[0] + 140).max(d[1] + 7))?,
        }
        Ok(Fit {
            dose: ["dose_1", "dose_2", "dose_3"][d.len()],
            special,
            review: None,
        })
    }

    fn bcg(&self) -> Result<Fit, Stop> {
        if !self.days_of(&["BCG"]).is_empty() {
            return Err(("SERIES_COMPLETE", None));
        }
        let special = self.within(self.q.birth, self.age[12], Some(self.age[48]))?;
        Ok(Fit {
            dose: "single",
            special,
            review: None,
        })
    }

    fn varicella(&self) -> Result<Fit, Stop> {
        let d = self.days_of(&["VAR"]);
        if d.len() >= 2 {
            return Err(("SERIES_COMPLETE", None));
        }
        let special = self.within(self.age[12], self.age[36], None)?;
        if let Some(&first) = d.first() {
            self.wait(self.calendar.months_on(first, 3))?;
        }
        Ok(Fit {
            dose: ["dose_1", "dose_2"][d.len()],
            special,
            review: None,
        })
    }

    fn diphtheria_tetanus(&self) -> Result<Fit, Stop> {
        if !self.days_of(&["DT"]).is_empty() {
            return Err(("SERIES_COMPLETE", None));
        }
        let special = self.within(self.age[11 * 12], self.age[13 * 12], None)?;
        Ok(Fit {
            dose: "phase2",
            special,
            review: None,
        })
    }

    fn measles_rubella(&self) -> Result<Fit, Stop> {
        let school = self.calendar.april_from(self.age[72] + 1);
        let first = (self.age[12], self.age[24]);
        let second = (self.calendar.april_until(school - 1), school - 1);
        let born =
            |from: Day, to: Day| self.q.shortage && from <= self.q.birth && self.q.birth <= to;
        let shortage_1 = born(self.on(2022, 4, 2), self.on(2023, 4, 1));
        let shortage_2 = born(self.on(2018, 4, 2), self.on(2019, 4, 1));
        let d = self.days_of(&["MR"]);
        let open = |phase: (Day, Day), shortage: bool, day: Day| self.open(phase, shortage, day);
        let has = |phase, shortage| d.iter().any(|day| open(phase, shortage, *day).is_some());
        let phases = [
            (first, shortage_1, "phase1"),
            (second, shortage_2, "phase2"),
        ];
        let shortage_over = (shortage_1 || shortage_2) && self.q.day > self.on(2027, 3, 31);
        let done = |phase: usize| has(phases[phase].0, phases[phase].1);
        self.two_phases(
            [first, second],
            |phase, day| open(phases[phase].0, phases[phase].1, day),
            done,
            |phase| Ok(phases[phase].2),
            shortage_over,
        )
    }

    /// Whether a period is open on `day`: true when only by a special measure.
    fn open(&self, (from, to): (Day, Day), shortage: bool, day: Day) -> Option<bool> {
        if from <= day && day <= to {
            return Some(false);
        }
        let by_shortage =
            shortage && self.on(2025, 4, 1).max(to + 1) <= day && day <= self.on(2027, 3, 31);
        let by_illness = self
            .illness_until()
            .is_some_and(|until| self.q.recovered.unwrap().max(to + 1) <= day && day <= until);
        (by_shortage || by_illness).then_some(true)
    }

    fn two_phases(
        &self,
        ages: [(Day, Day); 2],
        open: impl Fn(usize, Day) -> Option<bool>,
        done: impl Fn(usize) -> bool,
        next: impl Fn(usize) -> Result<&'static str, Stop>,
        measure_over: bool,
    ) -> Result<Fit, Stop> {
        let day = self.q.day;
        let mut any_open = false;
        for special in [false, true] {
            for phase in [0, 1] {
                if open(phase, day) == Some(special) {
                    any_open = true;
                    if !done(phase) {
                        return Ok(Fit {
                            dose: next(phase)?,
                            special,
                            review: None,
                        });
                    }
                }
            }
        }
        let after = !any_open && ages[1].1 < day;
        if any_open || (after && done(1)) {
            return Err(("SERIES_COMPLETE", None));
        }
        if measure_over {
            return Err(("PROGRAM_ENDED", None));
        }
        Err(if day < ages[0].0 {
            ("AGE_TOO_YOUNG", None)
        } else if ages[1].1 < day {
            ("AGE_TOO_OLD", None)
        } else {
            ("AGE_BETWEEN_PERIODS", None)
        })
    }

    fn encephalitis(&self) -> Result<Fit, Stop> {
        let d = self.days_of(&["JE"]);
        if self.on(1995, 4, 2) <= self.q.birth && self.q.birth <= self.on(2007, 4, 1) {
            return self.encephalitis_cohort(&d);
        }
        let ages = [(self.age[6], self.age[90]), (self.age[108], self.age[156])];
        let inside = |phase: usize| -> Vec<Day> {
            d.iter()
                .copied()
                .filter(|day| self.open(ages[phase], false, *day).is_some())
                .collect()
        };
        let next = |phase: usize| {
            let d = inside(phase);
            match (phase, d.len()) {
                (0, 0) => Ok("primary_1"),
                (0, 1) => self.wait(d[0] + 7).map(|()| "primary_2"),
                (0, _) => self
                    .wait(self.calendar.months_on(d[1], 6))
                    .map(|()| "booster"),
                (_, _) => Ok("phase2"),
            }
        };
        self.two_phases(
            ages,
            |phase, day| self.open(ages[phase], false, day),
            |phase| inside(phase).len() >= [3, 1][phase],
            next,
            false,
        )
    }

    fn encephalitis_cohort(&self, d: &[Day]) -> Result<Fit, Stop> {
        if d.len() >= 4 {
            return Err(("SERIES_COMPLETE", None));
        }
        self.within(self.age[6], self.age[20 * 12], None)?;
        if d.len() == 3 && self.q.day < self.age[108] {
            return Err(("BOOSTER_TOO_EARLY_AGE", Some(self.age[108])));
        }
        if let Some(last) = d.last() {
            self.wait(last + 7)?;
        }
        Ok(Fit {
            dose: ["primary_1", "primary_2", "booster", "phase2"][d.len()],
            special: true,
            review: None,
        })
    }

    fn papilloma(&self) -> Result<Fit, Stop> {
        let d = self.days_of(&["HPV9", "HPV2", "HPV4"]);
        let only_nine = !self
            .q
            .doses
            .iter()
            .any(|dose| matches!(dose.0, "HPV2" | "HPV4"));
        let two_enough = d.len() == 2
            && only_nine
            && d[0] <= self.age[180]
            && self.calendar.months_on(d[0], 5) <= d[1];
        if d.len() >= 3 || two_enough {
            return Err(("SERIES_COMPLETE", None));
        }
        let from = self.calendar.april_until(self.age[144]);
        let to = self.calendar.april_from(self.age[192] + 1) - 1;
        let special = self
            .within(from, to, None)
            .or_else(|stop| self.papilloma_catch_up(&d, stop))?;
        match d.len() {
            0 => {}
            1 => self.wait(self.calendar.months_on(d[0], 1))?,
            _ => self.wait(self.calendar.months_on(d[1], 3))?,
        }
        Ok(Fit {
            dose: ["dose_1", "dose_2", "dose_3"][d.len()],
            special,
            review: None,
        })
    }

    fn papilloma_catch_up(&self, d: &[Day], stop: Stop) -> Result<bool, Stop> {
        let (opened, ended, transition) = (
            self.on(2022, 4, 1),
            self.on(2025, 3, 31),
            self.on(2026, 3, 31),
        );
        let old_enough = stop.0 == "AGE_TOO_OLD" && self.on(1997, 4, 2) <= self.q.birth;
        let first_cohort = old_enough && self.q.birth <= self.on(2008, 4, 1);
        let begun = d.iter().any(|day| opened <= *day && *day <= ended);
        let second_cohort = old_enough && self.q.birth <= self.on(2009, 4, 1) && begun;
        let day = self.q.day;
        if (first_cohort && opened <= day && day <= ended)
            || (second_cohort && ended < day && day <= transition)
        {
            Ok(true)
        } else if (first_cohort && ended < day) || (second_cohort && transition < day) {
            Err(("PROGRAM_ENDED", None))
        } else {
            Err(stop)
        }
    }

    fn respiratory_syncytial(&self) -> Result<Fit, Stop> {
        let start = self.q.pregnancy.unwrap();
        if self.days_of(&["RSV_MAT"]).iter().any(|day| *day >= start) {
            return Err(("ALREADY_IN_THIS_PREGNANCY", None));
        }
        if self.q.day < start + 28 * 7 || self.q.day > start + 36 * 7 + 6 {
            return Err(("PREGNANCY_WEEK_OUT_OF_RANGE", None));
        }
        Ok(Fit {
            dose: "single",
            special: false,
            review: None,
        })
    }

    fn live(&self) -> Result<(), Stop> {
        if !LIVE.contains(&self.q.code) {
            return Ok(());
        }
        let others =
            self.q.doses.iter().filter(|dose| {
                LIVE.contains(&dose.0) && dose.0 != self.q.code && dose.1 < self.q.day
            });
        let free = others.map(|dose| dose.1 + 28).max().unwrap_or(0);
        if self.q.day < free {
            Err(("INTERVAL_TOO_SHORT_LIVE", Some(free)))
        } else {
            Ok(())
        }
    }

    fn switched(&self) -> bool {
        let q = self.q;
        let had = |code: &str| q.doses.iter().any(|dose| dose.0 == code);
        let four_in_one_ended = q.day >= self.on(2025, 2, 27);
        match q.code {
            "PCV20" => had("PCV15") || (had("PCV13") && q.day < self.on(2024, 10, 1)),
            "PCV15" => had("PCV20") || had("PCV13"),
            "PCV13" => had("PCV20") || had("PCV15"),
            "DPT-IPV-HIB" => {
                (had("DPT-IPV") && !four_in_one_ended)
                    || (had("HIB") && !(had("DPT-IPV") && four_in_one_ended))
            }
            "DPT-IPV" | "HIB" => had("DPT-IPV-HIB"),
            "HPV2" => had("HPV4") || had("HPV9"),
            "HPV4" => had("HPV2") || had("HPV9"),
            _ => false,
        }
    }

    fn vial(&self) -> Result<(), Stop> {
        let q = self.q;
        let (under_three, from_three) = (q.day <= self.age[36], q.day >= self.age[36]);
        let volumes: &[i32] = match q.code {
            "RV1" => &[1500],
            "RV5" => &[2000],
            "HEPB" => &[250],
            "DT" => &[100],
            "JE" if under_three && from_three => &[250, 500],
            "JE" if under_three => &[250],
            _ => &[500],
        };
        let routes: &[&str] = match q.code {
            "DPT-IPV-HIB" | "PCV20" | "PCV15" => &["SC", "IM"],
            "RV1" | "RV5" => &["oral"],
            "BCG" => &["percutaneous"],
            "HPV9" | "HPV4" | "HPV2" | "RSV_MAT" => &["IM"],
            _ => &["SC"],
        };
        if q.code != "BCG" && q.microlitres.is_some_and(|given| !volumes.contains(&given)) {
            return Err(("DOSE_VOLUME_WRONG", None));
        }
        if q.route.is_some_and(|given| !routes.contains(&given)) {
            return Err(("ROUTE_WRONG", None));
        }
        if q.expiry.is_some_and(|last| q.day > last) {
            return Err(("EXPIRED_VACCINE", None));
        }
        Ok(())
    }
}
