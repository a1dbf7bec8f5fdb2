//! I1 and I2 at the custodian's door.

use crate::world::{
    AUTHOR, CLINIC, GENESIS, NOW, RECORD, REQUEST, World, doctor, doctors_device, sealed, standing,
    village_secret, village_verifier,
};
use ed25519_dalek::SigningKey;
use musubi_client_sdk::sealing::{Envelope, SealedRecord};
use musubi_node_vault::{
    CLOCK_BEHIND_MAX, Refusal, STATE_AGE_MAX, VaultRequest, VaultResponse,
    exchange::{HeldRecord, Offer, Part, PartWanted, RecordsWanted, Redemption, Release},
    release::FETCH_WINDOW,
};
use musubi_primitives::{Category, CategorySet, MemberId, Pseudonym, RecordId, RecordState};

fn released(response: VaultResponse) -> Release {
    match response {
        VaultResponse::Released(release) => release,
        other => panic!("expected a release, got {other:?}"),
    }
}

fn fetch(world: &World, peer: MemberId) -> VaultResponse {
    world.vault.answer(
        peer,
        VaultRequest::Fetch(PartWanted {
            record: RECORD,
            offset: 0,
        }),
    )
}

#[test]
fn the_doctor_reads_byte_for_byte_what_the_author_sealed() {
    let world = World::with_record();
    let release = released(world.read());
    let VaultResponse::Part(Part { total, bytes }) = fetch(&world, CLINIC) else {
        panic!("no ciphertext")
    };
    assert_eq!(
        (total as usize, release.keys[0].bytes),
        (bytes.len(), total)
    );
    let received = SealedRecord {
        record: RECORD,
        commitment: release.keys[0].commitment,
        ciphertext: bytes,
    };
    let data_key = release.keys[0].envelope.open(&doctors_device()).unwrap();
    let opened = received
        .open(&world.sealed.ciphertext_hash(), &data_key)
        .unwrap();
    assert_eq!(
        opened.as_slice(),
        br#"{"note":"seen by nobody else","resourceType":"Immunization"}"#
    );
    assert!(release.receipt.verifies(&GENESIS, &village_verifier()));
}

#[test]
fn a_ticket_names_the_records_that_it_opens_here_and_no_others() {
    let world = World::with_record();
    let ask = |peer, after| {
        let wanted = RecordsWanted {
            request: REQUEST,
            after,
        };
        world.vault.answer(peer, VaultRequest::Records(wanted))
    };
    let named = HeldRecord {
        record: RECORD,
        category: Category::Immunization,
        author: AUTHOR,
    };
    assert_eq!(ask(CLINIC, None), VaultResponse::Records(vec![named]));
    assert_eq!(
        ask(CLINIC, Some(RECORD)),
        VaultResponse::Records(Vec::new())
    );
    assert_eq!(
        ask(AUTHOR, None),
        VaultResponse::Refused(Refusal::NotAvailable)
    );
    let other_class = CategorySet::of(&[Category::Growth]);
    world
        .chain()
        .tickets
        .entry(REQUEST)
        .and_modify(|ticket| ticket.categories = other_class);
    assert_eq!(ask(CLINIC, None), VaultResponse::Records(Vec::new()));
    world.chain().tickets.clear();
    assert_eq!(
        ask(CLINIC, None),
        VaultResponse::Refused(Refusal::NotAvailable)
    );
}

#[test]
fn no_ticket_no_release_and_another_members_ticket_is_none() {
    let world = World::with_record();
    let redemption = world.redemption(&doctor(), vec![RECORD]);
    let by_another = world
        .vault
        .answer(AUTHOR, VaultRequest::Redeem(redemption.clone()));
    assert_eq!(by_another, VaultResponse::Refused(Refusal::NotAvailable));
    world.chain().tickets.clear();
    assert_eq!(
        world.redeem(&redemption),
        VaultResponse::Refused(Refusal::NotAvailable)
    );
}

#[test]
fn a_withdrawal_kills_the_ticket_even_after_the_challenge() {
    let world = World::with_record();
    let redemption = world.redemption(&doctor(), vec![RECORD]);
    world.chain().tickets.remove(&REQUEST);
    assert_eq!(
        world.redeem(&redemption),
        VaultResponse::Refused(Refusal::NotAvailable)
    );
}

