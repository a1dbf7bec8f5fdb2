//! Whether the product suits the subject: sex, contraindications, and the product the series began with.

use crate::civil::Date;
use crate::reason::Reason;
use crate::rules::Meaning;
use crate::rules::{Effect, Switch};
use crate::schedule::Inquiry;
use crate::schedule::inquiry::stop_by;
use crate::verdict::Stop;

impl<'a> Inquiry<'a> {
    /// The programme is for the other sex.
    pub(crate) fn other_sex(&self) -> Option<Stop> {
        let differs = self
            .programme
            .sex
            .zip(self.subject.sex)
            .is_some_and(|(wanted, sex)| wanted != sex);
        differs.then(|| self.stop(Reason::SexNotEligible, None))
    }

    /// CI-COMMON and the others: conditions that stop, in order of precedence.
    pub(crate) fn contraindications(&self) -> Vec<Stop> {
        let mut stops: Vec<Stop> = self
            .meanings()
            .filter_map(|(_, meaning)| contraindication(meaning))
            .collect();
        stops.extend(self.prior_disease());
        stops.sort_by_key(|stop| stop.reason);
        stops.dedup();
        stops
    }

    /// Each condition code with what it means for the product.
    pub(crate) fn meanings(&self) -> impl Iterator<Item = (&'a str, Meaning<'a>)> + use<'_, 'a> {
        let book = &self.rules.conditions;
        self.circumstances
            .conditions
            .iter()
            .map(move |code| (code.as_str(), book.meaning(code, self.vaccine)))
    }

    /// P-SAME: an earlier product that may not simply be followed by the proposed one.
    pub(crate) fn product_switch(&self, day: Date) -> Option<Stop> {
        let unlisted = self
            .earlier_products(day)
            .any(|earlier| self.switch_from(earlier, day).is_none());
        unlisted.then(|| {
            stop_by(
                &self.rules.bedside.same_product,
                Reason::ProductSwitch,
                None,
            )
        })
    }

    /// Remarks on the product changes that are permitted.
    pub(crate) fn switch_advisories(&self, day: Date) -> Vec<String> {
        let switches = self
            .earlier_products(day)
            .filter_map(|earlier| self.switch_from(earlier, day));
        let mut codes: Vec<String> = switches
            .filter_map(|switch| switch.advisory.clone())
            .collect();
        codes.sort();
        codes.dedup();
        codes
    }

    /// CI-PRIOR: excluded only when no component of the product is left that the subject has not had.
    fn prior_disease(&self) -> Option<Stop> {
        let had: Vec<&str> = self
            .meanings()
            .filter_map(|(_, meaning)| prior(meaning))
            .collect();
        let diseases = &self.vaccine.diseases;
        let all_had = !diseases.is_empty()
            && diseases
                .iter()
                .all(|disease| had.contains(&disease.as_str()));
        all_had.then(|| {
            stop_by(
                &self.rules.conditions.prior_rule,
                Reason::ExcludedPriorDisease,
                None,
            )
        })
    }

    fn earlier_products(&self, day: Date) -> impl Iterator<Item = &'a str> + use<'_, 'a> {
        let concerns = |code: &str| {
            self.programme.codes().any(|named| named == code) && code != self.vaccine.code
        };
        self.given_by(day)
            .map(|dose| dose.vaccine.as_str())
            .filter(move |code| concerns(code))
    }

    fn switch_from(&self, earlier: &str, day: Date) -> Option<&'a Switch> {
        let has = |product: &String| self.given_by(day).any(|dose| dose.vaccine == *product);
        let fits = |switch: &&Switch| {
            switch.from == earlier && switch.to == self.vaccine.code && switch.since <= day
        };
        self.programme
            .switches
            .iter()
            .filter(fits)
            .find(|switch| switch.with.as_ref().is_none_or(has))
    }
}

fn contraindication(meaning: Meaning<'_>) -> Option<Stop> {
    match meaning {
        Meaning::Entry(rule, Effect::Stops(reason)) => Some(stop_by(rule, reason, None)),
        Meaning::Entry(_, Effect::Precaution)
        | Meaning::PriorDisease(_)
        | Meaning::Elsewhere
        | Meaning::Unknown => None,
    }
}

fn prior(meaning: Meaning<'_>) -> Option<&str> {
    match meaning {
        Meaning::PriorDisease(disease) => Some(disease),
        Meaning::Entry(..) | Meaning::Elsewhere | Meaning::Unknown => None,
    }
}
