//! The schedule check and growth as others see them: cases, rules, childhoods, mistakes.
#![allow(clippy::panic, reason = "a test fails loudly where it stands")]
#![allow(
    clippy::unwrap_used,
    reason = "test doors and generators fail by panicking"
)]

mod agreement;
mod calendar;
mod cases;
mod check_report;
mod childhoods;
mod cohort;
mod door;
mod forecast;
mod forms;
mod growth;
mod lawful;
mod mistakes;
mod mutants;
mod naive;
mod random_question;
mod reading;
mod rules;
mod seed;
mod suppression;
