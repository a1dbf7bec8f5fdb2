//! Whole childhoods as the rules and the standard ages lay them down, built forward on the walked calendar without asking the engine.

use crate::calendar::{Calendar, Day};
use crate::seed::Seed;

#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) code: &'static str,
    pub(crate) day: Day,
    pub(crate) microlitres: Option<i32>,
    pub(crate) route: &'static str,
}

pub(crate) struct Childhood {
    pub(crate) birth: Day,
    pub(crate) female: bool,
    /// In time order.
    pub(crate) doses: Vec<Given>,
}

struct Builder<'a> {
    calendar: &'a Calendar,
    seed: &'a mut Seed,
    birth: Day,
    age: Vec<Day>,
    doses: Vec<Given>,
}

/// A childhood in which every dose meets the rules of FY2026; doses before 1 April 2026 follow the products of their day.
pub(crate) fn childhood(calendar: &Calendar, seed: &mut Seed) -> Childhood {
    let birth = calendar.day(2021, 1, 1) + seed.between(0, 2000);
    let female = seed.chance(50);
    let age = calendar.ages(birth);
    let mut builder = Builder {
        calendar,
        seed,
        birth,
        age,
        doses: Vec::new(),
    };
    builder.combined();
    builder.pneumococcal();
    builder.rota();
    builder.hepatitis_b();
    builder.live();
    builder.encephalitis();
    builder.school_age(female);
    let mut doses = builder.doses;
    doses.sort_by_key(|dose| dose.day);
    Childhood {
        birth,
        female,
        doses,
    }
}

impl Builder<'_> {
    fn give(&mut self, code: &'static str, day: Day) {
        let three = self.age[36];
        let (microlitres, route) = match code {
            "RV1" => (Some(1500), "oral"),
            "RV5" => (Some(2000), "oral"),
            "HEPB" => (Some(250), "SC"),
            "BCG" => (None, "percutaneous"),
            "JE" if day <= three => (Some(250), "SC"),
            "DT" => (Some(100), "SC"),
            "HPV9" => (Some(500), "IM"),
            _ => (Some(500), "SC"),
        };
        self.doses.push(Given {
            code,
            day,
            microlitres,
            route,
        });
    }

    /// From `from`, up to `spread` days later.
    fn some_day(&mut self, from: Day, spread: usize) -> Day {
        from + self.seed.between(0, spread)
    }

    fn combined(&mut self) {
        let new = self.calendar.day(2024, 4, 1);
        let change = self.calendar.day(2025, 7, 25);
        let first = self.some_day(self.age[2], 40);
        let second = self.some_day(first + 21, 35);
        let third = self.some_day(second + 21, 35);
        let booster = self.some_day(self.calendar.months_on(third, 6), 300);
        let code = if new <= first {
            "DPT-IPV-HIB"
        } else {
            "DPT-IPV"
        };
        for day in [first, second, third] {
            self.give(code, day);
        }
        self.give(
            if change <= booster {
                "DPT-IPV-HIB"
            } else {
                code
            },
            booster,
        );
        if code == "DPT-IPV" {
            self.hib_alone(first, change <= booster);
        }
    }

    fn hib_alone(&mut self, first: Day, booster_is_combined: bool) {
        let second = self.some_day(first + 28, 20);
        let third = self.some_day(second + 28, 20);
        for day in [first, second, third] {
            self.give("HIB", day);
        }
        if !booster_is_combined {
            let booster = self.some_day(self.calendar.months_on(third, 7), 150);
            self.give("HIB", booster);
        }
    }

    fn pneumococcal(&mut self) {
        let twenty = self.calendar.day(2024, 10, 1);
        let starts = [(2, 60), (2, 60), (2, 60), (8, 90), (13, 200), (25, 700)];
        let (month, spread) = *self.seed.pick(&starts);
        let first = self.some_day(self.age[month], spread);
        let mut days = vec![first];
        let primaries = if first <= self.age[7] { 3 } else { 2 };
        if first <= self.age[12] {
            for _ in 1..primaries {
                days.push(self.some_day(days[days.len() - 1] + 28, 20));
            }
            let open = self.age[12].max(days[days.len() - 1] + 61);
            days.push(self.some_day(open, 90));
        } else if first <= self.age[24] {
            days.push(self.some_day(first + 61, 60));
        }
        for day in days {
            self.give(if day < twenty { "PCV13" } else { "PCV20" }, day);
        }
    }

    fn rota(&mut self) {
        let first = self.some_day(self.birth + 42, 62);
        let second = self.some_day(first + 28, 14);
        if self.seed.chance(50) {
            self.give("RV1", first);
            self.give("RV1", second);
        } else {
            let third = self.some_day(second + 28, 14);
            for day in [first, second, third] {
                self.give("RV5", day);
            }
        }
    }

    fn hepatitis_b(&mut self) {
        let first = self.some_day(self.age[2], 30);
        let second = self.some_day(first + 28, 30);
        let third = self.some_day(first + 140, 40);
        for day in [first, second, third] {
            self.give("HEPB", day);
        }
    }

    /// Injected live vaccines: same day or 28 days on.
    fn live(&mut self) {
        let tuberculosis = self.some_day(self.age[5], 90);
        self.give("BCG", tuberculosis);
        let measles = self.some_day(self.age[12], 60);
        self.give("MR", measles);
        let varicella = if self.seed.chance(60) {
            measles
        } else {
            self.some_day(measles + 28, 30)
        };
        self.give("VAR", varicella);
        let mumps = if self.seed.chance(50) {
            varicella
        } else {
            self.some_day(varicella + 28, 10)
        };
        self.give("MUMPS", mumps);
        let again = self.calendar.months_on(varicella, 3).max(mumps + 28);
        let again = self.some_day(again, 200);
        self.give("VAR", again);
        let school = self.calendar.april_from(self.age[72] + 1);
        let second = self.some_day(self.calendar.april_until(school - 1), 364);
        self.give("MR", second);
        self.give("FLU", second + 1);
    }

    fn encephalitis(&mut self) {
        let month = *self.seed.pick(&[6, 36, 36, 36]);
        let first = self.some_day(self.age[month], 300);
        let second = self.some_day(first + 7, 21);
        let booster = self.some_day(self.calendar.months_on(second, 6), 400);
        let later = self.some_day(self.age[108], 365);
        for day in [first, second, booster, later] {
            self.give("JE", day);
        }
    }

    fn school_age(&mut self, female: bool) {
        let toxoid = self.some_day(self.age[132], 365);
        self.give("DT", toxoid);
        if female {
            let from = self.calendar.april_until(self.age[156]);
            let first = self.some_day(from, 900);
            self.give("HPV9", first);
            if first <= self.age[180] && self.seed.chance(70) {
                let second = self.some_day(self.calendar.months_on(first, 5), 60);
                self.give("HPV9", second);
            } else {
                let second = self.some_day(self.calendar.months_on(first, 1), 30);
                let third = self.some_day(self.calendar.months_on(second, 3), 60);
                if first <= self.age[180] && self.calendar.months_on(first, 5) <= second {
                    return;
                }
                self.give("HPV9", second);
                self.give("HPV9", third);
            }
        }
    }
}
