//! I4: what is erased is gone from the disk too, leaves a receipt, and does not come back.

use crate::world::{AUTHOR, CLINIC, GENESIS, RECORD, VILLAGE, World, village_verifier};
use musubi_node_vault::{Refusal, VaultError, VaultRequest, VaultResponse};
use musubi_primitives::RecordState;
use std::path::Path;

fn order_erasure(world: &World) {
    world.chain().records.get_mut(&RECORD).unwrap().state = RecordState::Erased;
}

/// Whether any file of a directory holds these bytes.
fn lies_in(directory: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(directory).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        path.is_file()
            && std::fs::read(path)
                .unwrap()
                .windows(bytes.len())
                .any(|window| window == bytes)
    })
}

#[test]
fn nothing_is_erased_without_an_order() {
    let world = World::with_record();
    assert!(matches!(
        world.vault.erase(&RECORD),
        Err(VaultError::Refused(Refusal::NotAvailable))
    ));
    assert!(world.vault.store().ciphertext(&RECORD).unwrap().is_some());
}

#[test]
fn ciphertext_and_keys_leave_the_files_and_a_receipt_stays() {
    let world = World::with_record();
    let VaultResponse::Released(release) = world.read() else {
        panic!("no release")
    };
    let files = world.directory.path().join("vault");
    let at_rest = world
        .vault
        .store()
        .envelope(&RECORD, &crate::world::village_secret().public())
        .unwrap()
        .unwrap();
    let secrets = [
        &world.sealed.ciphertext[..],
        &at_rest.wrapped[..],
        &release.keys[0].envelope.wrapped[..],
    ];
    assert!(
        secrets.iter().all(|secret| lies_in(&files, secret)),
        "before the erasure the files hold them"
    );
    order_erasure(&world);
    let receipt = world.vault.erase(&RECORD).unwrap();
    assert!(receipt.verifies(&GENESIS, &village_verifier()));
    for secret in secrets {
        assert!(
            !lies_in(&files, secret),
            "bytes of the erased record still lie in the files"
        );
    }
}

#[test]
fn an_erased_record_is_neither_released_nor_taken_in_again_and_erasing_twice_is_harmless() {
    let world = World::with_record();
    order_erasure(&world);
    let receipt = world.vault.erase(&RECORD).unwrap();
    let again = world.vault.erase(&RECORD).unwrap();
    assert_eq!(again, receipt, "the one whose commitment the chain has");
    world.chain().records.get_mut(&RECORD).unwrap().state = RecordState::Stored;
    assert_eq!(
        world.offer(world.honest_offer()),
        VaultResponse::Refused(Refusal::Erased)
    );
    assert_eq!(world.read(), VaultResponse::Refused(Refusal::NotAvailable));
    assert!(
        world
            .vault
            .store()
            .holding(&RECORD)
            .unwrap()
            .unwrap()
            .erased
    );
}

#[test]
fn a_receipt_is_shown_to_those_who_kept_the_record_and_to_the_home() {
    let world = World::with_record();
    world.held_by_both();
    let ask = |peer| {
        let request = VaultRequest::ErasureReceipt { record: RECORD };
        world.vault.answer(peer, request)
    };
    let unknown = VaultResponse::Refused(Refusal::NotAvailable);
    assert_eq!(ask(AUTHOR), unknown, "nothing was erased");
    order_erasure(&world);
    let receipt = world.vault.erase(&RECORD).unwrap();
    for entitled in [AUTHOR, VILLAGE] {
        assert_eq!(
            ask(entitled),
            VaultResponse::ErasureReceipt(receipt.clone())
        );
    }
    assert_eq!(ask(CLINIC), unknown);
}

#[test]
fn a_backup_opens_as_a_vault_that_holds_the_same() {
    let world = World::with_record();
    let copy = world.directory.path().join("copy");
    world.vault.store().back_up(&copy).unwrap();
    let restored = world.open_copy(&copy);
    assert_eq!(
        restored.store().ciphertext(&RECORD).unwrap(),
        Some(world.sealed.ciphertext.clone())
    );
    assert!(restored.inspect(None, 8).unwrap().flaws.is_empty());
}

#[test]
fn the_keys_of_old_releases_are_forgotten_and_the_ticket_stays_used() {
    let world = World::with_record();
    assert!(matches!(world.read(), VaultResponse::Released(_)));
    let later = crate::world::NOW + musubi_node_vault::release::FETCH_WINDOW;
    world.vault.forget_old_releases(later).unwrap();
    assert_eq!(world.read(), VaultResponse::Refused(Refusal::TicketUsed));
}
