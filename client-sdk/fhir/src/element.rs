//! A place within a resource: a JSON value together with its FHIRPath, so that every complaint says where.

use crate::{
    date::PartialDate,
    issue::{Issue, IssueCode},
};
use serde_json::Value;

/// Issues found so far.
pub type Issues = Vec<Issue>;

/// One element of a resource, or the place where it should be.
#[derive(Clone, Debug)]
pub struct Element<'a> {
    value: Option<&'a Value>,
    path: String,
}

impl<'a> Element<'a> {
    /// The root of a resource.
    pub fn root(value: &'a Value, name: &str) -> Self {
        Self {
            value: Some(value),
            path: name.to_owned(),
        }
    }

    /// The element's FHIRPath.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether anything stands here.
    pub fn is_present(&self) -> bool {
        self.value.is_some_and(|value| !value.is_null())
    }

    /// The child with this name.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        Self {
            value: self.value.and_then(|value| value.get(name)),
            path: format!("{}.{name}", self.path),
        }
    }

    /// The entries of a repeating element; a lone value is an issue, since FHIR JSON always writes a list.
    pub fn list(&self, issues: &mut Issues) -> Vec<Self> {
        let Some(value) = self.value else {
            return Vec::new();
        };
        let Some(entries) = value.as_array() else {
            issues.push(self.issue(IssueCode::Structure, "expected a list"));
            return Vec::new();
        };
        entries
            .iter()
            .enumerate()
            .map(|(at, value)| Self {
                value: Some(value),
                path: format!("{}[{at}]", self.path),
            })
            .collect()
    }

    /// A string that is there and not empty.
    pub fn required_text(&self, issues: &mut Issues) -> Option<&'a str> {
        self.require(issues)?;
        self.text(issues)
    }

    /// A string, if anything is there.
    pub fn text(&self, issues: &mut Issues) -> Option<&'a str> {
        let value = self.value?;
        let text = value.as_str().filter(|text| !text.trim().is_empty());
        if text.is_none() {
            issues.push(self.issue(IssueCode::Value, "expected a string that is not empty"));
        }
        text
    }

    /// A required code out of a closed value set.
    pub fn required_code(&self, allowed: &[&str], issues: &mut Issues) -> Option<&'a str> {
        let text = self.required_text(issues)?;
        if allowed.contains(&text) {
            return Some(text);
        }
        issues.push(self.issue(
            IssueCode::CodeInvalid,
            &format!("expected one of {}", allowed.join(", ")),
        ));
        None
    }

    /// A date, if anything is there.
    pub fn date(&self, issues: &mut Issues) -> Option<PartialDate> {
        let text = self.text(issues)?;
        let date = text.parse().ok();
        if date.is_none() {
            issues.push(self.issue(IssueCode::Value, "expected a date YYYY-MM-DD that exists"));
        }
        date
    }

    /// A required `dateTime`; its date part.
    pub fn required_date_time(&self, issues: &mut Issues) -> Option<PartialDate> {
        let text = self.required_text(issues)?;
        let date = PartialDate::parse_date_time(text).ok();
        if date.is_none() {
            issues.push(self.issue(
                IssueCode::Value,
                "expected YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+09:00 that exists",
            ));
        }
        date
    }

    /// A required CodeableConcept: a coding with system and code, or a text.
    pub fn required_concept(&self, issues: &mut Issues) {
        if self.require(issues).is_none() {
            return;
        }
        let codings = self.child("coding").list(issues);
        let complete = codings
            .iter()
            .all(|coding| coding.child("code").is_present() && coding.child("system").is_present());
        let has_any = !codings.is_empty() || self.child("text").is_present();
        if !complete || !has_any {
            issues.push(self.issue(
                IssueCode::Value,
                "expected codings with system and code, or a text",
            ));
        }
    }

    /// A required Reference; its `reference` text.
    pub fn required_reference(&self, issues: &mut Issues) -> Option<&'a str> {
        self.require(issues)?;
        self.child("reference").required_text(issues)
    }

    /// A boolean; false if nothing is there.
    pub fn flag(&self, issues: &mut Issues) -> bool {
        let Some(value) = self.value else {
            return false;
        };
        if !value.is_boolean() {
            issues.push(self.issue(IssueCode::Value, "expected true or false"));
        }
        value.as_bool().unwrap_or_default()
    }

    /// Whether the child `name` is this text.
    pub fn is_at(&self, name: &str, text: &str) -> bool {
        self.child(name).value.and_then(Value::as_str) == Some(text)
    }

    /// Notes an issue unless something is here.
    pub fn require(&self, issues: &mut Issues) -> Option<()> {
        if self.is_present() {
            return Some(());
        }
        issues.push(self.issue(IssueCode::Required, "required, and missing"));
        None
    }

    /// An issue at this place.
    pub fn issue(&self, code: IssueCode, expected: &str) -> Issue {
        Issue {
            code,
            expression: self.path.clone(),
            expected: expected.to_owned(),
        }
    }

    /// The raw value.
    pub fn value(&self) -> Option<&'a Value> {
        self.value
    }
}
