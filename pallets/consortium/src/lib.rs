//! The consortium: who is a member, whose key may do what, who validates, and how the members change any of it.
//!
//! Every other pallet asks this one, through [`musubi_primitives::seams::Consortium`], who stands behind an account. Names, addresses
//! and free text are kept off chain: a member is a number, a kind and keys.
//!
//! # Rules
//! * **C1** Only the operator account of a municipality in good standing proposes and votes.
//! * **C2** A proposal takes effect, within the call that completes it, when more than two thirds of the municipalities in good standing
//!   approve. What could not be enacted at the time of proposing is refused at once; what cannot be enacted any more changes nothing.
//! * **C3** One vote for each municipality, counted while it is in good standing; it may be changed until the proposal is decided.
//! * **C4** A proposal is closed as rejected once a quorum is out of reach, and lapses after seven days.
//! * **C5** At most 64 proposals are open, at most 8 of one municipality.
//! * **C6** An account stands for one member in one capacity, once: what was withdrawn or rotated away never comes back.
//! * **C7** A staff or device key has a role that fits its member's kind; only its own member's operator registers, extends and withdraws it.
//! * **C8** A staff or device key expires, within two years; a member has at most 1,000.
//! * **C9** Keys of a suspended or removed member speak for nobody. A suspended member may be reinstated, a removed one never returns.
//! * **C10** Validators are municipalities in good standing, one seat and one power each, with distinct keys, and there is always one.
//! * **C11** A change of the validator set at height `h` decides height `h + 2` first.
//! * **C12** Parameters stay within their bounds.
//! * **C13** One specification is scheduled at a time, newer than the active one and at least `SpecNotice` blocks ahead; the members may
//!   call it off.
//! * **C14** The block before the scheduled height, once executed, leaves the new specification active.
//! * **C15** A member has at most four network nodes; a node key belongs to one member.
//!
//! **Must never**: hold a name, a place or free text; let one organisation alone change the consortium.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        clippy::float_arithmetic
    )
)]

mod enactment;
mod genesis;
mod keys;
pub mod member;
#[cfg(test)]
mod mock;
pub mod proposal;
#[cfg(test)]
mod tests;
mod voting;
pub mod weights;

pub use genesis::{GenesisKey, GenesisMember, GenesisSeat};
pub use pallet::*;
pub use weights::WeightInfo;

use frame_support::traits::Time;
use member::{Capacity, Member, Standing};
use musubi_primitives::{
    AccountId, HpkeKey, MemberId, MemberKind, Moment, Role, VerifyingKey,
    finality::{VALIDATORS_MAX, Validator, ValidatorSet},
    parameter::{HeightParameters, Parameters, ScheduledSpec, SpecStatus},
    seams::{self, Actor, MemberFacts},
};
use proposal::{Action, MUNICIPALITIES_MAX, OPEN_MAX, Proposal, ProposalId};
use sp_runtime::{AccountId32, SaturatedConversion};

/// The state value under `:code`, which clients expect: a stable name of the specification instead of a Wasm blob.
pub fn pseudo_code(spec: u32) -> Vec<u8> {
    format!("musubi-native:{spec}").into_bytes()
}

#[allow(
    missing_docs,
    missing_debug_implementations,
    reason = "the pallet macro makes items without either"
)]
#[frame_support::pallet]
pub mod pallet {
    use super::{Member, *};
    use frame_support::pallet_prelude::*;
    use frame_system::pallet_prelude::*;

    /// What the pallet needs from the runtime.
    #[pallet::config]
    pub trait Config:
        frame_system::Config<AccountId = AccountId32, RuntimeEvent: From<Event<Self>>>
    {
        /// Time of the block.
        type Time: Time<Moment = Moment>;
        /// How many blocks ahead a specification must be scheduled (C13).
        #[pallet::constant]
        type SpecNotice: Get<u32>;
        /// What calls cost.
        type WeightInfo: WeightInfo;
    }

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    /// Admitted organisations.
    #[pallet::storage]
    pub type Members<T> = StorageMap<_, Twox64Concat, MemberId, Member, OptionQuery>;

    /// The number of the next member.
    #[pallet::storage]
    pub type NextMember<T> = StorageValue<_, MemberId, ValueQuery>;

    /// Municipalities in good standing: those who vote.
    #[pallet::storage]
    pub type Municipalities<T> =
        StorageValue<_, BoundedVec<MemberId, ConstU32<MUNICIPALITIES_MAX>>, ValueQuery>;

