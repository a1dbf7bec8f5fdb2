//! Follow-up of one child who is expected and does not come: invited, reminded, telephoned, visited, seen, referred.
//!
//! The states are those of the annual check on children whose situation cannot be confirmed (こ支虐355号, 令和6年9月12日; 児童福祉法10条):
//! in the end the child has been seen in person, or a family centre (こども家庭センター) has taken over. That a family did not come is itself
//! sensitive: nothing here goes to clinics. Each step has its date and its member of staff; a step that was taken is never taken back.

use crate::civil::Date;
use serde::{Deserialize, Serialize};

/// What can be done for a child who is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// An invitation was sent.
    Invite,
    /// A letter reminded of it.
    Remind,
    /// Somebody telephoned.
    Telephone,
    /// Somebody went to the family's home.
    Visit,
    /// The child was seen in person: at the checkup, the clinic, or at home.
    See,
    /// The family centre took over.
    Refer,
}

/// A step that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Which.
    pub step: Step,
    /// On which day.
    pub on: Date,
    /// Code of the member of staff.
    pub by: String,
}

/// Stands for a member of staff where a record tells that the child came.
pub const BY_RECORD: &str = "record";

/// Days to wait before the next step, if the child has not been seen. The authors' suggestion; a municipality sets its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// From the invitation to the reminder.
    pub remind_after: u16,
    /// From the reminder to the telephone.
    pub telephone_after: u16,
    /// From the telephone to the visit.
    pub visit_after: u16,
    /// From a visit that met nobody to the referral.
    pub refer_after: u16,
}

impl Pace {
    /// Four weeks, four weeks, two weeks, two weeks.
    pub const USUAL: Self = Self {
        remind_after: 28,
        telephone_after: 28,
        visit_after: 14,
        refer_after: 14,
    };
}

/// Where a follow-up stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing was done yet.
    Expected,
    /// Invited.
    Invited,
    /// Reminded.
    Reminded,
    /// Telephoned.
    Telephoned,
    /// Visited, and the child was not seen.
    Visited,
    /// Seen: the end.
    Seen,
    /// In the family centre's hands; ends when the child is seen.
    Referred,
}

/// Why a step cannot be noted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// The child was seen: there is nothing left to follow up.
    #[error(
        "note {step:?} on {on}: the child was seen on {seen}, begin a new follow-up for the next appointment"
    )]
    Over {
        /// The step.
        step: Step,
        /// Its day.
        on: Date,
        /// When the child was seen.
        seen: Date,
    },
    /// A day before the latest step's.
    #[error("note {step:?} on {on}: the step before was on {latest}, days do not run backwards")]
    Backwards {
        /// The step.
        step: Step,
        /// Its day.
        on: Date,
        /// Day of the latest step.
        latest: Date,
    },
    /// Nobody is reminded of an invitation that was never sent, and nobody is referred whom nobody tried to reach.
    #[error("note {step:?} on {on}: {needed}")]
    TooSoon {
        /// The step.
        step: Step,
        /// Its day.
        on: Date,
        /// What comes first.
        needed: &'static str,
    },
    /// No member of staff is named.
    #[error("note {step:?} on {on}: name the member of staff")]
    Nobody {
        /// The step.
        step: Step,
        /// Its day.
        on: Date,
    },
}

/// A follow-up: the steps taken so far, in time order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Taken>", into = "Vec<Taken>")]
pub struct FollowUp {
    taken: Vec<Taken>,
}

impl FollowUp {
    /// The steps taken.
    pub fn taken(&self) -> &[Taken] {
        &self.taken
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        if self.day_of(Step::See).is_some() {
            return State::Seen;
        }
        if self.day_of(Step::Refer).is_some() {
            return State::Referred;
        }
        match self.taken.last().map(|taken| taken.step) {
            None => State::Expected,
            Some(Step::Invite) => State::Invited,
            Some(Step::Remind) => State::Reminded,
            Some(Step::Telephone) => State::Telephoned,
            Some(Step::Visit) => State::Visited,
            Some(Step::See) => State::Seen,
            Some(Step::Refer) => State::Referred,
        }
    }

    /// The follow-up with one more step.
    ///
    /// # Errors
    /// Why the step cannot come now.
    pub fn take(mut self, step: Step, on: Date, by: &str) -> Result<Self, StepError> {
        self.check(step, on, by)?;
        self.taken.push(Taken {
            step,
            on,
            by: by.to_owned(),
        });
        Ok(self)
    }

    /// The follow-up as it stands once a record tells that the child came on a day: seen, at the earliest on the day of the latest step,
    /// since days do not run backwards. One that was over stays as it is.
    #[must_use]
    pub fn seen_by_record(self, on: Date) -> Self {
        let latest = self.taken.last().map_or(on, |latest| latest.on.max(on));
        self.clone()
            .take(Step::See, latest, BY_RECORD)
            .unwrap_or(self)
    }

    fn check(&self, step: Step, on: Date, by: &str) -> Result<(), StepError> {
        if let Some(seen) = self.day_of(Step::See) {
            return Err(StepError::Over { step, on, seen });
        }
        let latest = self.taken.last().map(|taken| taken.on);
        if let Some(latest) = latest.filter(|latest| on < *latest) {
            return Err(StepError::Backwards { step, on, latest });
        }
        if by.trim().is_empty() {
            return Err(StepError::Nobody { step, on });
        }
        match self.missing_before(step) {
            Some(needed) => Err(StepError::TooSoon { step, on, needed }),
            None => Ok(()),
        }
    }

    /// What must have come first. A child may be seen, telephoned for or visited at any time: urgency does not wait for letters.
    fn missing_before(&self, step: Step) -> Option<&'static str> {
        let has = |step| self.day_of(step).is_some();
        match step {
            Step::Invite | Step::See | Step::Telephone | Step::Visit => None,
            Step::Remind => (!has(Step::Invite)).then_some("the invitation comes first"),
            Step::Refer => {
                let tried = has(Step::Telephone) || has(Step::Visit);
                (!tried).then_some("somebody telephones or visits first")
            }
        }
    }

    /// The next step and the day from which it is due; none once the child was seen or referred.
    pub fn next(&self, pace: Pace) -> Option<(Step, Date)> {
        let after = |days: u16| {
            let latest = self.taken.last()?.on;
            Some(latest.plus_days(i32::from(days)))
        };
        match self.state() {
            State::Expected | State::Seen | State::Referred => None,
            State::Invited => Some((Step::Remind, after(pace.remind_after)?)),
            State::Reminded => Some((Step::Telephone, after(pace.telephone_after)?)),
            State::Telephoned => Some((Step::Visit, after(pace.visit_after)?)),
            State::Visited => Some((Step::Refer, after(pace.refer_after)?)),
        }
    }

    fn day_of(&self, step: Step) -> Option<Date> {
        let taken = self.taken.iter().find(|taken| taken.step == step);
        taken.map(|taken| taken.on)
    }
}

impl TryFrom<Vec<Taken>> for FollowUp {
    type Error = StepError;

    /// Takes stored steps one by one, so that a file cannot hold what could not have happened.
    fn try_from(steps: Vec<Taken>) -> Result<Self, StepError> {
        let mut steps = steps.into_iter();
        steps.try_fold(Self::default(), |so_far, taken| {
            so_far.take(taken.step, taken.on, &taken.by)
        })
    }
}

impl From<FollowUp> for Vec<Taken> {
    fn from(follow_up: FollowUp) -> Self {
        follow_up.taken
    }
}
