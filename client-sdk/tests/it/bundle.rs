//! Bundles: the whole of one is proved, and nothing in it can be altered.

use crate::chain::{Chain, Entries};
use codec::Encode;
use musubi_client_sdk::proofs::{
    Bundle, BundleError, FollowError, Statement, VerifyError, storage, verify,
};
use musubi_primitives::{
    AccountId, AssuranceLevel, Basis, Category, CategorySet, CiphertextHash, Commitment, ConsentId,
    ConsentState, MemberId, Pseudonym, Purpose, RecordId, RecordState, RequestId, Role, Terms,
    trail::TrailFact,
};
use proptest::{prelude::*, sample::Index};
use serde_json::Value;
use std::sync::OnceLock;

const SUBJECT: Pseudonym = Pseudonym([7; 32]);
const CONSENT: ConsentId = ConsentId([1; 32]);
const RECORD: RecordId = RecordId([2; 32]);
const CLINIC: MemberId = MemberId(5);
const FOUR: [u8; 4] = [1, 2, 3, 4];

fn categories() -> CategorySet {
    CategorySet::of(&[Category::Immunization])
}

fn consent_entry() -> Vec<u8> {
    let terms = Terms {
        subject: SUBJECT,
        guardian: Pseudonym([8; 32]),
        recipient: CLINIC,
        purpose: Purpose::ChildCare,
        categories: categories(),
        not_before: 0,
        not_after: Chain::time(100),
        statement: Commitment([3; 32]),
        nonce: [4; 32],
        assurance: AssuranceLevel::CardSigned,
        second_attester: None,
        account: None,
    };
    (
        terms,
        ConsentState::Effective,
        Chain::time(100),
        "what follows is the pallet's own",
    )
        .encode()
}

fn record_entry() -> Vec<u8> {
    let written = (
        SUBJECT,
        Category::Immunization,
        CLINIC,
        AccountId([9; 32]),
        MemberId(1),
    );
    let content = (
        Commitment([5; 32]),
        CiphertextHash([6; 32]),
        Chain::time(3),
        RecordState::Pending,
    );
    (written, content, "likewise").encode()
}

/// The story in eight blocks; the validators change on the way.
pub(crate) fn chain() -> Chain {
    let mut chain = Chain::new(&FOUR);
    let proposed = TrailFact::ConsentProposed {
        consent: CONSENT,
        recipient: CLINIC,
        purpose: Purpose::ChildCare,
        categories: categories(),
    };
    chain.block(
        &[
            (SUBJECT, proposed),
            (
                Pseudonym([9; 32]),
                TrailFact::Enrolled { home: MemberId(1) },
            ),
        ],
        Entries::new(),
        &FOUR,
    );
    let entries = [(storage::consent(&CONSENT), consent_entry())].into();
    chain.block(
        &[(SUBJECT, TrailFact::ConsentEffective { consent: CONSENT })],
        entries,
        &[2, 3, 4, 5],
    );
    let committed = TrailFact::RecordCommitted {
        record: RECORD,
        category: Category::Immunization,
        author: CLINIC,
    };
    chain.block(
        &[(SUBJECT, committed)],
        [(storage::record(&RECORD), record_entry())].into(),
        &[2, 3, 4, 5],
    );
    let permitted = TrailFact::AccessPermitted {
        request: RequestId([3; 32]),
        member: CLINIC,
        role: Role::Doctor,
        purpose: Purpose::ChildCare,
        categories: categories(),
        basis: Basis::Consent(CONSENT),
    };
    chain.block(&[(SUBJECT, permitted)], Entries::new(), &[2, 3, 4, 5]);
    chain.blocks(4);
    chain
}

pub(crate) fn honest(chain: &Chain) -> Bundle {
    let newest = chain.height();
    let mut bundle = Bundle::new(chain.hash(0));
    bundle.steps = vec![chain.step(2), chain.step(newest)];
    bundle.ancestors = vec![chain.ancestor(1, newest), chain.ancestor(4, newest)];
    let keys = [storage::trail_head(&SUBJECT), storage::record(&RECORD)];
    bundle.states = vec![
        chain.state(4, &[storage::consent(&CONSENT)]),
        chain.state(newest, &keys),
    ];
    let (row, proof) = chain.row(1, 1);
    bundle.statements = vec![
        Statement::ConsentHeld {
            height: 4,
            at: Chain::time(4),
            consent: CONSENT,
            subject: SUBJECT,
            recipient: CLINIC,
            purpose: Purpose::ChildCare,
            categories: categories(),
        },
        Statement::RecordExisted {
            height: newest,
            record: RECORD,
            subject: SUBJECT,
            category: Category::Immunization,
            author: CLINIC,
            commitment: Commitment([5; 32]),
            ciphertext: CiphertextHash([6; 32]),
        },
        Statement::RowWritten {
            height: 1,
            row,
            proof,
        },
        Statement::WholeTrail {
            height: newest,
            subject: SUBJECT,
            rows: chain.rows(&SUBJECT),
        },
        Statement::ReadsWithoutGrant {
            height: newest,
            subject: SUBJECT,
            permits: 1,
            without_grant: vec![],
        },
    ];
    bundle
}

/// Chain and honest text, made once: every case alters a copy.
fn story() -> &'static (Chain, String) {
    static STORY: OnceLock<(Chain, String)> = OnceLock::new();
    STORY.get_or_init(|| {
        let chain = chain();
        let text = honest(&chain).to_text();
        (chain, text)
    })
}

fn verify_bundle(bundle: &Bundle) -> Result<(), VerifyError> {
    verify(&story().0.genesis(), bundle.to_text().as_bytes()).map(|_| ())
}

