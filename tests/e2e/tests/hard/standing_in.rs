//! A village that is away while a record of its child is written: another village stands in, with ciphertext and no key, until it is back.

use crate::{
    bedside::{day, dose},
    damage::Disk,
    moving::{by_statute, sorted},
    people::{Home, patient},
    world::{AT_CLINIC, AT_RUSUTSU, BLOCKS_MAX, CLINIC, RUSUTSU, World},
};
use musubi_primitives::{MemberId, Pseudonym, RecordId, RecordState, view::RecordView};

#[tokio::test(flavor = "multi_thread")]
async fn another_village_stands_in_with_ciphertext_only_until_the_home_is_back() {
    let mut world = World::open().await;
    let chart = patient("away", "見本　away", &day(-120));
    let subject = Home::rusutsu(&world).child(&chart).await;
    world.until_level(AT_CLINIC).await;
    world.consortium.node(AT_RUSUTSU).process.kill();

    let clinic = world.staff("yotei-clinic", "doctor", AT_CLINIC);
    let given = dose("away", "PCV20", &day(-1), "L1");
    let record = clinic.record(&subject, &given).await;
    let view = until_stored_without_home(&world, &record).await;
    let stand_in = stand_in(&view);
    it_has_no_key(&mut world, stand_in, &record).await;

    world.consortium.node(AT_RUSUTSU).process.restart();
    let height = world.consortium.rpc(AT_CLINIC).await.height().await;
    let back = world.consortium.rpc(AT_RUSUTSU).await;
    back.wait_for_height(height).await;
    let view = world.until_stored(&record).await;
    assert!(view.holders.contains(&stand_in), "it keeps what it has");
    its_home_opens_it(&world, subject, &given.to_string()).await;
    world.tells_nothing().await;
}

/// Follows the clinic's chain until two holders have the record.
async fn until_stored_without_home(world: &World, record: &RecordId) -> RecordView {
    let rpc = world.consortium.rpc(AT_CLINIC).await;
    for _ in 0..BLOCKS_MAX {
        let view: Option<RecordView> = world.read_at(AT_CLINIC, "MusubiApi_record", record).await;
        if let Some(view) = view.filter(|view| view.state == RecordState::Stored) {
            return view;
        }
        rpc.wait_for_height(rpc.height().await + 1).await;
    }
    panic!("nobody stood in for record {record}")
}

/// The one holder beside the author, which is another village than the home.
fn stand_in(view: &RecordView) -> MemberId {
    let others: Vec<MemberId> = view
        .holders
        .iter()
        .copied()
        .filter(|holder| *holder != CLINIC)
        .collect();
    let [stand_in] = others[..] else {
        panic!("author and one stand-in hold it: {view:?}")
    };
    assert!(view.holders.contains(&CLINIC) && stand_in != view.home);
    stand_in
}

/// The stand-in's own disk has the very ciphertext of the record and not one envelope of its key; the author's has both.
async fn it_has_no_key(world: &mut World, stand_in: MemberId, record: &RecordId) {
    let place = usize::try_from(stand_in.0).unwrap();
    let mut kept = Vec::new();
    for place in [place, AT_CLINIC] {
        world.consortium.node(place).process.kill();
        let disk = Disk::of(world, place);
        kept.push((
            disk.count_below("blobs", record),
            disk.count_below("envelopes", record),
        ));
    }
    for place in [place, AT_CLINIC] {
        world.consortium.node(place).process.restart();
    }
    let [(blobs, envelopes), (of_author, keys_of_author)] = kept[..] else {
        panic!("two disks")
    };
    assert_eq!((blobs, envelopes), (1, 0), "ciphertext only");
    assert!(of_author == 1 && 0 < keys_of_author, "the author has keys");
}

async fn its_home_opens_it(world: &World, subject: Pseudonym, given: &str) {
    let nurse = world.staff("rusutsu", "nurse", AT_RUSUTSU);
    let read = nurse.read(RUSUTSU, &by_statute(subject)).await.unwrap();
    assert_eq!(sorted(read), [given]);
}
