//! Access (rules A).
#![allow(missing_docs, reason = "the fields say what they are")]

use crate::{
    Accepted, Model,
    cast::{self, Account, DAY, Member, NOBODY, Staff},
    command::{Access, Ask, Claim},
};
use musubi_primitives::{
    Category, CategorySet, DenialReason, MemberKind, Moment, Purpose, RecordState, Role,
    StatuteArticle,
};

const TICKET_LIFE: Moment = 60_000;
const GLASS_LIFE: Moment = 3_600_000;
const MEMORY: Moment = 600_000;

/// What a permit rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    Consent(u8),
    Statute(StatuteArticle),
    BreakGlass(u8),
}

/// A decided request: the basis and the end of its ticket, or the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub ask: Ask,
    pub decision: Result<(Basis, Moment), DenialReason>,
    pub at: Moment,
}

/// An open session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    pub subject: u8,
    pub member: Member,
    pub consent: u8,
    pub until: Moment,
    /// Ended by hand.
    pub is_closed: bool,
}

/// A break-glass opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glass {
    pub subject: u8,
    pub opener: Account,
    pub member: Member,
    pub at: Moment,
    pub closed: bool,
    pub overdue: bool,
    pub reviewed: bool,
}

impl Model {
    pub(crate) fn access(&mut self, command: &Access) -> Accepted {
        match command {
            Access::Request { request, ask } => {
                let decision = self
                    .decide(ask)
                    .map(|basis| (basis, self.ticket_end(basis)));
                !ask.categories.is_empty() && self.remember(*request, ask.clone(), decision)
            }
            Access::Deliver {
                by,
                request,
                record,
            } => self.deliver(*by, *request, *record),
            Access::OpenSession {
                by,
                session,
                consent,
                until,
            } => self.open_session(*by, *session, *consent, *until),
            Access::CloseSession { by, session } => {
                let found = self
                    .sessions
                    .get(session)
                    .filter(|session| !session.is_closed);
                let Some(Session {
                    subject, member, ..
                }) = found.copied()
                else {
                    return false;
                };
                self.sessions
                    .entry(*session)
                    .and_modify(|session| session.is_closed = true);
                self.receptionist(*by) == Some(member) || self.is_home_officer(*by, subject)
            }
            Access::OpenGlass {
                by,
                request,
                subject,
            } => self.open_glass(*by, *request, *subject),
            Access::CloseGlass { by, request } => self.close_by_hand(*by, *request),
            Access::ReviewGlass { by, request, .. } => self.review(*by, *request),
        }
    }

    /// A1, A2, A13.
    fn remember(
        &mut self,
        id: u8,
        ask: Ask,
        decision: Result<(Basis, Moment), DenialReason>,
    ) -> Accepted {
        let is_on_record = cast::staff(ask.by).is_some() && !self.withdrawn_keys.contains(&ask.by);
        let is_new = !self.requests.contains_key(&id) && !self.glasses.contains_key(&id);
        let trail = if self.home(ask.subject).is_some() {
            ask.subject
        } else {
            NOBODY
        };
        self.row(trail);
        self.requests.insert(
            id,
            Request {
                ask,
                decision,
                at: self.now,
            },
        );
        is_on_record && is_new
    }

    fn ticket_end(&self, basis: Basis) -> Moment {
        let end = match basis {
            Basis::Consent(id) => self.consents.get(&id).map(|consent| consent.until),
            Basis::BreakGlass(id) => self.glasses.get(&id).map(|glass| glass.at + GLASS_LIFE),
            Basis::Statute(_) => None,
        };
        end.unwrap_or(Moment::MAX).min(self.now + TICKET_LIFE)
    }

    /// The decision.
    fn decide(&self, ask: &Ask) -> Result<Basis, DenialReason> {
        let Some(actor) = self.actor(ask.by) else {
            return Err(DenialReason::MemberNotActive);
        };
        if !may_ask(actor, ask) {
            return Err(DenialReason::RoleNotAllowed);
        }
        if self.home(ask.subject).is_none() {
            return Err(DenialReason::NotAvailable);
        }
        let decision = match ask.claim {
            Claim::Consent => self.on_consent(actor, ask),
            Claim::Statute(article) => {
                let applies =
                    self.has_care(actor.member, ask.subject) && reaches(article, actor.role, ask);
                if applies {
                    Ok(Basis::Statute(article))
                } else {
                    Err(DenialReason::StatuteNotApplicable)
                }
            }
            Claim::BreakGlass(id) => self.on_glass(id, ask),
        };
        // A13
        decision.map_err(|reason| {
            if self.is_protected(ask.subject) {
                DenialReason::NotAvailable
            } else {
                reason
            }
        })
    }

