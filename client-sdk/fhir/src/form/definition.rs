//! A form: reading a Questionnaire and refusing one whose conditions cannot be trusted.

use crate::{
    date::PartialDate,
    element::{Element, Issues},
    form::{
        DEPTH_MAX, ITEMS_MAX,
        answer::{Answer, Decimal, fits},
        condition::{self, Condition},
        item::{AnswerOption, Bounds, Item, ItemAt, ItemKind},
        order,
        words::Words,
    },
    issue::{IssueCode, Refusal},
    resource::BYTES_MAX,
};
use serde_json::Value;
use std::collections::BTreeMap;

const MIN_VALUE: &str = "http://hl7.org/fhir/StructureDefinition/minValue";
const MAX_VALUE: &str = "http://hl7.org/fhir/StructureDefinition/maxValue";
const UNIT: &str = "http://hl7.org/fhir/StructureDefinition/questionnaire-unit";
const UNIT_OPTION: &str = "http://hl7.org/fhir/StructureDefinition/questionnaire-unitOption";
/// Security labels of answers that are kept from the family and from other clinics.
const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";

/// A form whose questions and conditions have been checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// Canonical address without version.
    pub url: String,
    /// Its version.
    pub version: String,
    /// Its title.
    pub title: Words,
    /// What it is for and where it comes from.
    pub description: Words,
    /// First day on which it is used.
    pub since: Option<PartialDate>,
    /// `url|version` of the editions whose drafts this one takes over (`derivedFrom`).
    pub takes_over: Vec<String>,
    /// Whether its answers are sensitive: labelled restricted (R) or very restricted (V).
    pub restricted: bool,
    items: Vec<Item>,
    by_link: BTreeMap<String, ItemAt>,
    order: Vec<ItemAt>,
}

impl Form {
    /// Reads and checks a Questionnaire.
    ///
    /// # Errors
    /// All issues found, each with its place.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if BYTES_MAX < text.len() {
            let most = format!("at most {BYTES_MAX} bytes");
            return Err(Refusal::one(IssueCode::TooLong, "Questionnaire", most));
        }
        let value = serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let said = format!("JSON, but line {line} column {column} is not");
            Refusal::one(IssueCode::Structure, "Questionnaire", said)
        })?;
        Self::from_value(&value)
    }

    /// Checks a JSON value.
    ///
    /// # Errors
    /// All issues found, each with its place.
    pub fn from_value(value: &Value) -> Result<Self, Refusal> {
        if value["resourceType"] != "Questionnaire" {
            return Err(Refusal::one(
                IssueCode::NotSupported,
                "Questionnaire.resourceType",
                "a Questionnaire",
            ));
        }
        let mut issues = Issues::new();
        let root = Element::root(value, "Questionnaire");
        let mut form = head(&root, &mut issues);
        let mut reader = Reader {
            form: &mut form,
            issues: &mut issues,
        };
        reader.items(&root.child("item"), None, 0);
        order::check_conditions(&form.items, &form.by_link, &mut issues);
        if issues.is_empty() {
            form.order = order::dependencies_first(&form.items, &form.by_link, &mut issues);
        }
        if issues.is_empty() {
            Ok(form)
        } else {
            Err(Refusal(issues))
        }
    }

    /// `url|version`, as a response names its form.
    pub fn canonical(&self) -> String {
        format!("{}|{}", self.url, self.version)
    }

    /// The item at a place.
    pub fn item(&self, at: ItemAt) -> &Item {
        self.items
            .get(at.0)
            .expect("an ItemAt is made by the form that it belongs to")
    }

    /// The place of the item with this name.
    pub fn place(&self, link_id: &str) -> Option<ItemAt> {
        self.by_link.get(link_id).copied()
    }

    /// The item with this name.
    pub fn named(&self, link_id: &str) -> Option<&Item> {
        self.place(link_id).map(|at| self.item(at))
    }

    /// All items, each before those below it.
    pub fn items(&self) -> impl Iterator<Item = (ItemAt, &Item)> {
        self.items
            .iter()
            .enumerate()
            .map(|(at, item)| (ItemAt(at), item))
    }

    /// All items, each after those that its conditions ask about.
    pub(super) fn in_order(&self) -> impl Iterator<Item = (ItemAt, &Item)> {
        self.order.iter().map(|at| (*at, self.item(*at)))
    }
}

