//! pallet-consortium.
