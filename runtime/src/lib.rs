//! musubi-runtime.
