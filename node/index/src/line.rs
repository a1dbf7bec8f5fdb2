//! One event as the index keeps it: its kind, outcome and purpose for filters, whom and what it mentions for search, and its own words.
//!
//! All of that is read off the words themselves, so that a kind of fact which a later runtime adds needs no change here.

use musubi_primitives::{Pseudonym, trail::TrailRow};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How an event ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It happened.
    Done,
    /// A read was permitted.
    Permitted,
    /// A read was denied.
    Denied,
    /// Something was attempted in vain, or not done in time.
    Failed,
}

impl Outcome {
    /// Its name in the database and in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Permitted => "permitted",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }

    fn of(kind: &str) -> Self {
        match kind {
            "access-permitted" => Self::Permitted,
            "access-denied" => Self::Denied,
            "extrinsic-failed" | "enactment-failed" | "break-glass-review-overdue" => Self::Failed,
            _ => Self::Done,
        }
    }
}

/// Fields in which facts name members; the first that a fact has names the one that acted.
const MEMBER_FIELDS: [&str; 11] = [
    "member",
    "by",
    "attester",
    "author",
    "custodian",
    "holder",
    "home",
    "recipient",
    "from",
    "to",
    "operator",
];

/// One event of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What happened, in the words of the chain's own types.
    pub kind: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Whose trail it is a row of.
    pub subject: Option<Pseudonym>,
    /// Its number in that trail.
    pub row: Option<u64>,
    /// The member that acted.
    pub member: Option<u32>,
    /// For what purpose.
    pub purpose: Option<String>,
    /// Every identifier and member in it.
    pub mentions: Vec<Vec<u8>>,
    /// The trail row, or for other events the fact alone, as JSON.
    pub body: String,
}

impl Line {
    /// A row of a trail.
    pub fn of_row(row: &TrailRow) -> Self {
        let body = serde_json::to_value(row).unwrap_or_default();
        let mut line = Self::of_fact(&body["fact"]);
        line.subject = Some(row.subject);
        line.row = Some(row.index);
        line.mentions.push(row.subject.0.to_vec());
        line.body = body.to_string();
        line
    }

    /// An event that is no row of a trail: `{"kind": {fields}}`.
    pub fn of_event(kind: &str, fields: Value) -> Self {
        let fact = json!({ kind: fields });
        let mut line = Self::of_fact(&fact);
        line.body = json!({ "fact": fact }).to_string();
        line
    }

    fn of_fact(fact: &Value) -> Self {
        let (kind, fields) = match fact {
            Value::Object(object) => object
                .iter()
                .next()
                .map_or(("", &Value::Null), |(kind, fields)| (kind.as_str(), fields)),
            Value::String(kind) => (kind.as_str(), &Value::Null),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => ("", &Value::Null),
        };
        let mut mentions = Vec::new();
        gather(fields, &mut mentions);
        let member = MEMBER_FIELDS
            .iter()
            .find_map(|field| member(&fields[*field]));
        Self {
            kind: kind.to_owned(),
            outcome: Outcome::of(kind),
            subject: None,
            row: None,
            member,
            purpose: fields["purpose"].as_str().map(str::to_owned),
            mentions,
            body: String::new(),
        }
    }
}

/// How a member is named among what an event mentions; identifiers have 32 bytes.
pub(crate) fn member_name(member: u32) -> Vec<u8> {
    member.to_be_bytes().to_vec()
}

fn member(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|member| u32::try_from(member).ok())
}

/// Identifiers are text of `0x` and 64 digits; members are numbers in fields that are known to hold them.
fn gather(value: &Value, mentions: &mut Vec<Vec<u8>>) {
    match value {
        Value::String(text) => mentions.extend(identifier(text)),
        Value::Array(values) => values.iter().for_each(|value| gather(value, mentions)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match member(value) {
                    Some(member) if MEMBER_FIELDS.contains(&name.as_str()) => {
                        mentions.push(member_name(member));
                    }
                    Some(_) | None => gather(value, mentions),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => (),
    }
}

/// The 32 bytes of an identifier in hexadecimal with `0x`.
pub(crate) fn identifier(text: &str) -> Option<Vec<u8>> {
    let digits = text
        .strip_prefix("0x")
        .filter(|digits| digits.len() == 64)?;
    hex::decode(digits).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use musubi_primitives::{
        CategorySet, DenialReason, MemberId, Purpose, RequestId, Role, trail::TrailFact,
    };

    fn row(fact: TrailFact) -> TrailRow {
        TrailRow {
            subject: Pseudonym([1; 32]),
            index: 4,
            at: 5,
            fact,
        }
    }

    #[test]
    fn a_denial_is_found_by_subject_request_member_purpose_and_outcome() {
        let line = Line::of_row(&row(TrailFact::AccessDenied {
            request: RequestId([2; 32]),
            member: MemberId(3),
            role: Role::Doctor,
            purpose: Purpose::ChildCare,
            categories: CategorySet::EMPTY,
            reason: DenialReason::NoConsent,
        }));
        assert_eq!(
            (line.kind.as_str(), line.outcome),
            ("access-denied", Outcome::Denied)
        );
        assert_eq!(
            (line.member, line.purpose.as_deref()),
            (Some(3), Some("child-care"))
        );
        assert_eq!(line.mentions, [vec![0, 0, 0, 3], vec![2; 32], vec![1; 32]]);
    }

    #[test]
    fn a_fact_without_fields_has_a_kind_all_the_same() {
        assert_eq!(Line::of_row(&row(TrailFact::Retired)).kind, "retired");
    }

    #[test]
    fn the_words_are_the_rows_own() {
        let row = row(TrailFact::FreezeSwitched { frozen: true });
        let read: TrailRow = serde_json::from_str(&Line::of_row(&row).body).unwrap();
        assert_eq!(read, row);
    }
}
