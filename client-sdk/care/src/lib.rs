//! musubi-care.
