//! The trail: what happened to whom, in an order that nobody can thin out.
//!
//! Other pallets append facts about a subject through [`musubi_primitives::seams::Trail`]; nobody else can. State keeps, per subject, the
//! count and hash-chain head of its rows; the rows themselves are events. At the end of every block the header's digest receives an
//! [`Anchor`]: the root over the block's rows, the next validator set and the range over all earlier headers. So "these are all the rows"
//! and "this old row stood in that block" stay provable from headers alone, after the state of the block has been pruned.
//!
//! # Rules
//! * **T1** Rows of a subject are numbered from 0 without gaps, and the head binds all of them in order.
//! * **T2** The anchor's trail root commits to every row of its block, in order, and to nothing else.
//! * **T3** Leaf `i` of the anchor's history is header `i`; after height `h` it has `h` leaves.
//! * **T4** The anchor names the validator set of height `h + 2`.
//!
//! **Must never**: offer a call. A row exists because a pallet did something, never because somebody says so.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        clippy::float_arithmetic
    )
)]

mod peaks;
#[cfg(test)]
mod tests;
pub mod weights;

pub use pallet::*;
pub use peaks::Peaks;
pub use weights::WeightInfo;

use codec::Encode;
use musubi_primitives::{
    Pseudonym,
    anchor::{Anchor, ENGINE_ID},
    mountain_range::leaf_hash,
    seams::{self, Consortium as _},
    trail::{TrailFact, TrailHead, TrailRow},
};
use sp_runtime::{DigestItem, SaturatedConversion};

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
    pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
        /// Tells the time and the next validators.
        type Consortium: seams::Consortium;
        /// What the hooks cost.
        type WeightInfo: WeightInfo;
    }

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    /// Count and hash-chain head of each subject's trail.
    #[pallet::storage]
    pub type Heads<T> = StorageMap<_, Blake2_128Concat, Pseudonym, TrailHead, OptionQuery>;

    /// The range over this block's rows; empty between blocks.
    #[pallet::storage]
    pub type BlockRows<T> = StorageValue<_, Peaks, ValueQuery>;

    /// The range over the hashes of all headers before this block's.
    #[pallet::storage]
    pub type History<T> = StorageValue<_, Peaks, ValueQuery>;

    /// Facts that this pallet made known.
    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// A row was appended to a subject's trail.
        Row(TrailRow),
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        fn on_initialize(_height: BlockNumberFor<T>) -> Weight {
            let parent = frame_system::Pallet::<T>::parent_hash();
            History::<T>::mutate(|history| history.append(leaf_hash(parent.as_ref())));
            T::WeightInfo::hooks()
        }

        fn on_finalize(_height: BlockNumberFor<T>) {
            let anchor = Self::anchor(&BlockRows::<T>::take());
            frame_system::Pallet::<T>::deposit_log(DigestItem::Consensus(
                ENGINE_ID,
                anchor.encode(),
            ));
        }
    }
}

impl<T: Config> Pallet<T> {
    /// The head of a subject's trail; the start head when nothing has happened yet.
    pub fn head(subject: &Pseudonym) -> TrailHead {
        Heads::<T>::get(subject).unwrap_or_else(|| TrailHead::start(subject))
    }

    fn anchor(rows: &Peaks) -> Anchor {
        Anchor {
            trail_root: rows.root(),
            trail_rows: rows.leaves().saturated_into(),
            next_validators: T::Consortium::next_validators().hash(),
            history_root: History::<T>::get().root(),
        }
    }
}

impl<T: Config> seams::Trail for Pallet<T> {
    fn append(subject: &Pseudonym, fact: TrailFact) {
        let head = Self::head(subject);
        let row = TrailRow {
            subject: *subject,
            index: head.count,
            at: T::Consortium::now(),
            fact,
        };
        let next = head.after(&row).expect(
            "the row carries the head's own count, and 2^64 rows take longer than the sun lives",
        );
        Heads::<T>::insert(subject, next);
        BlockRows::<T>::mutate(|rows| rows.append(row.leaf()));
        Self::deposit_event(Event::Row(row));
    }
}
