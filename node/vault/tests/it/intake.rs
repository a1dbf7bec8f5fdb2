//! What a vault takes in: what the chain has committed to, and nothing else.

use crate::world::{RECORD, World, sealed, standing, village_secret};
use codec::Encode;
use musubi_client_sdk::sealing::{DataKey, Envelope, HpkeSecret};
use musubi_node_vault::{
    Limits, Refusal, VaultRequest, VaultResponse, exchange::MESSAGE_BYTES_MAX,
};
use musubi_primitives::{RecordId, RecordState, RequestId};

#[test]
fn a_committed_record_is_kept_and_waits_for_its_acknowledgement() {
    let world = World::with_record();
    assert_eq!(world.vault.to_acknowledge().unwrap(), [RECORD]);
    world.vault.acknowledged(&RECORD).unwrap();
    assert!(world.vault.to_acknowledge().unwrap().is_empty());
    let world = world.reopened();
    assert!(world.vault.to_acknowledge().unwrap().is_empty());
    assert_eq!(
        world.vault.store().ciphertext(&RECORD).unwrap(),
        Some(world.sealed.ciphertext.clone())
    );
}

#[test]
fn offering_again_changes_nothing() {
    let world = World::with_record();
    world.vault.acknowledged(&RECORD).unwrap();
    assert_eq!(world.offer(world.honest_offer()), VaultResponse::Stored);
    assert!(world.vault.to_acknowledge().unwrap().is_empty());
}

#[test]
fn what_the_chain_does_not_hold_is_refused() {
    let world = World::new();
    let refused = VaultResponse::Refused(Refusal::OfferNotOnChain);
    let mut altered = world.honest_offer();
    altered.sealed.ciphertext[0] ^= 1;
    assert_eq!(world.offer(altered), refused);
    let mut other = world.honest_offer();
    other.sealed.record = RecordId([9; 32]);
    assert_eq!(world.offer(other), refused);
    let (commitment_of_another, _) = sealed(RECORD);
    let mut swapped = world.honest_offer();
    swapped.sealed.commitment = commitment_of_another.commitment;
    assert_eq!(world.offer(swapped), refused);
    assert_eq!(world.vault.store().holding(&RECORD).unwrap(), None);
}

#[test]
fn a_lying_author_is_found_out_at_the_door() {
    let world = World::new();
    let refused = VaultResponse::Refused(Refusal::BadEnvelope);
    let with = |envelope| {
        let mut offer = world.honest_offer();
        offer.envelopes = vec![envelope];
        world.offer(offer)
    };
    let village = village_secret().public();
    let wrong_key = Envelope::at_rest(RECORD, &DataKey::generate().unwrap(), village).unwrap();
    assert_eq!(with(wrong_key), refused);
    let other_record = Envelope::at_rest(RecordId([9; 32]), &world.data_key, village).unwrap();
    assert_eq!(with(other_record), refused);
    let mut for_a_ticket = Envelope::at_rest(RECORD, &world.data_key, village).unwrap();
    for_a_ticket.request = Some(RequestId([1; 32]));
    assert_eq!(with(for_a_ticket), refused);
    let mut too_many = world.honest_offer();
    too_many.envelopes = vec![too_many.envelopes[0].clone(); 9];
    assert_eq!(world.offer(too_many), refused);
}

#[test]
fn a_stand_in_keeps_ciphertext_without_any_key() {
    let world = World::new();
    let mut offer = world.honest_offer();
    offer.envelopes.clear();
    assert_eq!(world.offer(offer), VaultResponse::Stored);
    assert_eq!(world.read(), VaultResponse::Refused(Refusal::NotAvailable));
}

#[test]
fn envelopes_of_others_are_kept_for_them() {
    let world = World::new();
    let guardian = HpkeSecret::from_bytes([40; 32]);
    let mut offer = world.honest_offer();
    offer
        .envelopes
        .push(Envelope::at_rest(RECORD, &world.data_key, guardian.public()).unwrap());
    world.offer(offer);
    let envelope = world
        .vault
        .store()
        .envelope(&RECORD, &guardian.public())
        .unwrap()
        .unwrap();
    assert_eq!(envelope.open(&guardian).unwrap(), world.data_key);
}

