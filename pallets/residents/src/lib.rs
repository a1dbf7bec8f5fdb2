//! pallet-residents.
