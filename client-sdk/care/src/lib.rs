//! Child health as pure arithmetic: the immunisation schedule check, its forecast, and growth against the national reference.
//!
//! Facts and rules go in, answers come out: no clock, no file, no network, no floating point. Rules are data
//! ([`rules::RuleSet`]), dated and with their sources; the code knows only how such rules are read. The check answers in
//! three ways ([`verdict::Answer`]): conditions met, not met (with rule, reason and dates), or a person must decide. It never
//! replaces the physician's examination.
//!
//! - [`schedule::check`] judges one proposed dose.
//! - [`bedside::inspect`] puts person, paper, vial and syringe beside the verdict before an injection.
//! - [`forecast::forecast`] lists what is due, overdue, possible or still to come.
//! - [`growth`] places measurements among published percentile lines.
//! - [`check_report`] keeps a check so that it can be asked again; [`wording`] says it in Japanese.
//! - [`forms`] are what is asked: 予診票, checkups, surveys, scales, and the flags that answers raise.
//! - [`records`] reads people out of FHIR; [`due`] lists whose dose is due, [`follow_up`] what is done for who does not come, [`recall`]
//!   who got a lot, [`report`] the papers on mistakes and suspected reactions.
//! - [`figures`] count, and hide what is small before it is published.
//! - [`cases`] reads acceptance cases and compares answers with expectations.

pub mod age;
pub mod bedside;
pub mod cases;
pub mod check_report;
pub mod child;
pub mod civil;
pub mod decimal;
pub mod due;
pub mod figures;
pub mod follow_up;
pub mod forecast;
pub mod forms;
pub mod growth;
pub mod presets;
pub mod reason;
pub mod recall;
pub mod records;
pub mod report;
pub mod rules;
pub mod schedule;
pub mod verdict;
pub mod wording;
