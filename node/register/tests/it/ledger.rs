//! The ledger, follow-ups and drafts: found by what they are found by, sealed on disk, gone when they go.

use musubi_node_register::{Draft, Followed, Line, LineOf, Person, Register, RegisterKey};
use musubi_primitives::{AccountId, Pseudonym, RecordId, resident::ServiceDomain};
use std::path::Path;

const CHILD: Pseudonym = Pseudonym([2; 32]);
const OTHER: Pseudonym = Pseudonym([3; 32]);
const WRITER: AccountId = AccountId([4; 32]);

fn open(directory: &Path) -> Register {
    Register::open(directory, RegisterKey::from_bytes([1; 32])).unwrap()
}

fn dose(subject: Pseudonym, record: u8, lot: &str) -> LineOf {
    LineOf {
        subject,
        record: RecordId([record; 32]),
        line: Line::Dose {
            product: Some("DPT-IPV-HIB".into()),
            date: Some("2026-03-20".into()),
            lot: lot.into(),
        },
    }
}

fn enter(register: &Register, line: &LineOf, lot: &str) {
    register.enter(line, Some(lot)).unwrap();
}

#[test]
fn a_lot_and_a_child_are_found_after_a_restart_and_nothing_else_is() {
    let directory = tempfile::tempdir().unwrap();
    let register = open(directory.path());
    let lines = [
        dose(CHILD, 1, "HK-417A"),
        dose(OTHER, 2, "hk417a"),
        dose(CHILD, 3, ""),
    ];
    for (line, lot) in lines.iter().zip(["HK417A", "HK417A", ""]) {
        enter(&register, line, lot);
        enter(&register, line, lot);
    }
    drop(register);
    let register = open(directory.path());
    assert_eq!(register.of_lot("HK417A").unwrap(), lines[..2]);
    assert_eq!(register.of_lot("").unwrap(), lines[2..]);
    assert_eq!(register.of_lot("HK417").unwrap(), []);
    let of_child = [lines[0].clone(), lines[2].clone()];
    assert_eq!(register.lines_of(&CHILD).unwrap(), of_child);
    assert_eq!(register.ledger().unwrap().len(), 3);
    assert!(register.is_entered(&CHILD, &RecordId([1; 32])).unwrap());
    assert!(!register.is_entered(&OTHER, &RecordId([1; 32])).unwrap());
}

#[test]
fn what_is_struck_is_found_no_more_by_lot_or_child() {
    let directory = tempfile::tempdir().unwrap();
    let register = open(directory.path());
    let line = dose(CHILD, 1, "A1");
    enter(&register, &line, "A1");
    register.strike(&CHILD, &line.record, Some("A1")).unwrap();
    assert_eq!(register.of_lot("A1").unwrap(), []);
    assert_eq!(register.lines_of(&CHILD).unwrap(), []);
}

#[test]
fn whoever_leaves_the_register_leaves_no_line() {
    let directory = tempfile::tempdir().unwrap();
    let register = open(directory.path());
    let person = Person {
        identifier: "urn:test|1".into(),
        name: "結城 一".into(),
        kana: String::new(),
        born: "2025-04-01".into(),
        pseudonyms: vec![(ServiceDomain::Health, CHILD)],
        former: vec![],
        guardians: vec![],
        card: None,
        check_in_card: None,
        protected: false,
        sex: None,
    };
    let id = register.add(&person).unwrap();
    enter(&register, &dose(CHILD, 1, "A1"), "A1");
    enter(&register, &dose(OTHER, 2, "A1"), "A1");
    register.remove(id).unwrap();
    assert_eq!(register.ledger().unwrap(), [dose(OTHER, 2, "A1")]);
    assert_eq!(register.of_lot("A1").unwrap(), [dose(OTHER, 2, "A1")]);
}

#[test]
fn a_draft_is_its_writers_and_old_ones_are_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let register = open(directory.path());
    let draft = |form: &str, saved| Draft {
        writer: WRITER,
        subject: CHILD,
        form: form.into(),
        saved,
        text: b"{}".to_vec(),
    };
    register.save_draft(&draft("a", 10), 0).unwrap();
    register.save_draft(&draft("a", 20), 0).unwrap();
    assert_eq!(
        register.draft(&WRITER, &CHILD, "a").unwrap(),
        Some(draft("a", 20))
    );
    assert_eq!(register.draft(&WRITER, &OTHER, "a").unwrap(), None);
    assert_eq!(
        register.draft(&AccountId([5; 32]), &CHILD, "a").unwrap(),
        None
    );
    register.save_draft(&draft("b", 99), 21).unwrap();
    assert_eq!(register.draft(&WRITER, &CHILD, "a").unwrap(), None);
    register.drop_draft(&WRITER, &CHILD, "b").unwrap();
    assert_eq!(register.draft(&WRITER, &CHILD, "b").unwrap(), None);
}

#[test]
fn a_follow_up_takes_the_place_of_what_was_known_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let register = open(directory.path());
    let followed = |about: &str, steps: &[u8]| Followed {
        subject: CHILD,
        about: about.into(),
        steps: steps.to_vec(),
    };
    register.follow(&followed("MR", b"1")).unwrap();
    register.follow(&followed("MR", b"2")).unwrap();
    register.follow(&followed("checkup-18m", b"1")).unwrap();
    assert_eq!(
        register.followed(&CHILD, "MR").unwrap(),
        Some(followed("MR", b"2"))
    );
    assert_eq!(register.follow_ups().unwrap().len(), 2);
    assert_eq!(register.followed(&OTHER, "MR").unwrap(), None);
}

#[test]
fn neither_lot_nor_product_nor_answer_lies_open_on_disk() {
    let directory = tempfile::tempdir().unwrap();
    let register = open(directory.path());
    enter(&register, &dose(CHILD, 1, "HK-417A"), "HK417A");
    let draft = Draft {
        writer: WRITER,
        subject: CHILD,
        form: "yoshinhyo-infant".into(),
        saved: 1,
        text: "せき".into(),
    };
    register.save_draft(&draft, 0).unwrap();
    drop(register);
    let words = [
        "HK-417A",
        "HK417A",
        "DPT-IPV-HIB",
        "2026-03-20",
        "yoshinhyo",
        "せき",
    ];
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for word in words {
            let is_there = bytes
                .windows(word.len())
                .any(|part| part == word.as_bytes());
            assert!(!is_there, "{word}");
        }
    }
}