fn head(root: &Element<'_>, issues: &mut Issues) -> Form {
    let text = |name: &str, issues: &mut Issues| {
        let text = root.child(name).required_text(issues);
        text.unwrap_or_default().to_owned()
    };
    let states = ["draft", "active", "retired", "unknown"];
    root.child("status").required_code(&states, issues);
    let earlier = root.child("derivedFrom").list(issues);
    let earlier = earlier
        .iter()
        .filter_map(|canonical| canonical.text(issues));
    let takes_over = earlier.map(str::to_owned).collect::<Vec<String>>();
    let labels = root.child("meta").child("security").list(issues);
    let is_restricted = |label: &Element<'_>| {
        label.is_at("system", CONFIDENTIALITY)
            && (label.is_at("code", "R") || label.is_at("code", "V"))
    };
    root.child("title").required_text(issues);
    Form {
        url: text("url", issues),
        version: text("version", issues),
        title: Words::read(root, "title", issues),
        description: Words::read(root, "description", issues),
        since: root.child("date").date(issues),
        takes_over,
        restricted: labels.iter().any(is_restricted),
        items: Vec::new(),
        by_link: BTreeMap::new(),
        order: Vec::new(),
    }
}

struct Reader<'a> {
    form: &'a mut Form,
    issues: &'a mut Issues,
}

