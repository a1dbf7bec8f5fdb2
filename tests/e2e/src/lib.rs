//! musubi-tests-e2e.
