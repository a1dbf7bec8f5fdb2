//! Consents (rules K).
#![allow(missing_docs, reason = "the fields say what they are")]

use crate::{
    Accepted, Model,
    cast::{self, Account, DAY, Member},
    command::{Consents, Terms},
};
use musubi_primitives::{
    AssuranceLevel, CategorySet, ConsentState, DenialReason, Ending, MemberKind, Moment, Purpose,
    Role,
};

const PROPOSAL_LIFE: Moment = 30 * DAY;
const PERIOD_MAX: Moment = 7 * 366 * DAY;

/// A consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    pub terms: Terms,
    pub state: ConsentState,
    pub until: Moment,
    pub attesters: Vec<Account>,
    pub objector: Option<u8>,
    pub supersedes: Option<u8>,
}

/// What happened to consents, oldest first.
#[derive(Clone, Debug, Default)]
pub struct History {
    proposed: Vec<u8>,
    effective: Vec<u8>,
    ended: Vec<u8>,
}

type Scope = (u8, Member, Purpose);

impl Consent {
    fn scope(&self) -> Scope {
        (self.terms.subject, self.terms.recipient, self.terms.purpose)
    }
}

impl Model {
    pub(crate) fn consents(&mut self, command: &Consents) -> Accepted {
        match command {
            Consents::Propose {
                by,
                consent,
                terms,
                supersedes,
            } => self.propose(*by, *consent, terms, *supersedes),
            Consents::Attest { by, consent } => self.attest(*by, *consent),
            Consents::Disagree { by, consent } => {
                let Some(proposal) = self.open(*consent) else {
                    return false;
                };
                let may = self.may_attest(*by, &proposal);
                self.row(proposal.terms.subject);
                self.end(*consent, Ending::Refused);
                may
            }
            Consents::Withdraw {
                by,
                consent,
                evidence,
            } => self.withdraw(*by, *consent, *evidence),
            Consents::Object {
                by,
                consent,
                objector,
                evidence,
            } => {
                let Some(found) = self.consents.get(consent).cloned() else {
                    return false;
                };
                let subject = found.terms.subject;
                let is_joint = self
                    .guardianship(*objector, subject)
                    .is_some_and(|(joint, _)| joint);
                let may = self.speaks(*by, &[*objector], subject, *evidence);
                let objects = is_joint && *objector != found.terms.guardian;
                let is_effective = self.state(&found) == ConsentState::Effective;
                self.turn(*consent, ConsentState::Paused, Some(*objector));
                may && objects && is_effective
            }
            Consents::Resume {
                by,
                consent,
                evidence,
            } => {
                let Some(found) = self.consents.get(consent).cloned() else {
                    return false;
                };
                let objectors: Vec<u8> = found.objector.into_iter().collect();
                let may = self.speaks(*by, &objectors, found.terms.subject, *evidence);
                let is_paused = self.state(&found) == ConsentState::Paused;
                self.turn(*consent, ConsentState::Effective, None);
                may && is_paused
            }
        }
    }

    fn propose(&mut self, by: Account, id: u8, terms: &Terms, supersedes: Option<u8>) -> Accepted {
        let is_new = !self.consents.contains_key(&id);
        let Some(held) = self.speaks_until(terms) else {
            return false;
        };
        let older = supersedes.map(|older| self.consents.get(&older).cloned());
        let until = terms.not_after.min(held).min(self.now + PROPOSAL_LIFE);
        let (state, terms) = (ConsentState::Proposed, terms.clone());
        let may = self.may_propose(by, &terms) && self.are_terms_allowed(&terms);
        let consent = Consent {
            terms,
            state,
            until,
            attesters: Vec::new(),
            objector: None,
            supersedes,
        };
        let is_successor =
            older.is_none_or(|older| older.is_some_and(|older| self.may_follow(&consent, &older)));
        let scope = consent.scope();
        if !(is_new && may && is_successor) {
            return false;
        }
        self.settle(scope);
        let open = self
            .standing(
                scope,
                &self.consent_history.proposed,
                &[ConsentState::Proposed],
            )
            .len();
        self.row(consent.terms.subject);
        self.consents.insert(id, consent);
        self.consent_history.proposed.push(id);
        open < 4
    }

