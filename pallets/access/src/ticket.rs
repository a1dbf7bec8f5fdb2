//! Tickets: what a permit still opens (A4 to A6). Nothing is stored for them; they are the permit, judged again.

use crate::{Pallet, pallet::*};
use musubi_primitives::{
    AccountId, Decision, RecordId, RecordState, RequestId, Ticket,
    seams::{Consortium, Records},
};

impl<T: Config> Pallet<T> {
    /// The live ticket of a permitted request, as of this state and its time. Custodians compare `expires` with their own clock too.
    ///
    /// A4: the request is decided again. A withdrawn consent, a closed session or opening, a frozen subject, a moved family, a lost
    /// role or a suspended member all leave another answer than the one that the permit gave.
    pub fn ticket(id: &RequestId) -> Option<Ticket> {
        let request = Requests::<T>::get(id)?;
        let Decision::Permit { basis, expires } = request.decision else {
            return None;
        };
        let ask = request.ask;
        if expires <= Self::now() || Self::decide(&ask) != Ok(basis) {
            return None;
        }
        Some(Ticket {
            request: *id,
            subject: ask.subject,
            requester: ask.requester,
            member: request.member,
            hpke: T::Consortium::sealing_key(&ask.requester)?,
            purpose: ask.purpose,
            categories: ask.categories,
            basis,
            expires,
        })
    }

    /// The live ticket under which `vault` may release `record` now, once.
    pub fn releasable(id: &RequestId, record: &RecordId, vault: &AccountId) -> Option<Ticket> {
        let ticket = Self::ticket(id)?;
        let facts = T::Records::record(record)?;
        let is_held = facts.state != RecordState::Erased && Self::is_holder(vault, record);
        let is_covered =
            facts.subject == ticket.subject && ticket.categories.contains(facts.category);
        let is_unused = !Deliveries::<T>::contains_key(id, record);
        (is_held && is_covered && is_unused).then_some(ticket)
    }

    /// Whether the delivery of a record against a request is on the chain.
    pub fn is_delivered(id: &RequestId, record: &RecordId) -> bool {
        Deliveries::<T>::contains_key(id, record)
    }

    /// What was decided on a request that is still remembered.
    pub fn decision(id: &RequestId) -> Option<Decision> {
        Requests::<T>::get(id).map(|request| request.decision)
    }
}
