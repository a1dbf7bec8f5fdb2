//! One authority and one card per profile, made once: RSA keys are the slow part.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};

use musubi_consent_card::card_face::Sex;
use musubi_consent_card_emulator::issue::DEMO_SECRETS;
use musubi_consent_card_emulator::{
    CardProfile, PersonFacts, TestAuthority, Validity, VirtualCard,
};

/// 2026-11-22T00:00:00Z.
pub(crate) const NOW: u64 = 1_795_305_600;
const YEAR: u64 = 365 * 24 * 3600;

pub(crate) const VALIDITY: Validity = Validity {
    not_before: NOW - YEAR,
    not_after: NOW + 4 * YEAR,
};

pub(crate) static AUTHORITY: LazyLock<TestAuthority> = LazyLock::new(|| {
    let validity = Validity {
        not_before: NOW - 3 * YEAR,
        not_after: NOW + 7 * YEAR,
    };
    let earlier = TestAuthority::generate(validity).unwrap();
    TestAuthority::generate(validity).unwrap().after(earlier)
});

static CARDS: Mutex<BTreeMap<String, Vec<u8>>> = Mutex::new(BTreeMap::new());

pub(crate) fn person() -> PersonFacts {
    PersonFacts {
        name: "試験　花子".to_owned(),
        address: "北海道虻田郡留寿都村字留寿都１７５番地".to_owned(),
        birth_date: "19920401".to_owned(),
        sex: Sex::Female,
        municipality_code: "01396".to_owned(),
    }
}

/// A fresh card of `profile`; its keys are shared between tests, its state is not.
pub(crate) fn card(profile: CardProfile) -> VirtualCard {
    let mut cards = CARDS.lock().unwrap();
    let image = cards.entry(format!("{profile:?}")).or_insert_with(|| {
        AUTHORITY
            .issue_card(&person(), DEMO_SECRETS, profile, VALIDITY)
            .unwrap()
            .to_bytes()
            .unwrap()
    });
    VirtualCard::parse_bytes(image).unwrap()
}
