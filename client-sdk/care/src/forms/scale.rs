//! Scales as plug-ins: how many items, which values, how they are scored, and whose wording they are.
//!
//! No protected wording ships. A scale without proof of permission becomes a form of numbered boxes for staff who hold the paper sheet; a
//! municipality that has a permission names it and supplies the wording. A result is a screening aid, never a diagnosis.

use crate::forms::flags::Flag;
use crate::rules::Confidence;
use musubi_fhir::form::{Answer, Checked, Form};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The format this module reads.
pub const FORMAT: &str = "musubi/scale/1";
/// The most items a scale may have.
const ITEMS_MAX: usize = 200;
/// Where the forms of scales have their addresses.
pub const ADDRESS: &str = "https://musubi.example/scales/";
const TRANSLATION: &str = "http://hl7.org/fhir/StructureDefinition/translation";

/// A text by language.
type Texts = BTreeMap<String, String>;

/// Whose answers they are: the mother's never go into the child's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// The child.
    Child,
    /// The mother.
    Mother,
    /// A guardian.
    Guardian,
}

/// Whose the wording is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// Holder of the rights.
    pub holder: String,
    /// What the holder asks.
    pub terms: String,
    /// Proof of permission (letter, agreement, own work); none without one.
    pub permission: Option<String>,
}

/// The wording, if it may be shown.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// One text for each item.
    pub items: Vec<Texts>,
    /// One text for each value.
    pub values: Vec<Texts>,
}

/// A class of totals; both ends included.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Least total.
    pub from: i32,
    /// Greatest total.
    pub to: i32,
    /// Its code.
    pub code: String,
    /// What is said of it.
    pub text: String,
}

/// A score of one item that is always shown, whatever the total.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// Number of the item, from one.
    pub item: usize,
    /// Least score that raises it.
    pub from: i32,
    /// What is to be done.
    pub text: String,
}

/// A scale.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    format: String,
    /// Its name.
    pub id: String,
    /// Its edition.
    pub version: String,
    /// Its title.
    pub title: String,
    /// Whose answers they are.
    pub about: About,
    /// Number of items.
    pub items: usize,
    /// Values that a box may have, rising.
    pub values: Vec<i32>,
    /// Numbers of the items (from one) whose value counts from the other end.
    pub reversed: Vec<usize>,
    /// Classes of the total, rising and without a gap.
    pub classes: Vec<Class>,
    /// Items that are looked at alone.
    pub alerts: Vec<Alert>,
    /// The wording, if permission is proved.
    #[serde(default)]
    pub wording: Option<Wording>,
    /// Whose it is.
    pub licence: Licence,
    /// How well the scoring is known.
    pub confidence: Confidence,
    /// Where the scoring comes from.
    pub sources: Vec<String>,
}

/// Why a text is no scale, or answers cannot be scored.
#[derive(Debug, thiserror::Error)]
pub enum ScaleError {
    /// Not JSON of this shape.
    #[error("read a scale")]
    Shape(#[from] serde_json::Error),
    /// Something that cannot be trusted.
    #[error("read scale {id}: {what}")]
    Scale {
        /// Which.
        id: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// An item without an answer.
    #[error("score scale {id}: item {item} is not answered, or with a value that it does not have")]
    Unanswered {
        /// Which scale.
        id: String,
        /// Number of the item, from one.
        item: usize,
    },
}

/// A scored scale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Score {
    /// Which scale.
    pub scale: String,
    /// Which edition.
    pub version: String,
    /// Sum over the items.
    pub total: i32,
    /// Code of the class of the total.
    pub class: String,
    /// What is said of the class.
    pub text: String,
    /// What the alerts say.
    pub alerts: Vec<String>,
}

impl Scale {
    /// Reads a scale.
    ///
    /// # Errors
    /// When the text has another shape, its classes leave a gap, or it has wording without a proof of permission.
    pub fn parse(text: &str) -> Result<Self, ScaleError> {
        let scale: Self = serde_json::from_str(text)?;
        match scale.complaint() {
            None => Ok(scale),
            Some(what) => Err(ScaleError::Scale {
                id: scale.id.clone(),
                what,
            }),
        }
    }

