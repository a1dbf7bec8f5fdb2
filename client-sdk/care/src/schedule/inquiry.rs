//! One question to the engine, with its rules looked up and its doses put in order.

use crate::child::{Circumstances, Dose, History, Proposal, Subject};
use crate::civil::Date;
use crate::reason::Reason;
use crate::rules::{Kind, Programme, RuleSet, Vaccine};
use crate::schedule::span::Span;
use crate::verdict::Stop;

/// A proposed dose of a known product of a programme.
#[derive(Debug)]
pub(crate) struct Inquiry<'a> {
    pub(crate) rules: &'a RuleSet,
    pub(crate) vaccine: &'a Vaccine,
    pub(crate) programme: &'a Programme,
    pub(crate) subject: &'a Subject,
    pub(crate) history: &'a History,
    /// By day, each product at most once a day.
    pub(crate) given: Vec<&'a Dose>,
    pub(crate) circumstances: &'a Circumstances,
    pub(crate) proposal: &'a Proposal,
    /// When doses are routine; empty when the fact that bounds count from is unknown.
    pub(crate) spans: Vec<Span<'a>>,
}

impl<'a> Inquiry<'a> {
    /// None when no programme gives the product.
    pub(crate) fn open(
        rules: &'a RuleSet,
        subject: &'a Subject,
        history: &'a History,
        circumstances: &'a Circumstances,
        proposal: &'a Proposal,
    ) -> Option<Self> {
        let vaccine = rules.vaccine(&proposal.vaccine)?;
        let programme = rules.programme_of(&vaccine.code)?;
        let mut given: Vec<&Dose> = history.doses().iter().collect();
        given.sort_by(|a, b| (a.date, &a.vaccine).cmp(&(b.date, &b.vaccine)));
        given.dedup_by(|a, b| a.date == b.date && a.vaccine == b.vaccine);
        let mut inquiry = Self {
            rules,
            vaccine,
            programme,
            subject,
            history,
            given,
            circumstances,
            proposal,
            spans: Vec::new(),
        };
        inquiry.spans = inquiry.open_spans();
        Some(inquiry)
    }

    /// Doses given by `day`.
    pub(crate) fn given_by(&self, day: Date) -> impl Iterator<Item = &'a Dose> + use<'_, 'a> {
        self.given
            .iter()
            .copied()
            .filter(move |dose| dose.date <= day)
    }

    /// Whether `dose` is an injected live vaccine other than the proposed one, which itself is injected live.
    pub(crate) fn is_other_live(&self, dose: &Dose) -> bool {
        let is_live = |vaccine: &Vaccine| vaccine.kind == Kind::LiveInjected;
        let other = dose.vaccine != self.vaccine.code
            && self.rules.vaccine(&dose.vaccine).is_some_and(is_live);
        other && is_live(self.vaccine)
    }

    /// A stop by a rule of the programme.
    pub(crate) fn stop(&self, reason: Reason, satisfied_from: Option<Date>) -> Stop {
        stop_by(&self.programme.rule, reason, satisfied_from)
    }

    /// The fact from which all bounds count is missing.
    pub(crate) fn undated(&self) -> Stop {
        let reason = if self.programme.per_pregnancy {
            Reason::PregnancyDateUnknown
        } else {
            Reason::BirthDateUnknown
        };
        self.stop(reason, None)
    }
}

/// A stop by the rule `rule`.
pub(crate) fn stop_by(rule: &str, reason: Reason, satisfied_from: Option<Date>) -> Stop {
    Stop {
        reason,
        rule: rule.to_owned(),
        satisfied_from,
    }
}
