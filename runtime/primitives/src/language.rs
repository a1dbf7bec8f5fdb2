//! The languages in which Musubi speaks to people.

use serde::{Deserialize, Serialize};

/// One language of statements, receipts and screens. The text form is a BCP 47 tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Language {
    /// 日本語.
    #[serde(rename = "ja")]
    Japanese,
    /// やさしい日本語, for children, elders and people who learn Japanese.
    #[serde(rename = "ja-x-easy")]
    PlainJapanese,
    /// English.
    #[serde(rename = "en")]
    English,
}

impl Language {
    /// Every language, in the order in which screens offer them.
    pub const ALL: [Self; 3] = [Self::Japanese, Self::PlainJapanese, Self::English];
}
