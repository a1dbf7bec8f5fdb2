//! musubi-tests-vectors.
