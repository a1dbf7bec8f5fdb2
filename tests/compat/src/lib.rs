//! musubi-tests-compat.
