//! The rules of the trail, one test each.

use super::*;
use frame_support::{derive_impl, traits::Hooks};
use musubi_primitives::{
    AccountId, MemberId, Moment, VerifyingKey,
    finality::{Validator, ValidatorSet},
    mountain_range::{LeafProof, MountainRange},
    seams::{Actor, MemberFacts, Trail as _},
};
use sp_runtime::{BuildStorage, traits::Header as _};
use std::collections::BTreeMap;

frame_support::construct_runtime!(
    pub enum Test { System: frame_system, Trail: crate }
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlock<Self>;
}

impl Config for Test {
    type Consortium = Village;
    type WeightInfo = ();
}

/// A consortium of one village whose clock shows the height.
#[derive(Debug)]
pub struct Village;

impl seams::Consortium for Village {
    fn actor(_: &AccountId) -> Option<Actor> {
        None
    }
    fn member(_: MemberId) -> Option<MemberFacts> {
        None
    }
    fn next_validators() -> ValidatorSet {
        let power = frame_system::Pallet::<Test>::block_number();
        ValidatorSet::new(vec![Validator {
            key: VerifyingKey([1; 32]),
            member: MemberId(0),
            power,
        }])
        .expect("one validator with power")
    }
    fn now() -> Moment {
        frame_system::Pallet::<Test>::block_number()
    }
    fn ticket_life() -> Moment {
        60_000
    }
}

fn externalities() -> sp_io::TestExternalities {
    frame_system::GenesisConfig::<Test>::default()
        .build_storage()
        .expect("an empty genesis builds")
        .into()
}

const CHILD: Pseudonym = Pseudonym([1; 32]);
const SIBLING: Pseudonym = Pseudonym([2; 32]);

fn switched(frozen: bool) -> TrailFact {
    TrailFact::FreezeSwitched { frozen }
}

type Header = sp_runtime::generic::Header<u64, sp_runtime::traits::BlakeTwo256>;

/// Runs one block with these facts and returns its header.
fn block(height: u64, parent: &Header, facts: &[(Pseudonym, bool)]) -> Header {
    System::initialize(&height, &parent.hash(), &Default::default());
    System::reset_events();
    Trail::on_initialize(height);
    for (subject, frozen) in facts {
        Trail::append(subject, switched(*frozen));
    }
    Trail::on_finalize(height);
    let rows = rows();
    let header = System::finalize();
    ROWS.with_borrow_mut(|all| all.insert(height, rows));
    header
}

std::thread_local! {
    static ROWS: std::cell::RefCell<BTreeMap<u64, Vec<TrailRow>>> = const { std::cell::RefCell::new(BTreeMap::new()) };
}

fn rows() -> Vec<TrailRow> {
    System::events()
        .into_iter()
        .filter_map(|record| match record.event {
            RuntimeEvent::Trail(Event::Row(row)) => Some(row),
            RuntimeEvent::Trail(Event::__Ignore(..)) | RuntimeEvent::System(_) => None,
        })
        .collect()
}

fn anchor(header: &Header) -> Anchor {
    let items = header.digest().logs();
    let [DigestItem::Consensus(ENGINE_ID, bytes)] = items else {
        panic!("one anchor, not {items:?}")
    };
    codec::Decode::decode(&mut &bytes[..]).expect("an anchor")
}

fn genesis() -> Header {
    Header::new(
        0,
        Default::default(),
        Default::default(),
        Default::default(),
        Default::default(),
    )
}

#[test]
fn t1_rows_are_numbered_without_gaps_and_bound_by_the_head() {
    externalities().execute_with(|| {
        let first = block(
            1,
            &genesis(),
            &[(CHILD, true), (SIBLING, true), (CHILD, false)],
        );
        block(2, &first, &[(CHILD, true)]);
        let all = ROWS.with_borrow(|rows| {
            rows.values()
                .flatten()
                .filter(|row| row.subject == CHILD)
                .cloned()
                .collect::<Vec<_>>()
        });
        assert_eq!(
            all.iter()
                .map(|row| (row.index, row.at))
                .collect::<Vec<_>>(),
            [(0, 1), (1, 1), (2, 2)]
        );
        let head = all
            .iter()
            .try_fold(TrailHead::start(&CHILD), |head, row| head.after(row));
        assert_eq!(head, Some(Trail::head(&CHILD)));
        assert_eq!(Trail::head(&SIBLING).count, 1);
    });
}

#[test]
fn t2_the_trail_root_commits_to_exactly_the_rows_of_its_block() {
    externalities().execute_with(|| {
        let first = block(1, &genesis(), &[(CHILD, true), (SIBLING, false)]);
        let second = block(2, &first, &[]);
        let rows = ROWS.with_borrow(|all| all[&1].clone());
        assert_eq!(anchor(&first).trail_rows, 2);
        assert_eq!(
            anchor(&first).trail_root,
            MountainRange::over(rows.iter().map(TrailRow::leaf)).root()
        );
        assert_eq!(
            (anchor(&second).trail_rows, anchor(&second).trail_root),
            (0, MountainRange::default().root())
        );
    });
}

#[test]
fn t3_every_earlier_header_is_proved_by_the_newest_anchor() {
    externalities().execute_with(|| {
        let mut headers = vec![genesis()];
        for height in 1..=9 {
            headers.push(block(
                height,
                headers.last().expect("genesis is there"),
                &[],
            ));
        }
        let newest = anchor(&headers[9]);
        let mut nodes = BTreeMap::new();
        let mut range = MountainRange::default();
        for header in &headers[..9] {
            range.append(leaf_hash(header.hash().as_ref()), |position, hash| {
                nodes.insert(position, hash);
            });
        }
        assert_eq!(range.root(), newest.history_root);
        for (index, header) in (0..).zip(&headers[..9]) {
            let proof = LeafProof::build(9, index, |position| nodes.get(&position).copied())
                .expect("all nodes are kept");
            assert!(proof.verifies(&newest.history_root, &leaf_hash(header.hash().as_ref())));
        }
    });
}

#[test]
fn t4_the_anchor_names_the_next_validators() {
    externalities().execute_with(|| {
        let first = block(1, &genesis(), &[]);
        let at_first = <Village as seams::Consortium>::next_validators().hash();
        let second = block(2, &first, &[]);
        let at_second = <Village as seams::Consortium>::next_validators().hash();
        assert_eq!(
            (
                anchor(&first).next_validators,
                anchor(&second).next_validators
            ),
            (at_first, at_second)
        );
        assert_ne!(at_first, at_second);
    });
}
