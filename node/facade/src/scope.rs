//! SMART 2 scopes of backend services (`system/Immunization.rs`), and what a role on chain may have of them.

use crate::served::{Interaction, SERVED, Type};
use musubi_primitives::{
    Role,
    record::{Category, may_write},
};
use std::{collections::BTreeMap, fmt};

/// The letters in the order that SMART 2 asks for.
const LETTERS: &str = "cruds";

/// What a token allows: letters by type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(BTreeMap<Type, Vec<char>>);

/// A scope that is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "scope {0:?}: expected system/<type or *>.<letters of cruds, in this order>, or .read, .write, .*"
)]
pub struct ScopeError(String);

impl Scopes {
    /// Reads a list that is separated by spaces; types that are not served fall out.
    ///
    /// # Errors
    /// The first scope that has another form.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        let mut scopes = Self::default();
        for scope in text.split_whitespace() {
            let wrong = || ScopeError(scope.to_owned());
            let (name, letters) = scope
                .strip_prefix("system/")
                .and_then(|rest| rest.split_once('.'))
                .ok_or_else(wrong)?;
            let letters = letters_of(letters).ok_or_else(wrong)?;
            let all = SERVED.iter().map(|served| served.of);
            for of in all.filter(|of| name == "*" || of.as_str() == name) {
                scopes.add(of, &letters);
            }
        }
        Ok(scopes)
    }

    /// What a role may have at most.
    pub fn of_role(role: Role) -> Self {
        let mut scopes = Self::default();
        for served in SERVED {
            let may = |interaction: &&Interaction| match interaction {
                Interaction::Create | Interaction::Update => writes(role, served.of),
                Interaction::Read
                | Interaction::Vread
                | Interaction::HistoryInstance
                | Interaction::Search => reads(role, served.of),
            };
            let letters: Vec<char> = served
                .interactions
                .iter()
                .filter(may)
                .map(|interaction| interaction.letter())
                .collect();
            scopes.add(served.of, &letters);
        }
        scopes
    }

    /// What both allow.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut both = Self::default();
        for (of, letters) in &self.0 {
            let shared: Vec<char> = letters
                .iter()
                .copied()
                .filter(|letter| other.has(*of, *letter))
                .collect();
            both.add(*of, &shared);
        }
        both
    }

    /// Whether an interaction with a type is allowed.
    pub fn allows(&self, of: Type, interaction: Interaction) -> bool {
        self.has(of, interaction.letter())
    }

    /// Whether nothing is allowed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn has(&self, of: Type, letter: char) -> bool {
        self.0
            .get(&of)
            .is_some_and(|letters| letters.contains(&letter))
    }

    fn add(&mut self, of: Type, letters: &[char]) {
        if letters.is_empty() {
            return;
        }
        let known = self.0.entry(of).or_default();
        known.extend(letters);
        known.sort_by_key(|letter| LETTERS.find(*letter));
        known.dedup();
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = |(of, letters): (&Type, &Vec<char>)| {
            format!(
                "system/{}.{}",
                of.as_str(),
                letters.iter().collect::<String>()
            )
        };
        let all: Vec<String> = self.0.iter().map(one).collect();
        f.write_str(&all.join(" "))
    }
}

/// SMART 2 letters, or the words of SMART 1.
fn letters_of(text: &str) -> Option<Vec<char>> {
    let letters = match text {
        "read" => "rs",
        "write" => "cud",
        "*" => LETTERS,
        letters => letters,
    };
    let places: Option<Vec<usize>> = letters.chars().map(|letter| LETTERS.find(letter)).collect();
    let is_ascending = places.is_some_and(|places| places.windows(2).all(|pair| pair[0] < pair[1]));
    (is_ascending && !letters.is_empty()).then(|| letters.chars().collect())
}

/// Who reads: whoever may ask the chain for records, and clerks what they themselves may write.
fn reads(role: Role, of: Type) -> bool {
    match role {
        Role::Officer | Role::Nurse | Role::Doctor | Role::Gateway => true,
        Role::Clerk | Role::Terminal => matches!(of, Type::Patient) || writes(role, of),
        Role::Operator
        | Role::Crew
        | Role::Dispatcher
        | Role::Reviewer
        | Role::Auditor
        | Role::Vault => false,
    }
}

/// Who writes: as the chain has it, by the category that the type is filed under.
fn writes(role: Role, of: Type) -> bool {
    let category = match of {
        Type::Immunization => Category::Immunization,
        Type::Observation => Category::Checkup,
        Type::QuestionnaireResponse => Category::Questionnaire,
        Type::DocumentReference => Category::Document,
        Type::Patient
        | Type::ImmunizationRecommendation
        | Type::Questionnaire
        | Type::Consent
        | Type::AuditEvent
        | Type::Provenance => return false,
    };
    may_write(role, category)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        Scopes::parse(text).expect("scopes").to_string()
    }

    #[test]
    fn scopes_read_back_in_one_form() {
        assert_eq!(read("system/Immunization.rs"), "system/Immunization.rs");
        assert_eq!(
            read("system/Immunization.read system/Immunization.c"),
            "system/Immunization.crs"
        );
        assert_eq!(read("system/Basic.rs"), "");
        assert!(read("system/*.rs").contains("system/Patient.rs"));
    }

    #[test]
    fn what_is_no_scope_is_refused() {
        for text in [
            "openid",
            "user/Patient.rs",
            "system/Patient",
            "system/Patient.",
            "system/Patient.sr",
            "system/Patient.x",
        ] {
            assert!(Scopes::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_role_has_no_more_than_the_chain_lets_it_do() {
        let all = Scopes::parse("system/*.cruds").expect("scopes");
        let of = |role| all.and(&Scopes::of_role(role));
        assert!(of(Role::Doctor).allows(Type::Immunization, Interaction::Create));
        assert!(!of(Role::Clerk).allows(Type::Immunization, Interaction::Create));
        assert!(!of(Role::Clerk).allows(Type::Immunization, Interaction::Read));
        assert!(of(Role::Clerk).allows(Type::QuestionnaireResponse, Interaction::Create));
        assert!(of(Role::Vault).is_empty() && of(Role::Operator).is_empty());
        assert!(!of(Role::Officer).allows(Type::Patient, Interaction::Create));
    }
}
