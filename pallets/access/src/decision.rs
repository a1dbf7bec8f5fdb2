//! The decision itself (A3, A7, A9, A13 to A15, A17, A18): from state alone, so that it can be asked again while a ticket lives.

use crate::{Pallet, pallet::*, request::Ask, statute};
use frame_support::ensure;
use musubi_primitives::{
    Basis, CategorySet, Claim, DenialReason, MemberKind, Purpose, RequestId, Role, StatuteArticle,
    seams::{Actor, Consents, Consortium, Residents},
};

impl<T: Config> Pallet<T> {
    /// What the request rests on now, or why it rests on nothing. What concerns the requester alone is judged first; from there on
    /// every reason about a protected subject sounds like that about an unknown one, and is found by the same questions to state: all
    /// that a claim depends on is read before any of it is judged, so that neither cost nor time tells the two apart.
    pub(crate) fn decide(ask: &Ask) -> Result<Basis, DenialReason> {
        let actor = T::Consortium::actor(&ask.requester).ok_or(DenialReason::MemberNotActive)?;
        ensure!(may_ask(&actor, ask), DenialReason::RoleNotAllowed);
        let is_enrolled = T::Residents::home(&ask.subject).is_some();
        let is_protected = T::Residents::is_protected(&ask.subject);
        let basis = match ask.claim {
            Claim::Consent => Self::on_consent(&actor, ask),
            Claim::Statute(article) => Self::on_statute(&actor, ask, article),
            Claim::BreakGlass(opening) => Self::on_break_glass(ask, opening),
        };
        ensure!(is_enrolled, DenialReason::NotAvailable);
        basis.map_err(|reason| audible(is_protected, reason))
    }

    fn on_consent(actor: &Actor, ask: &Ask) -> Result<Basis, DenialReason> {
        let is_frozen = T::Residents::is_frozen(&ask.subject);
        let covering =
            T::Consents::covering(&ask.subject, actor.member, ask.purpose, ask.categories);
        let is_in_visit = match ask.session {
            Some(session) => Self::is_session_open(&session, actor.member, &ask.subject),
            // A18: the person is there, or the most delicate records stay shut.
            None => !ask.categories.intersects(CategorySet::SENSITIVE),
        };
        ensure!(!is_frozen, DenialReason::Frozen);
        let consent = covering?;
        ensure!(is_in_visit, DenialReason::NoSession);
        Ok(Basis::Consent(consent))
    }

    fn on_statute(
        actor: &Actor,
        ask: &Ask,
        article: StatuteArticle,
    ) -> Result<Basis, DenialReason> {
        let has_care = T::Residents::is_custodian(&ask.subject, actor.member);
        let is_reached = statute::reaches(article, actor.role, ask.purpose, ask.categories);
        ensure!(has_care && is_reached, DenialReason::StatuteNotApplicable);
        Ok(Basis::Statute(article))
    }

    fn on_break_glass(ask: &Ask, id: RequestId) -> Result<Basis, DenialReason> {
        let opening = Openings::<T>::get(id).ok_or(DenialReason::BreakGlassNotOpen)?;
        let is_own = opening.opener == ask.requester && opening.subject == ask.subject;
        ensure!(
            is_own && opening.is_open(Self::now()),
            DenialReason::BreakGlassNotOpen
        );
        let is_sensitive = ask.categories.intersects(CategorySet::SENSITIVE);
        let is_emergency = ask.purpose == Purpose::Emergency;
        ensure!(is_emergency && !is_sensitive, DenialReason::NoConsent);
        Ok(Basis::BreakGlass(id))
    }
}

/// A13: the reason as the requester may hear it.
fn audible(is_protected: bool, reason: DenialReason) -> DenialReason {
    if is_protected {
        DenialReason::NotAvailable
    } else {
        reason
    }
}

/// A17: which roles may ask on which basis.
fn may_ask(actor: &Actor, ask: &Ask) -> bool {
    match ask.claim {
        Claim::Consent => match actor.role {
            Role::Officer | Role::Nurse | Role::Doctor | Role::Gateway => true,
            Role::Crew | Role::Dispatcher => ask.purpose == Purpose::Emergency,
            Role::Operator
            | Role::Clerk
            | Role::Reviewer
            | Role::Auditor
            | Role::Vault
            | Role::Terminal => false,
        },
        Claim::Statute(_) => {
            actor.kind == MemberKind::Municipality
                && matches!(actor.role, Role::Officer | Role::Nurse)
        }
        Claim::BreakGlass(_) => may_break_glass(actor),
    }
}

/// A8: who may break the glass.
pub(crate) fn may_break_glass(actor: &Actor) -> bool {
    matches!(actor.kind, MemberKind::FireService | MemberKind::Clinic)
        && matches!(actor.role, Role::Crew | Role::Doctor)
}