#[test]
fn a_ticket_dies_at_its_expiry_by_clock_or_by_block() {
    let world = World::with_record();
    let redemption = world.redemption(&doctor(), vec![RECORD]);
    world.chain().now = NOW + 60_000;
    world.chain().time = NOW + 59_999;
    assert_eq!(
        world.redeem(&redemption),
        VaultResponse::Refused(Refusal::TicketDead)
    );
    world.chain().now = NOW + 60_001 - CLOCK_BEHIND_MAX;
    world.chain().time = NOW + 60_000;
    assert_eq!(
        world.redeem(&redemption),
        VaultResponse::Refused(Refusal::TicketDead)
    );
}

#[test]
fn state_of_fifteen_seconds_is_too_old() {
    let world = World::with_record();
    let redemption = world.redemption(&doctor(), vec![RECORD]);
    world.chain().now = NOW + STATE_AGE_MAX;
    assert_eq!(
        world.redeem(&redemption),
        VaultResponse::Refused(Refusal::StateTooOld)
    );
    world.chain().now = NOW + STATE_AGE_MAX - 1;
    released(world.redeem(&redemption));
}

#[test]
fn a_clock_that_was_set_back_keeps_neither_state_nor_ticket_alive() {
    let world = World::with_record();
    let redemption = world.redemption(&doctor(), vec![RECORD]);
    let too_old = VaultResponse::Refused(Refusal::StateTooOld);
    // An hour back: this machine cannot say how old its state is.
    world.chain().now = NOW - NOW / 2;
    assert_eq!(world.redeem(&redemption), too_old);
    // Set back again and again, so that the newest block is always of this moment.
    world.chain().now = NOW;
    world.chain().held = STATE_AGE_MAX;
    assert_eq!(world.redeem(&redemption), too_old);
    // A ticket's minute goes on while the wall clock stands still.
    world.chain().now = NOW + 50_000;
    world.chain().time = NOW + 50_000;
    world.chain().held = 10_000;
    assert_eq!(
        world.redeem(&redemption),
        VaultResponse::Refused(Refusal::TicketDead)
    );
    world.chain().held = 9_999;
    released(world.redeem(&redemption));
}

#[test]
fn a_ticket_releases_a_record_once_and_a_lost_answer_can_be_had_again() {
    let world = World::with_record();
    let redemption = world.redemption(&doctor(), vec![RECORD]);
    let first = released(world.redeem(&redemption));
    assert_eq!(released(world.redeem(&redemption)), first);
    assert_eq!(world.read(), VaultResponse::Refused(Refusal::TicketUsed));
    let world = world.reopened();
    assert_eq!(world.read(), VaultResponse::Refused(Refusal::TicketUsed));
    assert_eq!(released(world.redeem(&redemption)), first);
}

#[test]
fn what_another_custodian_delivered_is_not_delivered_again() {
    let world = World::with_record();
    world.chain().records.get_mut(&RECORD).unwrap().delivered = true;
    assert_eq!(world.read(), VaultResponse::Refused(Refusal::TicketUsed));
}

#[test]
fn only_the_requesters_key_and_a_given_challenge_open_the_door() {
    let world = World::with_record();
    let colleague = SigningKey::from_bytes(&[99; 32]);
    let refused = world.redeem(&world.redemption(&colleague, vec![RECORD]));
    assert_eq!(refused, VaultResponse::Refused(Refusal::BadSignature));
    let old = world.redemption(&doctor(), vec![RECORD]);
    let new = world.redemption(&doctor(), vec![RECORD]);
    assert_eq!(
        world.redeem(&old),
        VaultResponse::Refused(Refusal::BadChallenge)
    );
    assert_eq!(
        world.redeem(&new),
        VaultResponse::Refused(Refusal::BadChallenge)
    );
    released(world.read());
}

#[test]
fn a_ticket_does_not_reach_another_subject_category_or_erased_record() {
    let world = World::with_record();
    let refused = VaultResponse::Refused(Refusal::NotAvailable);
    let honest = world.chain().records[&RECORD].clone();
    let with = |facts| {
        world.chain().records.insert(RECORD, facts);
        world.read()
    };
    assert_eq!(
        with(musubi_node_vault::RecordStanding {
            subject: Pseudonym([9; 32]),
            ..honest.clone()
        }),
        refused
    );
    assert_eq!(
        with(musubi_node_vault::RecordStanding {
            category: Category::Scale,
            ..honest.clone()
        }),
        refused
    );
    assert_eq!(
        with(musubi_node_vault::RecordStanding {
            state: RecordState::Erased,
            ..honest.clone()
        }),
        refused
    );
    released(with(honest));
}

