//! Access: who asked to read what, on what basis, and what the runtime decided.
//!
//! A request is decided here and nowhere else. A permit opens one ticket for at most a minute; a denial is a fact like a permit:
//! both are successful calls, both leave a row on the subject's trail. A custodian releases only against a ticket that
//! [`Pallet::ticket`] still shows.
//!
//! # Rules
//!
//! | Rule | |
//! |---|---|
//! | A1 | Every request of a key on record is decided: a permit with its basis or a denial with its reason, and a row for either. |
//! | A2 | A request id is used once as long as it is remembered. |
//! | A3 | On consent: one consent in force covers recipient, purpose and every category asked for. |
//! | A4 | A ticket dies with its consent, and with whatever else its permit rested on. |
//! | A5 | A ticket opens nothing after the voted life of tickets, [`TICKET_LIFE_MAX`] at most, nor after the end of its consent or opening. |
//! | A6 | A ticket releases each record once; a holder's vault records what it delivered. |
//! | A7 | On statute: nurses and officers of the municipality that has the care, within what the article reaches. |
//! | A8 | Break-glass is opened by crew or doctors of a fire service or clinic, with incident and reason; also if records are frozen. |
//! | A9 | An open break-glass serves its opener alone, for emergencies, and never reaches sensitive categories. |
//! | A10 | Break-glass closes by hand, or by itself after [`BREAK_GLASS_LIFE`]. |
//! | A11 | A reviewer of the opener's member or of the home municipality, not the opener, reviews each opening once, after it closed. |
//! | A12 | An opening that nobody reviewed within [`REVIEW_PERIOD`] is marked overdue; it can still be reviewed. |
//! | A13 | Denials about unknown and about protected subjects read alike; those about unknown ones share one trail. |
//! | A14 | An officer of the subject's home, which judged the card, opens a session under a consent in force; one that is named must be open. |
//! | A15 | While a subject's records are frozen, nothing is permitted on consent. |
//! | A16 | Requests are remembered for [`REQUEST_MEMORY`], then forgotten by a bounded sweep; the rows remain. |
//! | A17 | The key's role must be one that may ask on this basis. |
//! | A18 | Sensitive categories are read on consent in an open session only. |
//!
//! **Never here:** keys, ciphertext, places; why somebody is protected.
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

mod break_glass;
mod decision;
mod delivery;
mod request;
mod session;
mod statute;
mod sweep;
mod ticket;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use break_glass::{Opening, Review};
pub use delivery::Delivery;
pub use pallet::*;
pub use request::{Ask, Request};
pub use session::Session;
pub use sweep::DueItem;
pub use weights::WeightInfo;

use musubi_primitives::Moment;

/// One second in milliseconds.
pub const SECOND: Moment = 1000;
/// A5: how long a ticket opens something at most, whatever the members voted.
pub const TICKET_LIFE_MAX: Moment = 60 * SECOND;
/// A10: how long a break-glass stays open.
pub const BREAK_GLASS_LIFE: Moment = 60 * 60 * SECOND;
/// A12: how long a review may take.
pub const REVIEW_PERIOD: Moment = 7 * 24 * 60 * 60 * SECOND;
/// A14: longest visit.
pub const SESSION_LIFE_MAX: Moment = 12 * 60 * 60 * SECOND;
/// A16: how long a request is remembered after it was decided, so that deliveries can still be recorded.
pub const REQUEST_MEMORY: Moment = 10 * 60 * SECOND;
/// A16: requests decided at one moment.
pub const REQUESTS_PER_BLOCK_MAX: u32 = 16_384;
/// A6: records that one ticket releases.
pub const DELIVERIES_MAX: u32 = 256;
/// A16: items that one block's sweep settles, of each kind.
pub const SWEEP_MAX: u32 = 2_048;

#[frame_support::pallet]
pub mod pallet {
    use crate::{
        REQUESTS_PER_BLOCK_MAX, WeightInfo,
        break_glass::Opening,
        delivery::Delivery,
        request::{Ask, Request},
        session::Session,
        sweep::DueItem,
    };
    use frame_support::pallet_prelude::*;
    use frame_system::pallet_prelude::*;
    use musubi_primitives::{
        Basis, BreakGlassReason, CategorySet, Claim, Commitment, ConsentId, DenialReason, MemberId,
        Moment, OrderedMoment, Pseudonym, Purpose, RecordId, RequestId, SessionId, seams,
    };
    use sp_runtime::AccountId32;

