//! The consortium at its bounds: a hundred municipalities that all validate, and 64 open proposals.

use crate::{
    Costs,
    chain::{account, genesis_json},
    dispatch,
    ground::Ground,
    story::Step,
    weigh as weigh_steps,
};
use musubi_primitives::{
    AccountId, HpkeKey, MemberId, MemberKind, VerifyingKey, parameter::Parameters,
};
use musubi_runtime::RuntimeCall;
use pallet_consortium::{
    member::MemberKeys,
    proposal::{Action, OPEN_MAX, OPEN_PER_MEMBER_MAX},
};
use serde_json::{Value, json};

/// Seeds of the operators of the villages beyond the first four, which have seeds 1 to 4.
const MORE_VILLAGES: std::ops::Range<u8> = 104..200;
/// More than two thirds of a hundred.
const QUORUM: usize = 67;
/// Votes on each of the other proposals: many, and too few.
const VOTES_ELSEWHERE: usize = 60;

/// The tests' genesis with as many municipalities as the pallet allows, and a seat for each.
pub(crate) fn genesis() -> Value {
    let mut config = genesis_json();
    let consortium = &mut config["consortium"];
    for (id, seed) in (5u32..).zip(MORE_VILLAGES) {
        let keys = json!({"operator": account(seed), "verifier": VerifyingKey([seed; 32]), "hpke": HpkeKey([seed; 32])});
        push(
            &mut consortium["members"],
            json!({"kind": MemberKind::Municipality, "keys": keys, "nodes": []}),
        );
        push(
            &mut consortium["validators"],
            json!({"member": MemberId(id), "key": VerifyingKey([seed; 32])}),
        );
    }
    config
}

fn push(list: &mut Value, item: Value) {
    list.as_array_mut().expect("a list").push(item);
}

fn voters() -> Vec<AccountId> {
    (1..5).chain(MORE_VILLAGES).map(account).collect()
}

/// Weighs `propose` and the vote that enacts, with all other proposals open.
pub(crate) fn weigh(ground: &mut Ground, costs: &mut Costs) {
    let voters = voters();
    let last = OPEN_MAX - 1;
    for number in 0..last {
        let proposer = proposer_of(&voters, number);
        let mut steps = vec![propose(
            proposer,
            Action::ChangeParameters(Parameters::default()),
        )];
        let others = voters.iter().filter(|voter| **voter != proposer);
        steps.extend(
            others
                .take(VOTES_ELSEWHERE)
                .map(|voter| vote(*voter, number)),
        );
        ground.block(true, || dispatch(&steps));
    }
    let proposer = proposer_of(&voters, last);
    let others: Vec<AccountId> = voters
        .iter()
        .copied()
        .filter(|voter| *voter != proposer)
        .collect();
    for action in actions() {
        let open = propose(proposer, action);
        weigh_steps(ground, std::slice::from_ref(&open), costs);
        let mut earlier = vec![open];
        earlier.extend(
            others
                .iter()
                .take(QUORUM - 2)
                .map(|voter| vote(*voter, last)),
        );
        let decisive = others.get(QUORUM - 2).map(|voter| vote(*voter, last));
        ground.branch(|branch| {
            branch.block(true, || dispatch(&earlier));
            weigh_steps(branch, decisive.as_slice(), costs);
        });
    }
}

fn proposer_of(voters: &[AccountId], number: u32) -> AccountId {
    voters[(number / OPEN_PER_MEMBER_MAX) as usize]
}

/// The actions that touch most.
fn actions() -> Vec<Action> {
    let fresh = AccountId([201; 32]);
    let keys = MemberKeys {
        operator: fresh,
        verifier: VerifyingKey([202; 32]),
        hpke: HpkeKey([203; 32]),
    };
    let village = MemberId(100);
    vec![
        Action::Suspend(village),
        Action::Remove(village),
        Action::Admit {
            kind: MemberKind::Clinic,
            keys,
        },
        Action::RotateKeys {
            member: village,
            keys,
        },
        Action::AddValidator {
            member: village,
            key: VerifyingKey([204; 32]),
        },
    ]
}

fn propose(by: AccountId, action: Action) -> Step {
    Step {
        name: "propose",
        by,
        call: RuntimeCall::Consortium(pallet_consortium::Call::propose { action }),
    }
}

fn vote(by: AccountId, proposal: u32) -> Step {
    Step {
        name: "vote",
        by,
        call: RuntimeCall::Consortium(pallet_consortium::Call::vote {
            proposal,
            approve: true,
        }),
    }
}
