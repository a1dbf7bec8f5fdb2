//! Residents: people as the chain knows them, by random pseudonyms, and who may speak for whom.
//!
//! A person has a separate pseudonym, with separate accounts, in each service domain; what joins them, and who they are, is known to the
//! home municipality's register and to the person alone. This pallet keeps, per pseudonym: the home municipality, devices, guardianships,
//! the bound card, the freeze switch, a municipality of stay, and an offered hand-over. Other pallets read it through
//! [`musubi_primitives::seams::Residents`].
//!
//! # Rules
//! * **R1** An officer of a municipality in good standing enrols, and that municipality becomes home; afterwards only officers of the home
//!   municipality change an entry, except where a rule says otherwise.
//! * **R2** A pseudonym is enrolled once, in one service domain.
//! * **R3** Re-issue under protection is a retirement and an enrolment that nothing on chain joins: no call and no event names both. What
//!   is retired loses devices, guardians and card, and never comes back.
//! * **R4** An account acts for one person, once; a person has at most four devices.
//! * **R5** A device is added by an officer or by another device of the same person, and dropped by either.
//! * **R6** A guardianship joins two people of one domain; it holds from its attestation until a common date (1 April, Japan time), at most
//!   two years ahead, and is extended by attesting it again. So neither end shows a birthday.
//! * **R7** A subject has at most eight guardians, and nobody is the own guardian.
//! * **R8** A guardianship ends when its date comes, when an officer ends it, or when either pseudonym is retired.
//! * **R9** One card speaks for a person. Binding a new one replaces the former and keeps the person; a binding is named once.
//! * **R10** A card is suspended by an officer or by a device of the person, lifted by an officer only, and revoked for ever.
//! * **R11** The person, a guardian or an officer freezes. What the family froze, family or officer unfreeze; what an officer froze, an
//!   officer.
//! * **R12** A subject changes its home when the old home offered it and the new one accepted it, each by an officer, within thirty days;
//!   either may call it off.
//! * **R13** A person under protection is not handed over in the open, but re-issued (R3).
//! * **R14** The home municipality may entrust a municipality of stay for at most a year; either ends it.
//! * **R15** Whoever may not change the entry of a person under protection is refused with the words for a pseudonym that nobody has.
//!
//! **Must never**: hold a name, a date of birth, an address, a reason, or anything that joins two pseudonyms of one person.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        clippy::float_arithmetic
    )
)]

mod card;
mod enrolment;
mod freeze;
mod guardianship;
mod hand_over;
#[cfg(test)]
mod mock;
pub mod person;
#[cfg(test)]
mod tests;
mod view;
pub mod weights;

pub use pallet::*;
pub use weights::WeightInfo;

use musubi_primitives::{
    AccountId, AssuranceLevel, BindingId, Commitment, MemberId, MemberKind, Moment, Pseudonym,
    Role,
    resident::{Authority, BindingState, ServiceDomain},
    seams::{self, Consortium as _, GuardianshipFacts},
};
use person::{Binding, Custody, Device, DeviceKeys, Entry, Guardianship, Person};
use sp_runtime::AccountId32;

