//! Damage of every kind is found, named, and made good from another holder; what is not the record is not taken for it.

use crate::world::{
    AUTHOR, CLINIC, RECORD, SUBJECT, VILLAGE, World, author_secret, sealed, village_secret,
};
use musubi_client_sdk::sealing::{DataKey, Envelope};
use musubi_node_vault::{
    Refusal, Vault, VaultError, VaultRequest, VaultResponse, exchange::PartWanted, repair::Flaw,
};
use musubi_primitives::{HpkeKey, RecordId, RecordState};
use rocksdb::DB;

/// The record in both vaults, the author's one whole, the village's one after damage.
fn damaged(damage: impl FnOnce(&World, &DB)) -> (World, Vault) {
    let world = World::with_record();
    world.held_by_both();
    let author = world.authors_vault();
    let copy = World::new();
    let world = world.after(|database| damage(&copy, database));
    (world, author)
}

fn put(database: &DB, column: &str, key: &[u8], value: &[u8]) {
    let handle = database.cf_handle(column).unwrap();
    database.put_cf(handle, key, value).unwrap();
}

fn kept(database: &DB, column: &str, key: &[u8]) -> Vec<u8> {
    let handle = database.cf_handle(column).unwrap();
    database.get_cf(handle, key).unwrap().unwrap()
}

fn remove(database: &DB, column: &str, key: &[u8]) {
    let handle = database.cf_handle(column).unwrap();
    database.delete_cf(handle, key).unwrap();
}

fn envelope_key(holder: HpkeKey) -> Vec<u8> {
    [RECORD.0, holder.0].concat()
}

fn found(world: &World) -> Option<Flaw> {
    let inspection = world.vault.inspect(None, 8).unwrap();
    inspection.flaws.get(&RECORD).copied()
}

/// What a holder sends to another that lost it, message by message.
fn mend(world: &World, holder: &Vault) {
    let part = PartWanted {
        record: RECORD,
        offset: 0,
    };
    let VaultResponse::Part(part) = holder.answer(VILLAGE, VaultRequest::Fetch(part)) else {
        panic!("a holder gets the ciphertext")
    };
    world.vault.mend(&RECORD, part.bytes).unwrap();
    if world.vault.flaw(&RECORD).unwrap() == Some(Flaw::Envelope) {
        let request = VaultRequest::Envelope { record: RECORD };
        let VaultResponse::Envelope(envelope) = holder.answer(VILLAGE, request) else {
            panic!("the home gets its key")
        };
        world.vault.mend_envelope(&RECORD, envelope).unwrap();
    }
}

#[test]
fn every_kind_of_damage_is_found_and_mended() {
    let blob = |database: &DB| kept(database, "blobs", &RECORD.0);
    let own = envelope_key(village_secret().public());
    type Damage<'a> = (&'a str, Flaw, Box<dyn Fn(&DB) + 'a>);
    let kinds: Vec<Damage<'_>> = vec![
        (
            "deleted",
            Flaw::Ciphertext,
            Box::new(|database| remove(database, "blobs", &RECORD.0)),
        ),
        (
            "cut short",
            Flaw::Ciphertext,
            Box::new(|database| put(database, "blobs", &RECORD.0, &blob(database)[..20])),
        ),
        (
            "one bit turned",
            Flaw::Ciphertext,
            Box::new(|database| {
                let mut bytes = blob(database);
                bytes[7] ^= 1;
                put(database, "blobs", &RECORD.0, &bytes);
            }),
        ),
        (
            "its note unreadable",
            Flaw::Ciphertext,
            Box::new(|database| put(database, "holdings", &RECORD.0, b"?")),
        ),
        (
            "the envelope gone",
            Flaw::Envelope,
            Box::new(|database| remove(database, "envelopes", &own)),
        ),
        (
            "the envelope altered",
            Flaw::Envelope,
            Box::new(|database| {
                let mut bytes = kept(database, "envelopes", &own);
                let last = bytes.len() - 1;
                bytes[last] ^= 1;
                put(database, "envelopes", &own, &bytes);
            }),
        ),
        (
            "the envelope unreadable",
            Flaw::Envelope,
            Box::new(|database| put(database, "envelopes", &own, b"?")),
        ),
    ];
    for (name, flaw, damage) in kinds {
        let (world, author) = damaged(|_, database| damage(database));
        assert_eq!(found(&world), Some(flaw), "{name}");
        mend(&world, &author);
        assert_eq!(found(&world), None, "{name}");
        let opened = world.vault.open_own(&RECORD).unwrap();
        assert!(opened.is_some(), "{name}: it opens again");
        assert_eq!(
            world.vault.store().bytes_kept().unwrap(),
            u64::try_from(world.sealed.ciphertext.len()).unwrap()
                * if name == "its note unreadable" { 2 } else { 1 },
            "{name}"
        );
    }
}

