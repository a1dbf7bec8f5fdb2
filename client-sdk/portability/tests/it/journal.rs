//! After a crash nothing is posted twice, wherever the last line was torn.

use musubi_portability::journal::{Journal, key};
use serde_json::json;

#[test]
fn a_journal_torn_at_any_byte_knows_its_whole_lines() {
    let keys: Vec<String> = (0..3).map(|at| key("0x01", &[at])).collect();
    let mut journal = Journal::default();
    let text: String = keys
        .iter()
        .map(|key| journal.note(key, &json!({"record": "0xaa"})))
        .collect();
    let line = text.len() / 3;
    for torn in 0..=text.len() {
        let read = Journal::read(&text[..torn]).unwrap();
        let whole = torn / line;
        assert_eq!(read.whole_bytes, whole * line, "{torn}");
        assert_eq!(
            keys.iter().filter(|key| read.has(key)).count(),
            whole,
            "{torn}"
        );
    }
}

#[test]
fn the_same_content_of_another_person_is_another_record() {
    assert_ne!(key("0x01", b"x"), key("0x02", b"x"));
    assert_ne!(key("a", b"bc"), key("ab", b"c"));
}

#[test]
fn another_file_in_its_place_is_refused_with_its_line() {
    let error = Journal::read("{\"format\":\"musubi/import-journal/1\",\"done\":\"x\"}\nhello\n")
        .expect_err("refused");
    assert_eq!(error.line, 2);
    assert!(Journal::read("{}\n").is_err());
}
