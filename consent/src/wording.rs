//! The words in which a statement is shown: one text file per language, pinned by its SHA-256.
//!
//! A statement names the digest of the wording it was shown with, so what the person read can be reproduced years later
//! or, where this build has other words, is refused rather than shown differently.

use musubi_primitives::Language;
use sha2::{Digest as _, Sha256};

const JAPANESE: &str = include_str!("wording/ja.txt");
const PLAIN_JAPANESE: &str = include_str!("wording/ja-x-easy.txt");
const ENGLISH: &str = include_str!("wording/en.txt");
const RECEIPT_JAPANESE: &str = include_str!("wording/receipt-ja.txt");
const RECEIPT_PLAIN_JAPANESE: &str = include_str!("wording/receipt-ja-x-easy.txt");
const RECEIPT_ENGLISH: &str = include_str!("wording/receipt-en.txt");
const DOCUMENTS_JAPANESE: &str = include_str!("wording/documents-ja.txt");
const DOCUMENTS_PLAIN_JAPANESE: &str = include_str!("wording/documents-ja-x-easy.txt");
const DOCUMENTS_ENGLISH: &str = include_str!("wording/documents-en.txt");

/// SHA-256 of the whole wording of `language`.
#[must_use]
pub fn digest(language: Language) -> [u8; 32] {
    Sha256::digest(source(language)).into()
}

/// The text under `key`. None for a key that the wording lacks; a test reads every key in every language.
pub(crate) fn text(language: Language, key: &str) -> Option<&'static str> {
    entries(source(language)).find_map(|(found, text)| (found == key).then_some(text))
}

/// The text under `key` in the wording of receipts, which nobody signs: it may be improved without a new statement.
pub(crate) fn receipt_text(language: Language, key: &str) -> Option<&'static str> {
    entries(receipt_source(language)).find_map(|(found, text)| (found == key).then_some(text))
}

/// The text under `key` in the wording of the short documents: binding, withdrawal, check-in.
pub(crate) fn document_text(language: Language, key: &str) -> Option<&'static str> {
    entries(documents_source(language)).find_map(|(found, text)| (found == key).then_some(text))
}

/// All keys with their texts, in the file's order.
fn entries(source: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    source
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" = "))
}

fn source(language: Language) -> &'static str {
    match language {
        Language::Japanese => JAPANESE,
        Language::PlainJapanese => PLAIN_JAPANESE,
        Language::English => ENGLISH,
    }
}

fn receipt_source(language: Language) -> &'static str {
    match language {
        Language::Japanese => RECEIPT_JAPANESE,
        Language::PlainJapanese => RECEIPT_PLAIN_JAPANESE,
        Language::English => RECEIPT_ENGLISH,
    }
}

fn documents_source(language: Language) -> &'static str {
    match language {
        Language::Japanese => DOCUMENTS_JAPANESE,
        Language::PlainJapanese => DOCUMENTS_PLAIN_JAPANESE,
        Language::English => DOCUMENTS_ENGLISH,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_language_has_the_same_keys_once() {
        for source in [source, receipt_source, documents_source] {
            let keys = |language| {
                entries(source(language))
                    .map(|(key, _)| key)
                    .collect::<Vec<_>>()
            };
            let japanese = keys(Language::Japanese);
            assert_eq!(
                japanese.iter().collect::<BTreeSet<_>>().len(),
                japanese.len()
            );
            for language in Language::ALL {
                assert_eq!(keys(language), japanese, "{language:?}");
            }
        }
    }
}