#[test]
fn a_phone_that_came_later_gets_its_own_envelope_and_an_erased_record_none() {
    let world = World::with_record();
    let phone = HpkeSecret::from_bytes([41; 32]);
    let envelope = world.vault.envelope_for(&RECORD, phone.public()).unwrap();
    let envelope = envelope.unwrap();
    assert_eq!(envelope.open(&phone).unwrap(), world.data_key);
    let again = world.vault.envelope_for(&RECORD, phone.public()).unwrap();
    assert_eq!(again, Some(envelope), "it is kept");
    world.chain().records.get_mut(&RECORD).unwrap().state = RecordState::Erased;
    world.vault.erase(&RECORD).unwrap();
    let gone = world.vault.envelope_for(&RECORD, phone.public()).unwrap();
    assert_eq!(gone, None);
}

#[test]
fn nothing_is_on_its_way_for_which_there_is_no_room() {
    let world = World::with_limits(Limits {
        author_bytes: 300,
        ..Limits::default()
    });
    let outgoing = |number: u8| {
        let (sealed, _) = sealed(RecordId([number; 32]));
        musubi_node_vault::Outgoing {
            offer: musubi_node_vault::exchange::Offer {
                sealed,
                envelopes: vec![],
            },
            subject: crate::world::SUBJECT,
            category: musubi_primitives::Category::Immunization,
            home: crate::world::VILLAGE,
        }
    };
    let length = outgoing(1).offer.sealed.ciphertext.len();
    let room = 300 / length;
    for number in 0..room {
        let staged = world.vault.stage(outgoing(u8::try_from(number).unwrap()));
        assert!(staged.is_ok());
    }
    assert!(
        world.vault.stage(outgoing(0)).is_ok(),
        "it is there already"
    );
    let full = world.vault.stage(outgoing(99));
    assert!(matches!(
        full,
        Err(musubi_node_vault::VaultError::Refused(Refusal::QuotaFull))
    ));
    assert_eq!(world.vault.outgoing().unwrap().len(), room);
    assert_eq!(world.vault.quota_refusals(), 1);
}

#[test]
fn an_author_fills_its_own_share_only() {
    let world = World::with_limits(Limits {
        author_bytes: 100,
        ..Limits::default()
    });
    assert!(
        world.sealed.ciphertext.len() > 50,
        "two of these records exceed the limit"
    );
    assert_eq!(world.offer(world.honest_offer()), VaultResponse::Stored);
    let (second, _) = sealed(RecordId([9; 32]));
    world
        .chain()
        .records
        .insert(RecordId([9; 32]), standing(&second));
    let offer = musubi_node_vault::exchange::Offer {
        sealed: second,
        envelopes: vec![],
    };
    assert_eq!(
        world.offer(offer.clone()),
        VaultResponse::Refused(Refusal::QuotaFull)
    );
    world
        .chain()
        .records
        .get_mut(&RecordId([9; 32]))
        .unwrap()
        .author = musubi_primitives::MemberId(6);
    assert_eq!(world.offer(offer), VaultResponse::Stored);
}

#[test]
fn an_erased_record_does_not_come_back() {
    let world = World::new();
    world.chain().records.get_mut(&RECORD).unwrap().state = RecordState::Erased;
    assert_eq!(
        world.offer(world.honest_offer()),
        VaultResponse::Refused(Refusal::Erased)
    );
}

#[test]
fn messages_read_back_and_garbage_is_refused() {
    let world = World::new();
    let message = VaultRequest::Offer(world.honest_offer());
    assert_eq!(
        VaultRequest::from_bytes(&message.encode()),
        Ok(message.clone())
    );
    let long = [message.encode(), vec![0]].concat();
    for garbage in [vec![], vec![7; 100], long, vec![0; MESSAGE_BYTES_MAX + 1]] {
        assert_eq!(VaultRequest::from_bytes(&garbage), Err(Refusal::Malformed));
    }
    let mut largest = world.honest_offer();
    largest.sealed.ciphertext = vec![0; musubi_client_sdk::sealing::RECORD_BYTES_MAX + 16];
    largest.envelopes = vec![largest.envelopes[0].clone(); 8];
    assert!(VaultRequest::Offer(largest).encode().len() <= MESSAGE_BYTES_MAX);
}
