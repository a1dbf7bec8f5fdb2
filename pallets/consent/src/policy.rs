//! What a scope demands: how many attestations, and how sure they must be. Pure.

use crate::PERIOD_MAX;
use musubi_primitives::{AssuranceLevel, CategorySet, Moment, Terms};

/// K7: attestations that bring these terms into force.
#[must_use]
pub fn attestations_needed(terms: &Terms) -> usize {
    if is_sensitive(terms) || terms.assurance == AssuranceLevel::Witnessed {
        2
    } else {
        1
    }
}

/// K9: the weakest assurance that these terms allow.
pub(crate) fn assurance_min(terms: &Terms) -> AssuranceLevel {
    if is_sensitive(terms) {
        AssuranceLevel::CardAuthenticated
    } else {
        AssuranceLevel::Witnessed
    }
}

/// K9: whether the attestation rests on a card.
pub(crate) fn rests_on_card(terms: &Terms) -> bool {
    AssuranceLevel::CardAuthenticated <= terms.assurance
}

/// K3: whether the period may be proposed now.
pub(crate) fn is_period_allowed(terms: &Terms, now: Moment) -> bool {
    let length = terms.not_after.checked_sub(terms.not_before);
    now < terms.not_after
        && length.is_some_and(|length| 0 < length && length <= PERIOD_MAX)
        && terms.not_after <= now.saturating_add(PERIOD_MAX)
}

/// K4: whether the categories may be proposed.
pub(crate) fn are_categories_allowed(categories: CategorySet) -> bool {
    !categories.is_empty() && categories.is_known()
}

fn is_sensitive(terms: &Terms) -> bool {
    terms.categories.intersects(CategorySet::SENSITIVE)
}