#[test]
fn a_vault_that_lost_everything_takes_the_record_back() {
    let world = World::new();
    world.held_by_both();
    let author = world.authors_vault();
    assert_eq!(world.vault.flaw(&RECORD).unwrap(), Some(Flaw::Ciphertext));
    world.vault.note_wanted(&RECORD).unwrap();
    let world = world.reopened();
    assert_eq!(world.vault.wanted().unwrap(), [RECORD]);
    mend(&world, &author);
    world.vault.settle_wanted(&RECORD).unwrap();
    assert!(world.vault.wanted().unwrap().is_empty());
    assert_eq!(world.vault.records_of(&SUBJECT).unwrap(), [RECORD]);
    assert!(
        world.vault.to_acknowledge().unwrap().is_empty(),
        "the chain knows"
    );
}

#[test]
fn a_lie_is_not_taken_for_the_record() {
    let (world, _) = damaged(|_, database| remove(database, "blobs", &RECORD.0));
    let refused = |outcome| matches!(outcome, Err(VaultError::Refused(Refusal::OfferNotOnChain)));
    let truth = world.sealed.ciphertext.clone();
    let mut altered = truth.clone();
    altered[0] ^= 1;
    let (other, _) = sealed(RECORD);
    for lie in [altered, truth[1..].to_vec(), vec![], other.ciphertext] {
        assert!(refused(world.vault.mend(&RECORD, lie)));
    }
    assert!(refused(world.vault.mend(&RecordId([9; 32]), truth.clone())));
    assert_eq!(found(&world), Some(Flaw::Ciphertext), "nothing was written");
    world.vault.mend(&RECORD, truth).unwrap();
    assert_eq!(found(&world), None);
}

#[test]
fn a_wrong_envelope_is_not_taken_for_the_key() {
    let own = village_secret().public();
    let (world, _) = damaged(|_, database| remove(database, "envelopes", &envelope_key(own)));
    let another_key = DataKey::generate().unwrap();
    let lies = [
        Envelope::at_rest(RECORD, &another_key, own).unwrap(),
        Envelope::at_rest(RecordId([9; 32]), &world.data_key, own).unwrap(),
        Envelope::at_rest(RECORD, &world.data_key, author_secret().public()).unwrap(),
    ];
    for lie in lies {
        assert!(matches!(
            world.vault.mend_envelope(&RECORD, lie),
            Err(VaultError::Refused(Refusal::BadEnvelope))
        ));
    }
    assert_eq!(found(&world), Some(Flaw::Envelope));
}

#[test]
fn a_key_is_wrapped_again_only_for_whoever_had_it_by_right() {
    let world = World::with_record();
    world.held_by_both();
    let ask = |peer| {
        let request = VaultRequest::Envelope { record: RECORD };
        world.vault.answer(peer, request)
    };
    let refused = VaultResponse::Refused(Refusal::NotAvailable);
    let VaultResponse::Envelope(envelope) = ask(AUTHOR) else {
        panic!("the author had it")
    };
    assert_eq!(envelope.open(&author_secret()).unwrap(), world.data_key);
    // A member that stands in, with ciphertext only.
    let mut chain = world.chain();
    chain.records.get_mut(&RECORD).unwrap().holders.push(CLINIC);
    drop(chain);
    assert_eq!(ask(CLINIC), refused);
    assert!(matches!(ask(VILLAGE), VaultResponse::Envelope(_)));
    // The subject moved: what the former home has, it keeps; it gets nothing anew.
    world.chain().homes.insert(SUBJECT, CLINIC);
    assert_eq!(ask(VILLAGE), refused);
    world.chain().records.get_mut(&RECORD).unwrap().state = RecordState::Erased;
    assert_eq!(ask(AUTHOR), refused);
}

#[test]
fn a_holder_fetches_and_a_stranger_does_not() {
    let world = World::with_record();
    world.held_by_both();
    let part = PartWanted {
        record: RECORD,
        offset: 0,
    };
    let ask = |peer| world.vault.answer(peer, VaultRequest::Fetch(part));
    assert_eq!(ask(CLINIC), VaultResponse::Refused(Refusal::NotAvailable));
    let mut chain = world.chain();
    chain.records.get_mut(&RECORD).unwrap().holders.push(CLINIC);
    drop(chain);
    assert!(matches!(ask(CLINIC), VaultResponse::Part(_)));
}

#[test]
fn whoever_asks_for_damage_makes_it_known() {
    let (world, _) = damaged(|_, database| remove(database, "blobs", &RECORD.0));
    assert!(world.vault.suspects().is_empty());
    let part = PartWanted {
        record: RECORD,
        offset: 0,
    };
    let answer = world.vault.answer(AUTHOR, VaultRequest::Fetch(part));
    assert_eq!(answer, VaultResponse::Refused(Refusal::Unavailable));
    assert_eq!(world.vault.suspects(), [RECORD].into());
    assert!(world.vault.suspects().is_empty(), "told once");
}
