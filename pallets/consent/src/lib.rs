//! Consents: proposed, effective, paused, ended; who may speak, who vouches, and until when.
//!
//! The chain holds what a consent *allows* ([`Terms`]) and a commitment to the statement that the person signed. It never sees the
//! statement, the signature or the card: officers of the subject's home municipality check those and attest that every field here
//! equals what was signed.
//!
//! # Rules
//!
//! | Rule | |
//! |---|---|
//! | K1 | The recipient's staff, the home municipality's counter or the guardian's own account propose; nobody else. |
//! | K2 | A stranger to the subject's home hears the same about an unknown as about a protected subject. |
//! | K3 | A period begins before it ends, ends in the future, and is at most [`PERIOD_MAX`] long. |
//! | K4 | The categories are known ones, and at least one. |
//! | K5 | A nonce makes at most one consent; it is burnt by the first attestation and forgotten after the period it was signed for. |
//! | K6 | The guardian holds a guardianship. A consent ends with it at the latest, and is silent while it is not held. |
//! | K7 | Officers of the home municipality attest: one for ordinary scopes, two different ones for sensitive scopes and for what was only witnessed. |
//! | K8 | The second attester may be from another village only if the terms name that village, and never for a protected subject. |
//! | K9 | Sensitive scopes need a card; whatever rests on a card needs an active card binding of the guardian. |
//! | K10 | An attester that disagrees ends the proposal as refused. |
//! | K11 | The person withdraws by own account, or by card at the home municipality's counter; there is no way back. |
//! | K12 | Another holder of joint authority may object, which pauses; only who objected, or the counter on evidence, resumes. |
//! | K13 | A consent that was proposed in place of another ends that one when it becomes effective, not before. |
//! | K14 | A consent reads as expired from the first moment of its end; the row on the trail follows by a bounded sweep. |
//! | K15 | A consent covers exactly its subject, recipient, purpose and categories, within its period. |
//! | K16 | Open proposals, current consents and each sweep are bounded. |
//! | K17 | A consent id is used once. |
//!
//! **Never here:** who may read what (pallet-access decides), card cryptography, statement texts.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::float_arithmetic,
        clippy::indexing_slicing
    )
)]
#![allow(
    missing_docs,
    missing_debug_implementations,
    reason = "the pallet macro generates public items that can carry neither"
)]

mod attestation;
mod coverage;
mod objection;
mod policy;
mod proposal;
mod standing;
mod sweep;
pub mod weights;
mod withdrawal;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use policy::attestations_needed;
pub use standing::{Attestation, Consent, DueItem, Scope, Standing};
pub use weights::WeightInfo;

use musubi_primitives::Moment;

/// One day in milliseconds.
pub const DAY: Moment = 24 * 60 * 60 * 1000;
/// K3: longest period of a consent: from birth to school age, as the maternal and child health handbook runs.
pub const PERIOD_MAX: Moment = 7 * 366 * DAY;
/// K16: a proposal that nobody attests lapses after this time.
pub const PROPOSAL_LIFE: Moment = 30 * DAY;
/// K16: proposals that wait for attestation, per subject, recipient and purpose.
pub const OPEN_MAX: u32 = 4;
/// K16: consents in force or paused, per subject, recipient and purpose.
pub const CURRENT_MAX: u32 = musubi_primitives::seams::CANDIDATES_MAX;
/// Consents of one scope that are not over: what proposing and attesting may have to look at.
pub const STANDING_MAX: u32 = OPEN_MAX + CURRENT_MAX;
/// K7: the most attestations that any policy asks for.
pub const ATTESTATIONS_MAX: u32 = 2;
/// K16: items that one block's sweep settles.
pub const SWEEP_MAX: u32 = 256;

#[frame_support::pallet]
pub mod pallet {
    use crate::{
        STANDING_MAX, WeightInfo,
        standing::{Consent, DueItem, Scope, Standing},
    };
    use frame_support::pallet_prelude::*;
    use frame_system::pallet_prelude::*;
    use musubi_primitives::{
        Commitment, ConsentId, Ending, MemberId, OrderedMoment, Pseudonym, Terms, seams,
    };
    use sp_runtime::AccountId32;

    /// What the runtime wires in.
    #[pallet::config]
    pub trait Config:
        frame_system::Config<AccountId = AccountId32, RuntimeEvent: From<Event<Self>>>
    {
        /// Members, roles and the block's time.
        type Consortium: seams::Consortium;
        /// Subjects, guardianships and card bindings.
        type Residents: seams::Residents;
        /// Where rows go.
        type Trail: seams::Trail;
        /// Weights of the calls.
        type WeightInfo: WeightInfo;
    }

