//! pallet-access.
