//! Follow-ups as they stand now: what was noted by hand, and what the ledger tells.
//!
//! A checkup form or a dose that arrived means that the child came, whoever wrote the record; a child whose home this is no longer leaves the
//! lists, and the new home begins its own; a pseudonym that was issued anew carries on what was noted under the one before.

use super::{chain::unavailable, counter::fault, ledger::Ledger};
use musubi_care::{civil::Date, follow_up::FollowUp, rules::RuleSet};
use musubi_node_gateway::DeskError;
use musubi_node_register::{Followed, Line, LineOf, Person as Registered};
use musubi_primitives::{MemberId, Pseudonym, resident::ServiceDomain};
use std::collections::{BTreeMap, btree_map::Entry};

/// Follow-ups by the pseudonym in use and the appointment.
pub(super) type FollowUps = BTreeMap<(Pseudonym, String), FollowUp>;

impl Ledger {
    /// Every follow-up of people whose home this is, settled.
    pub(super) async fn follow_ups(&self) -> Result<FollowUps, DeskError> {
        self.enter_waiting().await?;
        let rules = self.rules().await.ok();
        let mut people: BTreeMap<Pseudonym, Option<Vec<LineOf>>> = BTreeMap::new();
        let mut follow_ups = FollowUps::new();
        for (subject, followed) in self.carried_on()? {
            let lines = match people.entry(subject) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(self.lines_at_home(subject).await?),
            };
            if let Some(lines) = lines {
                let about = followed.about.clone();
                let steps = settled(steps_of(&followed)?, &about, lines, rules);
                follow_ups.insert((subject, about), steps);
            }
        }
        Ok(follow_ups)
    }

    /// One follow-up, settled, with the pseudonym that it is kept under from now on.
    ///
    /// # Errors
    /// [`DeskError::NotFound`] for somebody whose home this is not.
    pub(super) async fn follow_up_of(
        &self,
        subject: &Pseudonym,
        about: &str,
    ) -> Result<(Pseudonym, FollowUp), DeskError> {
        self.enter_waiting().await?;
        let nobody = || DeskError::NotFound("nobody of this municipality's register".to_owned());
        let person = self.registered(subject)?.ok_or_else(nobody)?;
        let in_use = person.pseudonym(ServiceDomain::Health).ok_or_else(nobody)?;
        let lines = self.lines_at_home(in_use).await?.ok_or_else(nobody)?;
        let mut steps = FollowUp::default();
        for pseudonym in super::follow_up::health_pseudonyms(&person) {
            if let Some(followed) = self.register.followed(&pseudonym, about).map_err(fault)? {
                steps = longer(steps, steps_of(&followed)?);
            }
        }
        let rules = self.rules().await.ok();
        Ok((in_use, settled(steps, about, &lines, rules)))
    }

    /// What was noted, under the pseudonym in use; of the same appointment, what was carried on furthest.
    fn carried_on(&self) -> Result<Vec<(Pseudonym, Followed)>, DeskError> {
        let mut furthest: BTreeMap<(Pseudonym, String), Followed> = BTreeMap::new();
        for followed in self.register.follow_ups().map_err(fault)? {
            let person = self.registered(&followed.subject)?;
            let in_use = person.and_then(|person| person.pseudonym(ServiceDomain::Health));
            let Some(in_use) = in_use else { continue };
            let key = (in_use, followed.about.clone());
            let so_far = furthest.get(&key).map(steps_of).transpose()?;
            let reaches = steps_of(&followed)?.taken().len();
            if so_far.is_none_or(|steps| steps.taken().len() < reaches) {
                furthest.insert(key, followed);
            }
        }
        let carried = furthest.into_iter();
        Ok(carried
            .map(|((subject, _), followed)| (subject, followed))
            .collect())
    }

    fn registered(&self, pseudonym: &Pseudonym) -> Result<Option<Registered>, DeskError> {
        let id = self.register.by_pseudonym(pseudonym).map_err(fault)?;
        match id {
            Some(id) => self.register.person(id).map_err(fault),
            None => Ok(None),
        }
    }

    /// A person's lines; none where the home is another municipality by now.
    async fn lines_at_home(&self, in_use: Pseudonym) -> Result<Option<Vec<LineOf>>, DeskError> {
        let home: Option<MemberId> = self.chain.read("MusubiApi_home", in_use).await?;
        let person = self
            .registered(&in_use)?
            .filter(|_| home == Some(self.member));
        person.map(|person| self.lines_of(&person)).transpose()
    }
}

fn steps_of(followed: &Followed) -> Result<FollowUp, DeskError> {
    serde_json::from_slice(&followed.steps).map_err(unavailable)
}

fn longer(one: FollowUp, other: FollowUp) -> FollowUp {
    if one.taken().len() < other.taken().len() {
        other
    } else {
        one
    }
}

/// Seen, where a line tells that the child came: a form of this name, or a dose that counts with this product, since the first step.
fn settled(steps: FollowUp, about: &str, lines: &[LineOf], rules: Option<&RuleSet>) -> FollowUp {
    let begun = steps.taken().first().map(|first| first.on);
    let programme = rules.and_then(|rules| rules.programme_of(about));
    let counts = |product: &str| {
        product == about || programme.is_some_and(|programme| programme.counts(product))
    };
    let came = lines.iter().filter_map(|of| match &of.line {
        Line::Form { form, date, .. } if form.rsplit('/').next() == Some(about) => {
            Date::parse(date).ok()
        }
        Line::Dose {
            product: Some(product),
            date: Some(date),
            ..
        } if counts(product) => Date::parse(date).ok().filter(|day| begun <= Some(*day)),
        Line::Form { .. } | Line::Dose { .. } | Line::Other => None,
    });
    match came.min() {
        Some(day) => steps.seen_by_record(day),
        None => steps,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use musubi_care::follow_up::{State, Step};
    use musubi_primitives::RecordId;

    fn day(text: &str) -> Date {
        Date::parse(text).expect("a date")
    }

    fn invited() -> FollowUp {
        let steps = FollowUp::default().take(Step::Invite, day("2026-10-01"), "n");
        steps.expect("the first step")
    }

    fn line(line: Line) -> LineOf {
        LineOf {
            subject: Pseudonym([1; 32]),
            record: RecordId([1; 32]),
            line,
        }
    }

    fn form(name: &str, date: &str) -> LineOf {
        line(Line::Form {
            form: format!("https://musubi.example/forms/{name}"),
            date: date.to_owned(),
            judgement: None,
        })
    }

    fn dose(product: &str, date: &str) -> LineOf {
        line(Line::Dose {
            product: Some(product.to_owned()),
            date: Some(date.to_owned()),
            lot: String::new(),
        })
    }

    #[test]
    fn a_form_that_arrived_settles_its_own_appointment_alone() {
        let state = |about: &str, lines: &[LineOf]| settled(invited(), about, lines, None).state();
        let held = [form("checkup-18m", "2026-10-20")];
        assert_eq!(state("checkup-18m", &held), State::Seen);
        assert_eq!(state("checkup-3y", &held), State::Invited);
        assert_eq!(state("checkup-18m", &[]), State::Invited);
    }

    #[test]
    fn a_dose_settles_it_if_it_came_after_the_first_step() {
        let state = |date: &str| settled(invited(), "MR", &[dose("MR", date)], None).state();
        assert_eq!(state("2026-10-02"), State::Seen);
        assert_eq!(state("2026-10-01"), State::Seen);
        assert_eq!(
            state("2025-10-01"),
            State::Invited,
            "an earlier dose of the series"
        );
    }
}
