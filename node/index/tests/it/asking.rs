//! Filters, order, pages, search, lists and exports.

use crate::village::{Village, child, story};
use codec::Encode;
use frame_system::{EventRecord, Phase};
use futures::TryStreamExt;
use musubi_node_index::{Asked, EventLine, Found, Order, Outcome};
use musubi_primitives::MemberId;
use musubi_runtime::RuntimeEvent;
use pallet_consortium::{Event as Consortium, proposal::Action};
use serde_json::json;
use sp_core::H256;

async fn kinds(village: &Village, asked: Asked) -> Vec<String> {
    let page = village.index().page(&asked).await.unwrap();
    page.events.into_iter().map(|event| event.kind).collect()
}

#[tokio::test]
async fn every_filter_leaves_what_it_names_and_nothing_else() {
    let village = Village::over(story()).await;
    let denials = ["access-denied", "access-denied"];
    let by = |asked| kinds(&village, asked);
    assert_eq!(
        by(Asked {
            failed: true,
            ..Asked::default()
        })
        .await,
        denials
    );
    assert_eq!(
        by(Asked {
            outcome: Some(Outcome::Denied),
            ..Asked::default()
        })
        .await,
        denials
    );
    assert_eq!(
        by(Asked {
            kind: Some("enrolled,access-permitted".to_owned()),
            ..Asked::default()
        })
        .await,
        ["access-permitted", "enrolled"]
    );
    assert_eq!(
        by(Asked {
            member: Some(4),
            ..Asked::default()
        })
        .await,
        ["access-denied"]
    );
    assert_eq!(
        by(Asked {
            member: Some(5),
            failed: true,
            ..Asked::default()
        })
        .await,
        ["access-denied"]
    );
    assert_eq!(
        by(Asked {
            purpose: Some("checkup".to_owned()),
            ..Asked::default()
        })
        .await,
        ["access-denied"]
    );
    assert_eq!(
        by(Asked {
            about: Some(child(2).to_string()),
            ..Asked::default()
        })
        .await,
        ["access-denied"]
    );
    assert_eq!(
        by(Asked {
            about: Some(child(1).to_string()),
            member: Some(5),
            failed: true,
            ..Asked::default()
        })
        .await,
        ["access-denied"]
    );
    assert_eq!(
        by(Asked {
            from: Some(3_000),
            ..Asked::default()
        })
        .await
        .len(),
        3
    );
    assert_eq!(
        by(Asked {
            until: Some(2_000),
            ..Asked::default()
        })
        .await,
        ["enrolled"]
    );
    assert_eq!(
        by(Asked {
            first_height: Some(2),
            last_height: Some(2),
            ..Asked::default()
        })
        .await,
        denials
    );
    assert_eq!(
        by(Asked {
            without_grant: true,
            ..Asked::default()
        })
        .await,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn pages_follow_one_another_in_either_order_without_gap_or_repetition() {
    let village = Village::over(story()).await;
    for order in [Order::Newest, Order::Oldest] {
        let mut asked = Asked {
            order,
            limit: Some(2),
            ..Asked::default()
        };
        let mut ids = Vec::new();
        loop {
            let page = village.index().page(&asked).await.unwrap();
            assert_eq!((page.matches, page.more), (6, false));
            ids.extend(page.events.iter().map(|event| event.id));
            let Some(next) = page.next else { break };
            asked.after = Some(next.to_string());
        }
        let mut sorted = ids.clone();
        sorted.sort();
        if order == Order::Newest {
            sorted.reverse();
        }
        assert_eq!((ids.len(), ids), (6, sorted));
    }
}

#[tokio::test]
async fn an_export_has_all_that_the_filter_leaves() {
    let village = Village::over(story()).await;
    let asked = Asked {
        failed: true,
        limit: Some(1),
        ..Asked::default()
    };
    let exported: Vec<EventLine> = village.index().export(asked).try_collect().await.unwrap();
    assert_eq!(exported.len(), 2);
}

#[tokio::test]
async fn a_number_is_found_as_whatever_it_is() {
    let village = Village::over(story()).await;
    let index = village.index();
    assert_eq!(
        index.search("2").await.unwrap(),
        [Found::Block { height: 2 }]
    );
    assert_eq!(
        index.search(" 4 ").await.unwrap(),
        [Found::Block { height: 4 }, Found::Member { member: 4 }]
    );
    let subject = child(1).to_string();
    assert_eq!(
        index.search(&subject[2..]).await.unwrap(),
        [
            Found::Extrinsic { height: 1 },
            Found::Subject {
                subject: subject.clone()
            },
        ]
    );
    let consent = format!("0x{}", hex::encode([31; 32]));
    assert!(
        index
            .search(&consent)
            .await
            .unwrap()
            .contains(&Found::Consent { consent })
    );
    assert!(
        index
            .search("小さな村")
            .await
            .unwrap_err()
            .to_string()
            .contains("64 hexadecimal digits")
    );
}

#[tokio::test]
async fn questions_that_make_no_sense_say_what_is_expected() {
    let village = Village::over(story()).await;
    for (asked, expected) in [
        (
            Asked {
                limit: Some(0),
                ..Asked::default()
            },
            "1 to 200",
        ),
        (
            Asked {
                about: Some("0x12' OR 1".to_owned()),
                ..Asked::default()
            },
            "64 hexadecimal digits",
        ),
        (
            Asked {
                after: Some("last".to_owned()),
                ..Asked::default()
            },
            "such as 12-3",
        ),
    ] {
        let error = village.index().page(&asked).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn lists_and_figures_tell_the_same_story() {
    let village = Village::over(story()).await;
    let figures = village.index().figures().await.unwrap();
    assert_eq!(
        (figures.permitted, figures.denied, figures.without_grant),
        (1, 2, 0)
    );
    assert_eq!((figures.consents_in_force, figures.days.len()), (1, 1));
    let consents = village.index().consents(Some("effective")).await.unwrap();
    assert_eq!((consents.len(), consents[0].recipient), (1, 5));
    assert_eq!(village.index().blocks(None).await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_proposal_says_what_is_proposed_and_whom_it_concerns() {
    let blocks = story();
    let height = blocks.add(Vec::new());
    let proposed = EventRecord::<RuntimeEvent, H256> {
        phase: Phase::ApplyExtrinsic(1),
        event: RuntimeEvent::Consortium(Consortium::Proposed {
            proposal: 6,
            by: MemberId(0),
        }),
        topics: Vec::new(),
    };
    if let Some(block) = blocks.0.lock().unwrap().last_mut() {
        block.events = vec![proposed].encode();
        block.actions.insert(0, Action::CancelSpec);
        block.actions.insert(1, Action::Suspend(MemberId(3)));
    }
    let village = Village::over(blocks).await;
    let proposals = village.index().proposals().await.unwrap();
    let action = json!({"suspend": {"member": 3}});
    assert_eq!((proposals.len(), &proposals[0].action), (1, &action));
    let of_the_suspended = Asked {
        member: Some(3),
        first_height: Some(height),
        ..Asked::default()
    };
    assert_eq!(kinds(&village, of_the_suspended).await, ["proposed"]);
}