impl Reader<'_> {
    fn items(&mut self, list: &Element<'_>, parent: Option<ItemAt>, depth: usize) {
        for element in list.list(self.issues) {
            if DEPTH_MAX <= depth || ITEMS_MAX <= self.form.items.len() {
                let most = format!("at most {ITEMS_MAX} items, {DEPTH_MAX} deep");
                self.complain(&element, IssueCode::TooLong, &most);
                return;
            }
            if let Some(at) = self.item(&element, parent) {
                self.items(&element.child("item"), Some(at), depth + 1);
            }
        }
    }

    fn item(&mut self, element: &Element<'_>, parent: Option<ItemAt>) -> Option<ItemAt> {
        let link_id = element.child("linkId").required_text(self.issues);
        let kind = element.child("type").required_text(self.issues);
        let kind = kind.and_then(|name| {
            let kind = ItemKind::parse(name);
            if kind.is_none() {
                let expected = "a type of item that is supported (no attachment, no reference)";
                self.complain(&element.child("type"), IssueCode::NotSupported, expected);
            }
            kind
        });
        let (link_id, kind) = (link_id?, kind?);
        let conditions = self.conditions(element);
        let behaviour = condition::behaviour(element, conditions.len(), self.issues);
        let item = Item {
            link_id: link_id.to_owned(),
            path: element.path().to_owned(),
            words: Words::read(element, "text", self.issues),
            kind,
            code: self.code(element),
            required: element.child("required").flag(self.issues),
            repeats: element.child("repeats").flag(self.issues),
            parent,
            scope: parent.and_then(|parent| self.scope_below(parent)),
            conditions,
            behaviour,
            bounds: self.bounds(element),
            units: self.units(element),
            options: self.options(element, kind),
        };
        self.check_shape(element, &item);
        self.keep(element, item)
    }

    fn keep(&mut self, element: &Element<'_>, item: Item) -> Option<ItemAt> {
        let at = ItemAt(self.form.items.len());
        if self.form.by_link.contains_key(&item.link_id) {
            let place = element.child("linkId");
            self.complain(&place, IssueCode::Value, "a linkId that no other item has");
            return None;
        }
        self.form.by_link.insert(item.link_id.clone(), at);
        self.form.items.push(item);
        Some(at)
    }

    fn scope_below(&self, parent: ItemAt) -> Option<ItemAt> {
        let item = self.form.item(parent);
        if item.opens_scope() {
            Some(parent)
        } else {
            item.scope
        }
    }

    fn conditions(&mut self, element: &Element<'_>) -> Vec<Condition> {
        let list = element.child("enableWhen").list(self.issues);
        list.iter()
            .filter_map(|condition| Condition::read(condition, self.issues))
            .collect()
    }

    fn code(&mut self, element: &Element<'_>) -> Option<(String, String)> {
        let codes = element.child("code").list(self.issues);
        let code = codes.first()?;
        let system = code.child("system").required_text(self.issues);
        let value = code.child("code").required_text(self.issues);
        Some((system?.to_owned(), value?.to_owned()))
    }

    fn bounds(&mut self, element: &Element<'_>) -> Bounds {
        let chars_max = element.child("maxLength");
        let chars = chars_max.value().map(|value| {
            let most = value.as_u64().and_then(|most| usize::try_from(most).ok());
            if most.is_none_or(|most| most == 0) {
                self.complain(&chars_max, IssueCode::Value, "a number of characters");
            }
            most.unwrap_or_default()
        });
        Bounds {
            min: self.bound(element, MIN_VALUE),
            max: self.bound(element, MAX_VALUE),
            chars_max: chars,
        }
    }

    fn bound(&mut self, element: &Element<'_>, url: &str) -> Option<Decimal> {
        let extensions = element.child("extension").list(self.issues);
        let extension = extensions.iter().find(|one| one.is_at("url", url))?;
        let bound = match Answer::read(extension, "value") {
            Ok((Answer::Decimal(bound), _)) => Some(bound),
            Ok((Answer::Integer(bound), _)) => Decimal::new(f64::from(bound)),
            Ok(_) => None,
            Err(issue) => {
                self.issues.push(issue);
                return None;
            }
        };
        if bound.is_none() {
            self.complain(extension, IssueCode::Value, "a bound that is a number");
        }
        bound
    }

    fn units(&mut self, element: &Element<'_>) -> Vec<String> {
        let extensions = element.child("extension").list(self.issues);
        let is_unit = |one: &&Element<'_>| one.is_at("url", UNIT) || one.is_at("url", UNIT_OPTION);
        let codes = extensions
            .iter()
            .filter(is_unit)
            .filter_map(|unit| {
                let code = unit.child("valueCoding").child("code");
                code.required_text(self.issues)
            })
            .map(str::to_owned);
        codes.collect()
    }

    fn options(&mut self, element: &Element<'_>, kind: ItemKind) -> Vec<AnswerOption> {
        let list = element.child("answerOption").list(self.issues);
        let options = list.iter().filter_map(|option| {
            let value = Answer::read(option, "value").and_then(|(value, of)| {
                let fits = kind.has_options() && fits(kind, of);
                let issue = option.issue(IssueCode::Value, "an option of a choice");
                fits.then_some(value).ok_or(issue)
            });
            let value = value.map_err(|issue| self.issues.push(issue)).ok()?;
            let words = match &value {
                Answer::Text(text) => Words::plain(text),
                _ => Words::read(&option.child("valueCoding"), "display", self.issues),
            };
            Some(AnswerOption { value, words })
        });
        options.collect()
    }

    /// FHIR's que-1, que-6 and que-10, and that a choice has options.
    fn check_shape(&mut self, element: &Element<'_>, item: &Item) {
        let is_display = item.kind == ItemKind::Display;
        let has_items = element.child("item").is_present();
        if is_display && (has_items || item.required || item.repeats || item.code.is_some()) {
            let expected = "words only: no items, code, required or repeats";
            self.complain(element, IssueCode::Structure, expected);
        }
        if item.kind == ItemKind::Group && !has_items {
            self.complain(element, IssueCode::Structure, "a group has items");
        }
        if item.kind.is_question() && item.words.original().is_empty() {
            self.complain(
                &element.child("text"),
                IssueCode::Required,
                "a question has a text",
            );
        }
        if item.kind.has_options() && item.options.is_empty() {
            let place = element.child("answerOption");
            self.complain(&place, IssueCode::Required, "a choice has options");
        }
        let holds_text = matches!(
            item.kind,
            ItemKind::String | ItemKind::Text | ItemKind::Url | ItemKind::OpenChoice
        );
        if item.bounds.chars_max.is_some() && !holds_text {
            let place = element.child("maxLength");
            self.complain(&place, IssueCode::Structure, "only a text has a length");
        }
    }

    fn complain(&mut self, element: &Element<'_>, code: IssueCode, expected: &str) {
        self.issues.push(element.issue(code, expected));
    }
}
