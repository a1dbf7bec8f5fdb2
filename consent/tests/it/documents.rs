//! A document has one form, says what is wrong with it by field, and is shown from its own bytes.

use musubi_consent::document::DOCUMENT_BYTES_MAX;
use musubi_consent::rendering::{japan_date, render};
use musubi_consent::statement::{PERIOD_MAX, SignerRole};
use musubi_consent::text::TextError;
use musubi_consent::{DocumentError, Statement, StatementFields, Text, wording};
use musubi_primitives::{CategorySet, Language};

use crate::support::{NOW, fields, statement};

fn rule_broken(change: impl FnOnce(&mut StatementFields)) -> &'static str {
    let mut fields = fields();
    change(&mut fields);
    match Statement::new(fields) {
        Err(DocumentError::Rule { field, .. }) => field,
        other => panic!("{other:?}"),
    }
}

/// The canonical text with one part replaced.
fn parse_altered(from: &str, to: &str) -> DocumentError {
    let text = String::from_utf8(statement().canonical_bytes().to_vec()).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    Statement::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err()
}

#[test]
fn bytes_read_back_to_the_same_statement() {
    let statement = statement();
    assert_eq!(Statement::parse(statement.canonical_bytes()), Ok(statement));
}

#[test]
fn each_rule_names_its_field() {
    assert_eq!(
        rule_broken(|fields| fields.role = SignerRole::Subject),
        "guardian"
    );
    assert_eq!(
        rule_broken(|fields| fields.guardian = fields.subject),
        "guardian"
    );
    assert_eq!(
        rule_broken(|fields| fields.categories = CategorySet::EMPTY),
        "categories"
    );
    assert_eq!(rule_broken(|fields| fields.actions.clear()), "actions");
    assert_eq!(rule_broken(|fields| fields.actions.reverse()), "actions");
    assert_eq!(
        rule_broken(|fields| fields.retention_days = u32::MAX),
        "retention_days"
    );
    assert_eq!(
        rule_broken(|fields| fields.not_after = fields.not_before),
        "not_after"
    );
    assert_eq!(
        rule_broken(|fields| fields.not_after = fields.not_before + PERIOD_MAX + 1),
        "not_after"
    );
    assert_eq!(
        rule_broken(|fields| fields.not_after = u64::MAX),
        "not_after"
    );
    assert_eq!(
        rule_broken(|fields| fields.second_attester = Some(fields.controller.clone())),
        "second_attester"
    );
    assert_eq!(
        rule_broken(|fields| fields.supersedes = Some(fields.consent)),
        "supersedes"
    );
    assert_eq!(rule_broken(|fields| fields.wording = [0; 32]), "wording");
}

#[test]
fn received_bytes_are_judged_field_by_field() {
    let malformed = |field| DocumentError::Malformed {
        field,
        detail: "wrong type, unknown code or forbidden text",
    };
    assert_eq!(
        parse_altered("\"retention_days\":365", "\"retention_days\":3.5"),
        malformed("retention_days")
    );
    assert_eq!(
        parse_altered("child-care", "marketing"),
        malformed("purpose")
    );
    assert_eq!(
        parse_altered("\"guardian\":\"0x03", "\"guardian\":\"0xzz"),
        malformed("guardian")
    );
    assert_eq!(
        parse_altered("\"retention_days\":365,", ""),
        DocumentError::Missing("retention_days")
    );
    assert_eq!(
        parse_altered("\"place\"", "\"plaza\""),
        DocumentError::Missing("place")
    );
    assert_eq!(
        parse_altered("{\"actions\"", "{\"aa\":1,\"actions\""),
        DocumentError::Unknown("aa".to_owned())
    );
    assert_eq!(
        parse_altered("{\"actions\"", "{ \"actions\""),
        DocumentError::NotCanonical
    );
    assert_eq!(
        parse_altered(
            "\"retention_days\":365",
            "\"retention_days\":365,\"retention_days\":365"
        ),
        DocumentError::NotCanonical
    );
    assert_eq!(
        parse_altered("consent-statement/1", "consent-statement/2"),
        DocumentError::Rule {
            field: "schema",
            rule: "the schema of this document"
        }
    );
    assert_eq!(Statement::parse(b"[]"), Err(DocumentError::NotAnObject));
    let length = DOCUMENT_BYTES_MAX + 1;
    assert_eq!(
        Statement::parse(&vec![b' '; length]),
        Err(DocumentError::TooLong { length })
    );
}