#[allow(
    missing_docs,
    missing_debug_implementations,
    reason = "the pallet macro makes items without either"
)]
#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use frame_support::pallet_prelude::*;
    use frame_system::pallet_prelude::*;

    /// What the pallet needs from the runtime.
    #[pallet::config]
    pub trait Config:
        frame_system::Config<AccountId = AccountId32, RuntimeEvent: From<Event<Self>>>
    {
        /// Says who stands behind an account.
        type Consortium: seams::Consortium;
        /// Keeps what happened to a subject.
        type Trail: seams::Trail;
        /// What calls cost.
        type WeightInfo: WeightInfo;
    }

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    /// What each pseudonym stands for.
    #[pallet::storage]
    pub type Entries<T> = StorageMap<_, Blake2_128Concat, Pseudonym, Entry, OptionQuery>;

    /// What each account of a resident stands for.
    #[pallet::storage]
    pub type Devices<T> = StorageMap<_, Blake2_128Concat, AccountId, Device, OptionQuery>;

    /// Guardianships: subject, guardian.
    #[pallet::storage]
    pub type Guardianships<T> = StorageDoubleMap<
        _,
        Blake2_128Concat,
        Pseudonym,
        Blake2_128Concat,
        Pseudonym,
        Guardianship,
        OptionQuery,
    >;

    /// Cards bound to people.
    #[pallet::storage]
    pub type Bindings<T> = StorageMap<_, Blake2_128Concat, BindingId, Binding, OptionQuery>;

    /// Facts that this pallet made known. What concerns a subject stands in the subject's trail as well.
    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A person was enrolled.
        Enrolled {
            subject: Pseudonym,
            domain: ServiceDomain,
            home: MemberId,
        },
        /// A pseudonym went out of use.
        Retired { subject: Pseudonym },
        /// A device may act for a person.
        DeviceAdded {
            person: Pseudonym,
            account: AccountId,
        },
        /// A device may not act any more.
        DeviceDropped {
            person: Pseudonym,
            account: AccountId,
        },
        /// A guardianship was attested or extended.
        GuardianshipAttested {
            subject: Pseudonym,
            guardian: Pseudonym,
            authority: Authority,
            until: Moment,
        },
        /// A guardianship ended.
        GuardianshipEnded {
            subject: Pseudonym,
            guardian: Pseudonym,
        },
        /// A card was bound, replaced, suspended, reinstated or revoked.
        CardBindingChanged {
            person: Pseudonym,
            binding: BindingId,
            state: BindingState,
        },
        /// Records were frozen, or unfrozen.
        FreezeSwitched { subject: Pseudonym, frozen: bool },
        /// The home municipality offered a hand-over.
        HandOverOffered {
            subject: Pseudonym,
            from: MemberId,
            to: MemberId,
        },
        /// An offered hand-over was called off.
        HandOverDeclined { subject: Pseudonym },
        /// Another municipality is home now.
        HandedOver {
            subject: Pseudonym,
            from: MemberId,
            to: MemberId,
        },
        /// A municipality of stay became custodian, or ceased to be (`until` is now).
        CustodyEntrusted {
            subject: Pseudonym,
            custodian: MemberId,
            until: Moment,
        },
    }

    /// Which rule a call broke.
    #[pallet::error]
    #[derive(PartialEq, Eq)]
    pub enum Error<T> {
        /// R1: only an officer of a municipality in good standing enrols.
        NotOfficer,
        /// R1: only an officer of the home municipality changes this entry.
        NotHomeOfficer,
        /// R2: the pseudonym is, or once was, enrolled.
        PseudonymTaken,
        /// R2, R3: nobody is enrolled under this pseudonym.
        SubjectUnknown,
        /// R4: the account acts, or once acted, for a person.
        AccountTaken,
        /// R4: the person has four devices.
        TooManyDevices,
        /// R5: the account is no device of a person.
        DeviceUnknown,
        /// R5: only an officer of the home municipality or the person does this.
        NotOfficerNorSelf,
        /// R6: guardian and subject belong to different service domains.
        DomainsDiffer,
        /// R6: the guardianship must end on a common date, in the future and within two years.
        UntilNotCommonDate,
        /// R7: the subject has eight guardians.
        TooManyGuardians,
        /// R7: nobody is the own guardian.
        OwnGuardian,
        /// R8: there is no such guardianship.
        GuardianshipUnknown,
        /// R9: the binding was named before.
        BindingTaken,
        /// R9: too many cards were bound to this pseudonym.
        TooManyBindings,
        /// R10: there is no such binding.
        BindingUnknown,
        /// R10: the binding's state does not allow this.
        BindingStateNotFit,
        /// R11: neither the person, nor a guardian, nor an officer of the home municipality.
        NotEntitledToFreeze,
        /// R11: already frozen, or not frozen.
        FreezeNotFit,
        /// R11: an officer froze it; an officer lifts it.
        FrozenByOfficer,
        /// R12, R14: the other side must be another municipality in good standing.
        NotOtherMunicipality,
        /// R12: no hand-over is on offer, or not to this municipality, or its time is over.
        HandOverNotOffered,
        /// R13: a person under protection is re-issued, not handed over.
        ProtectedStays,
        /// R14: custody must end in the future, within a year.
        CustodyOutOfBounds,
        /// R14: there is no custody to end, or it is not this municipality's.
        CustodyUnknown,
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Enrols a person in one service domain; the officer's municipality becomes home (R1 to R4).
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::enrol())]
        pub fn enrol(
            origin: OriginFor<T>,
            subject: Pseudonym,
            domain: ServiceDomain,
            protected: bool,
            device: Option<DeviceKeys>,
        ) -> DispatchResult {
            let home = Self::officer(&ensure_signed(origin)?)?;
            Self::add_person(subject, Person::enrolled(domain, home, protected), device)
        }

        /// Takes a pseudonym out of use, for ever (R3).
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::retire())]
        pub fn retire(origin: OriginFor<T>, subject: Pseudonym) -> DispatchResult {
            let person = Self::person_of_officer(&ensure_signed(origin)?, &subject)?;
            Self::retire_person(subject, &person)
        }

        /// Adds a device of a person (R4, R5).
        #[pallet::call_index(2)]
        #[pallet::weight(T::WeightInfo::change_device())]
        pub fn add_device(
            origin: OriginFor<T>,
            person: Pseudonym,
            device: DeviceKeys,
        ) -> DispatchResult {
            Self::ensure_officer_or_self(&ensure_signed(origin)?, &person)?;
            Self::register_device(person, device)
        }

        /// Drops a device of a person, for ever (R4, R5).
        #[pallet::call_index(3)]
        #[pallet::weight(T::WeightInfo::change_device())]
        pub fn drop_device(origin: OriginFor<T>, account: AccountId) -> DispatchResult {
            let person = Self::person_behind(&account).ok_or(Error::<T>::DeviceUnknown)?;
            Self::ensure_officer_or_self(&ensure_signed(origin)?, &person)?;
            Self::forget_device(person, account)
        }

        /// Attests that a guardian may decide for a subject until a common date, or extends that (R6, R7).
        #[pallet::call_index(4)]
        #[pallet::weight(T::WeightInfo::change_guardianship())]
        pub fn attest_guardianship(
            origin: OriginFor<T>,
            subject: Pseudonym,
            guardian: Pseudonym,
            authority: Authority,
            until: Moment,
        ) -> DispatchResult {
            let person = Self::person_of_officer(&ensure_signed(origin)?, &subject)?;
            Self::add_guardianship(subject, person, guardian, authority, until)
        }

        /// Ends a guardianship (R8).
        #[pallet::call_index(5)]
        #[pallet::weight(T::WeightInfo::change_guardianship())]
        pub fn end_guardianship(
            origin: OriginFor<T>,
            subject: Pseudonym,
            guardian: Pseudonym,
        ) -> DispatchResult {
            let person = Self::person_of_officer(&ensure_signed(origin)?, &subject)?;
            Self::drop_guardianship(subject, person, guardian)
        }

        /// Attests that a card speaks for a person; a former card is replaced (R9).
        #[pallet::call_index(6)]
        #[pallet::weight(T::WeightInfo::bind_card())]
        pub fn bind_card(
            origin: OriginFor<T>,
            person: Pseudonym,
            binding: BindingId,
            commitment: Commitment,
            assurance: AssuranceLevel,
        ) -> DispatchResult {
            let holder = Self::person_of_officer(&ensure_signed(origin)?, &person)?;
            let attested_by = holder.home;
            let state = BindingState::Active;
            Self::add_binding(
                holder,
                binding,
                Binding {
                    person,
                    commitment,
                    assurance,
                    attested_by,
                    state,
                },
            )
        }

        /// Suspends a lost card (R10).
        #[pallet::call_index(7)]
        #[pallet::weight(T::WeightInfo::change_card())]
        pub fn suspend_card(origin: OriginFor<T>, binding: BindingId) -> DispatchResult {
            let found = Self::binding(&binding)?;
            Self::ensure_officer_or_self(&ensure_signed(origin)?, &found.person)?;
            Self::change_binding(binding, found, BindingState::Suspended)
        }

        /// Lets a suspended card speak again (R10).
        #[pallet::call_index(8)]
        #[pallet::weight(T::WeightInfo::change_card())]
        pub fn reinstate_card(origin: OriginFor<T>, binding: BindingId) -> DispatchResult {
            let found = Self::binding(&binding)?;
            Self::person_of_officer(&ensure_signed(origin)?, &found.person)?;
            Self::change_binding(binding, found, BindingState::Active)
        }

        /// Makes a card unusable for ever (R10).
        #[pallet::call_index(9)]
        #[pallet::weight(T::WeightInfo::change_card())]
        pub fn revoke_card(origin: OriginFor<T>, binding: BindingId) -> DispatchResult {
            let found = Self::binding(&binding)?;
            Self::person_of_officer(&ensure_signed(origin)?, &found.person)?;
            Self::change_binding(binding, found, BindingState::Revoked)
        }

        /// Freezes a subject's records (R11).
        #[pallet::call_index(10)]
        #[pallet::weight(T::WeightInfo::switch_freeze())]
        pub fn freeze(origin: OriginFor<T>, subject: Pseudonym) -> DispatchResult {
            Self::switch_on(&ensure_signed(origin)?, subject)
        }

        /// Unfreezes a subject's records (R11).
        #[pallet::call_index(11)]
        #[pallet::weight(T::WeightInfo::switch_freeze())]
        pub fn unfreeze(origin: OriginFor<T>, subject: Pseudonym) -> DispatchResult {
            Self::switch_off(&ensure_signed(origin)?, subject)
        }

        /// Offers a subject to another municipality, as its new home (R12, R13).
        #[pallet::call_index(12)]
        #[pallet::weight(T::WeightInfo::hand_over())]
        pub fn offer_hand_over(
            origin: OriginFor<T>,
            subject: Pseudonym,
            to: MemberId,
        ) -> DispatchResult {
            let person = Self::person_of_officer(&ensure_signed(origin)?, &subject)?;
            Self::offer(subject, person, to)
        }

        /// Accepts an offered subject: the officer's municipality becomes home (R12).
        #[pallet::call_index(13)]
        #[pallet::weight(T::WeightInfo::hand_over())]
        pub fn accept_hand_over(origin: OriginFor<T>, subject: Pseudonym) -> DispatchResult {
            let by = Self::officer(&ensure_signed(origin)?)?;
            Self::accept(subject, by)
        }

        /// Calls an offered hand-over off, on either side (R12).
        #[pallet::call_index(14)]
        #[pallet::weight(T::WeightInfo::hand_over())]
        pub fn decline_hand_over(origin: OriginFor<T>, subject: Pseudonym) -> DispatchResult {
            let by = Self::officer(&ensure_signed(origin)?)?;
            Self::decline(subject, by)
        }

        /// Makes a municipality of stay temporary custodian (R14).
        #[pallet::call_index(15)]
        #[pallet::weight(T::WeightInfo::change_custody())]
        pub fn entrust(
            origin: OriginFor<T>,
            subject: Pseudonym,
            custodian: MemberId,
            until: Moment,
        ) -> DispatchResult {
            let person = Self::person_of_officer(&ensure_signed(origin)?, &subject)?;
            Self::begin_custody(subject, person, Custody { custodian, until })
        }

        /// Ends a temporary custody, on either side (R14).
        #[pallet::call_index(16)]
        #[pallet::weight(T::WeightInfo::change_custody())]
        pub fn end_custody(origin: OriginFor<T>, subject: Pseudonym) -> DispatchResult {
            let by = Self::officer(&ensure_signed(origin)?)?;
            Self::finish_custody(subject, by)
        }
    }
}

