//! `list` and `proposals`: the consortium for people, in lines, and for programs, in JSON.

use super::{
    answer::{Answer, Failure},
    reading::{Ballots, Roll},
    words::{self, object},
};
use crate::client::ChainClient;
use musubi_primitives::{AccountId, MemberId};
use pallet_consortium::{
    member::{Member, MemberKeys, StaffKey},
    proposal::{Action, Proposal, ProposalId},
};
use serde_json::{Value, json};

pub(super) async fn members(client: &ChainClient) -> Result<Answer, Failure> {
    let roll = Roll::read(client).await?;
    let members = roll.members.iter();
    let mut lines: Vec<String> = members
        .clone()
        .flat_map(|(id, member)| member_lines(&roll, *id, member))
        .collect();
    lines.push(pace_line(&roll));
    let members: Vec<Value> = members
        .map(|(id, member)| member_json(&roll, *id, member))
        .collect();
    Ok(Answer {
        text: lines.join("\n"),
        json: json!({
            "at": words::block(roll.at), "members": members, "parameters": roll.next.parameters, "spec": roll.spec,
        }),
    })
}

fn member_lines(roll: &Roll, id: MemberId, member: &Member) -> Vec<String> {
    let seat = match roll.seat(id) {
        Some((key, None)) => format!(", validates by {key}"),
        Some((key, Some(height))) => format!(", validates by {key} from height {height}"),
        None => String::new(),
    };
    let MemberKeys {
        operator,
        verifier,
        hpke,
    } = member.keys;
    let mut lines = vec![
        format!(
            "{id}: {}, {}{seat}",
            words::word(&member.kind),
            words::standing(member.standing)
        ),
        format!("  operator {operator}\n  verifier {verifier}\n  hpke     {hpke}"),
    ];
    lines.extend(member.nodes.iter().map(|node| format!("  node     {node}")));
    lines.extend(roll.staff_of(id).map(staff_line));
    lines
}

fn staff_line((account, key): &(AccountId, StaffKey)) -> String {
    let role = words::word(&key.role);
    format!(
        "  {role:<8} {account} until {}",
        words::moment_text(key.until)
    )
}

fn pace_line(roll: &Roll) -> String {
    let scheduled = roll
        .spec
        .scheduled
        .map(|next| format!(", {} from height {}", next.spec, next.height))
        .unwrap_or_default();
    format!(
        "specification {}{scheduled}; {}\nas of block {}",
        roll.spec.active,
        words::parameters(&roll.next.parameters),
        roll.at.height
    )
}

fn member_json(roll: &Roll, id: MemberId, member: &Member) -> Value {
    let staff: Vec<Value> = roll
        .staff_of(id)
        .map(|(account, key)| json!({"account": account, "role": key.role, "hpke": key.hpke, "until": key.until}))
        .collect();
    let seat = roll
        .seat(id)
        .map(|(key, from)| object([("key", json!(key)), ("from", json!(from))]));
    object([
        ("member", json!(id)),
        ("kind", json!(member.kind)),
        ("standing", json!(words::standing(member.standing))),
        ("keys", json!(member.keys)),
        ("nodes", json!(member.nodes.as_slice())),
        ("validator", json!(seat)),
        ("staff", json!(staff)),
    ])
}

pub(super) async fn proposals(client: &ChainClient) -> Result<Answer, Failure> {
    let ballots = Ballots::read(client).await?;
    let counts: Vec<Count<'_>> = ballots
        .open
        .iter()
        .map(|(id, proposal)| Count::of(*id, proposal, &ballots))
        .collect();
    let mut lines: Vec<String> = counts.iter().map(Count::line).collect();
    lines.push(format!(
        "{} open; {} of {} municipalities must approve; as of block {}",
        counts.len(),
        ballots.quorum(),
        ballots.voters.len(),
        ballots.at.height
    ));
    let open: Vec<Value> = counts.iter().map(Count::to_json).collect();
    Ok(Answer {
        text: lines.join("\n"),
        json: json!({"at": words::block(ballots.at), "quorum": ballots.quorum(), "voters": ballots.voters, "proposals": open}),
    })
}

/// One open proposal and how its votes stand among those who count.
struct Count<'a> {
    id: ProposalId,
    proposal: &'a Proposal,
    yes: Vec<MemberId>,
    no: Vec<MemberId>,
    undecided: Vec<MemberId>,
    missing: usize,
}