    /// What the runtime wires in.
    #[pallet::config]
    pub trait Config:
        frame_system::Config<AccountId = AccountId32, RuntimeEvent: From<Event<Self>>>
    {
        /// Members, roles and the block's time.
        type Consortium: seams::Consortium;
        /// Subjects, their home municipalities and protection.
        type Residents: seams::Residents;
        /// Consents in force.
        type Consents: seams::Consents;
        /// Records and their holders.
        type Records: seams::Records;
        /// Where rows go.
        type Trail: seams::Trail;
        /// Weights of the calls.
        type WeightInfo: WeightInfo;
    }

    /// The pallet.
    #[pallet::pallet]
    pub struct Pallet<T>(_);

    /// Decided requests, until they are forgotten.
    #[pallet::storage]
    pub type Requests<T: Config> = StorageMap<_, Blake2_128Concat, RequestId, Request>;

    /// Requests by the moment at which they are forgotten, oldest first; one entry per block.
    #[pallet::storage]
    pub type RequestsDue<T: Config> = StorageMap<
        _,
        Identity,
        OrderedMoment,
        BoundedVec<RequestId, ConstU32<REQUESTS_PER_BLOCK_MAX>>,
        ValueQuery,
    >;

    /// What was released against a request.
    #[pallet::storage]
    pub type Deliveries<T: Config> =
        StorageDoubleMap<_, Blake2_128Concat, RequestId, Blake2_128Concat, RecordId, Delivery>;

    /// Open sessions.
    #[pallet::storage]
    pub type Sessions<T: Config> = StorageMap<_, Blake2_128Concat, SessionId, Session>;

    /// Every break-glass opening.
    #[pallet::storage]
    pub type Openings<T: Config> = StorageMap<_, Blake2_128Concat, RequestId, Opening>;

    /// What time will end, oldest first.
    #[pallet::storage]
    pub type Due<T: Config> =
        StorageDoubleMap<_, Identity, OrderedMoment, Blake2_128Concat, DueItem, ()>;

