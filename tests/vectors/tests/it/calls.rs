//! Calls: the SDK's table is the runtime's own description, and what its functions make, the runtime decodes.

use codec::{DecodeAll, Encode};
use frame_support::traits::GetCallMetadata;
use musubi_client_sdk::{
    calls::{ALL, Action, DeviceKeys, MemberKeys, access, consent, consortium, records, residents},
    extrinsics::Call,
};
use musubi_primitives::{
    AccountId, AssuranceLevel, BindingId, Category, CategorySet, CiphertextHash, Commitment,
    ConsentId, HpkeKey, MemberId, MemberKind, Pseudonym, Purpose, RecordId, RequestId, Role,
    SessionId, StatuteArticle, Terms, VerifyingKey,
    access::{BreakGlassReason, Claim},
    parameter::Parameters,
    record::{OverrideReason, VerdictCode},
    resident::{Authority, ServiceDomain},
};
use musubi_runtime::RuntimeCall;
use scale_info::{PortableRegistry, Registry, TypeDef, Variant, meta_type};
use std::collections::BTreeSet;

/// Calls that no client sends.
const NOT_FOR_CLIENTS: [&str; 2] = ["System", "Timestamp"];

type Row = (String, u8, String, u8, Vec<String>);

fn variants(types: &PortableRegistry, id: u32) -> Vec<Variant<scale_info::form::PortableForm>> {
    match &types.resolve(id).expect("the registry is whole").type_def {
        TypeDef::Variant(variant) => variant.variants.clone(),
        other => panic!("calls are enums, not {other:?}"),
    }
}

fn runtime_rows() -> Vec<Row> {
    let mut registry = Registry::new();
    let id = registry.register_type(&meta_type::<RuntimeCall>()).id;
    let types = PortableRegistry::from(registry);
    let pallets = variants(&types, id)
        .into_iter()
        .filter(|pallet| !NOT_FOR_CLIENTS.contains(&pallet.name.as_str()));
    let rows = pallets.flat_map(|pallet| {
        let calls = variants(&types, pallet.fields[0].ty.id);
        calls.into_iter().map(move |call| {
            let arguments = call
                .fields
                .iter()
                .map(|field| field.name.clone().expect("arguments have names"))
                .collect();
            (
                pallet.name.clone(),
                pallet.index,
                call.name,
                call.index,
                arguments,
            )
        })
    });
    rows.collect()
}

#[test]
fn the_table_is_the_runtimes_own_description() {
    let ours: BTreeSet<Row> = ALL
        .iter()
        .map(|entry| {
            let arguments = entry
                .arguments
                .iter()
                .map(|name| (*name).to_owned())
                .collect();
            (
                entry.pallet.to_owned(),
                entry.pallet_index,
                entry.call.to_owned(),
                entry.call_index,
                arguments,
            )
        })
        .collect();
    let theirs: BTreeSet<Row> = runtime_rows().into_iter().collect();
    assert!(
        theirs.len() > 40,
        "the runtime describes only {} calls",
        theirs.len()
    );
    assert_eq!(ours, theirs);
}

const A: Pseudonym = Pseudonym([1; 32]);
const B: Pseudonym = Pseudonym([2; 32]);
const ACCOUNT: AccountId = AccountId([3; 32]);
const HPKE: HpkeKey = HpkeKey([4; 32]);
const KEY: VerifyingKey = VerifyingKey([5; 32]);
const CONSENT: ConsentId = ConsentId([6; 32]);
const RECORD: RecordId = RecordId([7; 32]);
const REQUEST: RequestId = RequestId([8; 32]);
const SESSION: SessionId = SessionId([9; 32]);
const BINDING: BindingId = BindingId([10; 32]);
const COMMITMENT: Commitment = Commitment([11; 32]);
const HOME: MemberId = MemberId(12);

fn actions() -> Vec<Action> {
    let keys = MemberKeys {
        operator: ACCOUNT,
        verifier: KEY,
        hpke: HPKE,
    };
    let parameters = Parameters {
        block_time: 1,
        propose_timeout: 2,
        vote_timeout: 3,
        timeout_delta: 4,
        idle_beat: 5,
        ticket_life: 6,
    };
    vec![
        Action::Admit {
            kind: MemberKind::Clinic,
            keys,
        },
        Action::Suspend(HOME),
        Action::Reinstate(HOME),
        Action::Remove(HOME),
        Action::RotateKeys { member: HOME, keys },
        Action::ChangeParameters(parameters),
        Action::AddValidator {
            member: HOME,
            key: KEY,
        },
        Action::DropValidator(HOME),
        Action::ScheduleSpec { spec: 2, height: 3 },
        Action::CancelSpec,
    ]
}

