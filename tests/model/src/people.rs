//! Residents: who is enrolled where, who speaks for whom, whose card speaks, whose records are frozen (rules R).

use crate::{
    Accepted, Model,
    cast::{self, Account, DAY, Member},
    command::People,
};
use musubi_primitives::{MemberKind, Moment, resident::BindingState};

/// An enrolled person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The municipality that keeps the entry.
    pub home: Member,
    /// Whether under protection.
    pub protected: bool,
    /// Whether frozen, and then whether by an officer.
    pub frozen: Option<bool>,
    /// A municipality of stay, and until when.
    pub custody: Option<(Member, Moment)>,
    /// An offered new home, and until when.
    pub offer: Option<(Member, Moment)>,
    /// The newest card.
    pub card: Option<u8>,
}

/// A card that was bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Whose.
    pub person: u8,
    /// Where it stands.
    pub state: BindingState,
}

impl Model {
    pub(crate) fn people(&mut self, command: &People) -> Accepted {
        match command {
            People::Enrol {
                by,
                person,
                protected,
            } => self.enrol(*by, *person, *protected),
            People::Retire { by, person } => {
                self.is_home_officer(*by, *person) && self.retire(*person)
            }
            People::AttestGuardianship {
                by,
                subject,
                guardian,
                joint,
                until,
            } => {
                self.is_home_officer(*by, *subject)
                    && self.attest_guardianship(*subject, *guardian, *joint, *until)
            }
            People::EndGuardianship {
                by,
                subject,
                guardian,
            } => {
                let is_ended = self.is_home_officer(*by, *subject)
                    && self.guardianships.remove(&(*guardian, *subject)).is_some();
                self.row(*subject);
                is_ended
            }
            People::BindCard { by, person, card } => {
                self.is_home_officer(*by, *person) && self.bind(*person, *card)
            }
            People::SuspendCard { by, card } => {
                let own = self.cards.get(card).map(|card| card.person);
                let is_own = own.is_some() && self.person_of(*by) == own;
                let is_entitled =
                    is_own || own.is_some_and(|person| self.is_home_officer(*by, person));
                is_entitled
                    && self.turn_card(*card, &[BindingState::Active], BindingState::Suspended)
            }
            People::ReinstateCard { by, card } => {
                self.is_card_officer(*by, *card)
                    && self.turn_card(*card, &[BindingState::Suspended], BindingState::Active)
            }
            People::RevokeCard { by, card } => {
                self.is_card_officer(*by, *card)
                    && self.turn_card(
                        *card,
                        &[BindingState::Active, BindingState::Suspended],
                        BindingState::Revoked,
                    )
            }
            People::Freeze { by, subject } => self.freeze(*by, *subject),
            People::Unfreeze { by, subject } => self.unfreeze(*by, *subject),
            People::OfferHandOver { by, subject, to } => {
                let offer = (*to, self.now + 30 * DAY);
                let is_other = self.is_other_municipality(*subject, *to);
                self.is_home_officer(*by, *subject)
                    && is_other
                    && self.people.get_mut(subject).is_some_and(|person| {
                        person.offer = Some(offer);
                        !person.protected
                    })
            }
            People::AcceptHandOver { by, subject } => self.accept(*by, *subject),
            People::Entrust {
                by,
                subject,
                to,
                until,
            } => {
                let is_near = self.now < *until && *until <= self.now + 366 * DAY;
                let is_accepted = self.is_home_officer(*by, *subject)
                    && self.is_other_municipality(*subject, *to)
                    && is_near;
                self.row(*subject);
                self.people.get_mut(subject).is_some_and(|person| {
                    person.custody = Some((*to, *until));
                    is_accepted
                })
            }
            People::EndCustody { by, subject } => self.end_custody(*by, *subject),
        }
    }

    fn enrol(&mut self, by: Account, id: u8, protected: bool) -> Accepted {
        let Some(home) = self.officer(by) else {
            return false;
        };
        let is_new = !self.people.contains_key(&id) && !self.retired.contains(&id);
        let person = Person {
            home,
            protected,
            frozen: None,
            custody: None,
            offer: None,
            card: None,
        };
        self.people.insert(id, person);
        self.row(id);
        is_new
    }

    fn retire(&mut self, id: u8) -> Accepted {
        self.guardianships.retain(|(_, subject), _| *subject != id);
        let card = self.people.get(&id).and_then(|person| person.card);
        if let Some(card) = card {
            self.set_card(card, BindingState::Revoked);
        }
        self.people.remove(&id);
        self.retired.insert(id);
        self.row(id);
        true
    }

    fn attest_guardianship(
        &mut self,
        subject: u8,
        guardian: u8,
        joint: bool,
        until: Moment,
    ) -> Accepted {
        let is_near = self.now < until && until <= self.now + 732 * DAY;
        let is_common = cast::COMMON_DATES.contains(&until);
        self.guardianships
            .insert((guardian, subject), (joint, until));
        self.row(subject);
        is_near && is_common && subject != guardian && self.people.contains_key(&guardian)
    }