    /// K1, K2.
    fn may_propose(&self, by: Account, terms: &Terms) -> bool {
        if self.person_of(by) == Some(terms.guardian) || self.is_home_counter(by, terms.subject) {
            return true;
        }
        let asks = |role| {
            use Role::{Clerk, Dispatcher, Doctor, Gateway, Nurse, Officer, Terminal};
            [Officer, Nurse, Doctor, Clerk, Dispatcher, Gateway, Terminal].contains(&role)
        };
        self.actor(by).is_some_and(|actor| {
            let is_home = self.home(terms.subject) == Some(actor.member);
            let is_visible =
                self.home(terms.subject).is_some() && !self.is_protected(terms.subject);
            actor.member == terms.recipient && asks(actor.role) && (is_home || is_visible)
        })
    }

    /// K3, K4, K5, K8, K9, K15.
    fn are_terms_allowed(&self, terms: &Terms) -> bool {
        let is_period = terms.not_before < terms.not_after
            && self.now < terms.not_after
            && terms.not_after - terms.not_before <= PERIOD_MAX
            && terms.not_after <= self.now + PERIOD_MAX;
        let is_sure = !is_sensitive(terms) || terms.assurance != AssuranceLevel::Witnessed;
        let is_discreet = terms.second_attester.is_none() || !self.is_protected(terms.subject);
        is_period
            && !terms.categories.is_empty()
            && is_sure
            && is_discreet
            && !self.nonces.contains_key(&terms.nonce)
            && self.is_active(terms.recipient)
    }

    /// K6: until when the guardian speaks.
    fn speaks_until(&self, terms: &Terms) -> Option<Moment> {
        if terms.guardian == terms.subject {
            return self.home(terms.subject).map(|_| Moment::MAX);
        }
        self.guardianship(terms.guardian, terms.subject)
            .map(|(_, until)| until)
    }

    /// K13.
    fn may_follow(&self, newer: &Consent, older: &Consent) -> bool {
        let stands = [ConsentState::Effective, ConsentState::Paused].contains(&self.state(older));
        stands && newer.scope() == older.scope() && newer.terms.guardian == older.terms.guardian
    }

    /// K5, K7 to K9, K13.
    fn attest(&mut self, by: Account, id: u8) -> Accepted {
        let Some(mut proposal) = self.open(id) else {
            return false;
        };
        let terms = proposal.terms.clone();
        let is_first_time = !proposal.attesters.contains(&by);
        let has_card =
            terms.assurance == AssuranceLevel::Witnessed || self.has_card(terms.guardian);
        let burnt = *self
            .nonces
            .entry(terms.nonce)
            .or_insert((id, terms.not_after));
        if !(self.may_attest(by, &proposal) && is_first_time && has_card && burnt.0 == id) {
            return false;
        }
        proposal.attesters.push(by);
        let is_enough = needed(&terms) <= proposal.attesters.len();
        self.row(terms.subject);
        self.consents.insert(id, proposal.clone());
        !is_enough || self.enforce(id, proposal)
    }

    fn enforce(&mut self, id: u8, proposal: Consent) -> Accepted {
        let Some(held) = self.speaks_until(&proposal.terms) else {
            return false;
        };
        let older = proposal.supersedes.filter(|older| {
            let older = self.consents.get(older);
            older.is_some_and(|older| {
                [ConsentState::Effective, ConsentState::Paused].contains(&self.state(older))
            })
        });
        if let Some(older) = older {
            self.end(older, Ending::Superseded);
        }
        let scope = proposal.scope();
        self.settle(scope);
        let current = self.standing(
            scope,
            &self.consent_history.effective,
            &[ConsentState::Effective, ConsentState::Paused],
        );
        let until = proposal.terms.not_after.min(held);
        self.row(proposal.terms.subject);
        self.consents.insert(
            id,
            Consent {
                state: ConsentState::Effective,
                until,
                ..proposal
            },
        );
        self.consent_history.effective.push(id);
        current.len() < 8
    }

