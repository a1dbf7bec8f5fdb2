//! Surveys: answers of many people to one form, counted; small counts are never published.
//!
//! Each option of a question is a row of its own: chosen, not chosen. Published are only questions that everybody was asked, since the number of people
//! who came to a further question would tell how many gave the answer that leads there.

use crate::figures::{Published, Table, Threshold};
use musubi_fhir::form::{Answer, AnswerOption, Checked, Form, Item, ItemKind};
use serde::Serialize;

/// One question, counted.
#[derive(Clone, Debug)]
pub struct Tally {
    /// The question.
    pub link_id: String,
    /// Its text in the form's language.
    pub text: String,
    /// Whether everybody was asked.
    pub asked_of_all: bool,
    /// Options by chosen and not chosen.
    pub table: Table,
}

/// A survey as it may be published.
#[derive(Clone, Debug, Serialize)]
pub struct PublishedSurvey {
    /// The form.
    pub form: String,
    /// Number of people who answered; none if they are too few for anything to be published.
    pub people: Option<u32>,
    /// Question by question.
    pub questions: Vec<PublishedQuestion>,
}

/// A question as it may be published.
#[derive(Clone, Debug, Serialize)]
pub struct PublishedQuestion {
    /// The question.
    pub link_id: String,
    /// Its text.
    pub text: String,
    /// Options by chosen and not chosen.
    pub table: Published,
}

/// Counts the answers to every question with options or yes and no.
pub fn tally(form: &Form, responses: &[Checked]) -> Vec<Tally> {
    form.items()
        .filter(|(_, item)| is_countable(item))
        .map(|(_, item)| count(form, item, responses))
        .collect()
}

/// What may be published of a survey.
pub fn publish(form: &Form, responses: &[Checked], threshold: Threshold) -> PublishedSurvey {
    let people = u32::try_from(responses.len()).unwrap_or(u32::MAX);
    let enough = !threshold.hides(people);
    let questions = tally(form, responses)
        .into_iter()
        .filter(|tally| enough && tally.asked_of_all)
        .map(|tally| PublishedQuestion {
            table: tally.table.publish(threshold),
            link_id: tally.link_id,
            text: tally.text,
        });
    PublishedSurvey {
        form: form.canonical(),
        people: enough.then_some(people),
        questions: questions.collect(),
    }
}

fn is_countable(item: &Item) -> bool {
    matches!(
        item.kind,
        ItemKind::Choice | ItemKind::OpenChoice | ItemKind::Boolean
    )
}

fn count(form: &Form, item: &Item, responses: &[Checked]) -> Tally {
    let values = values_of(item);
    let names = values.iter().map(|(name, _)| name.clone()).collect();
    let columns = vec!["はい・選んだ".to_owned(), "選ばなかった".to_owned()];
    let mut table = Table::new(names, columns, false);
    for response in responses {
        let given = response.to(form, &item.link_id);
        for (row, (_, value)) in values.iter().enumerate() {
            let is_chosen = given.iter().any(|answer| answer.equals(value));
            table.count(row, usize::from(!is_chosen));
        }
    }
    Tally {
        link_id: item.link_id.clone(),
        text: item.words.original().to_owned(),
        asked_of_all: is_asked_of_all(form, item),
        table,
    }
}

fn values_of(item: &Item) -> Vec<(String, Answer)> {
    if item.kind == ItemKind::Boolean {
        return vec![("はい".to_owned(), Answer::Boolean(true))];
    }
    let named = |option: &AnswerOption| (option.words.original().to_owned(), option.value.clone());
    item.options.iter().map(named).collect()
}

fn is_asked_of_all(form: &Form, item: &Item) -> bool {
    let parent_is = item
        .parent
        .is_none_or(|parent| is_asked_of_all(form, form.item(parent)));
    item.conditions.is_empty() && !item.repeats_as_group() && parent_is
}
