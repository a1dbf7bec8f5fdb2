//! musubi-tests-tidy.
