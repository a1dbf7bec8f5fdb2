//! Whether conditions can be trusted: their questions exist, have the right type, are in reach, and never go in a circle.

use crate::{
    element::Issues,
    form::{
        answer::fits,
        condition::{Condition, Operator},
        item::{Item, ItemAt},
    },
    issue::{Issue, IssueCode},
};
use std::collections::BTreeMap;

type Links = BTreeMap<String, ItemAt>;

/// Notes every condition whose question is missing, of another type, or not in reach.
pub(super) fn check_conditions(items: &[Item], by_link: &Links, issues: &mut Issues) {
    for item in items {
        for condition in &item.conditions {
            if let Some(expected) = complaint(items, by_link, item, condition) {
                issues.push(Issue {
                    code: IssueCode::Value,
                    expression: condition.path.clone(),
                    expected: expected.to_owned(),
                });
            }
        }
    }
}

fn complaint(
    items: &[Item],
    by_link: &Links,
    item: &Item,
    condition: &Condition,
) -> Option<&'static str> {
    let asked = by_link
        .get(&condition.question)
        .and_then(|at| items.get(at.0));
    let Some(question) = asked.filter(|question| question.kind.is_question()) else {
        return Some("a question of this form");
    };
    let typed =
        condition.operator == Operator::Exists || fits(question.kind, condition.answer_type);
    if !typed {
        return Some("an answer of the question's type");
    }
    if !reaches(items, item, question.scope) {
        return Some("a question outside repeating groups, or in the same one");
    }
    None
}

/// Whether `scope` is the item's own or one further out.
fn reaches(items: &[Item], item: &Item, scope: Option<ItemAt>) -> bool {
    let mut own = item.scope;
    while own != scope {
        let Some(at) = own else {
            return false;
        };
        own = items.get(at.0).and_then(|item| item.scope);
    }
    true
}

/// All items, each after its parent and the questions that it asks about; an issue at each that is in a circle.
pub(super) fn dependencies_first(
    items: &[Item],
    by_link: &Links,
    issues: &mut Issues,
) -> Vec<ItemAt> {
    let needs: Vec<Vec<ItemAt>> = items.iter().map(|item| needs_of(item, by_link)).collect();
    let mut needed_by: BTreeMap<ItemAt, Vec<ItemAt>> = BTreeMap::new();
    let mut missing: Vec<usize> = needs.iter().map(Vec::len).collect();
    for (at, needs) in needs.iter().enumerate() {
        for need in needs {
            needed_by.entry(*need).or_default().push(ItemAt(at));
        }
    }
    let is_free = |(at, missing): (usize, &usize)| (*missing == 0).then_some(ItemAt(at));
    let mut order: Vec<ItemAt> = missing.iter().enumerate().filter_map(is_free).collect();
    let mut done = 0;
    while let Some(at) = order.get(done).copied() {
        done += 1;
        for follower in needed_by.get(&at).into_iter().flatten() {
            if let Some(left) = missing.get_mut(follower.0) {
                *left -= 1;
                if *left == 0 {
                    order.push(*follower);
                }
            }
        }
    }
    for (item, missing) in items.iter().zip(missing) {
        if 0 < missing {
            issues.push(Issue {
                code: IssueCode::BusinessRule,
                expression: item.path.clone(),
                expected: "conditions that do not go in a circle".to_owned(),
            });
        }
    }
    order
}

fn needs_of(item: &Item, by_link: &Links) -> Vec<ItemAt> {
    let asked = item
        .conditions
        .iter()
        .filter_map(|condition| by_link.get(&condition.question).copied());
    item.parent.into_iter().chain(asked).collect()
}