    /// What each account that ever acted for a member stands for.
    #[pallet::storage]
    pub type Accounts<T> = StorageMap<_, Blake2_128Concat, AccountId, Capacity, OptionQuery>;

    /// The member behind each network node's key.
    #[pallet::storage]
    pub type Nodes<T> = StorageMap<_, Blake2_128Concat, VerifyingKey, MemberId, OptionQuery>;

    /// Open proposals.
    #[pallet::storage]
    pub type Proposals<T> = StorageMap<_, Twox64Concat, ProposalId, Proposal, OptionQuery>;

    /// Numbers of the open proposals, oldest first.
    #[pallet::storage]
    pub type OpenProposals<T> =
        StorageValue<_, BoundedVec<ProposalId, ConstU32<OPEN_MAX>>, ValueQuery>;

    /// The number of the next proposal.
    #[pallet::storage]
    pub type NextProposal<T> = StorageValue<_, ProposalId, ValueQuery>;

    /// The validators as voted: after block `h`, those of height `h + 2`.
    #[pallet::storage]
    pub type Seats<T> =
        StorageValue<_, BoundedVec<Validator, ConstU32<VALIDATORS_MAX>>, ValueQuery>;

    /// After block `h`, the validators of height `h + 1`.
    #[pallet::storage]
    pub type Deciding<T> =
        StorageValue<_, BoundedVec<Validator, ConstU32<VALIDATORS_MAX>>, ValueQuery>;

    /// Pace of the chain and life of tickets.
    #[pallet::storage]
    pub type ChainParameters<T> = StorageValue<_, Parameters, ValueQuery>;

    /// The specification under which the next block executes.
    #[pallet::storage]
    pub type ActiveSpec<T> = StorageValue<_, u32, ValueQuery, ConstU32<1>>;

    /// The specification voted to follow.
    #[pallet::storage]
    pub type NextSpec<T> = StorageValue<_, ScheduledSpec, OptionQuery>;

