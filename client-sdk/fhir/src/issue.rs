//! What is wrong with a resource, where, and how FHIR calls it; prints as an `OperationOutcome`.

use serde_json::{Value, json};
use std::fmt;

/// The codes of FHIR's `issue-type` value set that parsing can raise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueCode {
    /// Not JSON, or not an object.
    Structure,
    /// A required element is missing.
    Required,
    /// An element has a wrong form.
    Value,
    /// A code is outside its required value set.
    CodeInvalid,
    /// A resource type that Musubi does not take in.
    NotSupported,
    /// Too long.
    TooLong,
    /// Content that must not be sent at all.
    BusinessRule,
}

impl IssueCode {
    /// The code as FHIR writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Required => "required",
            Self::Value => "value",
            Self::CodeInvalid => "code-invalid",
            Self::NotSupported => "not-supported",
            Self::TooLong => "too-long",
            Self::BusinessRule => "business-rule",
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// FHIR's code.
    pub code: IssueCode,
    /// FHIRPath of the element.
    pub expression: String,
    /// What was expected, without repeating what was sent (it may be personal).
    pub expected: String,
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.expression, self.expected)
    }
}

/// Everything that is wrong with a resource; at least one issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub Vec<Issue>);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issues: Vec<String> = self.0.iter().map(Issue::to_string).collect();
        f.write_str(&issues.join("; "))
    }
}
impl std::error::Error for Refusal {}

impl Refusal {
    /// A refusal for one reason.
    pub fn one(
        code: IssueCode,
        expression: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self(vec![Issue {
            code,
            expression: expression.into(),
            expected: expected.into(),
        }])
    }

    /// The refusal as a FHIR R4 `OperationOutcome`.
    pub fn operation_outcome(&self) -> Value {
        let issue = |issue: &Issue| json!({"severity": "error", "code": issue.code.as_str(), "diagnostics": issue.to_string(), "expression": [issue.expression]});
        json!({"resourceType": "OperationOutcome", "issue": self.0.iter().map(issue).collect::<Vec<_>>()})
    }
}
