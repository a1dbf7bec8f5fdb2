//! Forms: FHIR R4 Questionnaires that say which items are asked, and QuestionnaireResponses held against them.
//!
//! Pure. A form is parsed once ([`Form::parse`]) and then trusted: its conditions name questions that exist, of the right type, and never
//! go in a circle, so that which items are shown ([`shown`]) has one answer for any response, however it came about.
//!
//! - [`check`] holds a response against its form and version; every issue has a FHIRPath.
//! - [`draft`] keeps partial answers, and carries them to a newer version of the form or says why not.

mod answer;
mod condition;
mod definition;
pub mod draft;
mod instant;
mod item;
mod order;
mod response;
mod shown;
mod verdict;
mod words;

pub use answer::{Answer, Decimal};
pub use condition::{Behaviour, Condition, Operator};
pub use definition::Form;
pub use instant::Instant;
pub use item::{AnswerOption, Bounds, Item, ItemAt, ItemKind};
pub use response::{Answered, Filled, read};
pub use shown::{Shown, shown};
pub use verdict::{Checked, Standing, check};
pub use words::Words;

/// How deep items may nest.
pub const DEPTH_MAX: usize = 8;
/// The most items a form may have.
pub const ITEMS_MAX: usize = 1000;
/// The most answers to one question, and occurrences of one group.
pub const REPEATS_MAX: usize = 100;
/// The most characters of one answer in words.
pub const TEXT_CHARS_MAX: usize = 4000;
