//! musubi-tests-support.
