//! A QuestionnaireResponse read along its form: what was answered, in which occurrence, and what does not fit.

use crate::{
    element::{Element, Issues},
    form::{
        REPEATS_MAX, TEXT_CHARS_MAX,
        answer::{Answer, Decimal, fits},
        definition::Form,
        item::{Item, ItemAt, ItemKind},
    },
    issue::IssueCode,
};
use std::collections::BTreeMap;

/// One answer and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// The value.
    pub answer: Answer,
    /// FHIRPath within the response.
    pub path: String,
}

/// What was answered in one scope: the response itself, or one occurrence of a repeating item.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filled {
    /// FHIRPath of the scope.
    pub path: String,
    /// Answers to questions of this scope.
    pub answers: BTreeMap<ItemAt, Vec<Answered>>,
    /// Occurrences of repeating items of this scope.
    pub occurrences: BTreeMap<ItemAt, Vec<Self>>,
    /// Items of this scope that stand in the response, with their place.
    pub(super) present: BTreeMap<ItemAt, String>,
}

impl Filled {
    /// The answers to a question in this scope.
    pub fn to(&self, at: ItemAt) -> impl Iterator<Item = &Answer> {
        self.answers
            .get(&at)
            .into_iter()
            .flatten()
            .map(|answered| &answered.answer)
    }

    /// Whether anything is answered here or below.
    pub fn is_answered(&self) -> bool {
        !self.answers.is_empty() || self.occurrences.values().flatten().any(Self::is_answered)
    }
}

/// Reads the items of a response. What does not fit the form is noted in `issues` and left out; what fits is kept.
pub fn read(form: &Form, response: &Element<'_>, issues: &mut Issues) -> Filled {
    let mut filled = Filled {
        path: response.path().to_owned(),
        ..Filled::default()
    };
    let mut reader = Reader { form, issues };
    reader.items(&response.child("item"), None, &mut filled);
    filled
}

struct Reader<'a> {
    form: &'a Form,
    issues: &'a mut Issues,
}

impl Reader<'_> {
    fn items(&mut self, list: &Element<'_>, parent: Option<ItemAt>, scope: &mut Filled) {
        for element in list.list(self.issues) {
            let Some(link_id) = element.child("linkId").required_text(self.issues) else {
                continue;
            };
            match self.form.place(link_id) {
                Some(at) if self.form.item(at).parent == parent => self.item(&element, at, scope),
                Some(_) => {
                    let expected = "this item stands elsewhere in the form";
                    self.complain(&element.child("linkId"), IssueCode::Structure, expected);
                }
                None => {
                    let expected = "a linkId of the form and version that the response names";
                    self.complain(&element.child("linkId"), IssueCode::Value, expected);
                }
            }
        }
    }

    fn item(&mut self, element: &Element<'_>, at: ItemAt, scope: &mut Filled) {
        let item = self.form.item(at);
        let is_again = scope.present.contains_key(&at);
        let may_again = item.repeats && item.kind == ItemKind::Group;
        if is_again && !may_again {
            let expected = "each item once; several answers stand in its answer list";
            self.complain(element, IssueCode::Structure, expected);
            return;
        }
        scope.present.insert(at, element.path().to_owned());
        match item.kind {
            ItemKind::Group | ItemKind::Display => self.group(element, at, scope),
            _ => self.question(element, at, scope),
        }
    }

    fn group(&mut self, element: &Element<'_>, at: ItemAt, scope: &mut Filled) {
        if element.child("answer").is_present() {
            let place = element.child("answer");
            self.complain(&place, IssueCode::Structure, "a group has no answer");
        }
        self.below(element, at, scope);
    }

    /// The items under a group or an answer: in a scope of their own if it repeats.
    fn below(&mut self, holder: &Element<'_>, at: ItemAt, scope: &mut Filled) {
        let list = holder.child("item");
        if !self.form.item(at).opens_scope() {
            self.items(&list, Some(at), scope);
            return;
        }
        let mut occurrence = Filled {
            path: holder.path().to_owned(),
            ..Filled::default()
        };
        self.items(&list, Some(at), &mut occurrence);
        let all = scope.occurrences.entry(at).or_default();
        all.push(occurrence);
        if REPEATS_MAX < all.len() {
            let most = format!("at most {REPEATS_MAX} occurrences");
            self.complain(holder, IssueCode::TooLong, &most);
        }
    }

    fn question(&mut self, element: &Element<'_>, at: ItemAt, scope: &mut Filled) {
        let item = self.form.item(at);
        if element.child("item").is_present() {
            let expected = "items under a question stand within its answer";
            self.complain(&element.child("item"), IssueCode::Structure, expected);
        }
        let answers = element.child("answer").list(self.issues);
        let most = if item.repeats { REPEATS_MAX } else { 1 };
        if most < answers.len() {
            let expected = format!("at most {most} answers");
            self.complain(&element.child("answer"), IssueCode::Structure, &expected);
        }
        for answer in answers.iter().take(most) {
            if let Some(value) = self.answer(answer, item) {
                let path = answer.path().to_owned();
                let answered = Answered {
                    answer: value,
                    path,
                };
                scope.answers.entry(at).or_default().push(answered);
            }
            self.below(answer, at, scope);
        }
    }

    fn answer(&mut self, element: &Element<'_>, item: &Item) -> Option<Answer> {
        let read = Answer::read(element, "value").map_err(|issue| self.issues.push(issue));
        let (answer, kind) = read.ok()?;
        if !fits(item.kind, kind) {
            let expected = format!("an answer of type {}", item.kind.as_str());
            self.complain(element, IssueCode::Value, &expected);
            return None;
        }
        if let Some(expected) = out_of_bounds(item, &answer, kind) {
            let place = element.child(&format!("value{kind}"));
            self.complain(&place, IssueCode::Value, &expected);
        }
        Some(answer)
    }

    fn complain(&mut self, element: &Element<'_>, code: IssueCode, expected: &str) {
        self.issues.push(element.issue(code, expected));
    }
}

/// What was expected instead, for an answer of the right type that the item does not take.
fn out_of_bounds(item: &Item, answer: &Answer, kind: &str) -> Option<String> {
    let is_listed = item
        .options
        .iter()
        .any(|option| option.value.equals(answer));
    let must_be_listed = item.kind == ItemKind::Choice || kind == "Coding";
    if item.kind.has_options() && must_be_listed && !is_listed {
        return Some("one of the form's options".to_owned());
    }
    match answer {
        Answer::Integer(number) => outside(item, Decimal::new(f64::from(*number))?),
        Answer::Decimal(number) => outside(item, *number),
        Answer::Quantity(number, unit) => {
            if item.units.is_empty() || item.units.contains(unit) {
                return outside(item, *number);
            }
            Some(format!("one of the units {}", item.units.join(", ")))
        }
        Answer::Text(text) => {
            let most = item.bounds.chars_max.unwrap_or(TEXT_CHARS_MAX);
            (most < text.chars().count()).then(|| format!("at most {most} characters"))
        }
        Answer::Boolean(_)
        | Answer::Date(_)
        | Answer::DateTime(_)
        | Answer::Time(..)
        | Answer::Coding(..) => None,
    }
}

fn outside(item: &Item, number: Decimal) -> Option<String> {
    let (min, max) = (item.bounds.min, item.bounds.max);
    let is_outside = min.is_some_and(|min| number < min) || max.is_some_and(|max| max < number);
    let shown = |bound: Option<Decimal>| bound.map(|bound| bound.to_string()).unwrap_or_default();
    is_outside.then(|| format!("a number from {} to {}", shown(min), shown(max)))
}