    fn on_consent(&self, actor: Staff, ask: &Ask) -> Result<Basis, DenialReason> {
        if self.is_frozen(ask.subject) {
            return Err(DenialReason::Frozen);
        }
        let consent = self.covering((ask.subject, actor.member, ask.purpose), ask.categories)?;
        let is_delicate = ask.categories.contains(Category::Scale)
            || ask.categories.contains(Category::Sensitive);
        let visits = match ask.session {
            None => !is_delicate,
            Some(session) => self.sessions.get(&session).is_some_and(|session| {
                let is_same = session.member == actor.member && session.subject == ask.subject;
                is_same
                    && !session.is_closed
                    && self.now < session.until
                    && self.is_in_force(session.consent)
            }),
        };
        if visits {
            Ok(Basis::Consent(consent))
        } else {
            Err(DenialReason::NoSession)
        }
    }

    fn on_glass(&self, id: u8, ask: &Ask) -> Result<Basis, DenialReason> {
        let glass = self
            .glasses
            .get(&id)
            .filter(|glass| glass.opener == ask.by && glass.subject == ask.subject);
        if !glass.is_some_and(|glass| self.is_open(glass)) {
            return Err(DenialReason::BreakGlassNotOpen);
        }
        let is_sensitive = ask.categories.contains(Category::Scale)
            || ask.categories.contains(Category::Sensitive);
        if ask.purpose != Purpose::Emergency || is_sensitive {
            return Err(DenialReason::NoConsent);
        }
        Ok(Basis::BreakGlass(id))
    }

    /// A4, A5: whether the ticket of a request still opens something.
    pub fn is_ticket_live(&self, id: u8) -> bool {
        self.requests
            .get(&id)
            .is_some_and(|request| match request.decision {
                Ok((basis, expires)) => {
                    self.now < expires && self.decide(&request.ask) == Ok(basis)
                }
                Err(_) => false,
            })
    }

    /// A6: whether a vault may release a record now.
    pub fn is_releasable(&self, id: u8, record_id: u8, vault: Account) -> bool {
        let (Some(request), Some(record)) = (self.requests.get(&id), self.records.get(&record_id))
        else {
            return false;
        };
        self.is_ticket_live(id)
            && record.state != RecordState::Erased
            && self
                .vault(vault)
                .is_some_and(|member| record.holders.contains_key(&member))
            && record.subject == request.ask.subject
            && request.ask.categories.contains(record.category)
            && !self.deliveries.contains(&(id, record_id))
    }

    fn deliver(&mut self, by: Account, id: u8, record_id: u8) -> Accepted {
        let (Some(request), Some(record)) = (self.requests.get(&id), self.records.get(&record_id))
        else {
            return false;
        };
        let is_holder = self
            .vault(by)
            .is_some_and(|member| record.holders.contains_key(&member));
        let is_covered = record.subject == request.ask.subject
            && request.ask.categories.contains(record.category);
        let is_permitted = request.decision.is_ok();
        let subject = request.ask.subject;
        self.row(subject);
        is_permitted && is_holder && is_covered && self.deliveries.insert((id, record_id))
    }

    fn open_session(&mut self, by: Account, id: u8, consent_id: u8, until: Moment) -> Accepted {
        let Some(consent) = self.consents.get(&consent_id) else {
            return false;
        };
        let (subject, member) = (consent.terms.subject, consent.terms.recipient);
        let is_short = self.now < until && until <= self.now + DAY / 2;
        let may = self.is_home_officer(by, subject) && self.is_in_force(consent_id) && is_short;
        let is_new = !self.sessions.contains_key(&id);
        self.sessions.insert(
            id,
            Session {
                subject,
                member,
                consent: consent_id,
                until,
                is_closed: false,
            },
        );
        self.row(subject);
        may && is_new
    }

    fn receptionist(&self, by: Account) -> Option<Member> {
        use Role::{Clerk, Doctor, Gateway, Nurse, Officer, Terminal};
        let receives = |role| [Clerk, Terminal, Nurse, Doctor, Officer, Gateway].contains(&role);
        self.actor(by)
            .filter(|actor| receives(actor.role))
            .map(|actor| actor.member)
    }

    /// A8: a denial to open is a remembered request.
    fn open_glass(&mut self, by: Account, id: u8, subject: u8) -> Accepted {
        let denial = match self.actor(by) {
            None => Some(DenialReason::MemberNotActive),
            Some(actor) if !breaks_glass(actor) => Some(DenialReason::RoleNotAllowed),
            Some(_) if self.home(subject).is_none() => Some(DenialReason::NotAvailable),
            Some(_) => None,
        };
        let (purpose, categories) = (Purpose::Emergency, CategorySet::EMPTY);
        if let Some(denial) = denial {
            let ask = Ask {
                by,
                subject,
                purpose,
                categories,
                claim: Claim::BreakGlass(id),
                session: None,
            };
            return self.remember(id, ask, Err(denial));
        }
        let is_new = !self.requests.contains_key(&id) && !self.glasses.contains_key(&id);
        let member = self.actor(by).map(|actor| actor.member).unwrap_or_default();
        let (at, closed, overdue, reviewed) = (self.now, false, false, false);
        self.glasses.insert(
            id,
            Glass {
                subject,
                opener: by,
                member,
                at,
                closed,
                overdue,
                reviewed,
            },
        );
        self.row(subject);
        is_new
    }