    fn bind(&mut self, id: u8, card: u8) -> Accepted {
        let is_new = !self.cards.contains_key(&card);
        let former = self
            .people
            .get_mut(&id)
            .and_then(|person| person.card.replace(card));
        if let Some(former) = former {
            self.turn_card(
                former,
                &[BindingState::Active, BindingState::Suspended],
                BindingState::Replaced,
            );
        }
        self.cards.insert(
            card,
            Card {
                person: id,
                state: BindingState::Active,
            },
        );
        self.row(id);
        is_new
    }

    fn turn_card(&mut self, card: u8, from: &[BindingState], to: BindingState) -> Accepted {
        let may = self
            .cards
            .get(&card)
            .is_some_and(|card| from.contains(&card.state));
        if may {
            self.set_card(card, to);
        }
        may
    }

    fn set_card(&mut self, card: u8, state: BindingState) {
        let Some(card) = self.cards.get_mut(&card) else {
            return;
        };
        card.state = state;
        let person = card.person;
        self.row(person);
    }

    fn freeze(&mut self, by: Account, subject: u8) -> Accepted {
        let is_officer = self.is_home_officer(by, subject);
        let is_entitled = is_officer || self.is_family(by, subject);
        self.row(subject);
        self.people.get_mut(&subject).is_some_and(|person| {
            let may = person
                .frozen
                .is_none_or(|by_officer| !by_officer && is_officer);
            person.frozen = Some(is_officer);
            is_entitled && may
        })
    }

    fn unfreeze(&mut self, by: Account, subject: u8) -> Accepted {
        let is_officer = self.is_home_officer(by, subject);
        let is_entitled = is_officer || self.is_family(by, subject);
        self.row(subject);
        let frozen = self
            .people
            .get_mut(&subject)
            .and_then(|person| person.frozen.take());
        is_entitled && frozen.is_some_and(|by_officer| !by_officer || is_officer)
    }

    fn accept(&mut self, by: Account, subject: u8) -> Accepted {
        let (officer, now) = (self.officer(by), self.now);
        self.row(subject);
        let Some(person) = self.people.get_mut(&subject) else {
            return false;
        };
        let Some((to, expires)) = person.offer.take() else {
            return false;
        };
        person.home = to;
        person.custody = None;
        officer == Some(to) && now < expires
    }

    fn end_custody(&mut self, by: Account, subject: u8) -> Accepted {
        let officer = self.officer(by);
        self.row(subject);
        let Some(person) = self.people.get_mut(&subject) else {
            return false;
        };
        let custody = person.custody.take();
        custody.is_some_and(|(custodian, _)| {
            officer == Some(custodian) || officer == Some(person.home)
        })
    }

    fn is_other_municipality(&self, subject: u8, to: Member) -> bool {
        cast::kind(to) == MemberKind::Municipality && self.home(subject) != Some(to)
    }

    fn is_card_officer(&self, by: Account, card: u8) -> bool {
        self.cards
            .get(&card)
            .is_some_and(|card| self.is_home_officer(by, card.person))
    }

    pub(crate) fn is_home_officer(&self, by: Account, subject: u8) -> bool {
        self.officer(by)
            .is_some_and(|member| self.home(subject) == Some(member))
    }

    fn is_family(&self, by: Account, subject: u8) -> bool {
        self.person_of(by)
            .is_some_and(|person| person == subject || self.guardianship(person, subject).is_some())
    }

    pub(crate) fn home(&self, subject: u8) -> Option<Member> {
        self.people.get(&subject).map(|person| person.home)
    }

    /// Home, or municipality of stay.
    pub(crate) fn has_care(&self, member: Member, subject: u8) -> bool {
        self.people.get(&subject).is_some_and(|person| {
            let stays = person
                .custody
                .is_some_and(|(custodian, until)| custodian == member && self.now < until);
            person.home == member || stays
        })
    }

    pub(crate) fn person_of(&self, account: Account) -> Option<u8> {
        cast::owner(account).filter(|person| self.people.contains_key(person))
    }

    /// The guardianship that holds now.
    pub(crate) fn guardianship(&self, guardian: u8, subject: u8) -> Option<(bool, Moment)> {
        let held = self.guardianships.get(&(guardian, subject)).copied();
        let both = self.people.contains_key(&guardian) && self.people.contains_key(&subject);
        held.filter(|(_, until)| both && self.now < *until)
    }

    pub(crate) fn is_protected(&self, subject: u8) -> bool {
        self.people
            .get(&subject)
            .is_some_and(|person| person.protected)
    }

    pub(crate) fn is_frozen(&self, subject: u8) -> bool {
        self.people
            .get(&subject)
            .is_some_and(|person| person.frozen.is_some())
    }

    pub(crate) fn has_card(&self, person: u8) -> bool {
        let card = self.people.get(&person).and_then(|person| person.card);
        card.and_then(|card| self.cards.get(&card))
            .is_some_and(|card| card.state == BindingState::Active)
    }
}
