//! What a command answers, for people and for programs: the facts that a call left, or the rule that refused it.

use super::{
    advice::advice,
    words::{self, object},
};
use crate::client::{BlockRef, ClientError, Included, Rule};
use musubi_primitives::AccountId;
use musubi_runtime::{Runtime, RuntimeEvent};
use pallet_consortium::Event;
use serde_json::{Value, json};

/// A good answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// For people, several lines.
    pub(super) text: String,
    /// For programs.
    pub(super) json: Value,
}

impl Answer {
    pub(super) fn shown(self, as_json: bool) -> String {
        if as_json {
            self.json.to_string()
        } else {
            self.text
        }
    }
}

/// Why there is none.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    text: String,
    json: Value,
}

impl Failure {
    pub(super) fn shown(self, as_json: bool) -> String {
        if as_json {
            self.json.to_string()
        } else {
            self.text
        }
    }

    /// The runtime would refuse the call by this rule, and the pool would not say so.
    pub(super) fn before_submission(rule: Rule, account: AccountId) -> Self {
        let what = format!("account {account} stands for no member in good standing");
        Self::refused(&what, "refused", rule, None)
    }

    fn refused(what: &str, outcome: &str, rule: Rule, block: Option<BlockRef>) -> Self {
        let advice = advice(&rule);
        Self {
            text: format!("{what}\n{rule}\nwhat to do: {advice}"),
            json: object([
                ("outcome", json!(outcome)),
                ("message", json!(what)),
                ("rule", json!(rule)),
                ("advice", json!(advice)),
                ("block", block.map_or(Value::Null, words::block)),
            ]),
        }
    }
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self {
            json: json!({"outcome": "error", "message": text}),
            text,
        }
    }
}

impl From<&str> for Failure {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Refused { rule, block } => {
                let what = format!(
                    "the runtime refused the call; block {} says so",
                    block.height
                );
                Self::refused(&what, "refused", rule, Some(block))
            }
            other => Self::from(other.to_string()),
        }
    }
}

/// Tells a finalised call by its events.
///
/// # Errors
/// When enough municipalities approved of what cannot be done any more.
pub(super) fn of_included(included: &Included) -> Result<Answer, Failure> {
    let block = included.block;
    let events: Vec<&Event<Runtime>> = included
        .events
        .iter()
        .filter_map(|event| match event {
            RuntimeEvent::Consortium(event) => Some(event),
            _ => None,
        })
        .collect();
    if let Some(error) = events.iter().find_map(|event| failed_enactment(event)) {
        let what =
            "enough municipalities approved, but it cannot be done any more; nothing changed";
        return Err(Failure::refused(
            what,
            "enactment-failed",
            Rule::from(error),
            Some(block),
        ));
    }
    let facts: Vec<String> = events
        .iter()
        .map(|event| fact(event, block.height))
        .collect();
    let proposal = events.iter().find_map(|event| proposal_of(event));
    let outcome = outcome(&events);
    Ok(Answer {
        text: format!("{}\nfinal in block {}", facts.join("\n"), block.height),
        json: object([
            ("outcome", json!(outcome)),
            ("proposal", json!(proposal)),
            ("facts", json!(facts)),
            ("block", words::block(block)),
        ]),
    })
}

fn failed_enactment(event: &Event<Runtime>) -> Option<&sp_runtime::DispatchError> {
    if let Event::EnactmentFailed { error, .. } = event {
        Some(error)
    } else {
        None
    }
}

fn proposal_of(event: &Event<Runtime>) -> Option<u32> {
    if let Event::Voted { proposal, .. } = event {
        Some(*proposal)
    } else {
        None
    }
}

/// `open`, `enacted` or `rejected` for proposals and votes, `done` for all else.
fn outcome(events: &[&Event<Runtime>]) -> &'static str {
    let is = |test: fn(&Event<Runtime>) -> bool| events.iter().any(|event| test(event));
    if is(|event| matches!(event, Event::Enacted { .. })) {
        "enacted"
    } else if is(|event| matches!(event, Event::Rejected { .. })) {
        "rejected"
    } else if is(|event| matches!(event, Event::Voted { .. })) {
        "open"
    } else {
        "done"
    }
}

/// One event as a sentence.
fn fact(event: &Event<Runtime>, height: u64) -> String {
    match event {
        Event::Proposed { proposal, by } => format!("{by} opened proposal {proposal}"),
        Event::Voted {
            proposal,
            by,
            approve,
        } => {
            let vote = if *approve { "yes" } else { "no" };
            format!("{by} voted {vote} on proposal {proposal}")
        }
        Event::Enacted { proposal } => format!("proposal {proposal} passed and was enacted"),
        Event::EnactmentFailed { proposal, .. } => {
            format!("proposal {proposal} passed and could not be enacted")
        }
        Event::Rejected { proposal } => format!("proposal {proposal} was rejected"),
        Event::Lapsed { proposal } => format!("proposal {proposal} lapsed"),
        Event::MemberAdmitted { member, kind } => {
            format!("{member} was admitted as {}", words::word(kind))
        }
        Event::StandingChanged { member, standing } => {
            format!("{member} is now {}", words::standing(*standing))
        }
        Event::KeysRotated { member } => format!("{member} has new keys"),
        Event::ParametersChanged { parameters } => {
            format!("the parameters are now {}", words::parameters(parameters))
        }
        Event::ValidatorsChanged { validators } => format!(
            "{validators} validators decide from height {}; the block before is up to those until now: let none of them stop before it is final",
            height.saturating_add(2)
        ),
        Event::SpecScheduled { spec, height } => {
            format!("specification {spec} takes over at height {height}")
        }
        Event::SpecCancelled { spec } => format!("specification {spec} was called off"),
        Event::SpecActivated { spec } => format!("specification {spec} is in force"),
        Event::KeyRegistered {
            member,
            account,
            role,
            until,
        } => format!(
            "{account} acts for {member} as {} until {}",
            words::word(role),
            words::moment_text(*until)
        ),
        Event::KeyExtended { account, until } => {
            format!("{account} now acts until {}", words::moment_text(*until))
        }
        Event::KeyWithdrawn { member, account } => {
            format!("{account} acts for {member} no longer")
        }
        Event::NodeRegistered { member, node } => format!("node {node} belongs to {member}"),
        Event::NodeWithdrawn { member, node } => {
            format!("node {node} belongs to {member} no longer")
        }
        Event::__Ignore(..) => String::new(),
    }
}
