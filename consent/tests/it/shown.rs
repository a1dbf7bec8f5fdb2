//! What is signed is what is shown: each field of each document changes its page, or is named here as held by the reference alone.

use std::collections::BTreeSet;

use musubi_consent::document_rendering::{Shown, render_document};
use musubi_consent::rendering::render;
use musubi_consent::statement::{Action, Place, SignerRole};
use musubi_consent::{
    BindingFields, CheckInFields, Document, DocumentFields, Statement, StatementFields, Text,
    WithdrawalFields, wording,
};
use musubi_primitives::resident::Authority;
use musubi_primitives::{
    AccountId, AssuranceLevel, BindingId, CategorySet, ConsentId, Language, MemberId, Pseudonym,
    Purpose, SessionId,
};
use proptest::prelude::*;

use crate::support::{NOW, fields};

/// A minute: what a page shows of time.
const MINUTE: u64 = 60_000;

type Change<F> = (&'static str, Box<dyn Fn(&mut F)>);

/// One change, under the name by which the document has the field.
fn change<F>(field: &'static str, change: impl Fn(&mut F) + 'static) -> Change<F> {
    (field, Box::new(change))
}

/// Names of the fields of a document, from its own bytes.
fn names<F: DocumentFields>(document: &Document<F>) -> BTreeSet<String> {
    let value: serde_json::Value = serde_json::from_slice(document.canonical_bytes()).unwrap();
    let mut names: BTreeSet<_> = value.as_object().unwrap().keys().cloned().collect();
    // The kind of the document is its title; `schema` cannot be changed within one kind.
    assert!(names.remove("schema"));
    names
}

/// The page without its last line, the reference, which every change changes.
fn page(shown: &str) -> Vec<&str> {
    let lines: Vec<_> = shown.lines().collect();
    lines.split_last().unwrap().1.to_vec()
}

fn every_field_is_shown<F: Shown + Clone>(fields: &F, changes: &[Change<F>]) {
    let document = Document::new(fields.clone()).unwrap();
    let changed: BTreeSet<_> = changes.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(changed, names(&document));
    for language in Language::ALL {
        let before = render_document(&document, language).unwrap();
        for (name, change) in changes {
            let mut altered = fields.clone();
            change(&mut altered);
            let after = render_document(&Document::new(altered).unwrap(), language).unwrap();
            assert_ne!(page(&before), page(&after), "{name} in {language:?}");
        }
    }
}

/// A number that is none of those in use.
fn other(bytes: [u8; 32]) -> [u8; 32] {
    bytes.map(|byte| byte ^ 0x55)
}

proptest! {
    #[test]
    fn every_field_of_a_withdrawal_is_on_its_page(
        consent: [u8; 32], subject: [u8; 32], guardian: [u8; 32], nonce: [u8; 32], later in 1_u64..1_000,
    ) {
        let fields = WithdrawalFields {
            consent: ConsentId(consent),
            subject: Pseudonym(subject),
            guardian: Pseudonym(guardian),
            not_before: NOW + later * MINUTE,
            not_after: NOW + 2 * later * MINUTE,
            nonce,
            language: Language::Japanese,
        };
        every_field_is_shown(&fields, &[
            change("consent", |fields: &mut WithdrawalFields| fields.consent.0 = other(fields.consent.0)),
            change("subject", |fields: &mut WithdrawalFields| fields.subject.0 = other(fields.subject.0)),
            change("guardian", |fields: &mut WithdrawalFields| fields.guardian.0 = other(fields.guardian.0)),
            change("not_before", |fields: &mut WithdrawalFields| fields.not_before -= MINUTE),
            change("not_after", |fields: &mut WithdrawalFields| fields.not_after += MINUTE),
            change("nonce", |fields: &mut WithdrawalFields| fields.nonce = other(fields.nonce)),
            change("language", |fields: &mut WithdrawalFields| fields.language = Language::English),
        ]);
    }

    #[test]
    fn every_field_of_a_binding_is_on_its_page(
        binding: [u8; 32], person: [u8; 32], home: u32, replaces: [u8; 32], nonce: [u8; 32], later in 1_u64..500,
    ) {
        prop_assume!(binding != replaces);
        let fields = BindingFields {
            binding: BindingId(binding),
            person: Pseudonym(person),
            home: MemberId(home),
            replaces: Some(BindingId(replaces)),
            not_before: NOW + later * MINUTE,
            not_after: NOW + 2 * later * MINUTE,
            nonce,
            language: Language::PlainJapanese,
        };
        every_field_is_shown(&fields, &[
            change("binding", |fields: &mut BindingFields| fields.binding.0 = other(fields.binding.0)),
            change("person", |fields: &mut BindingFields| fields.person.0 = other(fields.person.0)),
            change("home", |fields: &mut BindingFields| fields.home.0 ^= 1),
            change("replaces", |fields: &mut BindingFields| fields.replaces = None),
            change("replaces", |fields: &mut BindingFields| {
                fields.replaces = fields.replaces.map(|former| BindingId(other(former.0)));
            }),
            change("not_before", |fields: &mut BindingFields| fields.not_before -= MINUTE),
            change("not_after", |fields: &mut BindingFields| fields.not_after += MINUTE),
            change("nonce", |fields: &mut BindingFields| fields.nonce = other(fields.nonce)),
            change("language", |fields: &mut BindingFields| fields.language = Language::English),
        ]);
    }

    #[test]
    fn every_field_of_a_check_in_is_on_its_page(
        session: [u8; 32], subject: [u8; 32], person: [u8; 32], member: u32, terminal: [u8; 32],
        staff: [u8; 32], nonce: [u8; 32],
    ) {
        let fields = CheckInFields {
            session: SessionId(session),
            subject: Pseudonym(subject),
            person: Pseudonym(person),
            member: MemberId(member),
            terminal: AccountId(terminal),
            staff: AccountId(staff),
            purpose: Purpose::Checkup,
            not_before: NOW,
            not_after: NOW + MINUTE,
            nonce,
            language: Language::English,
        };
        every_field_is_shown(&fields, &[
            change("session", |fields: &mut CheckInFields| fields.session.0 = other(fields.session.0)),
            change("subject", |fields: &mut CheckInFields| fields.subject.0 = other(fields.subject.0)),
            change("person", |fields: &mut CheckInFields| fields.person.0 = other(fields.person.0)),
            change("member", |fields: &mut CheckInFields| fields.member.0 ^= 1),
            change("terminal", |fields: &mut CheckInFields| fields.terminal.0 = other(fields.terminal.0)),
            change("staff", |fields: &mut CheckInFields| fields.staff.0 = other(fields.staff.0)),
            change("purpose", |fields: &mut CheckInFields| fields.purpose = Purpose::ChildCare),
            change("not_before", |fields: &mut CheckInFields| fields.not_before -= MINUTE),
            change("not_after", |fields: &mut CheckInFields| fields.not_after += MINUTE),
            change("nonce", |fields: &mut CheckInFields| fields.nonce = other(fields.nonce)),
            change("language", |fields: &mut CheckInFields| fields.language = Language::Japanese),
        ]);
    }
}

/// Fields of a statement that only its reference holds: the person reads a label, a role and names, where these are pseudonyms and
/// single-use numbers. The language and its wording are those of the page itself.
const BY_REFERENCE: [&str; 5] = ["subject", "guardian", "nonce", "language", "wording"];

#[test]
fn every_field_of_a_statement_is_on_its_page_or_listed() {
    let text = |text| Text::new(text).unwrap();
    let mut fields = fields();
    fields.supersedes = Some(ConsentId([0xA0; 32]));
    fields.account = Some(AccountId([0xA1; 32]));
    let changes = [
        change("consent", |fields: &mut StatementFields| {
            fields.consent = ConsentId([0xA2; 32]);
        }),
        change("subject_label", move |fields: &mut StatementFields| {
            fields.subject_label = text("第二子");
        }),
        change("role", |fields: &mut StatementFields| {
            fields.role = SignerRole::FosterParent;
        }),
        change("authority", |fields: &mut StatementFields| {
            fields.authority = Authority::Joint;
        }),
        change("controller", move |fields: &mut StatementFields| {
            fields.controller.name = text("蘭越町");
        }),
        change("controller", move |fields: &mut StatementFields| {
            fields.controller.contact = text("0136-00-1111");
        }),
        change("recipient", move |fields: &mut StatementFields| {
            fields.recipient.name = text("別の診療所");
        }),
        change("recipient", move |fields: &mut StatementFields| {
            fields.recipient.contact = text("0136-00-1111");
        }),
        change("purpose", |fields: &mut StatementFields| {
            fields.purpose = Purpose::Checkup;
        }),
        change("categories", |fields: &mut StatementFields| {
            fields.categories = CategorySet::of(&[musubi_primitives::Category::Document]);
        }),
        change("actions", |fields: &mut StatementFields| {
            fields.actions = vec![Action::Notify];
        }),
        change("retention_days", |fields: &mut StatementFields| {
            fields.retention_days += 1;
        }),
        change("transfer_abroad", |fields: &mut StatementFields| {
            fields.transfer_abroad = true;
        }),
        change("not_before", |fields: &mut StatementFields| {
            fields.not_before += 24 * 60 * MINUTE;
        }),
        change("not_after", |fields: &mut StatementFields| {
            fields.not_after -= 24 * 60 * MINUTE;
        }),
        change("assurance", |fields: &mut StatementFields| {
            fields.assurance = AssuranceLevel::Witnessed;
        }),
        change("second_attester", |fields: &mut StatementFields| {
            fields.second_attester = None;
        }),
        change("account", |fields: &mut StatementFields| {
            fields.account = None;
        }),
        change("supersedes", |fields: &mut StatementFields| {
            fields.supersedes = None;
        }),
        change("place", |fields: &mut StatementFields| {
            fields.place = Place::Vehicle;
        }),
        change("notice", move |fields: &mut StatementFields| {
            fields.notice = text("musubi-notice-2027-04");
        }),
    ];
    let before = Statement::new(fields.clone()).unwrap();
    let mut expected = names(&before);
    for name in BY_REFERENCE {
        assert!(expected.remove(name), "{name}");
    }
    let changed: BTreeSet<_> = changes.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(changed, expected);
    for language in Language::ALL {
        let show = |fields: &StatementFields| {
            let mut fields = fields.clone();
            (fields.language, fields.wording) = (language, wording::digest(language));
            let statement = Statement::new(fields).unwrap();
            render(statement.canonical_bytes(), language).unwrap()
        };
        for (name, change) in &changes {
            let mut altered = fields.clone();
            change(&mut altered);
            assert_ne!(
                page(&show(&fields)),
                page(&show(&altered)),
                "{name} in {language:?}"
            );
        }
    }
}