impl<'a> Count<'a> {
    fn of(id: ProposalId, proposal: &'a Proposal, ballots: &Ballots) -> Self {
        let voted = |approve: bool| -> Vec<MemberId> {
            let votes = proposal
                .votes
                .iter()
                .filter(|vote| vote.approve == approve && ballots.voters.contains(&vote.by));
            votes.map(|vote| vote.by).collect()
        };
        let (yes, no) = (voted(true), voted(false));
        let open = |voter: &&MemberId| !yes.contains(*voter) && !no.contains(*voter);
        Self {
            id,
            proposal,
            undecided: ballots.voters.iter().filter(open).copied().collect(),
            missing: ballots.quorum().saturating_sub(yes.len()),
            yes,
            no,
        }
    }

    fn line(&self) -> String {
        let Self {
            id, proposal, yes, ..
        } = self;
        format!(
            "proposal {id}: {}\n  by {}, lapses {}\n  yes: {}; no: {}; {} more needed of: {}",
            Wish::of(&proposal.action).typed(),
            proposal.by,
            words::moment_text(proposal.expires),
            names(yes),
            names(&self.no),
            self.missing,
            names(&self.undecided)
        )
    }

    fn to_json(&self) -> Value {
        json!({
            "proposal": self.id,
            "action": Wish::of(&self.proposal.action).to_json(),
            "by": self.proposal.by,
            "expires": self.proposal.expires,
            "yes": self.yes,
            "no": self.no,
            "undecided": self.undecided,
            "missing": self.missing,
        })
    }
}

fn names(members: &[MemberId]) -> String {
    if members.is_empty() {
        return "none".to_owned();
    }
    let names: Vec<String> = members.iter().map(ToString::to_string).collect();
    names.join(", ")
}

/// A proposed action as name and arguments, the way `musubi member propose` takes them.
struct Wish {
    name: &'static str,
    member: Option<MemberId>,
    arguments: Vec<(&'static str, Value)>,
}

impl Wish {
    fn of(action: &Action) -> Self {
        let bare = |name, member: &MemberId| (name, Some(*member), Vec::new());
        let (name, member, arguments) = match action {
            Action::Admit { kind, keys } => {
                let mut arguments = vec![("kind", json!(kind))];
                arguments.extend(key_arguments(keys));
                ("admit", None, arguments)
            }
            Action::Suspend(member) => bare("suspend", member),
            Action::Reinstate(member) => bare("reinstate", member),
            Action::Remove(member) => bare("remove", member),
            Action::RotateKeys { member, keys } => {
                ("rotate-keys", Some(*member), key_arguments(keys).to_vec())
            }
            Action::ChangeParameters(parameters) => (
                "change-parameters",
                None,
                vec![
                    ("block-time", json!(parameters.block_time)),
                    ("propose-timeout", json!(parameters.propose_timeout)),
                    ("vote-timeout", json!(parameters.vote_timeout)),
                    ("timeout-delta", json!(parameters.timeout_delta)),
                    ("idle-beat", json!(parameters.idle_beat)),
                    ("ticket-life", json!(parameters.ticket_life)),
                ],
            ),
            Action::AddValidator { member, key } => (
                "add-validator",
                Some(*member),
                vec![("consensus-key", json!(key))],
            ),
            Action::DropValidator(member) => bare("drop-validator", member),
            Action::ScheduleSpec { spec, height } => (
                "schedule-spec",
                None,
                vec![("spec", json!(spec)), ("height", json!(height))],
            ),
            Action::CancelSpec => ("cancel-spec", None, Vec::new()),
        };
        Self {
            name,
            member,
            arguments,
        }
    }

    fn typed(&self) -> String {
        let member = self.member.map(|MemberId(number)| format!(" {number}"));
        let arguments = self.arguments.iter().map(|(name, value)| {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            format!(" --{name} {value}")
        });
        std::iter::once(self.name.to_owned())
            .chain(member)
            .chain(arguments)
            .collect()
    }

    fn to_json(&self) -> Value {
        let mut json = serde_json::Map::new();
        json.insert("propose".to_owned(), json!(self.name));
        if let Some(member) = self.member {
            json.insert("member".to_owned(), json!(member));
        }
        let arguments = self.arguments.iter();
        json.extend(arguments.map(|(name, value)| ((*name).to_owned(), value.clone())));
        Value::Object(json)
    }
}

fn key_arguments(keys: &MemberKeys) -> [(&'static str, Value); 3] {
    [
        ("operator", json!(keys.operator)),
        ("verifier", json!(keys.verifier)),
        ("hpke", json!(keys.hpke)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use musubi_primitives::VerifyingKey;

    #[test]
    fn a_proposed_action_reads_as_it_was_typed() {
        let action = Action::AddValidator {
            member: MemberId(7),
            key: VerifyingKey([1; 32]),
        };
        let key = VerifyingKey([1; 32]);
        assert_eq!(
            Wish::of(&action).typed(),
            format!("add-validator 7 --consensus-key {key}")
        );
    }
}
