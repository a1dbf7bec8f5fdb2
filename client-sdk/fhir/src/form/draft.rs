//! Drafts: partial answers that are kept with the version of their form, and carried to a newer one only if it says so.
//!
//! A form takes over the drafts of the editions that it names in `derivedFrom`; by convention an item whose meaning changed has a new
//! `linkId` there. What the new edition does not take is listed, so that somebody answers it anew; nothing is dropped in silence.

use crate::{
    element::{Element, Issues},
    form::{
        definition::Form,
        response::read,
        verdict::{Checked, Standing, check},
    },
    issue::{Issue, IssueCode, Refusal},
};
use serde_json::Value;

/// A draft on its new form.
#[derive(Clone, Debug, PartialEq)]
pub struct Carried {
    /// The response, now of the new version.
    pub response: Value,
    /// What the new version does not take, by its place in the old response.
    pub lost: Vec<Issue>,
}

/// Checks a draft.
///
/// # Errors
/// All issues found; also when the response is not `in-progress`.
pub fn check_draft(form: &Form, response: &Value) -> Result<Checked, Refusal> {
    let checked = check(form, response)?;
    if checked.standing == Standing::Draft {
        return Ok(checked);
    }
    Err(Refusal::one(
        IssueCode::Value,
        "QuestionnaireResponse.status",
        "in-progress, since only a draft may be partial",
    ))
}

/// Carries a draft to `form`, a newer edition of its own form; a draft of `form` itself is only checked.
///
/// # Errors
/// When `form` does not take over the edition that the draft was written on, or the response is no draft.
pub fn carry(response: &Value, form: &Form) -> Result<Carried, Refusal> {
    if response["questionnaire"] == form.canonical().as_str() {
        check_draft(form, response)?;
        return Ok(Carried {
            response: response.clone(),
            lost: Vec::new(),
        });
    }
    refuse_unless_taken_over(response, form)?;
    let lost = misfits(response, form);
    let mut carried = response.clone();
    let without = Without { lost: &lost };
    without.items(&mut carried, "QuestionnaireResponse");
    carried["questionnaire"] = form.canonical().into();
    check_draft(form, &carried)?;
    Ok(Carried {
        response: carried,
        lost,
    })
}

fn refuse_unless_taken_over(response: &Value, form: &Form) -> Result<(), Refusal> {
    let edition = response["questionnaire"].as_str().unwrap_or_default();
    if response["status"] == "in-progress" && form.takes_over.iter().any(|one| one == edition) {
        return Ok(());
    }
    let expected = format!(
        "a draft of an edition that {} takes over ({}): begin again on the new form, the old answers stay readable",
        form.canonical(),
        form.takes_over.join(", ")
    );
    let place = "QuestionnaireResponse.questionnaire";
    Err(Refusal::one(IssueCode::BusinessRule, place, expected))
}

fn misfits(response: &Value, form: &Form) -> Vec<Issue> {
    let mut issues = Issues::new();
    read(
        form,
        &Element::root(response, "QuestionnaireResponse"),
        &mut issues,
    );
    issues
}

/// Takes out whatever stands at the place of an issue: the answer, or the item that has no place in the new form.
struct Without<'a> {
    lost: &'a [Issue],
}

impl Without<'_> {
    fn items(&self, holder: &mut Value, path: &str) {
        let Some(items) = holder.get_mut("item").and_then(Value::as_array_mut) else {
            remove_if(holder, "item", self.is_lost(&format!("{path}.item")));
            return;
        };
        let mut at = 0;
        items.retain_mut(|item| {
            let path = format!("{path}.item[{at}]");
            at += 1;
            self.keeps_item(item, &path)
        });
    }

    fn keeps_item(&self, item: &mut Value, path: &str) -> bool {
        let answer_list = format!("{path}.answer");
        let own = [
            path.to_owned(),
            format!("{path}.linkId"),
            answer_list.clone(),
        ];
        if own.iter().any(|place| self.is_lost(place)) {
            return false;
        }
        self.items(item, path);
        if let Some(answers) = item.get_mut("answer").and_then(Value::as_array_mut) {
            let mut at = 0;
            answers.retain_mut(|answer| {
                let path = format!("{answer_list}[{at}]");
                at += 1;
                self.keeps_answer(answer, &path)
            });
        }
        true
    }

    fn keeps_answer(&self, answer: &mut Value, path: &str) -> bool {
        let value = format!("{path}.value");
        let is_own =
            |issue: &Issue| issue.expression == path || issue.expression.starts_with(&value);
        if self.lost.iter().any(is_own) {
            return false;
        }
        self.items(answer, path);
        true
    }

    fn is_lost(&self, path: &str) -> bool {
        self.lost.iter().any(|issue| issue.expression == path)
    }
}

fn remove_if(holder: &mut Value, member: &str, is_lost: bool) {
    if let Some(members) = holder.as_object_mut().filter(|_| is_lost) {
        members.remove(member);
    }
}
