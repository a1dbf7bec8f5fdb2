//! Record categories, coarse enough not to name a disease or a vaccine, and the states of a record.

use crate::member::{Role, code};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

code! {
    /// The class of a record. One bit each in a [`CategorySet`], by its number.
    Category {
        /// A dose given or refused, whatever the vaccine.
        Immunization = 0,
        /// Findings of an infant checkup.
        Checkup = 1,
        /// Answers to a form: 予診票, checkup questionnaire.
        Questionnaire = 2,
        /// Body measures.
        Growth = 3,
        /// Scores of a developmental or maternal scale.
        Scale = 4,
        /// Answers to a survey.
        Survey = 5,
        /// The sealed summary for emergencies.
        EmergencySummary = 6,
        /// Verdict of the schedule check and its inputs.
        ScheduleVerdict = 7,
        /// Answers that are withheld from other guardians and clinics by default.
        Sensitive = 8,
        /// Documents and letters.
        Document = 9,
    }
}

code! {
    /// What the schedule check found. It never says "safe": the physician decides.
    VerdictCode {
        /// Every condition of the rule set is met.
        ConditionsMet = 0,
        /// At least one is not.
        ConditionsNotMet = 1,
        /// The inputs do not suffice; a person has to look.
        NeedsPerson = 2,
    }
}

code! {
    /// Why a physician went on although the conditions were not met. Free text stays off chain.
    OverrideReason {
        /// Clinical judgement.
        ClinicalJudgement = 0,
        /// History on paper that the chain does not have.
        PaperHistory = 1,
        /// Catching up after missed doses.
        CatchUp = 2,
        /// Outbreak or other direction of a public authority.
        PublicDirection = 3,
        /// It has been given: the record says what happened, however it should have been (間違い接種).
        AlreadyGiven = 4,
    }
}

/// Whether a role writes records of a category (rule D1 of `pallet-records`); of which members, the pallet says.
#[must_use]
pub fn may_write(role: Role, category: Category) -> bool {
    let is_form = matches!(
        category,
        Category::Questionnaire | Category::Survey | Category::Document
    );
    match role {
        Role::Officer | Role::Nurse | Role::Doctor | Role::Gateway => true,
        Role::Clerk | Role::Terminal => is_form,
        Role::Operator
        | Role::Crew
        | Role::Dispatcher
        | Role::Reviewer
        | Role::Auditor
        | Role::Vault => false,
    }
}

/// A set of categories, one bit each.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Default,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize,
)]
#[serde(into = "Vec<Category>", from = "Vec<Category>")]
pub struct CategorySet(u16);

impl CategorySet {
    /// The set without members.
    pub const EMPTY: Self = Self(0);

    /// The categories that need more care than others: two attestations, and never by break-glass.
    pub const SENSITIVE: Self = Self(1 << Category::Scale as u16 | 1 << Category::Sensitive as u16);

    /// The set of exactly these categories.
    pub fn of(categories: &[Category]) -> Self {
        categories
            .iter()
            .fold(Self::EMPTY, |set, category| set.with(*category))
    }

    /// This set and one more category.
    #[must_use]
    pub fn with(self, category: Category) -> Self {
        Self(self.0 | Self::bit(category))
    }

    /// Whether `category` is in the set.
    pub fn contains(self, category: Category) -> bool {
        self.0 & Self::bit(category) != 0
    }

    /// Whether every category of `other` is in this set.
    pub fn contains_all(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether this set and `other` have a category in common.
    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether nothing is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether every bit is a known category; decoding alone does not say so.
    pub fn is_known(self) -> bool {
        Self::of(Category::ALL).contains_all(self)
    }

    /// The members, in the order of their numbers.
    pub fn iter(self) -> impl Iterator<Item = Category> {
        Category::ALL
            .iter()
            .copied()
            .filter(move |category| self.contains(*category))
    }

    fn bit(category: Category) -> u16 {
        1u16.checked_shl(category as u32)
            .expect("a category's number is below 16")
    }
}

impl From<Vec<Category>> for CategorySet {
    fn from(categories: Vec<Category>) -> Self {
        Self::of(&categories)
    }
}
impl From<CategorySet> for Vec<Category> {
    fn from(set: CategorySet) -> Self {
        set.iter().collect()
    }
}

code! {
    /// Where a record stands. Superseding and errors are facts beside the state, not states.
    RecordState {
        /// Committed on chain, not yet acknowledged by two holders.
        Pending = 0,
        /// Two holders on different machines have it.
        Stored = 1,
        /// Its keys and salt were destroyed on order; receipts tell by whom.
        Erased = 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_else() {
        for a in Category::ALL {
            let set = CategorySet::of(&[*a]);
            for b in Category::ALL {
                assert_eq!(set.contains(*b), a == b);
            }
            assert!(set.is_known());
        }
        assert!(!CategorySet(1 << 15).is_known());
    }

    #[test]
    fn scales_and_withheld_answers_are_sensitive() {
        assert_eq!(
            CategorySet::SENSITIVE,
            CategorySet::of(&[Category::Scale, Category::Sensitive])
        );
        assert!(
            CategorySet::SENSITIVE
                .intersects(CategorySet::of(&[Category::Growth, Category::Scale]))
        );
        assert!(!CategorySet::SENSITIVE.intersects(CategorySet::of(&[Category::Growth])));
    }
}
