//! Documents to sign, valid today.

use musubi_consent::{
    Document, DocumentFields, Statement, StatementFields, Text, WithdrawalFields,
    statement::{Action, Party, Place, SignerRole},
    wording,
};
use musubi_primitives::{
    AssuranceLevel, Category, CategorySet, ConsentId, Language, MemberId, Moment, Pseudonym,
    Purpose, resident::Authority,
};
use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

const DAY: Moment = 24 * 3600 * 1000;

pub(crate) const GENESIS: &str =
    "0xc1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1";
pub(crate) const TWOS: &str = "0x0202020202020202020202020202020202020202020202020202020202020202";
pub(crate) const FOURS: &str = "0x0404040404040404040404040404040404040404040404040404040404040404";
pub(crate) const FIVES: &str = "0x0505050505050505050505050505050505050505050505050505050505050505";
pub(crate) const SEVENS: &str =
    "0x0707070707070707070707070707070707070707070707070707070707070707";

pub(crate) fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Moment::try_from(since.as_millis()).unwrap()
}

/// A withdrawal that may be used today.
pub(crate) fn withdrawal(folder: &Path) -> String {
    write_withdrawal(folder, "withdrawal.json", now() - DAY, now() + DAY)
}

/// A withdrawal whose time ended yesterday.
pub(crate) fn stale_withdrawal(folder: &Path) -> String {
    write_withdrawal(folder, "stale.json", now() - 2 * DAY, now() - DAY)
}

fn write_withdrawal(folder: &Path, name: &str, not_before: Moment, not_after: Moment) -> String {
    let fields = WithdrawalFields {
        consent: ConsentId([1; 32]),
        subject: Pseudonym([2; 32]),
        guardian: Pseudonym([3; 32]),
        not_before,
        not_after,
        nonce: [7; 32],
        language: Language::English,
    };
    write(folder, name, &Document::new(fields).unwrap())
}

/// A consent statement in English.
pub(crate) fn consent(folder: &Path) -> String {
    let party = |member, name: &str| Party {
        member: MemberId(member),
        name: Text::new(name).unwrap(),
        contact: Text::new("0136-00-0000").unwrap(),
    };
    let statement = Statement::new(StatementFields {
        consent: ConsentId([1; 32]),
        subject: Pseudonym([2; 32]),
        subject_label: Text::new("first child").unwrap(),
        guardian: Pseudonym([3; 32]),
        role: SignerRole::ParentalAuthority,
        authority: Authority::Single,
        controller: party(1, "留寿都村"),
        recipient: party(5, "二つ山こども診療所"),
        purpose: Purpose::ChildCare,
        categories: CategorySet::of(&[Category::Immunization]),
        actions: vec![Action::View],
        retention_days: 365,
        transfer_abroad: false,
        not_before: now(),
        not_after: now() + 300 * DAY,
        nonce: [7; 32],
        assurance: AssuranceLevel::CardSigned,
        second_attester: None,
        account: None,
        supersedes: None,
        place: Place::Counter,
        notice: Text::new("musubi-notice-2026-11").unwrap(),
        language: Language::English,
        wording: wording::digest(Language::English),
    });
    write(folder, "consent.json", &statement.unwrap())
}

fn write<F: DocumentFields>(folder: &Path, name: &str, document: &Document<F>) -> String {
    let path = folder.join(name);
    std::fs::write(&path, document.canonical_bytes()).unwrap();
    path.display().to_string()
}
