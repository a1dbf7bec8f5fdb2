//! musubi-tests-model.
