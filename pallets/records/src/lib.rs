//! Records: what was written about whom, by whom, in which class, and which two members keep it.
//!
//! The chain holds salted commitments and ciphertext hashes, never a record. A record is *pending* from the moment it is
//! committed, *stored* when two members acknowledged it, and *erased* from the moment its erasure was ordered: nothing is released
//! from then on, and each holder leaves a receipt.
//!
//! # Rules
//!
//! | Rule | |
//! |---|---|
//! | D1 | Staff of a municipality, clinic or vehicle with a writing role commits; clerks and terminals only forms and documents. |
//! | D2 | The subject is known here, and the named home holder is its home municipality. |
//! | D3 | A record id is used once. |
//! | D4 | A record is stored when the vaults of two members have acknowledged its very ciphertext: the author and the home municipality, or one of them and another municipality as stand-in. |
//! | D5 | A record is superseded once, by a newer one of the same subject, category and author. |
//! | D6 | The author's staff or an officer of the home municipality enters a record in error; for good. |
//! | D7 | An officer of the home municipality orders erasure; for good. |
//! | D8 | Each holder, the author and the home municipality give one erasure receipt; erasure is complete when all have. |
//! | D9 | Officers of municipalities publish rule sets, by hash; versions rise. |
//! | D10 | A verdict names a published rule set and is recorded once; only a doctor overrides, with a reason, what is not met. |
//!
//! **Never here:** plaintext, disease, vaccine, lot; who may read (pallet-access); ciphertext (the vaults).
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

mod commit;
mod correction;
mod erasure;
mod facts;
mod record;
mod schedule;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use record::{Holder, Record, RuleSet, Verdict};
pub use weights::WeightInfo;

/// D4: members that keep one record: author, home municipality and stand-ins.
pub const HOLDERS_MAX: u32 = 4;

#[frame_support::pallet]
pub mod pallet {
    use crate::{
        WeightInfo,
        record::{Record, RuleSet, Verdict},
    };
    use frame_support::pallet_prelude::*;
    use frame_system::pallet_prelude::*;
    use musubi_primitives::{
        Category, CiphertextHash, Commitment, MemberId, Moment, OverrideReason, Pseudonym,
        RecordId, VerdictCode, seams,
    };
    use sp_runtime::AccountId32;

    /// What the runtime wires in.
    #[pallet::config]
    pub trait Config:
        frame_system::Config<AccountId = AccountId32, RuntimeEvent: From<Event<Self>>>
    {
        /// Members, roles and the block's time.
        type Consortium: seams::Consortium;
        /// Subjects and their home municipalities.
        type Residents: seams::Residents;
        /// Where rows go.
        type Trail: seams::Trail;
        /// Weights of the calls.
        type WeightInfo: WeightInfo;
    }

    /// The pallet.
    #[pallet::pallet]
    pub struct Pallet<T>(_);

    /// Every record, by id.
    #[pallet::storage]
    pub type Records<T: Config> = StorageMap<_, Blake2_128Concat, RecordId, Record>;

    /// Published rule sets of the schedule check, by version.
    #[pallet::storage]
    pub type RuleSets<T: Config> = StorageMap<_, Twox64Concat, u32, RuleSet>;

    /// The newest version; 0 before the first.
    #[pallet::storage]
    pub type NewestRuleSet<T: Config> = StorageValue<_, u32, ValueQuery>;

    /// Verdicts of the schedule check, by the commitment to their inputs.
    #[pallet::storage]
    pub type Verdicts<T: Config> = StorageMap<_, Blake2_128Concat, Commitment, Verdict>;

