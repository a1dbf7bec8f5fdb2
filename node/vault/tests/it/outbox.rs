//! What is on its way survives the end of the process, and an erasure takes it too.

use crate::world::{RECORD, SUBJECT, VILLAGE, World};
use musubi_node_vault::Outgoing;
use musubi_primitives::{Category, RecordState};

fn outgoing(world: &World) -> Outgoing {
    Outgoing {
        offer: world.honest_offer(),
        subject: SUBJECT,
        category: Category::Immunization,
        home: VILLAGE,
    }
}

#[test]
fn an_outgoing_record_is_there_after_a_restart_until_it_is_settled() {
    let world = World::new();
    let staged = outgoing(&world);
    assert_eq!(world.vault.stage(staged.clone()).unwrap(), staged);
    let world = world.reopened();
    assert_eq!(world.vault.outgoing().unwrap(), [staged]);
    world.vault.settle(&RECORD).unwrap();
    assert!(world.reopened().vault.outgoing().unwrap().is_empty());
}

#[test]
fn an_erasure_takes_the_outgoing_copy_too() {
    let world = World::with_record();
    world.vault.stage(outgoing(&world)).unwrap();
    world
        .chain()
        .records
        .entry(RECORD)
        .and_modify(|standing| standing.state = RecordState::Erased);
    world.vault.erase(&RECORD).unwrap();
    assert!(world.vault.outgoing().unwrap().is_empty());
}

#[test]
fn an_entry_that_is_there_counts_and_is_not_replaced() {
    let world = World::new();
    let first = world.vault.stage(outgoing(&world)).unwrap();
    let (sealed_again, _) = crate::world::sealed(RECORD);
    let mut second = outgoing(&world);
    second.offer.sealed = sealed_again;
    assert_ne!(second, first);
    assert_eq!(world.vault.stage(second).unwrap(), first);
    assert_eq!(world.vault.staged(&RECORD).unwrap(), Some(first));
}
