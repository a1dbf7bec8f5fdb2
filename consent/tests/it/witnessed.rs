//! Without a card: two officers of the home municipality, each with a key of their own, or nothing.

use codec::Encode as _;
use ed25519_zebra::{SigningKey, VerificationKey};
use musubi_consent::attestation::{Disagreement, Verdict, judge};
use musubi_consent::validator::NoRevocationSource;
use musubi_consent::witness::WitnessSignature;
use musubi_consent::{
    AuditVerdict, Ground, SignedContent, Statement, WitnessRecord, audit_witnessed, judge_witnessed,
};
use musubi_primitives::{AccountId, AssuranceLevel, BlockHash};

use crate::support::{Case, GENESIS, fields, roots, statement};

fn key(seed: u8) -> SigningKey {
    SigningKey::from([seed; 32])
}

fn officer(seed: u8) -> AccountId {
    AccountId(VerificationKey::from(&key(seed)).into())
}

fn witnessed() -> Statement {
    let mut fields = fields();
    fields.assurance = AssuranceLevel::Witnessed;
    Statement::new(fields).unwrap()
}

fn record(statement: &Statement, genesis: BlockHash, seeds: &[u8]) -> WitnessRecord {
    let message = WitnessRecord::signing_bytes(&SignedContent::of(statement, genesis));
    let sign = |seed: &u8| WitnessSignature {
        officer: officer(*seed),
        signature: key(*seed).sign(&message).into(),
    };
    WitnessRecord {
        signatures: seeds.iter().map(sign).collect(),
    }
}

fn case(seeds: &[u8]) -> Case {
    let statement = witnessed();
    let mut case = Case::of(&statement);
    case.binding = None;
    case.evidence.cms = record(&statement, GENESIS, seeds).encode();
    case
}

fn judged(case: &Case) -> Result<(), Disagreement> {
    judge_witnessed(&case.claim(), &[officer(1), officer(2)])
}

#[test]
fn two_officers_of_the_home_municipality_suffice_without_card_and_binding() {
    assert_eq!(judged(&case(&[1, 2])), Ok(()));
}

#[test]
fn one_officer_twice_a_stranger_or_nobody_does_not() {
    for (seeds, ours) in [(&[1, 1][..], 1), (&[1, 9], 1), (&[8, 9], 0), (&[], 0)] {
        assert_eq!(judged(&case(seeds)), Err(Disagreement::Witnesses(ours)));
    }
}

#[test]
fn a_witness_of_another_chain_or_statement_or_of_garbage_is_none() {
    let mut elsewhere = case(&[1, 2]);
    elsewhere.evidence.cms = record(&witnessed(), BlockHash([0; 32]), &[1, 2]).encode();
    assert_eq!(judged(&elsewhere), Err(Disagreement::Witnesses(0)));
    let mut other = case(&[1, 2]);
    other.evidence.cms = record(&statement(), GENESIS, &[1, 2]).encode();
    assert_eq!(judged(&other), Err(Disagreement::Witnesses(0)));
    let mut garbage = case(&[1, 2]);
    garbage.evidence.cms = vec![0xFF; 4096];
    assert_eq!(judged(&garbage), Err(Disagreement::Witnesses(0)));
}

#[test]
fn a_witnessed_consent_still_needs_authority_and_equal_terms() {
    let mut without = case(&[1, 2]);
    without.guardian = None;
    assert_eq!(judged(&without), Err(Disagreement::NoAuthority));
    let mut other = case(&[1, 2]);
    other.terms.nonce = [0; 32];
    assert!(matches!(judged(&other), Err(Disagreement::Terms(_))));
}

#[test]
fn witnesses_do_not_stand_in_where_a_card_is_stated_nor_a_card_for_witnesses() {
    let signed = statement();
    let mut card = Case::of(&signed);
    card.evidence.cms = record(&signed, GENESIS, &[1, 2]).encode();
    assert_eq!(
        judged(&card),
        Err(Disagreement::Assurance(AssuranceLevel::CardSigned))
    );
    let Verdict::Disagree(disagreement) =
        judge(&case(&[1, 2]).claim(), &roots(), &NoRevocationSource)
    else {
        panic!("attested")
    };
    assert_eq!(
        disagreement,
        Disagreement::Assurance(AssuranceLevel::Witnessed)
    );
}

#[test]
fn an_auditor_upholds_what_two_officers_saw_and_refutes_what_one_did() {
    let officers = [officer(1), officer(2)];
    let rightly = audit_witnessed(&case(&[1, 2]).claim(), &officers);
    assert_eq!(rightly, AuditVerdict::Upheld);
    let alone = audit_witnessed(&case(&[1]).claim(), &officers);
    assert_eq!(alone, AuditVerdict::Refuted(Ground::Attester));
}
