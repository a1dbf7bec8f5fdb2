//! Which items are shown, given the answers: a fixpoint, since answers to items that are not shown do not count.

use crate::form::{
    answer::Answer,
    condition::{Behaviour, Condition},
    definition::Form,
    item::{Item, ItemAt},
    response::Filled,
};
use std::collections::{BTreeMap, BTreeSet};

/// The items shown in one scope: the form itself, or one occurrence of a repeating item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    items: BTreeSet<ItemAt>,
    occurrences: BTreeMap<ItemAt, Vec<Self>>,
}

impl Shown {
    /// Whether an item of this scope is shown.
    pub fn has(&self, at: ItemAt) -> bool {
        self.items.contains(&at)
    }

    /// The items shown in this scope.
    pub fn items(&self) -> impl Iterator<Item = ItemAt> {
        self.items.iter().copied()
    }

    /// What is shown in each occurrence of a repeating item.
    pub fn occurrences(&self, at: ItemAt) -> &[Self] {
        self.occurrences.get(&at).map_or(&[], Vec::as_slice)
    }
}

/// Which items are shown. A form's conditions are free of circles, so one pass in their order settles it.
pub fn shown(form: &Form, filled: &Filled) -> Shown {
    in_scope(form, None, filled, None)
}

/// A scope being settled, and the scopes around it.
struct Scope<'a> {
    of: Option<ItemAt>,
    filled: &'a Filled,
    shown: BTreeSet<ItemAt>,
    outer: Option<&'a Self>,
}

fn in_scope(form: &Form, of: Option<ItemAt>, filled: &Filled, outer: Option<&Scope<'_>>) -> Shown {
    let mut scope = Scope {
        of,
        filled,
        shown: BTreeSet::new(),
        outer,
    };
    for (at, item) in form.in_order().filter(|(_, item)| item.scope == of) {
        if scope.shows(form, item) {
            scope.shown.insert(at);
        }
    }
    let below = |(at, occurrences): (&ItemAt, &Vec<Filled>)| {
        let shown = occurrences
            .iter()
            .map(|occurrence| in_scope(form, Some(*at), occurrence, Some(&scope)));
        (*at, shown.collect())
    };
    let occurrences = filled
        .occurrences
        .iter()
        .filter(|(at, _)| scope.shown.contains(at))
        .map(below)
        .collect();
    Shown {
        occurrences,
        items: scope.shown,
    }
}

impl Scope<'_> {
    fn shows(&self, form: &Form, item: &Item) -> bool {
        let below_shown = item.parent == self.of
            || item
                .parent
                .is_none_or(|parent| self.shown.contains(&parent));
        below_shown && self.conditions_hold(form, item)
    }

    fn conditions_hold(&self, form: &Form, item: &Item) -> bool {
        let mut outcomes = item
            .conditions
            .iter()
            .map(|condition| self.holds(form, condition));
        match item.behaviour {
            Behaviour::All => outcomes.all(|holds| holds),
            Behaviour::Any => item.conditions.is_empty() || outcomes.any(|holds| holds),
        }
    }

    fn holds(&self, form: &Form, condition: &Condition) -> bool {
        let question = form.place(&condition.question);
        let given = question
            .map(|at| self.answers(form, at))
            .unwrap_or_default();
        condition
            .operator
            .holds(given.into_iter(), &condition.answer)
    }

    /// The answers to a question in the nearest scope that has it; none if it is not shown there.
    fn answers(&self, form: &Form, question: ItemAt) -> Vec<&Answer> {
        let mut scope = self;
        while form.item(question).scope != scope.of {
            let Some(outer) = scope.outer else {
                return Vec::new();
            };
            scope = outer;
        }
        if scope.shown.contains(&question) {
            scope.filled.to(question).collect()
        } else {
            Vec::new()
        }
    }
}
