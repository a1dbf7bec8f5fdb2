//! Answers outlive a restart, and a file that does not verify is worth nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use musubi_consent::{Revocation, RevocationSource as _, SignerCertificate};
use musubi_consent_card::Credential;
use musubi_node_workers::CacheKey;

use crate::world::{
    Clock, NOW, Village, by_list, by_responder, certificate, go_online, key, responder,
};

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// A folder in which one answer lies.
async fn with_an_answer(folder: &Path, clock: &Clock, is_list: bool) -> SignerCertificate {
    let responder = responder(clock);
    let online = go_online(&responder).await;
    let certificate = certificate(Credential::Signing);
    let settings = if is_list {
        by_list(online.address, &certificate)
    } else {
        by_responder(online.address)
    };
    let mut village = Village::open(folder, settings, clock);
    village.desk.revocation(&certificate.revocation_query(NOW));
    village.answered(1).await;
    certificate
}

fn after_restart(folder: &Path, clock: &Clock, certificate: &SignerCertificate) -> Revocation {
    after_restart_under(key(), folder, clock, certificate)
}

fn after_restart_under(
    key: CacheKey,
    folder: &Path,
    clock: &Clock,
    certificate: &SignerCertificate,
) -> Revocation {
    let desk = musubi_node_workers::RevocationDesk::open(
        folder,
        key,
        crate::world::roots(),
        musubi_node_workers::RevocationSettings::default(),
        clock.port(),
    )
    .unwrap();
    desk.revocation(&certificate.revocation_query(NOW))
}

#[tokio::test]
async fn answers_and_lists_are_there_after_a_restart_without_a_network() {
    for is_list in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::new();
        let certificate = with_an_answer(folder.path(), &clock, is_list).await;
        let known = after_restart(folder.path(), &clock, &certificate);
        assert_eq!(known, Revocation::Good);
        let [file] = files(folder.path()).try_into().unwrap();
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "nobody else reads {}", file.display());
    }
}

#[tokio::test]
async fn a_file_that_was_altered_planted_or_left_unfinished_is_removed() {
    for is_list in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::new();
        let certificate = with_an_answer(folder.path(), &clock, is_list).await;
        let [file] = files(folder.path()).try_into().unwrap();
        let good = fs::read(&file).unwrap();
        let mut altered = good.clone();
        let middle = altered.len() / 2;
        altered[middle] ^= 1;
        fs::write(&file, &altered).unwrap();
        fs::write(file.with_file_name("0000").with_extension("ocsp"), &good).unwrap();
        fs::write(file.with_extension("unfinished"), &good).unwrap();
        let known = after_restart(folder.path(), &clock, &certificate);
        assert_eq!(known, Revocation::NotChecked);
        assert!(files(folder.path()).is_empty());
    }
}

/// Whether `needle` stands anywhere in `haystack`.
fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|part| part == needle)
}

#[tokio::test]
async fn what_lies_on_disk_names_no_certificate_and_opens_under_its_key_only() {
    for is_list in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::new();
        let certificate = with_an_answer(folder.path(), &clock, is_list).await;
        let [file] = files(folder.path()).try_into().unwrap();
        let bytes = fs::read(&file).unwrap();
        let query = certificate.revocation_query(NOW);
        assert!(!contains(&bytes, query.serial) && !contains(&bytes, query.issuer_key_identifier));
        let other = CacheKey::derived_from(&[8; 32]);
        let known = after_restart_under(other, folder.path(), &clock, &certificate);
        assert_eq!(known, Revocation::NotChecked);
        assert!(
            files(folder.path()).is_empty(),
            "worth nothing to anybody else"
        );
    }
}
