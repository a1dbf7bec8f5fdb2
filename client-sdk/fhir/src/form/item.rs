//! One item of a form: what is asked, of which type, within which bounds.

use crate::form::{
    answer::{Answer, Decimal},
    condition::{Behaviour, Condition},
    words::Words,
};

/// The place of an item in its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ItemAt(pub(super) usize);

/// The types of FHIR R4 that are supported; attachments and references are not asked for in forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// Holds other items.
    Group,
    /// Words without a question.
    Display,
    /// Yes or no.
    Boolean,
    /// A number.
    Decimal,
    /// A whole number.
    Integer,
    /// A date, perhaps partial.
    Date,
    /// A date with a time.
    DateTime,
    /// A time of day.
    Time,
    /// A short text.
    String,
    /// A long text.
    Text,
    /// An address.
    Url,
    /// One of the options.
    Choice,
    /// One of the options, or words.
    OpenChoice,
    /// A number with a unit.
    Quantity,
}

const KINDS: [(&str, ItemKind); 14] = [
    ("group", ItemKind::Group),
    ("display", ItemKind::Display),
    ("boolean", ItemKind::Boolean),
    ("decimal", ItemKind::Decimal),
    ("integer", ItemKind::Integer),
    ("date", ItemKind::Date),
    ("dateTime", ItemKind::DateTime),
    ("time", ItemKind::Time),
    ("string", ItemKind::String),
    ("text", ItemKind::Text),
    ("url", ItemKind::Url),
    ("choice", ItemKind::Choice),
    ("open-choice", ItemKind::OpenChoice),
    ("quantity", ItemKind::Quantity),
];

impl ItemKind {
    /// The code as FHIR writes it.
    pub fn as_str(self) -> &'static str {
        let known = KINDS.iter().find(|(_, kind)| *kind == self);
        known.map_or("", |(name, _)| name)
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        let known = KINDS.iter().find(|(known, _)| *known == name);
        known.map(|(_, kind)| *kind)
    }

    /// Whether it asks something.
    pub fn is_question(self) -> bool {
        !matches!(self, Self::Group | Self::Display)
    }

    pub(super) fn has_options(self) -> bool {
        matches!(self, Self::Choice | Self::OpenChoice)
    }
}

/// One of the answers that may be chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerOption {
    /// The value.
    pub value: Answer,
    /// How it is shown.
    pub words: Words,
}

/// Bounds of a number or a text; both ends included.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bounds {
    /// Least number.
    pub min: Option<Decimal>,
    /// Greatest number.
    pub max: Option<Decimal>,
    /// Most characters.
    pub chars_max: Option<usize>,
}

/// An item.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Stable name within the form.
    pub link_id: String,
    /// FHIRPath within the Questionnaire.
    pub path: String,
    /// What is asked or said; empty for a group without a heading.
    pub words: Words,
    /// Type of the answer.
    pub kind: ItemKind,
    /// System and code of what is asked, where there is one.
    pub code: Option<(String, String)>,
    /// Whether a completed form answers it, when it is shown.
    pub required: bool,
    /// Whether it may be answered more than once.
    pub repeats: bool,
    /// The item that it stands under.
    pub parent: Option<ItemAt>,
    /// The nearest repeating item above: answers are looked for within one occurrence of it.
    pub scope: Option<ItemAt>,
    /// When it is shown.
    pub conditions: Vec<Condition>,
    /// Whether all conditions must hold, or one.
    pub behaviour: Behaviour,
    /// Bounds of its answers.
    pub bounds: Bounds,
    /// Unit of a number (UCUM), or the units that a quantity may have.
    pub units: Vec<String>,
    /// What may be chosen.
    pub options: Vec<AnswerOption>,
}

impl Item {
    /// Whether it is a group of which there may be several.
    pub fn repeats_as_group(&self) -> bool {
        self.repeats && self.kind == ItemKind::Group
    }

    /// Whether a new occurrence opens a scope of its own for the items below.
    pub(super) fn opens_scope(&self) -> bool {
        self.repeats
    }
}