    /// The pallet.
    #[pallet::pallet]
    pub struct Pallet<T>(_);

    /// Every consent ever proposed, by id.
    #[pallet::storage]
    pub type Consents<T: Config> = StorageMap<_, Blake2_128Concat, ConsentId, Consent>;

    /// What stands between a subject and a recipient for one purpose.
    #[pallet::storage]
    pub type Standings<T: Config> = StorageMap<_, Blake2_128Concat, Scope, Standing, ValueQuery>;

    /// Burnt nonces and the consent that each one made.
    #[pallet::storage]
    pub type Nonces<T: Config> = StorageMap<_, Blake2_128Concat, [u8; 32], ConsentId>;

    /// What time will end or forget, oldest first.
    #[pallet::storage]
    pub type Due<T: Config> =
        StorageDoubleMap<_, Identity, OrderedMoment, Blake2_128Concat, DueItem, ()>;

    /// Facts about consents.
    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A consent was asked for.
        ConsentProposed {
            consent: ConsentId,
            recipient: MemberId,
        },
        /// An attester vouched for a consent.
        ConsentAttested {
            consent: ConsentId,
            attester: MemberId,
        },
        /// An attester found that a consent does not equal what was signed.
        AttestationDisagreed {
            consent: ConsentId,
            attester: MemberId,
        },
        /// A consent came into force.
        ConsentEffective { consent: ConsentId },
        /// An objection paused a consent; the evidence is committed to when the counter speaks for the person.
        ConsentPaused {
            consent: ConsentId,
            evidence: Option<Commitment>,
        },
        /// The objection was taken back.
        ConsentResumed {
            consent: ConsentId,
            evidence: Option<Commitment>,
        },
        /// A consent ended.
        ConsentEnded {
            consent: ConsentId,
            ending: Ending,
            evidence: Option<Commitment>,
        },
    }

    /// Why a call was refused.
    #[pallet::error]
    pub enum Error<T> {
        /// K1: this account may not propose these terms.
        NotEntitledToPropose,
        /// K2: the subject is not available to this account.
        SubjectNotAvailable,
        /// K3: the period is empty, over, or longer than allowed.
        PeriodNotAllowed,
        /// K4: no category, or one that nobody knows.
        CategoriesNotAllowed,
        /// K5: the nonce has already made a consent.
        NonceUsed,
        /// K6: the guardian holds no guardianship over the subject.
        NoGuardianship,
        /// K7: only an officer may attest.
        NotAnOfficer,
        /// K7: this account has attested already.
        AlreadyAttested,
        /// K8: this officer's municipality may not attest this consent.
        AttesterNotAllowed,
        /// K8: for a protected subject no other village may be named.
        SecondAttesterNotAllowed,
        /// K9: the scope needs a stronger assurance.
        AssuranceTooLow,
        /// K9: the guardian has no active card binding.
        NoActiveBinding,
        /// K10: only a proposal can be attested or disagreed with.
        NotProposed,
        /// K11: this account may not withdraw for the person.
        NotEntitledToWithdraw,
        /// K11: the consent is over; there is no way back.
        AlreadyEnded,
        /// K12: this account may not object or resume for the person.
        NotEntitledToObject,
        /// K12: only another holder of joint authority may object.
        NoJointAuthority,
        /// K12: only a consent in force can be paused.
        NotEffective,
        /// K12: only a paused consent can be resumed.
        NotPaused,
        /// K13: the older consent is over or has another subject, guardian, recipient or purpose.
        NotSupersedable,
        /// K15: the recipient is not a member in good standing.
        RecipientNotActive,
        /// K1: the account named in the terms is not the guardian's.
        AccountNotTheGuardians,
        /// K16: too many proposals of this scope wait for attestation.
        TooManyOpen,
        /// K16: too many consents of this scope are in force.
        TooManyCurrent,
        /// K17: a consent with this id exists.
        ConsentIdUsed,
        /// There is no consent with this id.
        UnknownConsent,
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn on_idle(_number: BlockNumberFor<T>, remaining: Weight) -> Weight {
            Self::sweep(remaining)
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Asks for a consent on these terms; with `supersedes`, in place of an older one.
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::propose(STANDING_MAX))]
        pub fn propose(
            origin: OriginFor<T>,
            consent: ConsentId,
            terms: Terms,
            supersedes: Option<ConsentId>,
        ) -> DispatchResultWithPostInfo {
            let account = Self::signer(origin)?;
            Self::do_propose(account, consent, terms, supersedes)?;
            Ok(Some(T::WeightInfo::propose(Self::standing_size(&consent))).into())
        }

        /// Vouches that every field of the terms equals what the person signed and that the signature was checked.
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::attest(STANDING_MAX))]
        pub fn attest(origin: OriginFor<T>, consent: ConsentId) -> DispatchResultWithPostInfo {
            let account = Self::signer(origin)?;
            Self::do_attest(account, consent)?;
            Ok(Some(T::WeightInfo::attest(Self::standing_size(&consent))).into())
        }

        /// States that the proposal does not equal what the person signed; ends it.
        #[pallet::call_index(2)]
        #[pallet::weight(T::WeightInfo::disagree())]
        pub fn disagree(origin: OriginFor<T>, consent: ConsentId) -> DispatchResult {
            let account = Self::signer(origin)?;
            Self::do_disagree(account, consent)
        }

        /// Ends a consent by the person's will; a proposal ends as refused. `evidence` commits to the card-signed withdrawal and is
        /// required of the counter.
        #[pallet::call_index(3)]
        #[pallet::weight(T::WeightInfo::withdraw())]
        pub fn withdraw(
            origin: OriginFor<T>,
            consent: ConsentId,
            evidence: Option<Commitment>,
        ) -> DispatchResult {
            let account = Self::signer(origin)?;
            Self::do_withdraw(account, consent, evidence)
        }

        /// Pauses a consent by the will of another holder of joint authority.
        #[pallet::call_index(4)]
        #[pallet::weight(T::WeightInfo::object())]
        pub fn object(
            origin: OriginFor<T>,
            consent: ConsentId,
            objector: Pseudonym,
            evidence: Option<Commitment>,
        ) -> DispatchResult {
            let account = Self::signer(origin)?;
            Self::do_object(account, consent, objector, evidence)
        }

        /// Takes an objection back.
        #[pallet::call_index(5)]
        #[pallet::weight(T::WeightInfo::resume())]
        pub fn resume(
            origin: OriginFor<T>,
            consent: ConsentId,
            evidence: Option<Commitment>,
        ) -> DispatchResult {
            let account = Self::signer(origin)?;
            Self::do_resume(account, consent, evidence)
        }
    }
}

