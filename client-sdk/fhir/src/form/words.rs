//! A text and its translations, by FHIR's translation extension.

use crate::element::{Element, Issues};
use std::collections::BTreeMap;

/// The extension that carries a translation.
const TRANSLATION: &str = "http://hl7.org/fhir/StructureDefinition/translation";

/// A text in the form's own language and in others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    original: String,
    translations: BTreeMap<String, String>,
}

impl Words {
    /// A text without translations.
    pub fn plain(text: &str) -> Self {
        Self {
            original: text.to_owned(),
            translations: BTreeMap::new(),
        }
    }

    /// The text in the form's own language.
    pub fn original(&self) -> &str {
        &self.original
    }

    /// The text in a language by its BCP 47 tag (`en`, `ja-x-easy`); in the form's own language if it was not translated.
    pub fn in_language(&self, tag: &str) -> &str {
        self.translations.get(tag).unwrap_or(&self.original)
    }

    /// The languages that it was translated to.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.translations.keys().map(String::as_str)
    }

    /// The child `name` of `holder`, with what `_name` says of it.
    pub(crate) fn read(holder: &Element<'_>, name: &str, issues: &mut Issues) -> Self {
        let original = holder
            .child(name)
            .text(issues)
            .unwrap_or_default()
            .to_owned();
        let extensions = holder
            .child(&format!("_{name}"))
            .child("extension")
            .list(issues);
        let translations = extensions
            .iter()
            .filter(|extension| extension.is_at("url", TRANSLATION))
            .filter_map(|extension| translation(extension, issues));
        let translations: Vec<_> = translations.collect();
        Self {
            original,
            translations: translations.into_iter().collect(),
        }
    }
}

/// Language and content of one translation.
fn translation(extension: &Element<'_>, issues: &mut Issues) -> Option<(String, String)> {
    let parts = extension.child("extension").list(issues);
    let part = |url: &str| parts.iter().find(|part| part.is_at("url", url));
    let language = part("lang").and_then(|part| part.child("valueCode").text(issues));
    let content = part("content").and_then(|part| part.child("valueString").text(issues));
    if language.is_none() || content.is_none() {
        issues.push(extension.issue(
            crate::IssueCode::Required,
            "a translation has lang (valueCode) and content (valueString)",
        ));
    }
    Some((language?.to_owned(), content?.to_owned()))
}
