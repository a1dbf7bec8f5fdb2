//! The words in which a statement is shown: one text file per language, pinned by its SHA-256.
//!
//! A statement names the digest of the wording it was shown with, so what the person read can be reproduced years later
//! or, where this build has other words, is refused rather than shown differently.

use musubi_primitives::Language;
use sha2::{Digest as _, Sha256};

const JAPANESE: &str = include_str!("wording/ja.txt");
const PLAIN_JAPANESE: &str = include_str!("wording/ja-x-easy.txt");
const ENGLISH: &str = include_str!("wording/en.txt");

/// SHA-256 of the whole wording of `language`.
#[must_use]
pub fn digest(language: Language) -> [u8; 32] {
    Sha256::digest(source(language)).into()
}

/// The text under `key`. None for a key that the wording lacks; a test reads every key in every language.
pub(crate) fn text(language: Language, key: &str) -> Option<&'static str> {
    entries(language).find_map(|(found, text)| (found == key).then_some(text))
}

/// All keys with their texts, in the file's order.
pub(crate) fn entries(language: Language) -> impl Iterator<Item = (&'static str, &'static str)> {
    source(language)
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_language_has_the_same_keys_once() {
        let keys = |language| entries(language).map(|(key, _)| key).collect::<Vec<_>>();
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