#[test]
fn an_honest_bundle_proves_all_it_says() {
    let (chain, text) = story();
    let report = verify(&chain.genesis(), text.as_bytes()).unwrap();
    assert_eq!(report.statements, honest(chain).statements);
    assert_eq!(report.as_of, Chain::time(chain.height()));
    assert_eq!(report.checkpoint.block, chain.hash(chain.height()));
}

#[test]
fn a_bundle_names_the_keys_that_its_maker_must_prove() {
    let (chain, _) = story();
    let mut bundle = honest(chain);
    let proof = |(height, keys): (u64, std::collections::BTreeSet<Vec<u8>>)| {
        chain.state(height, &keys.into_iter().collect::<Vec<_>>())
    };
    bundle.states = bundle
        .keys_to_prove(chain.height())
        .into_iter()
        .map(proof)
        .collect();
    assert_eq!(bundle, honest(chain));
}

#[test]
fn a_reader_with_a_newer_checkpoint_needs_no_older_step() {
    let (chain, _) = story();
    let trusted = verify(&chain.genesis(), story().1.as_bytes())
        .unwrap()
        .checkpoint;
    let mut longer = self::chain();
    longer.blocks(3);
    let mut bundle = Bundle::new(longer.hash(0));
    bundle.steps = vec![longer.step(11)];
    bundle.states = vec![longer.state(11, &[])];
    assert_eq!(
        verify(&trusted, bundle.to_text().as_bytes()).unwrap().as_of,
        Chain::time(11)
    );
}

#[test]
fn another_chains_bundle_is_refused() {
    let other = Chain::new(&FOUR);
    let bundle = Bundle::new(musubi_primitives::BlockHash([1; 32]));
    let refused = verify(&story().0.genesis(), bundle.to_text().as_bytes());
    assert!(matches!(refused, Err(VerifyError::OtherChain { .. })));
    assert!(matches!(
        verify_bundle(&Bundle::new(other.hash(0))),
        Err(VerifyError::NoSteps)
    ));
}

#[test]
fn a_trail_that_hides_its_last_row_is_refused() {
    let mut bundle = honest(&story().0);
    for statement in &mut bundle.statements {
        if let Statement::WholeTrail { rows, .. } = statement {
            rows.pop();
        }
    }
    assert!(matches!(
        verify_bundle(&bundle),
        Err(VerifyError::NotSo { number: 4, .. })
    ));
}

#[test]
fn a_consent_does_not_hold_before_it_was_given() {
    let (chain, _) = story();
    let mut bundle = honest(chain);
    bundle.states[0] = chain.state(1, &[storage::consent(&CONSENT)]);
    if let Statement::ConsentHeld { height, at, .. } = &mut bundle.statements[0] {
        (*height, *at) = (1, Chain::time(1));
    }
    assert!(matches!(
        verify_bundle(&bundle),
        Err(VerifyError::NotSo { number: 1, .. })
    ));
}

#[test]
fn an_ancestor_from_another_place_is_refused() {
    let (chain, _) = story();
    let mut bundle = honest(chain);
    bundle.ancestors[0].header = chain.ancestor(2, chain.height()).header;
    assert!(matches!(
        verify_bundle(&bundle),
        Err(VerifyError::Follow(FollowError::History { .. }))
    ));
}

#[test]
fn a_bundle_without_the_newest_blocks_time_is_refused() {
    let mut bundle = honest(&story().0);
    bundle.states.pop();
    assert!(matches!(
        verify_bundle(&bundle),
        Err(VerifyError::NoState(8))
    ));
}

#[test]
fn the_same_content_in_another_spelling_is_refused() {
    let spaced = story().1.replacen(": ", ":  ", 1);
    let refused = verify(&story().0.genesis(), spaced.as_bytes());
    assert!(matches!(
        refused,
        Err(VerifyError::Bundle(BundleError::Edited))
    ));
}

/// Every number and text of the bundle, one after the other, replaced by a near one.
#[test]
fn every_altered_field_is_refused() {
    let value: Value = serde_json::from_str(&story().1).unwrap();
    let mut leaves = Vec::new();
    collect_leaves(&value, String::new(), &mut leaves);
    assert!(
        leaves.len() > 100,
        "the walk saw only {} fields",
        leaves.len()
    );
    for pointer in leaves {
        let mut altered = value.clone();
        alter(altered.pointer_mut(&pointer).unwrap());
        let Ok(bundle) = serde_json::from_value::<Bundle>(altered) else {
            continue;
        };
        assert!(
            verify_bundle(&bundle).is_err(),
            "{pointer} was altered and nobody noticed"
        );
    }
}

fn collect_leaves(value: &Value, at: String, leaves: &mut Vec<String>) {
    match value {
        Value::Object(object) => object
            .iter()
            .for_each(|(name, value)| collect_leaves(value, format!("{at}/{name}"), leaves)),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(i, value)| collect_leaves(value, format!("{at}/{i}"), leaves)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => leaves.push(at),
    }
}

/// The next number; the text with its last character changed to another hexadecimal digit.
fn alter(value: &mut Value) {
    *value = match value {
        Value::Number(number) => {
            (number.as_u64().expect("a bundle holds no other numbers") + 1).into()
        }
        Value::String(text) => {
            let last = text.pop();
            text.push(if last == Some('0') { '1' } else { '0' });
            text.clone().into()
        }
        Value::Bool(bool) => (!*bool).into(),
        Value::Null => 1.into(),
        Value::Array(_) | Value::Object(_) => unreachable!("only leaves are altered"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]
    #[test]
    fn any_flipped_bit_of_the_file_is_refused(at in any::<Index>(), bit in 0u8..8) {
        let (chain, text) = story();
        let mut bytes = text.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(verify(&chain.genesis(), &bytes).is_err());
    }
}