    /// K7, K8.
    fn may_attest(&self, by: Account, proposal: &Consent) -> bool {
        let terms = &proposal.terms;
        let (Some(member), Some(home)) = (self.officer(by), self.home(terms.subject)) else {
            return false;
        };
        let others =
            |account: &&Account| cast::staff(**account).is_some_and(|staff| staff.member != home);
        let is_second =
            needed(terms) == 2 && !proposal.attesters.iter().any(|given| others(&given));
        member == home
            || is_second
                && terms.second_attester == Some(member)
                && !self.is_protected(terms.subject)
    }

    fn withdraw(&mut self, by: Account, id: u8, evidence: bool) -> Accepted {
        let Some(found) = self.consents.get(&id).cloned() else {
            return false;
        };
        let people = [found.terms.guardian, found.terms.subject];
        if !self.speaks(by, &people, found.terms.subject, evidence) {
            return false;
        }
        match self.state(&found) {
            ConsentState::Proposed => self.end(id, Ending::Refused),
            ConsentState::Effective | ConsentState::Paused => self.end(id, Ending::Withdrawn),
            ConsentState::Ended(_) => return false,
        }
        true
    }

    fn speaks(&self, by: Account, people: &[u8], subject: u8, evidence: bool) -> bool {
        let is_own = self
            .person_of(by)
            .is_some_and(|person| people.contains(&person));
        is_own || evidence && self.is_home_counter(by, subject)
    }

    fn is_home_counter(&self, by: Account, subject: u8) -> bool {
        self.actor(by).is_some_and(|actor| {
            cast::kind(actor.member) == MemberKind::Municipality
                && [Role::Officer, Role::Clerk, Role::Terminal].contains(&actor.role)
                && self.home(subject) == Some(actor.member)
        })
    }

    fn turn(&mut self, id: u8, state: ConsentState, objector: Option<u8>) {
        let Some(consent) = self.consents.get_mut(&id) else {
            return;
        };
        consent.state = state;
        consent.objector = objector;
        let subject = consent.terms.subject;
        self.row(subject);
    }

    fn open(&self, id: u8) -> Option<Consent> {
        self.consents
            .get(&id)
            .filter(|consent| self.state(consent) == ConsentState::Proposed)
            .cloned()
    }

    /// K14: the state as it reads now.
    pub fn state(&self, consent: &Consent) -> ConsentState {
        let is_over = matches!(consent.state, ConsentState::Ended(_));
        if !is_over && consent.until <= self.now {
            return ConsentState::Ended(Ending::Expired);
        }
        consent.state
    }

    fn end(&mut self, id: u8, ending: Ending) {
        let Some(consent) = self.consents.get_mut(&id) else {
            return;
        };
        let lapsed = consent.state == ConsentState::Proposed && ending == Ending::Expired;
        consent.state = ConsentState::Ended(ending);
        let subject = consent.terms.subject;
        if !lapsed {
            self.consent_history.ended.push(id);
        }
        self.row(subject);
    }

    /// Consents of a scope in the order of a history whose written state is one of `states`.
    fn standing(&self, scope: Scope, history: &[u8], states: &[ConsentState]) -> Vec<u8> {
        let stands = |id: &&u8| {
            self.consents
                .get(id)
                .is_some_and(|consent| consent.scope() == scope && states.contains(&consent.state))
        };
        history.iter().filter(stands).copied().collect()
    }

