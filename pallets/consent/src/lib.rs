//! pallet-consent.
