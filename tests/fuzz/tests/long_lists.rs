//! What a long revocation list costs: nothing before its signature holds, and less than twice its length afterwards.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]

use musubi_consent::{
    CertificateUse, Environment, RevocationList, RevocationListError, TrustedRoots,
};
use musubi_consent_card::Credential;
use musubi_consent_card_emulator::{RevokedCertificate, TestAuthority, Validity};
use musubi_tests_fuzz::memory;
use std::sync::LazyLock;

const NOW_SECONDS: u64 = 1_795_305_600;
const ENTRIES: u32 = 100_000;

/// What roots, names and error texts may take beside the entries.
const HEAD_BYTES: usize = 64 * 1024;

const VALIDITY: Validity = Validity {
    not_before: NOW_SECONDS - 1,
    not_after: NOW_SECONDS + 24 * 3600,
};

struct Signed {
    roots: TrustedRoots,
    list: Vec<u8>,
}

/// A list with as many entries as a large prefecture revokes in years, each as short as DER allows.
static SIGNED: LazyLock<Signed> = LazyLock::new(|| {
    let authority = TestAuthority::generate(VALIDITY).unwrap();
    let entry = |number: u32| RevokedCertificate {
        serial: number.to_be_bytes()[1..].to_vec(),
        since: NOW_SECONDS,
    };
    let revoked: Vec<_> = (0x01_0000..0x01_0000 + ENTRIES).map(entry).collect();
    Signed {
        roots: TrustedRoots::new(Environment::Emulated, &authority.roots()).unwrap(),
        list: authority
            .revocation_list(Credential::Signing, "01396", &revoked, VALIDITY)
            .unwrap(),
    }
});

/// Reads a list; the outcome and the memory it took.
fn read(der: &[u8]) -> (Result<RevocationList, RevocationListError>, usize) {
    memory::taken_by(|| RevocationList::parse(&SIGNED.roots, CertificateUse::Signing, der))
}

#[test]
fn a_list_that_nobody_signed_collects_nothing() {
    let mut forged = SIGNED.list.clone();
    *forged.last_mut().unwrap() ^= 1;
    let (outcome, taken) = read(&forged);
    assert_eq!(outcome.unwrap_err(), RevocationListError::Forged);
    assert!(taken < HEAD_BYTES, "{taken} bytes");
}

#[test]
fn a_signed_list_takes_less_than_twice_its_length() {
    let (outcome, taken) = read(&SIGNED.list);
    outcome.unwrap();
    let length = SIGNED.list.len();
    assert!(
        taken < HEAD_BYTES + 2 * length,
        "{taken} bytes for {length}"
    );
}

#[test]
fn a_list_cut_short_collects_nothing() {
    for length in [10, 1_000, SIGNED.list.len() / 2, SIGNED.list.len() - 1] {
        let (outcome, taken) = read(&SIGNED.list[..length]);
        assert!(matches!(outcome, Err(RevocationListError::Malformed(_))));
        assert!(taken < HEAD_BYTES, "{taken} bytes");
    }
}
