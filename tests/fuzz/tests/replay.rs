//! The kept corpora, and inputs made to cost memory, through every target in every test run.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(clippy::disallowed_methods, reason = "the corpora are files")]

use der::{Encode as _, Length, Tag};
use musubi_tests_fuzz::{Target, memory};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn corpus(target: &Target) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target.name);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

/// Seeds that a parser must accept carry this in their names: without one, a target would only ever see rubbish.
fn is_good(file: &Path) -> bool {
    file.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with("good-"))
}

#[test]
fn every_kept_input_runs_clean_and_the_good_ones_are_accepted() {
    for target in Target::ALL {
        let files = corpus(&target);
        assert!(files.iter().any(|file| is_good(file)), "{}", target.name);
        for file in files {
            let accepted = target.run(&fs::read(&file).unwrap());
            assert!(
                accepted || !is_good(&file),
                "{} is no longer accepted; where that is meant:  cargo run -p musubi-tests-fuzz --example seeds",
                file.display()
            );
        }
    }
}

#[test]
fn every_kept_input_cut_short_anywhere_runs_clean() {
    for target in Target::ALL {
        for file in corpus(&target).iter().filter(|file| is_good(file)) {
            let bytes = fs::read(file).unwrap();
            for length in (0..bytes.len()).step_by(7) {
                target.run(&bytes[..length]);
            }
        }
    }
}

/// How often each good input is bent; an engine bends it millions of times.
const BENT: u64 = 200;

/// The next number of a small deterministic source of noise (xorshift).
fn noise(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 1).unwrap()
}

#[test]
fn every_good_input_bent_at_random_runs_clean() {
    for target in Target::ALL {
        for file in corpus(&target).iter().filter(|file| is_good(file)) {
            let bytes = fs::read(file).unwrap();
            for seed in 1..=BENT {
                let (mut state, mut bent) =
                    (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), bytes.clone());
                for _ in 0..=noise(&mut state) % 4 {
                    let place = noise(&mut state) % bent.len();
                    bent[place] = noise(&mut state).to_le_bytes()[0];
                }
                target.run(&bent);
            }
        }
    }
}

/// Four length bytes that claim 256 MiB, the most that the decoder takes.
const HUGE: [u8; 5] = [0x84, 0x0F, 0xFF, 0xFF, 0xFF];

#[test]
fn a_huge_length_claimed_anywhere_in_a_good_input_costs_no_memory() {
    let is_der = |target: &Target| {
        ["certificate", "revocation-list", "ocsp-answer", "cms"].contains(&target.name)
    };
    for target in Target::ALL.into_iter().filter(is_der) {
        for file in corpus(&target).iter().filter(|file| is_good(file)) {
            let bytes = fs::read(file).unwrap();
            for position in 0..bytes.len() {
                let (before, after) = bytes.split_at(position);
                let rest = after.get(HUGE.len()..).unwrap_or_default();
                target.run(&[before, &HUGE, rest].concat());
            }
        }
    }
}

/// A DER object that claims to be `length` bytes long and is not.
fn claim(length: u32) -> Vec<u8> {
    let mut bytes = vec![0x30, 0x84];
    bytes.extend(length.to_be_bytes());
    bytes.extend([0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xF0, 0x02, 0x01]);
    bytes
}

#[test]
fn a_claimed_length_is_never_taken_at_its_word() {
    for target in Target::ALL {
        for length in [0x00FF_FFFF, 0x0FFF_FFFF, 0x7FFF_FFFF, 0xFFFF_FFFF] {
            assert!(!target.run(&claim(length)), "{}", target.name);
        }
        // SCALE writes lengths otherwise: the largest compact number, and nothing behind it.
        assert!(!target.run(&[0xFE, 0xFF, 0xFF, 0xFF]), "{}", target.name);
        assert!(
            !target.run(&[0x03, 0xFF, 0xFF, 0xFF, 0xFF]),
            "{}",
            target.name
        );
    }
}

fn tlv(tag: Tag, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![u8::from(tag)];
    Length::try_from(content.len())
        .unwrap()
        .encode(&mut bytes)
        .unwrap();
    bytes.extend_from_slice(content);
    bytes
}

/// sha256WithRSAEncryption, as certificates and lists begin.
const ALGORITHM: [u8; 15] = [
    0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00,
];

/// The beginning of a certificate and of a list whose issuer's name consists of `parts`; nothing follows.
fn unfinished(parts: &[u8]) -> [Vec<u8>; 2] {
    let name = tlv(Tag::Sequence, parts);
    let version_3_and_serial = [0xA0, 0x03, 0x02, 0x01, 0x02, 0x02, 0x01, 0x01];
    let version_2 = [0x02, 0x01, 0x01];
    [&version_3_and_serial[..], &version_2[..]].map(|start| {
        let signed_part = tlv(Tag::Sequence, &[start, &ALGORITHM, &name].concat());
        let signature = [0x03, 0x02, 0x00, 0x00];
        tlv(
            Tag::Sequence,
            &[&signed_part[..], &ALGORITHM, &signature].concat(),
        )
    })
}

#[test]
fn many_tiny_elements_stay_within_the_bound() {
    // As many elements as bytes allow: names without attributes, empty sequences, empty general names.
    for element in [vec![0x31, 0x00], vec![0x30, 0x00], vec![0x82, 0x00]] {
        let parts = element.repeat(1_000);
        let [certificate, list] = unfinished(&parts);
        for target in Target::ALL {
            target.run(&certificate);
            target.run(&list);
            target.run(&tlv(Tag::Sequence, &parts));
        }
    }
}

#[test]
fn the_bound_itself_is_measured() {
    let (_, taken) = memory::taken_by(|| vec![0_u8; 1_000_000].len());
    assert!(1_000_000 <= taken, "{taken}");
    let (_, taken) = memory::taken_by(|| ());
    assert_eq!(taken, 0);
}