    /// The founding members; keys and numbers only.
    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// Members, numbered from 0 in this order.
        pub members: Vec<GenesisMember>,
        /// Staff and device keys.
        pub keys: Vec<GenesisKey>,
        /// Validators of the first two heights.
        pub validators: Vec<GenesisSeat>,
        /// Parameters to start with.
        pub parameters: Parameters,
        #[serde(skip)]
        pub _runtime: core::marker::PhantomData<T>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            genesis::build(self);
        }
    }

    /// Facts that this pallet made known.
    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A municipality proposed something.
        Proposed { proposal: ProposalId, by: MemberId },
        /// A municipality voted.
        Voted {
            proposal: ProposalId,
            by: MemberId,
            approve: bool,
        },
        /// Enough municipalities approved and it was done.
        Enacted { proposal: ProposalId },
        /// Enough municipalities approved, but it cannot be done any more; nothing changed.
        EnactmentFailed {
            proposal: ProposalId,
            error: DispatchError,
        },
        /// A quorum went out of reach.
        Rejected { proposal: ProposalId },
        /// Nobody decided it in time.
        Lapsed { proposal: ProposalId },
        /// An organisation became a member.
        MemberAdmitted { member: MemberId, kind: MemberKind },
        /// A member was suspended, reinstated or removed.
        StandingChanged {
            member: MemberId,
            standing: Standing,
        },
        /// A member has new keys.
        KeysRotated { member: MemberId },
        /// The parameters changed.
        ParametersChanged { parameters: Parameters },
        /// The validators of height + 2 changed.
        ValidatorsChanged { validators: u32 },
        /// A specification was scheduled.
        SpecScheduled { spec: u32, height: u32 },
        /// The scheduled specification was called off.
        SpecCancelled { spec: u32 },
        /// A specification is in force from the next block on.
        SpecActivated { spec: u32 },
        /// A staff or device key may act.
        KeyRegistered {
            member: MemberId,
            account: AccountId,
            role: Role,
            until: Moment,
        },
        /// A staff or device key lives longer.
        KeyExtended { account: AccountId, until: Moment },
        /// A staff or device key may not act any more.
        KeyWithdrawn {
            member: MemberId,
            account: AccountId,
        },
        /// A network node belongs to a member.
        NodeRegistered {
            member: MemberId,
            node: VerifyingKey,
        },
        /// A network node belongs to nobody any more.
        NodeWithdrawn {
            member: MemberId,
            node: VerifyingKey,
        },
    }

    /// Which rule a call broke.
    #[pallet::error]
    #[derive(PartialEq, Eq)]
    pub enum Error<T> {
        /// C1: only the operator of a municipality in good standing proposes and votes.
        NotMunicipalityOperator,
        /// C3, C4: the proposal is not open.
        ProposalNotOpen,
        /// C5: too many proposals are open.
        TooManyProposals,
        /// C6: the account stands, or once stood, for a member.
        AccountTaken,
        /// C7: only the operator of a member in good standing manages its keys and nodes.
        NotOperator,
        /// C7: the role does not fit the member's kind.
        RoleNotOfKind,
        /// C7: the key is not one of this member's.
        KeyUnknown,
        /// C8: the key must expire in the future, within two years.
        KeyLifeOutOfBounds,
        /// C8: the member has 1,000 staff and device keys.
        TooManyKeys,
        /// C9: there is no such member.
        MemberUnknown,
        /// C9: the member's standing does not allow this.
        StandingNotFit,
        /// C10: only a municipality in good standing validates.
        NotMunicipality,
        /// C10: the member has no seat.
        NoSeat,
        /// C10: another validator has this key.
        ValidatorKeyTaken,
        /// C10: the last validator stays.
        LastValidator,
        /// C10: there are already 100 municipalities.
        TooManyMunicipalities,
        /// C12: a parameter is out of its bounds.
        ParameterOutOfBounds,
        /// C13: the specification is not newer than the active one.
        SpecNotNewer,
        /// C13: the height is too near.
        SpecTooSoon,
        /// C13: a specification is already scheduled, or none is.
        SpecScheduleNotFit,
        /// C15: the member has four nodes.
        TooManyNodes,
        /// C15: the node key belongs to a member.
        NodeTaken,
        /// C15: the node is not one of this member's.
        NodeUnknown,
        /// Numbers of members or proposals are used up.
        NumbersExhausted,
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn on_initialize(_height: BlockNumberFor<T>) -> Weight {
            Self::advance_validators();
            T::WeightInfo::hooks()
        }

        fn on_finalize(height: BlockNumberFor<T>) {
            Self::activate_spec(height.saturated_into());
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Proposes an action; the proposer's own vote counts as a yes (C1, C2, C5).
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::propose())]
        pub fn propose(origin: OriginFor<T>, action: Action) -> DispatchResult {
            let by = Self::voter(&ensure_signed(origin)?)?;
            Self::open(by, action)
        }

        /// Votes on an open proposal, or changes an earlier vote (C1 to C4).
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::vote())]
        pub fn vote(origin: OriginFor<T>, proposal: ProposalId, approve: bool) -> DispatchResult {
            let by = Self::voter(&ensure_signed(origin)?)?;
            Self::cast(by, proposal, approve)
        }

        /// Registers a staff or device key of the operator's own member (C6 to C8).
        #[pallet::call_index(2)]
        #[pallet::weight(T::WeightInfo::register_key())]
        pub fn register_key(
            origin: OriginFor<T>,
            account: AccountId,
            role: Role,
            hpke: HpkeKey,
            until: Moment,
        ) -> DispatchResult {
            let member = Self::operated(&ensure_signed(origin)?)?;
            Self::add_key(member, account, role, hpke, until)
        }

        /// Moves the expiry of a staff or device key of the operator's own member (C7, C8).
        #[pallet::call_index(3)]
        #[pallet::weight(T::WeightInfo::extend_key())]
        pub fn extend_key(
            origin: OriginFor<T>,
            account: AccountId,
            until: Moment,
        ) -> DispatchResult {
            let member = Self::operated(&ensure_signed(origin)?)?;
            Self::move_expiry(member, account, until)
        }

        /// Withdraws a staff or device key of the operator's own member, for ever (C6, C7).
        #[pallet::call_index(4)]
        #[pallet::weight(T::WeightInfo::withdraw_key())]
        pub fn withdraw_key(origin: OriginFor<T>, account: AccountId) -> DispatchResult {
            let member = Self::operated(&ensure_signed(origin)?)?;
            Self::drop_key(member, account)
        }

        /// Registers the key of a network node of the operator's own member (C15).
        #[pallet::call_index(5)]
        #[pallet::weight(T::WeightInfo::register_node())]
        pub fn register_node(origin: OriginFor<T>, node: VerifyingKey) -> DispatchResult {
            let member = Self::operated(&ensure_signed(origin)?)?;
            Self::add_node(member, node)
        }

        /// Withdraws the key of a network node of the operator's own member (C15).
        #[pallet::call_index(6)]
        #[pallet::weight(T::WeightInfo::withdraw_node())]
        pub fn withdraw_node(origin: OriginFor<T>, node: VerifyingKey) -> DispatchResult {
            let member = Self::operated(&ensure_signed(origin)?)?;
            Self::drop_node(member, node)
        }
    }
}

