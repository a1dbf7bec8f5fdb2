//! Certificates, revocation lists and CMS signatures, judged against roots whose keys nobody holds any more.

use musubi_consent::{
    CertificateUse, CheckInFields, DocumentFields as _, Environment, OcspAnswer, RevocationList,
    SignedCms, SignedContent, SignerCertificate, TrustedRoots,
    validator::{NoRevocationSource, verify},
};
use musubi_primitives::{BlockHash, Moment};
use std::{fs, path::Path, sync::LazyLock};

/// 2026-11-22T00:00:00Z, inside the validity of the corpora's certificates.
const NOW: Moment = 1_795_305_600_000;

static ROOTS: LazyLock<TrustedRoots> = LazyLock::new(|| {
    let root = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("roots")
            .join(name);
        fs::read(path).expect("the roots of the corpora lie beside this crate")
    };
    let roots = [root("signing.der"), root("authentication.der")];
    TrustedRoots::new(Environment::Emulated, &roots).expect("the roots of the corpora are roots")
});

/// A certificate for either use.
pub(crate) fn certificate(bytes: &[u8]) -> bool {
    let mut accepted = false;
    for certificate_use in [CertificateUse::Signing, CertificateUse::Authentication] {
        if let Ok(certificate) = SignerCertificate::validate(&ROOTS, certificate_use, bytes, NOW) {
            assert_eq!(certificate.der(), bytes, "the certificate itself is kept");
            drop(certificate.facts());
            accepted = true;
        }
    }
    accepted
}

/// A revocation list of either use.
pub(crate) fn revocation_list(bytes: &[u8]) -> bool {
    [CertificateUse::Signing, CertificateUse::Authentication]
        .into_iter()
        .any(|certificate_use| RevocationList::parse(&ROOTS, certificate_use, bytes).is_ok())
}

/// An OCSP answer, believed whenever it was given.
pub(crate) fn ocsp_answer(bytes: &[u8]) -> bool {
    OcspAnswer::parse(&ROOTS, bytes).is_ok()
}

/// A CMS, alone and as the signature of a content.
pub(crate) fn cms(bytes: &[u8]) -> bool {
    let Ok(cms) = SignedCms::parse(bytes) else {
        return false;
    };
    let written = cms.to_der().expect("what was read can be written");
    assert_eq!(written, bytes, "a CMS has one form");
    let content = SignedContent {
        tag: CheckInFields::CONTENT_TAG,
        genesis: BlockHash([0; 32]),
        digest: [0; 32],
        nonce: [0; 32],
        not_before: NOW,
        not_after: NOW,
    };
    let verdict = verify(
        &ROOTS,
        &NoRevocationSource,
        CertificateUse::Signing,
        bytes,
        &content,
        NOW,
    );
    assert!(
        verdict.is_err(),
        "nobody signed this content with a key of these roots"
    );
    true
}
