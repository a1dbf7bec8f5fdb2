//! What a guardian reads in most tests: vaccinations of a child, for the clinic without a node, for ninety days.

use crate::gateway::now;
use musubi_consent::{
    StatementFields, Text,
    statement::{Action, Party, Place, SignerRole},
    wording,
};
use musubi_primitives::{
    AssuranceLevel, Category, CategorySet, ConsentId, Language, MemberId, Pseudonym, Purpose,
    resident::Authority,
};

const DAY: u64 = 24 * 3600 * 1000;

/// The first village of the demonstration's consortium.
pub const HOME: MemberId = MemberId(0);
/// Its clinic without a node of its own.
pub const CLINIC: MemberId = MemberId(5);

/// The statement's fields, valid from now on; tests change what they are about.
pub fn immunizations(
    consent: ConsentId,
    child: Pseudonym,
    guardian: Pseudonym,
    nonce: [u8; 32],
) -> StatementFields {
    let moment = now();
    StatementFields {
        consent,
        subject: child,
        subject_label: Text::new("お子さん").unwrap(),
        guardian,
        role: SignerRole::ParentalAuthority,
        authority: Authority::Single,
        controller: party(HOME, "留寿都村"),
        recipient: party(CLINIC, "しりべつ診療所"),
        purpose: Purpose::ChildCare,
        categories: CategorySet::of(&[Category::Immunization]),
        actions: vec![Action::View],
        retention_days: 365,
        transfer_abroad: false,
        not_before: moment,
        not_after: moment + 90 * DAY,
        nonce,
        assurance: AssuranceLevel::CardSigned,
        second_attester: None,
        account: None,
        supersedes: None,
        place: Place::Counter,
        notice: Text::new("musubi-notice-2026-11").unwrap(),
        language: Language::Japanese,
        wording: wording::digest(Language::Japanese),
    }
}

/// A member as a statement names it.
pub fn party(member: MemberId, name: &str) -> Party {
    Party {
        member,
        name: Text::new(name).unwrap(),
        contact: Text::new("0136-46-3131").unwrap(),
    }
}