    /// Facts about records.
    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A record was committed and waits for two holders.
        RecordCommitted {
            record: RecordId,
            author: MemberId,
            home: MemberId,
        },
        /// A member has the ciphertext.
        RecordAcknowledged { record: RecordId, holder: MemberId },
        /// Two members have it.
        RecordStored { record: RecordId },
        /// A newer record took its place.
        RecordSuperseded { record: RecordId, by: RecordId },
        /// It should not have been written.
        RecordEnteredInError { record: RecordId },
        /// Its erasure was ordered; nothing is released from now on.
        ErasureOrdered { record: RecordId },
        /// A holder destroyed its keys and ciphertext.
        ErasureReceived {
            record: RecordId,
            holder: MemberId,
            receipt: Commitment,
        },
        /// Every holder has.
        ErasureCompleted { record: RecordId },
        /// Rules of the schedule check were published.
        RuleSetPublished { version: u32, hash: [u8; 32] },
        /// The schedule check was asked.
        VerdictRecorded {
            inputs: Commitment,
            rule_set: u32,
            verdict: VerdictCode,
        },
    }

    /// Why a call was refused.
    #[pallet::error]
    pub enum Error<T> {
        /// D1: this account may not write records of this category.
        NotEntitledToWrite,
        /// D2: the subject is not available.
        SubjectNotAvailable,
        /// D2: the named home holder is not the subject's home municipality.
        NotTheHome,
        /// D3: a record with this id exists.
        RecordIdUsed,
        /// D4: this account is no vault of a member that may hold this record.
        NotAHolder,
        /// D4: the vault has other bytes.
        CiphertextDiffers,
        /// D4: this member has acknowledged already.
        AlreadyAcknowledged,
        /// D4: enough members hold this record.
        TooManyHolders,
        /// D5: the newer record has another subject, category or author, or is itself superseded or in error.
        NotASuccessor,
        /// D5: the older record is superseded already.
        AlreadySuperseded,
        /// D6: this account may not correct this record.
        NotEntitledToCorrect,
        /// D6: the record is in error already.
        AlreadyInError,
        /// D7: only an officer of the subject's home municipality orders erasure.
        NotEntitledToErase,
        /// D7: the record is erased.
        RecordErased,
        /// D8: no erasure was ordered.
        ErasureNotOrdered,
        /// D8: this holder has given its receipt.
        ReceiptGiven,
        /// D9: only officers of municipalities publish rule sets.
        NotEntitledToPublish,
        /// D9: the version is not above the newest one.
        VersionNotAbove,
        /// D10: no such rule set was published.
        UnknownRuleSet,
        /// D10: this account may not record this verdict.
        NotEntitledToJudge,
        /// D10: a verdict on these inputs is recorded.
        VerdictRecorded,
        /// D10: there is nothing to override.
        NothingToOverride,
        /// There is no record with this id.
        UnknownRecord,
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Commits to a record that was sealed. `home` is the municipality that its data key was wrapped to.
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::commit_record())]
        pub fn commit_record(
            origin: OriginFor<T>,
            record: RecordId,
            subject: Pseudonym,
            category: Category,
            commitment: Commitment,
            ciphertext: CiphertextHash,
            home: MemberId,
        ) -> DispatchResult {
            let account = Self::signer(origin)?;
            let sealed = crate::commit::Sealed {
                subject,
                category,
                commitment,
                ciphertext,
                home,
            };
            Self::do_commit_record(account, record, sealed)
        }

        /// States that this vault keeps the ciphertext with this hash.
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::acknowledge())]
        pub fn acknowledge(
            origin: OriginFor<T>,
            record: RecordId,
            ciphertext: CiphertextHash,
        ) -> DispatchResult {
            let account = Self::signer(origin)?;
            Self::do_acknowledge(account, record, ciphertext)
        }

        /// Puts `newer` in the place of `record`.
        #[pallet::call_index(2)]
        #[pallet::weight(T::WeightInfo::supersede())]
        pub fn supersede(
            origin: OriginFor<T>,
            record: RecordId,
            newer: RecordId,
        ) -> DispatchResult {
            let account = Self::signer(origin)?;
            Self::do_supersede(account, record, newer)
        }

        /// States that a record should not have been written.
        #[pallet::call_index(3)]
        #[pallet::weight(T::WeightInfo::enter_in_error())]
        pub fn enter_in_error(origin: OriginFor<T>, record: RecordId) -> DispatchResult {
            let account = Self::signer(origin)?;
            Self::do_enter_in_error(account, record)
        }

        /// Orders every holder to destroy keys, salt and ciphertext.
        #[pallet::call_index(4)]
        #[pallet::weight(T::WeightInfo::order_erasure())]
        pub fn order_erasure(origin: OriginFor<T>, record: RecordId) -> DispatchResult {
            let account = Self::signer(origin)?;
            Self::do_order_erasure(account, record)
        }

        /// States that this vault has destroyed them; `receipt` commits to its signed receipt.
        #[pallet::call_index(5)]
        #[pallet::weight(T::WeightInfo::erasure_receipt())]
        pub fn erasure_receipt(
            origin: OriginFor<T>,
            record: RecordId,
            receipt: Commitment,
        ) -> DispatchResult {
            let account = Self::signer(origin)?;
            Self::do_erasure_receipt(account, record, receipt)
        }

        /// Publishes rules of the schedule check by the hash of their bytes.
        #[pallet::call_index(6)]
        #[pallet::weight(T::WeightInfo::publish_rule_set())]
        pub fn publish_rule_set(
            origin: OriginFor<T>,
            version: u32,
            hash: [u8; 32],
            effective_from: Moment,
        ) -> DispatchResult {
            let account = Self::signer(origin)?;
            Self::do_publish_rule_set(account, version, hash, effective_from)
        }

        /// Records what the schedule check found for these inputs, and a doctor's reason to go on nevertheless.
        #[pallet::call_index(7)]
        #[pallet::weight(T::WeightInfo::record_verdict())]
        pub fn record_verdict(
            origin: OriginFor<T>,
            subject: Pseudonym,
            rule_set: u32,
            inputs: Commitment,
            verdict: VerdictCode,
            override_reason: Option<OverrideReason>,
        ) -> DispatchResult {
            let account = Self::signer(origin)?;
            let found = crate::schedule::Finding {
                subject,
                rule_set,
                verdict,
                override_reason,
            };
            Self::do_record_verdict(account, inputs, found)
        }
    }
}

use frame_support::pallet_prelude::DispatchError;
use frame_system::{ensure_signed, pallet_prelude::OriginFor};
use musubi_primitives::{
    AccountId, MemberKind, RecordId, RecordState, Role,
    seams::{Actor, Consortium, Residents},
};

impl<T: Config> Pallet<T> {
    fn signer(origin: OriginFor<T>) -> Result<AccountId, DispatchError> {
        Ok(AccountId(ensure_signed(origin)?.into()))
    }

    /// A record that can still change.
    fn unerased(id: &RecordId) -> Result<Record, Error<T>> {
        let record = Records::<T>::get(id).ok_or(Error::<T>::UnknownRecord)?;
        match record.state {
            RecordState::Pending | RecordState::Stored => Ok(record),
            RecordState::Erased => Err(Error::<T>::RecordErased),
        }
    }

    fn is_home_officer(actor: &Actor, record: &Record) -> bool {
        actor.kind == MemberKind::Municipality
            && actor.role == Role::Officer
            && T::Residents::home(&record.subject) == Some(actor.member)
    }

    fn vault(account: &AccountId) -> Result<Actor, Error<T>> {
        T::Consortium::actor(account)
            .filter(|actor| actor.role == Role::Vault)
            .ok_or(Error::<T>::NotAHolder)
    }
}
