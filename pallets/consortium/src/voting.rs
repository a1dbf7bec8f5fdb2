//! Opening proposals, casting votes and closing what is decided.

use crate::{
    Config, Error, Event, Municipalities, NextProposal, OpenProposals, Pallet, Proposals,
    account_of,
    proposal::{
        Action, OPEN_PER_MEMBER_MAX, PROPOSAL_LIFE, Proposal, ProposalId, Tally, Vote, tally,
    },
};
use frame_support::{
    BoundedVec,
    dispatch::DispatchResult,
    ensure,
    storage::{TransactionOutcome, with_storage_layer, with_transaction},
};
use musubi_primitives::{MemberId, MemberKind, Role};
use sp_runtime::{AccountId32, DispatchError};

impl<T: Config> Pallet<T> {
    /// C1: the municipality in good standing that this account operates.
    pub(crate) fn voter(account: &AccountId32) -> Result<MemberId, Error<T>> {
        Self::actor_of(&account_of(account))
            .filter(|actor| actor.kind == MemberKind::Municipality && actor.role == Role::Operator)
            .map(|actor| actor.member)
            .ok_or(Error::NotMunicipalityOperator)
    }

    pub(crate) fn open(by: MemberId, action: Action) -> DispatchResult {
        Self::drop_lapsed();
        Self::ensure_enactable(&action)?;
        Self::ensure_room(by)?;
        let id = NextProposal::<T>::get();
        NextProposal::<T>::put(id.checked_add(1).ok_or(Error::<T>::NumbersExhausted)?);
        OpenProposals::<T>::try_append(id).map_err(|()| Error::<T>::TooManyProposals)?;
        let expires = Self::time().saturating_add(PROPOSAL_LIFE);
        Proposals::<T>::insert(
            id,
            Proposal {
                action,
                by,
                expires,
                votes: BoundedVec::new(),
            },
        );
        Self::deposit_event(Event::Proposed { proposal: id, by });
        Self::cast(by, id, true)
    }

    pub(crate) fn cast(by: MemberId, id: ProposalId, approve: bool) -> DispatchResult {
        let mut proposal = Proposals::<T>::get(id).ok_or(Error::<T>::ProposalNotOpen)?;
        ensure!(Self::time() < proposal.expires, Error::<T>::ProposalNotOpen);
        // C3: one vote for each municipality, the newest counts.
        proposal.votes.retain(|vote| vote.by != by);
        proposal
            .votes
            .try_push(Vote { by, approve })
            .map_err(|_| Error::<T>::TooManyMunicipalities)?;
        Self::deposit_event(Event::Voted {
            proposal: id,
            by,
            approve,
        });
        match tally(&proposal.votes, &Municipalities::<T>::get()) {
            Tally::Open => Proposals::<T>::insert(id, proposal),
            Tally::Rejected => Self::close(id, Event::Rejected { proposal: id }),
            Tally::Passed => Self::close(id, Self::conclude(id, proposal.action)),
        }
        Ok(())
    }

    fn conclude(id: ProposalId, action: Action) -> Event<T> {
        match with_storage_layer(|| Self::enact(action)) {
            Ok(()) => Event::Enacted { proposal: id },
            Err(error) => Event::EnactmentFailed {
                proposal: id,
                error,
            },
        }
    }

    fn close(id: ProposalId, event: Event<T>) {
        Proposals::<T>::remove(id);
        OpenProposals::<T>::mutate(|open| open.retain(|other| *other != id));
        Self::deposit_event(event);
    }

    /// C2: what could not be done now is not put to the vote.
    fn ensure_enactable(action: &Action) -> DispatchResult {
        with_transaction(|| TransactionOutcome::Rollback(Self::enact(action.clone())))
    }

    /// C4: proposals past their time are closed.
    fn drop_lapsed() {
        let now = Self::time();
        for id in OpenProposals::<T>::get() {
            if Proposals::<T>::get(id).is_none_or(|proposal| proposal.expires <= now) {
                Self::close(id, Event::Lapsed { proposal: id });
            }
        }
    }

    /// C5: one municipality cannot fill the list.
    fn ensure_room(by: MemberId) -> Result<(), DispatchError> {
        let open = OpenProposals::<T>::get();
        let own = open
            .iter()
            .filter(|id| Proposals::<T>::get(id).is_some_and(|proposal| proposal.by == by))
            .count();
        ensure!(
            u32::try_from(own).is_ok_and(|own| own < OPEN_PER_MEMBER_MAX),
            Error::<T>::TooManyProposals
        );
        Ok(())
    }
}
