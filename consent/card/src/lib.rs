//! musubi-consent-card.
