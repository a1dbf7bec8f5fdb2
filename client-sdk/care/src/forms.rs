//! Forms in use: 予診票, checkups and surveys as data, what in their answers the physician should look at, and scales as plug-ins.
//!
//! The mechanism of forms is FHIR's and lives in [`musubi_fhir::form`]; here is what is asked in Japan and what an answer means. Forms,
//! flags and scales are data files with their sources beside them (`chain-spec/presets/forms`).

pub mod flags;
pub mod offers;
mod presets;
pub mod scale;
pub mod survey;

pub use presets::{FLAGS_2026, FORMS, OFFERS_2026, SCALES, SOURCES};

use musubi_fhir::{Refusal, form::Form};
use serde_json::Value;
use std::{collections::BTreeMap, sync::LazyLock};

/// The forms that ship, read once.
static SHIPPED: LazyLock<Library> =
    LazyLock::new(|| Library::shipped().expect("a test holds every form that ships to being one"));

/// Whether answers are kept from the family and from other clinics: the response says so by its label, it answers a form that ships and
/// says so, or a scale.
pub fn is_sensitive(response: &Value) -> bool {
    let labels = response["meta"]["security"].as_array();
    let is_labelled = labels.is_some_and(|labels| {
        let mut codes = labels.iter().map(|label| &label["code"]);
        codes.any(|code| code == "R" || code == "V")
    });
    let named = response["questionnaire"].as_str().unwrap_or_default();
    let url = named.split('|').next().unwrap_or_default();
    is_labelled
        || url.starts_with(scale::ADDRESS)
        || SHIPPED
            .forms()
            .any(|form| form.url == url && form.restricted)
}

/// The forms at hand, by canonical address `url|version`.
#[derive(Clone, Debug, Default)]
pub struct Library {
    forms: BTreeMap<String, Form>,
}

impl Library {
    /// The forms that ship with the product.
    ///
    /// # Errors
    /// When one of them is no form: a defect of the build, which its tests exclude.
    pub fn shipped() -> Result<Self, Refusal> {
        let mut library = Self::default();
        for text in FORMS {
            library.add(Form::parse(text)?);
        }
        Ok(library)
    }

    /// Adds a form, or another version of one.
    pub fn add(&mut self, form: Form) {
        self.forms.insert(form.canonical(), form);
    }

    /// All forms, by address and version.
    pub fn forms(&self) -> impl Iterator<Item = &Form> {
        self.forms.values()
    }

    /// The form that a response names, in its version.
    pub fn named(&self, canonical: &str) -> Option<&Form> {
        self.forms.get(canonical)
    }

    /// The newest version at hand of the form with this address, or with this last part of it.
    pub fn newest(&self, name: &str) -> Option<&Form> {
        let is_it = |form: &&Form| form.url == name || form.url.rsplit('/').next() == Some(name);
        self.forms.values().rfind(is_it)
    }
}
