//! What a proposal asks for: the chain's event only numbers it, so it is read off the extrinsic that proposed it.

use codec::{Decode, Encode};
use musubi_node_core::executor::Block;
use musubi_runtime::{RuntimeCall, UncheckedExtrinsic};
use pallet_consortium::proposal::Action;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Actions that a block's extrinsics propose, by the extrinsic's place.
pub(crate) fn actions_of(block: &Block) -> BTreeMap<u32, Action> {
    let proposed = block.extrinsics.iter().zip(0..).filter_map(|(bytes, at)| {
        let bytes = bytes.encode();
        let extrinsic = UncheckedExtrinsic::decode(&mut bytes.as_slice()).ok()?;
        let RuntimeCall::Consortium(pallet_consortium::Call::propose { action }) =
            extrinsic.function
        else {
            return None;
        };
        Some((at, action))
    });
    proposed.collect()
}

/// The action's name with its arguments, as events spell such things: `{"suspend": {"member": 3}}`.
pub(crate) fn spelled(action: &Action) -> Value {
    match action {
        Action::Admit { kind, keys } => json!({"admit": {"kind": kind, "keys": keys}}),
        Action::Suspend(member) => json!({"suspend": {"member": member}}),
        Action::Reinstate(member) => json!({"reinstate": {"member": member}}),
        Action::Remove(member) => json!({"remove": {"member": member}}),
        Action::RotateKeys { member, keys } => {
            json!({"rotate-keys": {"member": member, "keys": keys}})
        }
        Action::ChangeParameters(parameters) => {
            json!({"change-parameters": {"parameters": parameters}})
        }
        Action::AddValidator { member, key } => {
            json!({"add-validator": {"member": member, "key": key}})
        }
        Action::DropValidator(member) => json!({"drop-validator": {"member": member}}),
        Action::ScheduleSpec { spec, height } => {
            json!({"schedule-spec": {"spec": spec, "height": height}})
        }
        Action::CancelSpec => json!({"cancel-spec": {}}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use musubi_primitives::MemberId;

    #[test]
    fn an_action_is_spelled_with_its_name_and_arguments() {
        let said = spelled(&Action::Suspend(MemberId(3)));
        assert_eq!(said, json!({"suspend": {"member": 3}}));
        let height = Action::ScheduleSpec { spec: 2, height: 9 };
        assert_eq!(
            spelled(&height),
            json!({"schedule-spec": {"spec": 2, "height": 9}})
        );
    }
}
