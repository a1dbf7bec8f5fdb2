//! Statements in words: the lines that every language must show, to the letter, and the bytes that a card signs.

use crate::kept::assert_kept;
use musubi_consent::{
    SignedContent, Statement, StatementFields, Text,
    rendering::{render, short_reference},
    statement::{Action, Party, Place},
    wording,
};
use musubi_primitives::{
    AssuranceLevel, BlockHash, Category, CategorySet, ConsentId, Language, MemberId, Pseudonym,
    Purpose, resident::Authority, resident::SignerRole,
};
use serde_json::{Value, json};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/statements.json");
const GENESIS: BlockHash = BlockHash([1; 32]);

/// A statement of a guardian for a clinic.
pub(crate) fn fields(language: Language) -> StatementFields {
    let party = |member, name: &str, contact: &str| Party {
        member: MemberId(member),
        name: Text::new(name).unwrap(),
        contact: Text::new(contact).unwrap(),
    };
    StatementFields {
        consent: ConsentId([1; 32]),
        subject: Pseudonym([2; 32]),
        subject_label: Text::new("第一子").unwrap(),
        guardian: Pseudonym([3; 32]),
        role: SignerRole::ParentalAuthority,
        authority: Authority::Joint,
        controller: party(0, "留寿都村", "0136-46-3131"),
        recipient: party(4, "ようてい医院", "0136-00-0000"),
        purpose: Purpose::ChildCare,
        categories: CategorySet::of(&[Category::Immunization, Category::Growth]),
        actions: vec![Action::View, Action::Copy],
        retention_days: 365,
        transfer_abroad: false,
        not_before: 1_700_000_000_000,
        not_after: 1_715_552_000_000,
        nonce: [4; 32],
        assurance: AssuranceLevel::CardSigned,
        second_attester: None,
        account: None,
        supersedes: None,
        place: Place::Counter,
        notice: Text::new("musubi-notice-2026-11").unwrap(),
        language,
        wording: wording::digest(language),
    }
}

fn vector(language: Language) -> Value {
    let statement = Statement::new(fields(language)).unwrap();
    let bytes = statement.canonical_bytes();
    let text = |language| render(bytes, language).unwrap();
    json!({
        "document": String::from_utf8(bytes.to_vec()).unwrap(),
        "reference": short_reference(&statement),
        "genesis": GENESIS,
        "bytesToSign": hex::encode(SignedContent::of(&statement, GENESIS).to_bytes()),
        "text": { "ja": text(Language::Japanese), "ja-x-easy": text(Language::PlainJapanese), "en": text(Language::English) },
    })
}

#[test]
fn the_statements_are_worded_as_every_language_must_show_them() {
    let made = json!({
        "about": "Consent statements and their words, which every language's SDK must show to the letter.",
        "statements": Language::ALL.map(vector),
    });
    assert_kept(FILE, &made);
}

#[test]
fn every_document_is_read_back_from_its_own_bytes() {
    for language in Language::ALL {
        let statement = Statement::new(fields(language)).unwrap();
        let read = Statement::parse(statement.canonical_bytes()).unwrap();
        assert_eq!(read.fields(), statement.fields());
    }
}
