//! A calendar made by walking day by day, for tests that must not share arithmetic with the crate.

/// A day as its place in the walk from 1994-01-01.
pub(crate) type Day = usize;

pub(crate) struct Calendar {
    days: Vec<(i32, u32, u32)>,
}

impl Calendar {
    pub(crate) fn walk() -> Self {
        let mut days = vec![(1994, 1, 1)];
        while days.last() != Some(&(2065, 12, 31)) {
            days.push(tomorrow(*days.last().unwrap()));
        }
        Self { days }
    }

    pub(crate) fn day(&self, year: i32, month: u32, day: u32) -> Day {
        self.days.binary_search(&(year, month, day)).unwrap()
    }

    pub(crate) fn text(&self, day: Day) -> String {
        let (year, month, day) = self.days[day];
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// Day number for the crate's side of a comparison.
    pub(crate) fn fields(&self, day: Day) -> (i32, u32, u32) {
        self.days[day]
    }

    /// The days on which ages of 0, 1, 2 … months are reached, found by walking from birth.
    pub(crate) fn ages(&self, birth: Day) -> Vec<Day> {
        let number = self.days[birth].2;
        let mut reached = vec![birth];
        let mut at = birth;
        while reached.len() <= 12 * 21 {
            at = self.next_first(at);
            let mut last = at;
            while self.days[last].2 != number && self.days[last + 1].2 != 1 {
                last += 1;
            }
            let has_the_day = self.days[last].2 == number;
            reached.push(if has_the_day { last - 1 } else { last });
        }
        reached
    }

    /// The same day `months` later, or the first of the month after where it does not exist.
    pub(crate) fn months_on(&self, from: Day, months: u32) -> Day {
        let number = self.days[from].2;
        let mut at = from;
        for _ in 0..months {
            at = self.next_first(at);
        }
        while self.days[at].2 != number {
            at += 1;
            if self.days[at].2 == 1 {
                return at;
            }
        }
        at
    }

    /// The first 1 April on or after `from`.
    pub(crate) fn april_from(&self, from: Day) -> Day {
        (from..)
            .find(|at| self.days[*at].1 == 4 && self.days[*at].2 == 1)
            .unwrap()
    }

    /// The last 1 April on or before `from`.
    pub(crate) fn april_until(&self, from: Day) -> Day {
        (0..=from)
            .rev()
            .find(|at| self.days[*at].1 == 4 && self.days[*at].2 == 1)
            .unwrap()
    }

    fn next_first(&self, from: Day) -> Day {
        (from + 1..).find(|at| self.days[*at].2 == 1).unwrap()
    }
}

fn tomorrow((year, month, day): (i32, u32, u32)) -> (i32, u32, u32) {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if day < length {
        (year, month, day + 1)
    } else if month < 12 {
        (year, month + 1, 1)
    } else {
        (year + 1, 1, 1)
    }
}
