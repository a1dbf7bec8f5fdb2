//! A response held against its form and version: every issue with its place, or the answers as they may be used.

use crate::{
    element::{Element, Issues},
    form::{
        answer::Answer,
        condition::Condition,
        definition::Form,
        item::{Item, ItemAt, ItemKind},
        response::{Filled, read},
        shown::{Shown, shown},
    },
    issue::{Issue, IssueCode, Refusal},
};
use serde_json::Value;

/// How far a response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// `in-progress`: what is there must fit, and nothing need be there.
    Draft,
    /// `completed` or `amended`: all that is shown and required is answered, and nothing else.
    Completed,
    /// `stopped` or `entered-in-error`: kept as it is.
    Ended,
}

/// A response that fits its form.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// How far it is.
    pub standing: Standing,
    /// The answers.
    pub filled: Filled,
    /// Which items are shown, given the answers.
    pub shown: Shown,
}

impl Checked {
    /// The answers to a question that is shown, in all occurrences.
    pub fn to(&self, form: &Form, link_id: &str) -> Vec<&Answer> {
        let mut found = Vec::new();
        if let Some(at) = form.place(link_id) {
            collect(at, &self.filled, &self.shown, &mut found);
        }
        found
    }

    /// Whether the answers fulfil a condition.
    pub fn meets(&self, form: &Form, condition: &Condition) -> bool {
        let given = self.to(form, &condition.question);
        condition
            .operator
            .holds(given.into_iter(), &condition.answer)
    }
}

fn collect<'a>(at: ItemAt, filled: &'a Filled, shown: &Shown, found: &mut Vec<&'a Answer>) {
    if shown.has(at) {
        found.extend(filled.to(at));
    }
    for (group, occurrences) in &filled.occurrences {
        for (occurrence, shown) in occurrences.iter().zip(shown.occurrences(*group)) {
            collect(at, occurrence, shown, found);
        }
    }
}

/// Holds a response against its form.
///
/// # Errors
/// All issues found, each with its place.
pub fn check(form: &Form, response: &Value) -> Result<Checked, Refusal> {
    let mut issues = Issues::new();
    let root = Element::root(response, "QuestionnaireResponse");
    let standing = head(form, &root, &mut issues);
    let filled = read(form, &root, &mut issues);
    let shown = shown(form, &filled);
    if standing == Some(Standing::Completed) {
        let whole = Whole { form };
        whole.scope(None, &filled, &shown, &mut issues);
    }
    match standing {
        Some(standing) if issues.is_empty() => Ok(Checked {
            standing,
            filled,
            shown,
        }),
        _ => Err(Refusal(issues)),
    }
}

fn head(form: &Form, root: &Element<'_>, issues: &mut Issues) -> Option<Standing> {
    if !root.is_at("resourceType", "QuestionnaireResponse") {
        let place = root.child("resourceType");
        issues.push(place.issue(IssueCode::Structure, "a QuestionnaireResponse"));
        return None;
    }
    let canonical = form.canonical();
    let named = root.child("questionnaire");
    if named.required_text(issues).is_some() && !root.is_at("questionnaire", &canonical) {
        issues.push(named.issue(
            IssueCode::Value,
            &format!("the form and version {canonical}"),
        ));
    }
    let states = [
        "in-progress",
        "completed",
        "amended",
        "entered-in-error",
        "stopped",
    ];
    let status = root.child("status").required_code(&states, issues)?;
    Some(match status {
        "in-progress" => Standing::Draft,
        "completed" | "amended" => Standing::Completed,
        _ => Standing::Ended,
    })
}

/// What a completed response must hold to, scope by scope.
struct Whole<'a> {
    form: &'a Form,
}

impl Whole<'_> {
    fn scope(&self, of: Option<ItemAt>, filled: &Filled, shown: &Shown, issues: &mut Issues) {
        let items = self.form.items().filter(|(_, item)| item.scope == of);
        for (at, item) in items {
            let is_shown = shown.has(at);
            if is_shown && item.required && !self.is_answered(at, item, filled) {
                issues.push(missing(item, filled));
            }
            if let Some(path) = filled.present.get(&at).filter(|_| !is_shown) {
                issues.push(Issue {
                    code: IssueCode::BusinessRule,
                    expression: path.clone(),
                    expected: "no item here: given the other answers this one is not asked"
                        .to_owned(),
                });
            }
        }
        for (at, occurrences) in &filled.occurrences {
            for (occurrence, shown) in occurrences.iter().zip(shown.occurrences(*at)) {
                self.scope(Some(*at), occurrence, shown, issues);
            }
        }
    }

    fn is_answered(&self, at: ItemAt, item: &Item, filled: &Filled) -> bool {
        match item.kind {
            ItemKind::Display => true,
            ItemKind::Group if item.repeats => {
                let all = filled.occurrences.get(&at);
                all.is_some_and(|all| all.iter().any(Filled::is_answered))
            }
            ItemKind::Group => self.has_answer_below(at, filled),
            _ => filled.answers.contains_key(&at),
        }
    }

    fn has_answer_below(&self, group: ItemAt, filled: &Filled) -> bool {
        self.form
            .items()
            .filter(|(_, item)| item.parent == Some(group))
            .any(|(at, item)| item.kind != ItemKind::Display && self.is_answered(at, item, filled))
    }
}

fn missing(item: &Item, filled: &Filled) -> Issue {
    Issue {
        code: IssueCode::Required,
        expression: format!("{}.item.where(linkId='{}')", filled.path, item.link_id),
        expected: "required, and not answered".to_owned(),
    }
}
