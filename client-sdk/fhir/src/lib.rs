//! FHIR R4 resources as Musubi takes them in: parsed, checked, and brought to canonical bytes.
//!
//! Forms ([`form`]) are FHIR Questionnaires, and answers are held against them.
//!
//! Pure: JSON text goes in, a checked [`Resource`] or a list of [`Issue`]s comes out. What is not understood is kept, not dropped: the canonical
//! bytes are RFC 8785 (JCS) of the whole resource as it was sent, so that a reader gets back exactly what the author gave.
//!
//! **Must never:** repair, guess or drop data; let a 12-digit individual number (個人番号) through (番号法19条, 20条).

pub mod date;
pub mod element;
pub mod form;
pub mod issue;
pub mod resource;

mod document_reference;
mod immunization;
mod observation;
mod patient;
mod questionnaire_response;

pub use date::PartialDate;
pub use issue::{Issue, IssueCode, Refusal};
pub use patient::{Identity, PSEUDONYM_SYSTEM};
pub use resource::{Kind, Resource, holds_twelve_digits};