impl<T: Config> Pallet<T> {
    /// The person enrolled under a pseudonym.
    pub fn person(subject: &Pseudonym) -> Option<Person> {
        match Entries::<T>::get(subject)? {
            Entry::Active(person) => Some(person),
            Entry::Retired => None,
        }
    }

    /// The person behind an account, in whatever domain.
    pub fn person_behind(account: &AccountId) -> Option<Pseudonym> {
        match Devices::<T>::get(account)? {
            Device::Active { person, .. } => Some(person),
            Device::Retired => None,
        }
    }

    fn enrolled(subject: &Pseudonym) -> Result<Person, Error<T>> {
        Self::person(subject).ok_or(Error::SubjectUnknown)
    }

    /// R15: the entry, for a municipality that may know of it.
    fn enrolled_for(subject: &Pseudonym, by: MemberId) -> Result<Person, Error<T>> {
        let person = Self::enrolled(subject)?;
        let is_custodian = person
            .custody
            .is_some_and(|custody| custody.custodian == by);
        let may_know = !person.protected || person.home == by || is_custodian;
        may_know.then_some(person).ok_or(Error::SubjectUnknown)
    }

    fn put(subject: Pseudonym, person: Person) {
        Entries::<T>::insert(subject, Entry::Active(person));
    }

