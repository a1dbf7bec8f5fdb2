//! pallet-records.