    /// K16: what time has ended makes room before anything new of the scope comes in.
    fn settle(&mut self, scope: Scope) {
        let open = self.standing(
            scope,
            &self.consent_history.proposed,
            &[ConsentState::Proposed],
        );
        let states = [ConsentState::Effective, ConsentState::Paused];
        let current = self.standing(scope, &self.consent_history.effective, &states);
        for id in open.into_iter().chain(current) {
            if self
                .consents
                .get(&id)
                .is_some_and(|consent| consent.until <= self.now)
            {
                self.end(id, Ending::Expired);
            }
        }
    }

    pub(crate) fn end_consents(&mut self) {
        let mut due: Vec<(Moment, u8)> = self
            .consents
            .iter()
            .filter(|(_, consent)| {
                !matches!(consent.state, ConsentState::Ended(_)) && consent.until <= self.now
            })
            .map(|(id, consent)| (consent.until, *id))
            .collect();
        due.sort_unstable();
        for (_, id) in due {
            self.end(id, Ending::Expired);
        }
        self.nonces
            .retain(|_, (_, forgotten)| self.now < *forgotten);
    }

    /// Whether a consent speaks now, or why not.
    fn voice(&self, consent: &Consent) -> Result<(), DenialReason> {
        match self.state(consent) {
            ConsentState::Proposed => Err(DenialReason::NoConsent),
            ConsentState::Paused => Err(DenialReason::Paused),
            ConsentState::Ended(ending) => Err(reason_of(ending)),
            ConsentState::Effective if self.now < consent.terms.not_before => {
                Err(DenialReason::OutsidePeriod)
            }
            ConsentState::Effective if self.speaks_until(&consent.terms).is_none() => {
                Err(DenialReason::ConsentEnded)
            }
            ConsentState::Effective => Ok(()),
        }
    }

    /// Whether a consent is in force.
    pub(crate) fn is_in_force(&self, id: u8) -> bool {
        self.consents
            .get(&id)
            .is_some_and(|consent| self.voice(consent).is_ok())
    }

    /// K15.
    pub(crate) fn covering(
        &self,
        scope: Scope,
        categories: CategorySet,
    ) -> Result<u8, DenialReason> {
        let names = |id: &u8| {
            self.consents
                .get(id)
                .is_some_and(|consent| consent.terms.categories.contains_all(categories))
        };
        let states = [ConsentState::Effective, ConsentState::Paused];
        let current = self.standing(scope, &self.consent_history.effective, &states);
        let named: Vec<u8> = current.into_iter().filter(names).collect();
        if let Some(id) = named.iter().find(|id| self.is_in_force(**id)) {
            return Ok(*id);
        }
        let first = named
            .first()
            .and_then(|id| self.consents.get(id))
            .and_then(|consent| self.voice(consent).err());
        let ended_here = |id: &&u8| {
            self.consents
                .get(id)
                .is_some_and(|consent| consent.scope() == scope)
        };
        let last = self
            .consent_history
            .ended
            .iter()
            .rfind(ended_here)
            .filter(|id| names(id));
        let last = last
            .and_then(|id| self.consents.get(id))
            .and_then(|consent| self.voice(consent).err());
        Err(first.or(last).unwrap_or(DenialReason::NoConsent))
    }
}

fn is_sensitive(terms: &Terms) -> bool {
    use musubi_primitives::Category::{Scale, Sensitive};
    terms.categories.contains(Scale) || terms.categories.contains(Sensitive)
}

fn needed(terms: &Terms) -> usize {
    if is_sensitive(terms) || terms.assurance == AssuranceLevel::Witnessed {
        2
    } else {
        1
    }
}

fn reason_of(ending: Ending) -> DenialReason {
    match ending {
        Ending::Withdrawn => DenialReason::Withdrawn,
        Ending::Expired => DenialReason::OutsidePeriod,
        Ending::Superseded | Ending::Refused => DenialReason::ConsentEnded,
    }
}
