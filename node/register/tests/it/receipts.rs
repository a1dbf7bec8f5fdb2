//! Receipts: one for each change, in order, gone with the evidence and back with a backup.

use musubi_node_register::{Register, RegisterKey, RowPlace};
use musubi_primitives::Commitment;
use std::path::Path;

const EVIDENCE: Commitment = Commitment([7; 32]);
const OTHER: Commitment = Commitment([8; 32]);

fn open(directory: &Path) -> Register {
    Register::open(directory, RegisterKey::from_bytes([1; 32])).unwrap()
}

fn place(height: u64, row: u32) -> RowPlace {
    RowPlace { height, row }
}

/// What is kept about some evidence, without the places.
fn kept(register: &Register, evidence: &Commitment) -> Vec<Vec<u8>> {
    let receipts = register.receipts(evidence).unwrap();
    receipts.into_iter().map(|(_, receipt)| receipt).collect()
}

#[test]
fn a_change_has_one_receipt_and_they_stand_in_order() {
    let directory = tempfile::tempdir().unwrap();
    {
        let register = open(directory.path());
        for evidence in [EVIDENCE, OTHER] {
            register.keep_evidence(&evidence.0, b"evidence").unwrap();
        }
        let keep = |evidence, place, receipt: &[u8]| {
            register.keep_receipt(&evidence, place, receipt).unwrap()
        };
        assert!(keep(EVIDENCE, place(300, 0), b"third"));
        assert!(keep(EVIDENCE, place(20, 1), b"second"));
        assert!(keep(EVIDENCE, place(20, 0), b"first"));
        assert!(keep(OTHER, place(20, 0), b"another's"));
        assert!(!keep(EVIDENCE, place(20, 0), b"made anew"));
        assert!(!keep(Commitment([9; 32]), place(1, 0), b"of nothing"));
    }
    let register = open(directory.path());
    let expected: [&[u8]; 3] = [b"first", b"second", b"third"];
    assert_eq!(kept(&register, &EVIDENCE), expected);
    let places = register.receipts(&EVIDENCE).unwrap();
    assert_eq!(places[1].0, place(20, 1));
    assert_eq!(kept(&register, &OTHER), [b"another's"]);
}

#[test]
fn receipts_go_with_their_evidence_are_unreadable_on_disk_and_come_back_with_a_backup() {
    let directory = tempfile::tempdir().unwrap();
    let (home, backup) = (
        directory.path().join("register"),
        directory.path().join("backup"),
    );
    let register = open(&home);
    for evidence in [EVIDENCE, OTHER] {
        register.keep_evidence(&evidence.0, b"evidence").unwrap();
        register
            .keep_receipt(&evidence, place(5, 0), b"the receipt of Hanako")
            .unwrap();
    }
    register.back_up(&backup).unwrap();
    register.erase_evidence(&EVIDENCE.0).unwrap();
    assert!(kept(&register, &EVIDENCE).is_empty());
    assert_eq!(kept(&register, &OTHER).len(), 1);
    assert!(
        !register
            .keep_receipt(&EVIDENCE, place(5, 0), b"again")
            .unwrap(),
        "what was erased gets no new receipt"
    );
    drop(register);
    for folder in [&home, &backup] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            let name = b"Hanako";
            assert!(!bytes.windows(name.len()).any(|window| window == name));
        }
    }
    assert_eq!(kept(&open(&backup), &EVIDENCE), [b"the receipt of Hanako"]);
}
