//! musubi-consent.