    fn complaint(&self) -> Option<&'static str> {
        let has_item = |number: usize| (1..=self.items).contains(&number);
        let rising = self.values.is_sorted() && 1 < self.values.len();
        if self.format != FORMAT {
            return Some("the format is another one");
        }
        if !(1..=ITEMS_MAX).contains(&self.items) || !rising {
            return Some("the number of items or the values are out of bounds");
        }
        if !self.reversed.iter().all(|item| has_item(*item)) {
            return Some("an item is reversed that it does not have");
        }
        if !self.alerts.iter().all(|alert| has_item(alert.item)) {
            return Some("an alert looks at an item that it does not have");
        }
        if !self.classes_cover() {
            return Some("the classes leave a gap, overlap, or miss a total");
        }
        self.wording_complaint()
    }

    fn wording_complaint(&self) -> Option<&'static str> {
        let wording = self.wording.as_ref()?;
        if self.licence.permission.is_none() {
            return Some("it has wording, and no proof of permission");
        }
        let is_whole =
            wording.items.len() == self.items && wording.values.len() == self.values.len();
        let is_spoken = wording
            .items
            .iter()
            .chain(&wording.values)
            .all(|texts| texts.contains_key("ja"));
        (!is_whole || !is_spoken).then_some("the wording is not whole")
    }

    fn classes_cover(&self) -> bool {
        let (low, high) = self.value_bounds();
        let count = i32::try_from(self.items).unwrap_or(i32::MAX);
        let (least, most) = (low.saturating_mul(count), high.saturating_mul(count));
        let mut next = least;
        for class in &self.classes {
            if class.from != next || class.to < class.from {
                return false;
            }
            next = class.to.saturating_add(1);
        }
        next == most.saturating_add(1)
    }

    fn value_bounds(&self) -> (i32, i32) {
        let first = self.values.first().copied().unwrap_or_default();
        let last = self.values.last().copied().unwrap_or_default();
        (first, last)
    }

    /// The form on which it is answered: with its wording if permission is proved, else numbered boxes.
    ///
    /// # Errors
    /// The issues of the form that was made, if it is none.
    pub fn form(&self) -> Result<Form, musubi_fhir::Refusal> {
        Form::from_value(&self.questionnaire())
    }

    /// The form as a FHIR Questionnaire.
    pub fn questionnaire(&self) -> Value {
        let items: Vec<Value> = (1..=self.items).map(|number| self.item(number)).collect();
        let held = format!("{}: {}", self.licence.holder, self.licence.terms);
        json!({
            "resourceType": "Questionnaire", "id": self.id, "language": "ja", "status": "active",
            "meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]},
            "url": format!("{ADDRESS}{}", self.id), "version": self.version, "title": self.title, "copyright": held, "item": items,
        })
    }

    fn item(&self, number: usize) -> Value {
        let wording = self.wording.as_ref();
        let texts = wording.and_then(|wording| wording.items.get(number - 1));
        let options: Vec<Value> = (0..self.values.len()).map(|at| self.option(at)).collect();
        let mut item = json!({"linkId": link_id(number), "type": "choice", "required": true, "answerOption": options});
        say(&mut item, "text", texts, &format!("項目 {number}"));
        item
    }

    fn option(&self, at: usize) -> Value {
        let value = self.values.get(at).copied().unwrap_or_default().to_string();
        let wording = self.wording.as_ref();
        let texts = wording.and_then(|wording| wording.values.get(at));
        let mut coding = json!({"system": format!("{ADDRESS}{}", self.id), "code": value});
        say(&mut coding, "display", texts, &value);
        json!({"valueCoding": coding})
    }

    /// Scores answers on its form.
    ///
    /// # Errors
    /// When an item is not answered.
    pub fn score(&self, form: &Form, answers: &Checked) -> Result<Score, ScaleError> {
        let values: Result<Vec<i32>, ScaleError> = (1..=self.items)
            .map(|number| self.value(number, form, answers))
            .collect();
        self.score_values(&values?)
    }

    fn value(&self, number: usize, form: &Form, answers: &Checked) -> Result<i32, ScaleError> {
        let given = answers.to(form, &link_id(number));
        let code = given.first().and_then(|answer| match answer {
            Answer::Coding(_, code) => code.parse().ok(),
            _ => None,
        });
        code.ok_or_else(|| self.unanswered(number))
    }

    /// What of the answers somebody has to look at on the same day, whatever the total; of answers that are not whole, too.
    pub fn flags(&self, form: &Form, answers: &Checked) -> Vec<Flag> {
        let is_raised = |alert: &&Alert| {
            self.value(alert.item, form, answers)
                .is_ok_and(|value| alert.from <= self.points(alert.item, value))
        };
        let raised = self.alerts.iter().filter(is_raised);
        raised
            .map(|alert| Flag {
                rule: format!("{}/{}", self.id, link_id(alert.item)),
                question: link_id(alert.item),
                text: BTreeMap::from([("ja".to_owned(), alert.text.clone())]),
                condition: None,
                sources: self.sources.clone(),
            })
            .collect()
    }

    /// The same scale, for whoever holds this proof of permission.
    #[must_use]
    pub fn permitted(mut self, permission: &str) -> Self {
        self.licence.permission = Some(permission.to_owned());
        self
    }

    /// Scores the values of all items, in their order.
    ///
    /// # Errors
    /// When one is missing or is none of the scale's values.
    pub fn score_values(&self, values: &[i32]) -> Result<Score, ScaleError> {
        let scored: Result<Vec<i32>, ScaleError> = (1..=self.items)
            .map(|number| {
                let value = values
                    .get(number - 1)
                    .filter(|value| self.values.contains(value));
                let value = value.ok_or_else(|| self.unanswered(number))?;
                Ok(self.points(number, *value))
            })
            .collect();
        let scored = scored?;
        let total = scored.iter().sum();
        let class = self
            .classes
            .iter()
            .find(|class| (class.from..=class.to).contains(&total))
            .expect("classes cover every total: Scale::parse checks it");
        let is_raised = |alert: &&Alert| {
            scored
                .get(alert.item - 1)
                .is_some_and(|points| alert.from <= *points)
        };
        let alerts = self.alerts.iter().filter(is_raised);
        Ok(Score {
            scale: self.id.clone(),
            version: self.version.clone(),
            total,
            class: class.code.clone(),
            text: class.text.clone(),
            alerts: alerts.map(|alert| alert.text.clone()).collect(),
        })
    }

    fn points(&self, number: usize, value: i32) -> i32 {
        let (low, high) = self.value_bounds();
        if self.reversed.contains(&number) {
            low + high - value
        } else {
            value
        }
    }

    fn unanswered(&self, item: usize) -> ScaleError {
        ScaleError::Unanswered {
            id: self.id.clone(),
            item,
        }
    }
}

fn link_id(number: usize) -> String {
    format!("item-{number}")
}

/// Puts a text with its translations into an element; the fallback where there is no wording.
fn say(element: &mut Value, name: &str, texts: Option<&Texts>, fallback: &str) {
    let Some(texts) = texts else {
        element[name] = fallback.into();
        return;
    };
    element[name] = texts.get("ja").cloned().unwrap_or_default().into();
    let others = texts.iter().filter(|(language, _)| *language != "ja");
    let translations: Vec<Value> = others
        .map(|(language, text)| {
            json!({"url": TRANSLATION, "extension": [{"url": "lang", "valueCode": language}, {"url": "content", "valueString": text}]})
        })
        .collect();
    if !translations.is_empty() {
        element[format!("_{name}")] = json!({"extension": translations});
    }
}
