//! `enableWhen`: on which answers an item is shown.

use crate::{
    element::{Element, Issues},
    form::{
        answer::{Answer, fits},
        definition::Form,
    },
    issue::{IssueCode, Refusal},
};
use serde_json::Value;
use std::cmp::Ordering;

/// How an answer is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// There is an answer (or, asked with false, there is none).
    Exists,
    /// At least one answer is equal.
    Equal,
    /// No answer is equal; so it holds where there is no answer.
    NotEqual,
    /// At least one answer is greater.
    Greater,
    /// At least one answer is less.
    Less,
    /// At least one answer is not less.
    GreaterOrEqual,
    /// At least one answer is not greater.
    LessOrEqual,
}

const OPERATORS: [(&str, Operator); 7] = [
    ("exists", Operator::Exists),
    ("=", Operator::Equal),
    ("!=", Operator::NotEqual),
    (">", Operator::Greater),
    ("<", Operator::Less),
    (">=", Operator::GreaterOrEqual),
    ("<=", Operator::LessOrEqual),
];

impl Operator {
    fn parse(code: &str) -> Option<Self> {
        let known = OPERATORS.iter().find(|(known, _)| *known == code);
        known.map(|(_, operator)| *operator)
    }

    /// Whether the answers given to the question fulfil it.
    pub(super) fn holds<'a>(
        self,
        mut given: impl Iterator<Item = &'a Answer>,
        asked: &Answer,
    ) -> bool {
        let is = |answer: &Answer, wanted: &[Ordering]| {
            answer
                .compare(asked)
                .is_some_and(|order| wanted.contains(&order))
        };
        match self {
            Self::Exists => *asked == Answer::Boolean(given.next().is_some()),
            Self::Equal => given.any(|answer| answer.equals(asked)),
            Self::NotEqual => !given.any(|answer| answer.equals(asked)),
            Self::Greater => given.any(|answer| is(answer, &[Ordering::Greater])),
            Self::Less => given.any(|answer| is(answer, &[Ordering::Less])),
            Self::GreaterOrEqual => {
                given.any(|answer| is(answer, &[Ordering::Greater, Ordering::Equal]))
            }
            Self::LessOrEqual => given.any(|answer| is(answer, &[Ordering::Less, Ordering::Equal])),
        }
    }
}

/// Whether all conditions must hold, or one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// All of them.
    #[default]
    All,
    /// At least one.
    Any,
}

/// One condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// `linkId` of the question.
    pub question: String,
    /// How its answers are compared.
    pub operator: Operator,
    /// With what.
    pub answer: Answer,
    /// The type of `answer[x]`.
    pub(super) answer_type: &'static str,
    /// FHIRPath within the Questionnaire.
    pub path: String,
}

impl Condition {
    /// Reads a condition that stands outside a form, in FHIR's words for `enableWhen`.
    ///
    /// # Errors
    /// All issues found, each with its place.
    pub fn from_value(value: &Value) -> Result<Self, Refusal> {
        let mut issues = Issues::new();
        let condition = Self::read(&Element::root(value, "when"), &mut issues);
        condition
            .filter(|_| issues.is_empty())
            .ok_or(Refusal(issues))
    }

    /// Whether the form has the question, and the answer is of its type.
    pub fn suits(&self, form: &Form) -> bool {
        form.named(&self.question).is_some_and(|item| {
            let is_typed = self.operator == Operator::Exists || fits(item.kind, self.answer_type);
            item.kind.is_question() && is_typed
        })
    }

    pub(super) fn read(element: &Element<'_>, issues: &mut Issues) -> Option<Self> {
        let question = element.child("question").required_text(issues);
        let codes: Vec<&str> = OPERATORS.iter().map(|(code, _)| *code).collect();
        let operator = element
            .child("operator")
            .required_code(&codes, issues)
            .and_then(Operator::parse);
        let answer = Answer::read(element, "answer").map_err(|issue| issues.push(issue));
        let (answer, answer_type) = answer.ok()?;
        if operator == Some(Operator::Exists) && answer_type != "Boolean" {
            let issue = element.issue(IssueCode::Value, "exists is asked with answerBoolean");
            issues.push(issue);
            return None;
        }
        Some(Self {
            question: question?.to_owned(),
            operator: operator?,
            answer,
            answer_type,
            path: element.path().to_owned(),
        })
    }
}

/// `enableBehavior`; required with more than one condition (FHIR's que-12).
pub(super) fn behaviour(item: &Element<'_>, conditions: usize, issues: &mut Issues) -> Behaviour {
    let element = item.child("enableBehavior");
    if conditions < 2 && !element.is_present() {
        return Behaviour::All;
    }
    match element.required_code(&["all", "any"], issues) {
        Some("any") => Behaviour::Any,
        _ => Behaviour::All,
    }
}