#[test]
fn one_foreign_record_in_the_list_spoils_it_and_nothing_is_used_up() {
    let world = World::with_record();
    let (other, _) = sealed(RecordId([8; 32]));
    world
        .chain()
        .records
        .insert(RecordId([8; 32]), standing(&other));
    let both = world.redemption(&doctor(), vec![RECORD, RecordId([8; 32])]);
    assert_eq!(
        world.redeem(&both),
        VaultResponse::Refused(Refusal::NotAvailable)
    );
    released(world.read());
}

#[test]
fn a_second_record_may_follow_under_the_same_ticket() {
    let world = World::with_record();
    let id = RecordId([8; 32]);
    let (sealed, data_key) = sealed(id);
    world.chain().records.insert(id, standing(&sealed));
    let envelope = Envelope::at_rest(id, &data_key, village_secret().public()).unwrap();
    assert_eq!(
        world.offer(Offer {
            sealed,
            envelopes: vec![envelope]
        }),
        VaultResponse::Stored
    );
    released(world.read());
    released(world.redeem(&world.redemption(&doctor(), vec![id])));
    let both = world.redemption(&doctor(), vec![RECORD, id]);
    assert_eq!(
        world.redeem(&both),
        VaultResponse::Refused(Refusal::TicketUsed)
    );
}

#[test]
fn a_record_list_is_short_sorted_and_without_repetition() {
    let world = World::with_record();
    let lists = [
        vec![],
        vec![RECORD, RECORD],
        vec![RecordId([3; 32]), RECORD],
        (0..65).map(|i| RecordId([i; 32])).collect(),
    ];
    for records in lists {
        let redemption = Redemption {
            records,
            ..world.redemption(&doctor(), vec![RECORD])
        };
        assert_eq!(
            world.redeem(&redemption),
            VaultResponse::Refused(Refusal::BadRecordList)
        );
    }
}

#[test]
fn an_altered_list_of_records_does_not_pass_under_the_signature() {
    let world = World::with_record();
    world.chain().tickets.get_mut(&REQUEST).unwrap().categories = CategorySet::of(Category::ALL);
    let redemption = Redemption {
        records: vec![RecordId([1; 32]), RECORD],
        ..world.redemption(&doctor(), vec![RECORD])
    };
    assert_eq!(
        world.redeem(&redemption),
        VaultResponse::Refused(Refusal::BadSignature)
    );
}

#[test]
fn ciphertext_goes_to_holders_and_for_a_while_to_whom_the_key_was_released() {
    let world = World::with_record();
    assert!(matches!(fetch(&world, AUTHOR), VaultResponse::Part(_)));
    assert_eq!(
        fetch(&world, CLINIC),
        VaultResponse::Refused(Refusal::NotAvailable)
    );
    released(world.read());
    assert!(matches!(fetch(&world, CLINIC), VaultResponse::Part(_)));
    assert_eq!(
        fetch(&world, MemberId(6)),
        VaultResponse::Refused(Refusal::NotAvailable)
    );
    world.chain().now = NOW + FETCH_WINDOW;
    world.chain().time = NOW + FETCH_WINDOW;
    assert_eq!(
        fetch(&world, CLINIC),
        VaultResponse::Refused(Refusal::NotAvailable)
    );
}

#[test]
fn parts_put_together_are_the_whole_and_none_begins_beyond_its_end() {
    let world = World::with_record();
    let length = u32::try_from(world.sealed.ciphertext.len()).unwrap();
    let part = |offset| {
        world.vault.answer(
            AUTHOR,
            VaultRequest::Fetch(PartWanted {
                record: RECORD,
                offset,
            }),
        )
    };
    let VaultResponse::Part(rest) = part(10) else {
        panic!("no part")
    };
    assert_eq!(rest.bytes, world.sealed.ciphertext[10..]);
    let VaultResponse::Part(end) = part(length) else {
        panic!("no part")
    };
    assert!(end.bytes.is_empty());
    assert_eq!(
        part(length + 1),
        VaultResponse::Refused(Refusal::NotAvailable)
    );
}
