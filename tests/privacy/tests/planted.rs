//! A leak planted in each kind of sink is found: the scanner can fail.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test of files fails loudly where it stands"
)]

use musubi_tests_privacy::{Facts, Scanner, sink};
use rocksdb::{DB, DBCompressionType, Options};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{fs, path::Path};

const NAME: &str = "結城　花子";

fn scanner() -> Scanner {
    let mut facts = Facts::default();
    facts.take_text(NAME);
    facts.take_birth_date("1994-05-12");
    facts.take_stretch(&[0x9c, 0x41, 0x07, 0xfe, 0x33, 0x8a, 0x51, 0x20, 0xd7, 0x65]);
    Scanner::new(&facts).unwrap()
}

/// Facts and spellings found in a folder, without repetition.
async fn found(folder: &Path) -> Vec<(String, &'static str)> {
    let look = sink::look_through(&scanner(), folder).await.unwrap();
    let mut found: Vec<_> = look
        .findings
        .into_iter()
        .map(|finding| (finding.fact, finding.spelling))
        .collect();
    found.sort();
    found.dedup();
    found
}

/// A database as a node leaves it: its entries in compressed files, so that raw bytes show nothing.
fn rocksdb_with(folder: &Path, key: &[u8], value: &[u8]) {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_compression_type(DBCompressionType::Lz4);
    let db = DB::open_cf(&options, folder, ["default", "trail-rows"]).unwrap();
    let column = db.cf_handle("trail-rows").unwrap();
    for filler in 0..200_u32 {
        db.put_cf(column, filler.to_be_bytes(), [7; 64]).unwrap();
    }
    db.put_cf(column, key, value).unwrap();
    db.flush_cf(column).unwrap();
}

#[tokio::test]
async fn a_name_in_a_value_of_a_column_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let value = format!("{}{NAME}", "filler ".repeat(40));
    rocksdb_with(&folder.path().join("chain"), b"row", value.as_bytes());
    let expected = [(NAME.to_owned(), "bytes")];
    assert_eq!(found(folder.path()).await, expected);
}

#[tokio::test]
async fn certificate_bytes_in_a_key_of_a_column_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let key = hex::decode("009c4107fe338a5120d76500").unwrap();
    rocksdb_with(&folder.path().join("chain"), &key, b"");
    assert_eq!(
        found(folder.path()).await,
        [("certificate bytes 9c4107fe…".to_owned(), "bytes")]
    );
}

#[tokio::test]
async fn a_date_of_birth_in_a_log_is_found_in_each_way_of_writing_it() {
    for written in ["1994-05-12", "19940512", "1994/05/12", "1994年5月12日"] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join("log"),
            format!("INFO enrolled born={written}"),
        )
        .unwrap();
        let found = found(folder.path()).await;
        assert!(found.iter().any(|(fact, _)| fact == written), "{written}");
    }
}

#[tokio::test]
async fn a_name_in_a_table_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("index.sqlite"))
        .create_if_missing(true);
    let mut db = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("CREATE TABLE \"odd \"\"name\" (a INTEGER, \"b c\" TEXT)")
        .execute(&mut db)
        .await
        .unwrap();
    sqlx::query("INSERT INTO \"odd \"\"name\" VALUES (1, ?), (NULL, NULL)")
        .bind(NAME)
        .execute(&mut db)
        .await
        .unwrap();
    db.close().await.unwrap();
    let look = sink::look_through(&scanner(), folder.path()).await.unwrap();
    assert_eq!((look.databases, look.entries), (1, 2));
    assert!(
        look.findings
            .iter()
            .any(|finding| finding.place.ends_with("table odd \"name"))
    );
}

#[tokio::test]
async fn every_spelling_of_a_name_is_found_in_text() {
    let utf16: Vec<u8> = NAME.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let spelled: [(&str, Vec<u8>); 5] = [
        ("bytes", NAME.as_bytes().to_vec()),
        ("hex", hex::encode_upper(NAME).into_bytes()),
        ("UTF-16 BE", utf16),
        (
            "JSON escapes",
            b"\\u7D50\\u57ce\\u3000\\u82b1\\u5b50".to_vec(),
        ),
        ("base64", b"eyJuIjoi57WQ5Z+O44CA6Iqx5a2QIn0".to_vec()),
    ];
    for (spelling, bytes) in spelled {
        let text = [b"metric_total{name=\"".as_slice(), &bytes, b"\"} 1"].concat();
        let findings = scanner().look("metrics", &text);
        let spellings: Vec<_> = findings.iter().map(|finding| finding.spelling).collect();
        assert!(spellings.contains(&spelling), "{spelling}: {spellings:?}");
    }
}

/// `BCG` tells of a child what a disease does; that its letters stand somewhere in a sealed blob tells nothing.
#[tokio::test]
async fn a_short_code_is_found_as_a_word_of_a_text_and_nowhere_else() {
    let mut facts = Facts::default();
    facts.take_text("BCG");
    facts.take_text("MR");
    let scanner = Scanner::new(&facts).unwrap();
    let telling = [
        "musubi_doses_total{vaccine=\"BCG\"} 1",
        "INFO recorded product=MR",
        "{\"code\":\"BCG\"}",
        "MR given",
        "GET /Immunization/MR",
    ];
    for text in telling {
        let found = scanner.look_at_text("metrics", text.as_bytes());
        assert_eq!(found.len(), 1, "{text}");
    }
    for text in ["qMRz", "a+MR/q=", "mr", "key=BCG0", "X_BCG", "MR-1"] {
        let found = scanner.look_at_text("log", text.as_bytes());
        assert_eq!(found, [], "{text}");
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("sealed"), b"\0\x01 MR \xff").unwrap();
    fs::write(folder.path().join("log"), "INFO recorded product=MR").unwrap();
    let look = sink::look_through(&scanner, folder.path()).await.unwrap();
    let places: Vec<&str> = look.findings.iter().map(|one| one.place.as_str()).collect();
    assert!(
        places.len() == 1 && places[0].ends_with("/log"),
        "{places:?}"
    );
}

#[tokio::test]
async fn a_database_that_does_not_open_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("CURRENT"), "no manifest\n").unwrap();
    assert!(sink::look_through(&scanner(), folder.path()).await.is_err());
}

#[tokio::test]
async fn ordinary_words_are_not_a_leak() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("log"), "block decided height=1994").unwrap();
    assert_eq!(found(folder.path()).await, []);
}

/// As a collector gets it: OTLP in JSON, an attribute of one span.
#[tokio::test]
async fn a_name_in_a_trace_is_found() {
    for value in [
        NAME.to_owned(),
        "\\u7d50\\u57ce\\u3000\\u82b1\\u5b50".to_owned(),
    ] {
        let attribute = format!(r#"{{"key":"person","value":{{"stringValue":"{value}"}}}}"#);
        let trace = format!(r#"{{"spans":[{{"name":"enrol","attributes":[{attribute}]}}]}}"#);
        assert!(!scanner().look("trace", trace.as_bytes()).is_empty());
    }
}

/// As `chain_getBlock` gives an extrinsic, and `state_getKeysPaged` a key.
#[tokio::test]
async fn a_date_in_a_block_or_in_a_key_of_state_is_found() {
    let body = [&[0x84, 0x00][..], b"1994-05-12", &[0x01; 64]].concat();
    let shown = format!(r#"{{"extrinsics":["0x{}"]}}"#, hex::encode(body));
    assert!(!scanner().look("block", shown.as_bytes()).is_empty());
    let key = [&[0x5f; 32][..], b"19940512"].concat();
    assert!(!scanner().look("state", &key).is_empty());
}
