//! Events that are no rows of a trail: members and their keys, proposals and votes, rules, erasures, and calls that failed.

use crate::{actions::spelled, line::Line, source::BlockFacts};
use codec::DecodeAll;
use frame_system::{EventRecord, Phase};
use musubi_primitives::BlockHash;
use musubi_runtime::{Runtime, RuntimeEvent};
use pallet_consortium::{Event as Consortium, proposal::Action};
use pallet_records::Event as Records;
use serde_json::{Value, json};
use sp_core::H256;
use sp_runtime::DispatchError;

/// A receipt that a holder left for an erasure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Receipt {
    pub(crate) record: [u8; 32],
    pub(crate) holder: u32,
    pub(crate) receipt: [u8; 32],
}

/// What a block's events say beside its trail rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Beside {
    pub(crate) lines: Vec<Line>,
    pub(crate) receipts: Vec<Receipt>,
}

/// Reads a block's events; an error names what does not decode.
pub(crate) fn beside_the_trail(block: &BlockFacts) -> Result<Beside, codec::Error> {
    let mut beside = Beside::default();
    if block.events.is_empty() {
        return Ok(beside);
    }
    for record in Vec::<EventRecord<RuntimeEvent, H256>>::decode_all(&mut &block.events[..])? {
        let place = place_of(&record.phase);
        match record.event {
            RuntimeEvent::Consortium(event) => {
                let action = place.and_then(|place| block.actions.get(&place));
                beside.lines.extend(consortium(&event, action));
            }
            RuntimeEvent::Records(event) => beside.records(&event),
            RuntimeEvent::System(frame_system::Event::ExtrinsicFailed {
                dispatch_error, ..
            }) => {
                let extrinsic = extrinsic_at(place, &block.extrinsics);
                beside.lines.push(failed(&dispatch_error, extrinsic));
            }
            // Their facts are rows of trails.
            RuntimeEvent::Residents(_)
            | RuntimeEvent::Consent(_)
            | RuntimeEvent::Access(_)
            | RuntimeEvent::Trail(_)
            | RuntimeEvent::System(_) => (),
        }
    }
    Ok(beside)
}

/// The place of the extrinsic that an event belongs to.
fn place_of(phase: &Phase) -> Option<u32> {
    if let Phase::ApplyExtrinsic(place) = phase {
        Some(*place)
    } else {
        None
    }
}

fn extrinsic_at(place: Option<u32>, extrinsics: &[[u8; 32]]) -> Option<BlockHash> {
    let place = usize::try_from(place?).ok()?;
    extrinsics.get(place).copied().map(BlockHash)
}

fn failed(error: &DispatchError, extrinsic: Option<BlockHash>) -> Line {
    let cause = match error {
        DispatchError::Module(error) => json!({"pallet": error.index, "error": error.error[0]}),
        other => json!(<&'static str>::from(*other)),
    };
    Line::of_event(
        "extrinsic-failed",
        json!({"extrinsic": extrinsic, "cause": cause}),
    )
}

impl Beside {
    fn records(&mut self, event: &Records<Runtime>) {
        match event {
            Records::ErasureOrdered { record } => {
                self.tell("erasure-ordered", json!({"record": record}));
            }
            Records::ErasureCompleted { record } => {
                self.tell("erasure-completed", json!({"record": record}));
            }
            Records::RuleSetPublished { version, hash } => {
                self.tell(
                    "rule-set-published",
                    json!({"version": version, "hash": BlockHash(*hash)}),
                );
            }
            Records::ErasureReceived {
                record,
                holder,
                receipt,
            } => self.receipts.push(Receipt {
                record: record.0,
                holder: holder.0,
                receipt: receipt.0,
            }),
            // Rows of trails say the same.
            Records::RecordCommitted { .. }
            | Records::RecordAcknowledged { .. }
            | Records::RecordStored { .. }
            | Records::RecordSuperseded { .. }
            | Records::RecordEnteredInError { .. }
            | Records::VerdictRecorded { .. }
            | Records::__Ignore(..) => (),
        }
    }

    fn tell(&mut self, kind: &str, fields: Value) {
        self.lines.push(Line::of_event(kind, fields));
    }
}

/// `action` is what the extrinsic of the event proposes, if it proposes something.
fn consortium(event: &Consortium<Runtime>, action: Option<&Action>) -> Option<Line> {
    let (kind, fields) = match event {
        Consortium::Proposed { proposal, by } => (
            "proposed",
            json!({"proposal": proposal, "by": by, "action": action.map(spelled)}),
        ),
        Consortium::Voted {
            proposal,
            by,
            approve,
        } => (
            "voted",
            json!({"proposal": proposal, "by": by, "approve": approve}),
        ),
        Consortium::Enacted { proposal } => ("enacted", json!({"proposal": proposal})),
        Consortium::EnactmentFailed { proposal, .. } => {
            ("enactment-failed", json!({"proposal": proposal}))
        }
        Consortium::Rejected { proposal } => ("rejected", json!({"proposal": proposal})),
        Consortium::Lapsed { proposal } => ("lapsed", json!({"proposal": proposal})),
        Consortium::MemberAdmitted { member, kind } => {
            ("member-admitted", json!({"member": member, "kind": kind}))
        }
        Consortium::StandingChanged { member, standing } => (
            "standing-changed",
            json!({"member": member, "standing": standing_name(*standing)}),
        ),
        Consortium::KeysRotated { member } => ("keys-rotated", json!({"member": member})),
        Consortium::ParametersChanged { parameters } => {
            ("parameters-changed", json!({"parameters": parameters}))
        }
        Consortium::ValidatorsChanged { validators } => {
            ("validators-changed", json!({"validators": validators}))
        }
        Consortium::SpecScheduled { spec, height } => {
            ("spec-scheduled", json!({"spec": spec, "height": height}))
        }
        Consortium::SpecCancelled { spec } => ("spec-cancelled", json!({"spec": spec})),
        Consortium::SpecActivated { spec } => ("spec-activated", json!({"spec": spec})),
        Consortium::KeyRegistered {
            member,
            account,
            role,
            until,
        } => (
            "key-registered",
            json!({"member": member, "account": account, "role": role, "until": until}),
        ),
        Consortium::KeyExtended { account, until } => {
            ("key-extended", json!({"account": account, "until": until}))
        }
        Consortium::KeyWithdrawn { member, account } => (
            "key-withdrawn",
            json!({"member": member, "account": account}),
        ),
        Consortium::NodeRegistered { member, node } => {
            ("node-registered", json!({"member": member, "node": node}))
        }
        Consortium::NodeWithdrawn { member, node } => {
            ("node-withdrawn", json!({"member": member, "node": node}))
        }
        Consortium::__Ignore(..) => return None,
    };
    Some(Line::of_event(kind, fields))
}

fn standing_name(standing: pallet_consortium::member::Standing) -> &'static str {
    match standing {
        pallet_consortium::member::Standing::Active => "active",
        pallet_consortium::member::Standing::Suspended => "suspended",
        pallet_consortium::member::Standing::Removed => "removed",
    }
}