fn terms() -> Terms {
    Terms {
        subject: A,
        guardian: B,
        recipient: HOME,
        purpose: Purpose::ChildCare,
        categories: CategorySet::of(Category::ALL),
        not_before: 1,
        not_after: 2,
        statement: COMMITMENT,
        nonce: [13; 32],
        assurance: AssuranceLevel::CardSigned,
        second_attester: Some(MemberId(14)),
        account: Some(ACCOUNT),
    }
}

fn samples() -> Vec<Call> {
    let categories = CategorySet::of(&[Category::Immunization]);
    let device = DeviceKeys {
        account: ACCOUNT,
        hpke: HPKE,
    };
    let mut samples: Vec<Call> = actions().iter().map(consortium::propose).collect();
    samples.extend([
        consortium::vote(1, true),
        consortium::register_key(ACCOUNT, Role::Doctor, HPKE, 5),
        consortium::extend_key(ACCOUNT, 5),
        consortium::withdraw_key(ACCOUNT),
        consortium::register_node(KEY),
        consortium::withdraw_node(KEY),
        residents::enrol(A, ServiceDomain::Health, true, Some(device)),
        residents::enrol(A, ServiceDomain::Health, false, None),
        residents::retire(A),
        residents::add_device(A, device),
        residents::drop_device(ACCOUNT),
        residents::attest_guardianship(A, B, Authority::Joint, 5),
        residents::end_guardianship(A, B),
        residents::bind_card(A, BINDING, COMMITMENT, AssuranceLevel::CardSigned),
        residents::suspend_card(BINDING),
        residents::reinstate_card(BINDING),
        residents::revoke_card(BINDING),
        residents::freeze(A),
        residents::unfreeze(A),
        residents::offer_hand_over(A, HOME),
        residents::accept_hand_over(A),
        residents::decline_hand_over(A),
        residents::entrust(A, HOME, 5),
        residents::end_custody(A),
        consent::propose(CONSENT, &terms(), Some(ConsentId([15; 32]))),
        consent::attest(CONSENT),
        consent::disagree(CONSENT),
        consent::withdraw(CONSENT, Some(COMMITMENT)),
        consent::object(CONSENT, B, None),
        consent::resume(CONSENT, None),
        records::commit_record(
            RECORD,
            A,
            Category::Growth,
            COMMITMENT,
            CiphertextHash([16; 32]),
            HOME,
        ),
        records::acknowledge(RECORD, CiphertextHash([16; 32])),
        records::supersede(RECORD, RecordId([17; 32])),
        records::enter_in_error(RECORD),
        records::order_erasure(RECORD),
        records::erasure_receipt(RECORD, COMMITMENT),
        records::publish_rule_set(1, [18; 32], 5),
        records::record_verdict(
            A,
            1,
            COMMITMENT,
            VerdictCode::NeedsPerson,
            Some(OverrideReason::CatchUp),
        ),
        access::request_access(
            REQUEST,
            A,
            Purpose::ChildCare,
            categories,
            Claim::Consent,
            Some(SESSION),
        ),
        access::request_access(
            REQUEST,
            A,
            Purpose::Checkup,
            categories,
            Claim::Statute(StatuteArticle::ImmunizationAct),
            None,
        ),
        access::deliver(REQUEST, RECORD, COMMITMENT),
        access::open_session(SESSION, CONSENT, COMMITMENT, 5),
        access::close_session(SESSION),
        access::open_break_glass(REQUEST, A, COMMITMENT, BreakGlassReason::Disaster),
        access::close_break_glass(REQUEST),
        access::review_break_glass(REQUEST, true),
    ]);
    samples
}

#[test]
fn the_runtime_decodes_what_every_function_makes() {
    let mut seen = BTreeSet::new();
    for Call(bytes) in samples() {
        let call = RuntimeCall::decode_all(&mut bytes.as_slice())
            .expect("the runtime knows the call and reads all of it");
        assert_eq!(call.encode(), bytes);
        let names = call.get_call_metadata();
        let entry = ALL
            .iter()
            .find(|entry| [entry.pallet_index, entry.call_index] == bytes[..2])
            .expect("the call is in the table");
        assert_eq!(
            (names.pallet_name, names.function_name),
            (entry.pallet, entry.call)
        );
        seen.insert((entry.pallet, entry.call));
    }
    assert_eq!(
        seen.len(),
        ALL.len(),
        "a call of the table has no sample here"
    );
}
