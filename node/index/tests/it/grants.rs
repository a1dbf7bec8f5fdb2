//! Row by row the index judges as the SDK does over whole trails.

use crate::village::{Blocks, Village, child, effective, permitted, proposed};
use musubi_client_sdk::proofs::trail::audit;
use musubi_node_index::Asked;
use musubi_primitives::{ConsentId, Ending, MemberId, RecordId, RequestId, trail::TrailFact};
use proptest::prelude::*;

fn fact() -> impl Strategy<Value = TrailFact> {
    let (consent, member, request) = (0u8..2, 4u32..6, 0u8..4);
    prop_oneof![
        (consent.clone(), member.clone()).prop_map(|(consent, member)| proposed(consent, member)),
        consent.clone().prop_map(effective),
        (consent.clone(), any::<bool>()).prop_map(|(consent, paused)| TrailFact::ConsentPaused {
            consent: ConsentId([consent; 32]),
            paused
        }),
        consent.clone().prop_map(|consent| TrailFact::ConsentEnded {
            consent: ConsentId([consent; 32]),
            ending: Ending::Withdrawn
        }),
        (request.clone(), member, consent)
            .prop_map(|(request, member, consent)| permitted(request, member, consent)),
        request.prop_map(|request| TrailFact::Delivered {
            request: RequestId([request; 32]),
            record: RecordId([9; 32]),
            custodian: MemberId(0)
        }),
    ]
}

/// Rows that lack a grant, as the index has them.
async fn without_grant(blocks: &Blocks) -> Vec<u64> {
    let village = Village::over(blocks.clone()).await;
    let asked = Asked {
        without_grant: true,
        limit: Some(200),
        ..Asked::default()
    };
    let page = village.index().page(&asked).await.unwrap();
    let mut rows: Vec<u64> = page.events.iter().filter_map(|event| event.row).collect();
    rows.sort_unstable();
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_index_and_the_sdk_find_the_same_reads_without_a_grant(facts in proptest::collection::vec(fact(), 1..24)) {
        let blocks = Blocks::default();
        for fact in facts {
            blocks.add(vec![(child(1), fact)]);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let found = runtime.block_on(without_grant(&blocks));
        prop_assert_eq!(found, audit(&blocks.rows()).without_grant);
    }
}