#[test]
fn text_is_normalised_when_typed_and_must_be_normal_when_received() {
    let decomposed = "か\u{3099}く";
    assert_eq!(Text::new(decomposed).unwrap().as_str(), "がく");
    assert_eq!(
        Text::try_from(decomposed.to_owned()),
        Err(TextError::NotNormalised)
    );
    assert_eq!(Text::new("  "), Err(TextError::Empty));
    assert_eq!(Text::new("left\u{202E}right"), Err(TextError::Control));
    assert_eq!(Text::new("two\nlines"), Err(TextError::Control));
    assert_eq!(Text::new(&"あ".repeat(201)), Err(TextError::TooLong));
}

#[test]
fn the_words_show_every_choice_in_every_language() {
    for language in Language::ALL {
        let mut fields = fields();
        fields.language = language;
        fields.wording = wording::digest(language);
        let statement = Statement::new(fields).unwrap();
        let shown = render(statement.canonical_bytes(), language).unwrap();
        for part in [
            "第一子",
            "留寿都村",
            "二つ山こども診療所",
            "蘭越町",
            "0136-00-0000",
            "2026-11-22",
            "2027-11-22",
            "365",
        ] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
        assert!(!shown.contains(['{', '}']));
    }
}

#[test]
fn a_changed_choice_changes_the_words() {
    let shown = |fields| {
        render(
            Statement::new(fields).unwrap().canonical_bytes(),
            Language::English,
        )
        .unwrap()
    };
    let first = shown(fields());
    let mut abroad = fields();
    abroad.transfer_abroad = true;
    assert_ne!(shown(abroad), first);
    let mut alone = fields();
    alone.second_attester = None;
    assert_ne!(shown(alone), first);
}

#[test]
fn dates_are_those_of_japan() {
    assert_eq!(japan_date(NOW), "2026-11-22");
    assert_eq!(japan_date(NOW + 15 * 3_600_000 - 1), "2026-11-22");
    assert_eq!(japan_date(NOW + 15 * 3_600_000), "2026-11-23");
    assert_eq!(japan_date(0), "1970-01-01");
    assert_eq!(japan_date(951_782_400_000), "2000-02-29");
}

#[test]
fn every_code_that_a_statement_can_hold_has_words() {
    use musubi_consent::statement::{Action, Place};
    use musubi_primitives::{AssuranceLevel, Category, Purpose};
    for purpose in Purpose::ALL {
        for assurance in AssuranceLevel::ALL {
            let mut fields = fields();
            fields.purpose = *purpose;
            fields.assurance = *assurance;
            fields.categories = CategorySet::of(Category::ALL);
            fields.actions = vec![Action::View, Action::Copy, Action::Notify];
            let bytes = Statement::new(fields).unwrap().canonical_bytes().to_vec();
            assert!(render(&bytes, Language::English).is_ok());
        }
    }
    for place in [Place::Counter, Place::Clinic, Place::Vehicle, Place::Phone] {
        for role in [
            SignerRole::GuardianOfMinor,
            SignerRole::ChildWelfareDirector,
            SignerRole::FosterParent,
        ] {
            let mut fields = fields();
            (fields.place, fields.role) = (place, role);
            assert!(
                render(
                    Statement::new(fields).unwrap().canonical_bytes(),
                    Language::PlainJapanese
                )
                .is_ok()
            );
        }
    }
}
