//! pallet-anchor.
