//! musubi-consent-card-emulator.