use frame_support::pallet_prelude::DispatchError;
use frame_system::{ensure_signed, pallet_prelude::OriginFor};
use musubi_primitives::{
    AccountId, Commitment, ConsentId, MemberId, MemberKind, Pseudonym, Role,
    seams::{Actor, Consortium, Residents},
};

impl<T: Config> Pallet<T> {
    fn signer(origin: OriginFor<T>) -> Result<AccountId, DispatchError> {
        Ok(AccountId(ensure_signed(origin)?.into()))
    }

    fn now() -> Moment {
        T::Consortium::now()
    }

    fn stored(id: &ConsentId) -> Result<Consent, DispatchError> {
        Consents::<T>::get(id).ok_or_else(|| Error::<T>::UnknownConsent.into())
    }

    /// The counter of the subject's home municipality, which may speak for a person whose card it has checked.
    fn is_home_counter(account: &AccountId, subject: &Pseudonym) -> bool {
        T::Consortium::actor(account).is_some_and(|actor| {
            stands_at_counter(&actor) && T::Residents::home(subject) == Some(actor.member)
        })
    }

    /// Whether the account is the person's own, or the home counter's that committed to the person's signed will.
    fn speaks_for(
        account: &AccountId,
        person: &[Pseudonym],
        subject: &Pseudonym,
        evidence: Option<Commitment>,
    ) -> bool {
        let own = T::Residents::person(account).is_some_and(|own| person.contains(&own));
        own || evidence.is_some() && Self::is_home_counter(account, subject)
    }
}

fn stands_at_counter(actor: &Actor) -> bool {
    actor.kind == MemberKind::Municipality
        && matches!(actor.role, Role::Officer | Role::Clerk | Role::Terminal)
}

/// The municipality of an officer's account.
fn officer_of<T: Config>(account: &AccountId) -> Result<MemberId, Error<T>> {
    T::Consortium::actor(account)
        .filter(|actor| actor.kind == MemberKind::Municipality && actor.role == Role::Officer)
        .map(|actor| actor.member)
        .ok_or(Error::<T>::NotAnOfficer)
}