impl<T: Config> Pallet<T> {
    /// What consensus must know before it starts the next height.
    pub fn height_parameters() -> HeightParameters {
        let height = frame_system::Pallet::<T>::block_number().saturated_into::<u32>();
        HeightParameters {
            height: height.saturating_add(1),
            validators: set_of(&Deciding::<T>::get()),
            parameters: ChainParameters::<T>::get(),
        }
    }

    /// The active and the scheduled specification.
    pub fn spec_status() -> SpecStatus {
        SpecStatus {
            active: ActiveSpec::<T>::get(),
            scheduled: NextSpec::<T>::get(),
        }
    }

    /// Who stands behind an account: `None` for strangers, expired or withdrawn keys and members that are not in good standing (C8, C9).
    pub fn actor_of(account: &AccountId) -> Option<Actor> {
        let (member, role) = match Accounts::<T>::get(account)? {
            Capacity::Operator(member) => (member, Role::Operator),
            Capacity::Staff(key) if Self::time() < key.until => (key.member, key.role),
            Capacity::Staff(_) | Capacity::Retired => return None,
        };
        let kind = Self::active_member(member)?.kind;
        Some(Actor { member, kind, role })
    }

    /// The member behind a network node's key, if it is in good standing.
    pub fn member_of_node(node: &VerifyingKey) -> Option<MemberId> {
        Nodes::<T>::get(node).filter(|member| Self::active_member(*member).is_some())
    }

    fn active_member(id: MemberId) -> Option<Member> {
        Members::<T>::get(id).filter(Member::is_active)
    }

    fn time() -> Moment {
        T::Time::now()
    }

    /// C11: what was voted up to the end of the parent decides the block after this one.
    fn advance_validators() {
        let voted = Seats::<T>::get();
        if Deciding::<T>::get() != voted {
            Deciding::<T>::put(voted);
        }
    }

    /// C14: leaves the scheduled specification active for the block at its height.
    fn activate_spec(height: u32) {
        let Some(next) = NextSpec::<T>::get() else {
            return;
        };
        if height.saturating_add(1) < next.height {
            return;
        }
        NextSpec::<T>::kill();
        Self::install_spec(next.spec);
        frame_system::Pallet::<T>::deposit_log(sp_runtime::DigestItem::RuntimeEnvironmentUpdated);
        Self::deposit_event(Event::SpecActivated { spec: next.spec });
    }

    fn install_spec(spec: u32) {
        ActiveSpec::<T>::put(spec);
        sp_io::storage::set(sp_core::storage::well_known_keys::CODE, &pseudo_code(spec));
    }
}

impl<T: Config> seams::Consortium for Pallet<T> {
    fn actor(account: &AccountId) -> Option<Actor> {
        Self::actor_of(account)
    }
    fn actor_on_record(account: &AccountId) -> Option<Actor> {
        let (member, role) = match Accounts::<T>::get(account)? {
            Capacity::Operator(member) => (member, Role::Operator),
            Capacity::Staff(key) => (key.member, key.role),
            Capacity::Retired => return None,
        };
        let kind = Members::<T>::get(member)?.kind;
        Some(Actor { member, kind, role })
    }
    fn member(id: MemberId) -> Option<MemberFacts> {
        Self::active_member(id).map(|member| member.facts())
    }
    fn sealing_key(account: &AccountId) -> Option<HpkeKey> {
        let actor = Self::actor_of(account)?;
        match Accounts::<T>::get(account)? {
            Capacity::Staff(key) => Some(key.hpke),
            Capacity::Operator(_) => {
                Self::active_member(actor.member).map(|member| member.keys.hpke)
            }
            Capacity::Retired => None,
        }
    }
    fn next_validators() -> ValidatorSet {
        set_of(&Seats::<T>::get())
    }
    fn now() -> Moment {
        Self::time()
    }
    fn ticket_life() -> Moment {
        ChainParameters::<T>::get().ticket_life.into()
    }
}

fn set_of(seats: &[Validator]) -> ValidatorSet {
    ValidatorSet::new(seats.to_vec()).expect("C10: genesis and every enactment leave distinct seats of power 1, at least one and at most 100")
}

/// The bytes of an account, as other layers write it.
pub(crate) fn account_of(account: &AccountId32) -> AccountId {
    AccountId(*account.as_ref())
}