    fn is_open(&self, glass: &Glass) -> bool {
        !glass.closed && self.now < glass.at + GLASS_LIFE
    }

    fn close_by_hand(&mut self, by: Account, id: u8) -> Accepted {
        let Some(glass) = self.glasses.get(&id).cloned() else {
            return false;
        };
        let is_colleague = self.actor(by).is_some_and(|actor| {
            actor.member == glass.member && [Role::Officer, Role::Reviewer].contains(&actor.role)
        });
        let may = by == glass.opener || is_colleague;
        self.close(id);
        may && self.is_open(&glass)
    }

    fn close(&mut self, id: u8) {
        let Some(glass) = self.glasses.get_mut(&id).filter(|glass| !glass.closed) else {
            return;
        };
        glass.closed = true;
        let subject = glass.subject;
        self.row(subject);
    }

    fn review(&mut self, by: Account, id: u8) -> Accepted {
        let Some(glass) = self.glasses.get(&id).cloned() else {
            return false;
        };
        let may = self.actor(by).is_some_and(|actor| {
            let is_concerned =
                actor.member == glass.member || self.home(glass.subject) == Some(actor.member);
            actor.role == Role::Reviewer && is_concerned && by != glass.opener
        });
        if !may || self.is_open(&glass) || glass.reviewed {
            return false;
        }
        self.close(id);
        self.row(glass.subject);
        self.glasses
            .entry(id)
            .and_modify(|glass| glass.reviewed = true);
        true
    }

    pub(crate) fn end_access(&mut self) {
        let now = self.now;
        self.sessions.retain(|_, session| now < session.until);
        let overrun = |glass: &Glass| glass.at + GLASS_LIFE <= now;
        let late = |glass: &Glass| glass.at + 7 * DAY <= now && !glass.overdue && !glass.reviewed;
        let glasses: Vec<(u8, Glass)> = self.glasses.clone().into_iter().collect();
        for (id, glass) in glasses {
            if overrun(&glass) {
                self.close(id);
            }
            if late(&glass) {
                self.row(glass.subject);
                self.glasses
                    .entry(id)
                    .and_modify(|glass| glass.overdue = true);
            }
        }
        self.requests.retain(|_, request| now < request.at + MEMORY);
        self.deliveries
            .retain(|(request, _)| self.requests.contains_key(request));
    }
}

fn may_ask(actor: Staff, ask: &Ask) -> bool {
    match ask.claim {
        Claim::Consent => {
            let treats = [Role::Officer, Role::Nurse, Role::Doctor, Role::Gateway];
            let rescues = [Role::Crew, Role::Dispatcher];
            treats.contains(&actor.role)
                || rescues.contains(&actor.role) && ask.purpose == Purpose::Emergency
        }
        Claim::Statute(_) => {
            cast::kind(actor.member) == MemberKind::Municipality
                && [Role::Officer, Role::Nurse].contains(&actor.role)
        }
        Claim::BreakGlass(_) => breaks_glass(actor),
    }
}

fn breaks_glass(actor: Staff) -> bool {
    [MemberKind::FireService, MemberKind::Clinic].contains(&cast::kind(actor.member))
        && [Role::Crew, Role::Doctor].contains(&actor.role)
}

fn reaches(article: StatuteArticle, role: Role, ask: &Ask) -> bool {
    use Category::{
        Checkup, Document, Growth, Immunization, Questionnaire, Scale, ScheduleVerdict,
    };
    let is_duty = [Purpose::ChildCare, Purpose::Checkup, Purpose::MoveIn].contains(&ask.purpose);
    let doses = [Immunization, Questionnaire, ScheduleVerdict];
    let health = [
        Immunization,
        Checkup,
        Questionnaire,
        Growth,
        Scale,
        ScheduleVerdict,
        Document,
    ];
    let within = |reach: &[Category]| {
        ask.categories
            .iter()
            .all(|category| reach.contains(&category))
    };
    is_duty
        && match article {
            StatuteArticle::ImmunizationAct => within(&doses),
            StatuteArticle::MaternalChildHealth19_2 => within(&health),
            StatuteArticle::ChildAbusePrevention13_4 => role == Role::Officer,
        }
}
