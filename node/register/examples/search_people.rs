//! Measures the register of a town: 100,000 people entered, opened again and searched, and a lot recalled among 10,000 doses.
//! `cargo run -p musubi-node-register --example search_people`
#![allow(
    clippy::print_stdout,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a measurement reads the clock and prints"
)]

use musubi_node_register::{Line, LineOf, Person, Register, RegisterKey};
use musubi_primitives::{Pseudonym, RecordId, resident::ServiceDomain};
use std::time::Instant;

const PEOPLE: u32 = 100_000;
const DOSES: u32 = 10_000;
const LOTS: u32 = 200;

fn numbered(at: u32) -> [u8; 32] {
    let mut bytes = [7; 32];
    bytes[..4].copy_from_slice(&at.to_be_bytes());
    bytes
}

fn person(at: u32) -> Person {
    Person {
        identifier: format!("urn:test|{at}"),
        name: format!("見本　{at}"),
        kana: format!("ミホン　{at}"),
        born: "2025-04-01".into(),
        pseudonyms: vec![(ServiceDomain::Health, Pseudonym(numbered(at)))],
        former: vec![],
        guardians: vec![],
        card: None,
        check_in_card: None,
        protected: false,
        sex: None,
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("musubi-town-{}", std::process::id()));
    let key = || RegisterKey::from_bytes([1; 32]);
    let register = Register::open(&folder, key())?;
    let started = Instant::now();
    for at in 0..PEOPLE {
        register.add(&person(at))?;
    }
    println!("{PEOPLE} people entered in {:?}", started.elapsed());
    let started = Instant::now();
    for at in 0..DOSES {
        let lot = format!("HK{:03}A", at % LOTS);
        let line = LineOf {
            subject: Pseudonym(numbered(at / 4)),
            record: RecordId(numbered(at)),
            line: Line::Dose {
                product: Some("DPT-IPV-HIB".into()),
                date: Some("2026-03-20".into()),
                lot: lot.clone(),
            },
        };
        register.enter(&line, Some(&lot))?;
    }
    println!("{DOSES} doses entered in {:?}", started.elapsed());
    drop(register);
    let started = Instant::now();
    let register = Register::open(&folder, key())?;
    println!("opened in {:?}", started.elapsed());
    let started = Instant::now();
    let hits = register.search("みほん　99999")?;
    println!("search: {} hit in {:?}", hits.len(), started.elapsed());
    let started = Instant::now();
    let doses = register.of_lot("HK017A")?;
    println!(
        "recall: {} of {DOSES} doses in {:?} (bound 2 s)",
        doses.len(),
        started.elapsed()
    );
    let started = Instant::now();
    let lines = register.ledger()?;
    println!(
        "the whole ledger, {} lines, in {:?}",
        lines.len(),
        started.elapsed()
    );
    drop(register);
    std::fs::remove_dir_all(folder)?;
    Ok(())
}
