//! musubi-primitives.