    /// R1: the municipality in good standing whose officer this is.
    fn officer(account: &AccountId32) -> Result<MemberId, Error<T>> {
        T::Consortium::actor(&account_of(account))
            .filter(|actor| actor.kind == MemberKind::Municipality && actor.role == Role::Officer)
            .map(|actor| actor.member)
            .ok_or(Error::NotOfficer)
    }

    /// R1: the subject's entry, if this is an officer of its home municipality. R15: to everybody else somebody under protection is nobody.
    fn person_of_officer(account: &AccountId32, subject: &Pseudonym) -> Result<Person, Error<T>> {
        let officer = Self::officer(account);
        let person = Self::enrolled(subject)?;
        if officer == Ok(person.home) {
            Ok(person)
        } else if person.protected {
            Err(Error::SubjectUnknown)
        } else {
            Err(Error::NotHomeOfficer)
        }
    }

    fn ensure_officer_or_self(account: &AccountId32, person: &Pseudonym) -> Result<(), Error<T>> {
        let is_self = Self::person_behind(&account_of(account)).as_ref() == Some(person);
        if is_self || Self::person_of_officer(account, person).is_ok() {
            Ok(())
        } else {
            Err(Error::NotOfficerNorSelf)
        }
    }
}

impl<T: Config> seams::Residents for Pallet<T> {
    fn home(subject: &Pseudonym) -> Option<MemberId> {
        Self::person(subject).map(|person| person.home)
    }
    fn is_custodian(subject: &Pseudonym, municipality: MemberId) -> bool {
        let now = T::Consortium::now();
        Self::person(subject).is_some_and(|person| {
            person.home == municipality || person.is_entrusted_to(municipality, now)
        })
    }
    fn person(account: &AccountId) -> Option<Pseudonym> {
        Self::person_behind(account).filter(|person| {
            Self::person(person).is_some_and(|person| person.domain == ServiceDomain::Health)
        })
    }
    fn guardianship(guardian: &Pseudonym, subject: &Pseudonym) -> Option<GuardianshipFacts> {
        Self::holding_guardianship(guardian, subject)
    }
    fn is_protected(subject: &Pseudonym) -> bool {
        Self::person(subject).is_some_and(|person| person.protected)
    }
    fn is_frozen(subject: &Pseudonym) -> bool {
        Self::person(subject).is_some_and(|person| person.freeze.is_some())
    }
    fn has_active_binding(person: &Pseudonym) -> bool {
        Self::person(person)
            .and_then(|person| person.binding)
            .and_then(Bindings::<T>::get)
            .is_some_and(|binding| binding.state == BindingState::Active)
    }
}

/// The bytes of an account, as other layers write it.
pub(crate) fn account_of(account: &AccountId32) -> AccountId {
    AccountId(*account.as_ref())
}