    /// Decisions and their consequences.
    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A custodian may release until `expires`.
        AccessPermitted {
            request: RequestId,
            member: MemberId,
            basis: Basis,
            expires: Moment,
        },
        /// Nobody may release.
        AccessDenied {
            request: RequestId,
            member: MemberId,
            reason: DenialReason,
        },
        /// A custodian released one record.
        Delivered {
            request: RequestId,
            record: RecordId,
            custodian: MemberId,
            receipt: Commitment,
        },
        /// A visit began.
        SessionOpened {
            session: SessionId,
            member: MemberId,
            consent: ConsentId,
            evidence: Commitment,
        },
        /// A visit ended.
        SessionClosed { session: SessionId },
        /// A break-glass was opened.
        BreakGlassOpened {
            request: RequestId,
            member: MemberId,
            reason: BreakGlassReason,
        },
        /// It closed.
        BreakGlassClosed { request: RequestId },
        /// A second person reviewed it.
        BreakGlassReviewed { request: RequestId, justified: bool },
        /// Nobody reviewed it in time.
        BreakGlassReviewOverdue { request: RequestId },
    }

    /// Why a call was refused. Denials are not errors.
    #[pallet::error]
    pub enum Error<T> {
        /// A1: no member's key on record stands behind this account.
        NotOnRecord,
        /// A1: no category, or one that nobody knows.
        CategoriesNotAllowed,
        /// A2: a request or opening with this id is remembered.
        RequestIdUsed,
        /// A16: more requests than one block may decide.
        TooManyRequests,
        /// A6: there is no such request any more, or it was not permitted.
        NotPermitted,
        /// A6: this account is no vault of a member that holds the record.
        NotAHolder,
        /// A6: the record is not one that the ticket names.
        RecordNotCovered,
        /// A6: this record was delivered against this ticket.
        AlreadyDelivered,
        /// A6: this ticket has released as many records as a ticket may.
        TooManyDeliveries,
        /// A14: this account may not open or close sessions for the consent's recipient.
        NotEntitledToSession,
        /// A14: the consent is not in force.
        ConsentNotInForce,
        /// A14: the session would end before it began, or last too long.
        SessionPeriodNotAllowed,
        /// A14: a session with this id is open.
        SessionIdUsed,
        /// A14: no such session is open.
        UnknownSession,
        /// There is no break-glass opening with this id.
        UnknownOpening,
        /// A10: this account may not close it.
        NotEntitledToClose,
        /// A10: it is closed.
        AlreadyClosed,
        /// A11: this account may not review it.
        NotEntitledToReview,
        /// A11: it is still open.
        StillOpen,
        /// A11: it has been reviewed.
        AlreadyReviewed,
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn on_idle(_number: BlockNumberFor<T>, remaining: Weight) -> Weight {
            Self::sweep(remaining)
        }
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Asks to read; succeeds whether permitted or denied.
        #[pallet::call_index(0)]
        #[pallet::weight(T::WeightInfo::request_access(seams::CANDIDATES_MAX))]
        pub fn request_access(
            origin: OriginFor<T>,
            request: RequestId,
            subject: Pseudonym,
            purpose: Purpose,
            categories: CategorySet,
            claim: Claim,
            session: Option<SessionId>,
        ) -> DispatchResultWithPostInfo {
            let requester = Self::signer(origin)?;
            let ask = Ask {
                requester,
                subject,
                purpose,
                categories,
                claim,
                session,
            };
            Self::do_request_access(request, ask)?;
            Ok(Some(Self::weight_of_request(&requester, &subject, purpose)).into())
        }

        /// States that this vault released a record against a ticket; `receipt` commits to the signed delivery receipt.
        #[pallet::call_index(1)]
        #[pallet::weight(T::WeightInfo::deliver())]
        pub fn deliver(
            origin: OriginFor<T>,
            request: RequestId,
            record: RecordId,
            receipt: Commitment,
        ) -> DispatchResult {
            let account = Self::signer(origin)?;
            Self::do_deliver(account, request, record, receipt)
        }

        /// Opens a visit under a consent, on a card check-in that `evidence` commits to, until `until` at the latest.
        #[pallet::call_index(2)]
        #[pallet::weight(T::WeightInfo::open_session())]
        pub fn open_session(
            origin: OriginFor<T>,
            session: SessionId,
            consent: ConsentId,
            evidence: Commitment,
            until: Moment,
        ) -> DispatchResult {
            let account = Self::signer(origin)?;
            Self::do_open_session(account, session, consent, evidence, until)
        }

        /// Ends a visit.
        #[pallet::call_index(3)]
        #[pallet::weight(T::WeightInfo::close_session())]
        pub fn close_session(origin: OriginFor<T>, session: SessionId) -> DispatchResult {
            let account = Self::signer(origin)?;
            Self::do_close_session(account, session)
        }

        /// Opens a break-glass for an incident that is committed to; succeeds whether opened or denied.
        #[pallet::call_index(4)]
        #[pallet::weight(T::WeightInfo::open_break_glass())]
        pub fn open_break_glass(
            origin: OriginFor<T>,
            request: RequestId,
            subject: Pseudonym,
            incident: Commitment,
            reason: BreakGlassReason,
        ) -> DispatchResult {
            let opener = Self::signer(origin)?;
            Self::do_open_break_glass(opener, request, subject, incident, reason)
        }

        /// Closes a break-glass before its time.
        #[pallet::call_index(5)]
        #[pallet::weight(T::WeightInfo::close_break_glass())]
        pub fn close_break_glass(origin: OriginFor<T>, request: RequestId) -> DispatchResult {
            let account = Self::signer(origin)?;
            Self::do_close_break_glass(account, request)
        }

        /// Reviews a closed break-glass.
        #[pallet::call_index(6)]
        #[pallet::weight(T::WeightInfo::review_break_glass())]
        pub fn review_break_glass(
            origin: OriginFor<T>,
            request: RequestId,
            justified: bool,
        ) -> DispatchResult {
            let account = Self::signer(origin)?;
            Self::do_review_break_glass(account, request, justified)
        }
    }
}

use frame_support::pallet_prelude::DispatchError;
use frame_system::{ensure_signed, pallet_prelude::OriginFor};
use musubi_primitives::{AccountId, seams::Consortium};

impl<T: Config> Pallet<T> {
    fn signer(origin: OriginFor<T>) -> Result<AccountId, DispatchError> {
        Ok(AccountId(ensure_signed(origin)?.into()))
    }

    fn now() -> Moment {
        T::Consortium::now()
    }
}
