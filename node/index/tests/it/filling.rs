//! Filling: from the first block on, after a stop, after damage, and anew.

use crate::village::{Blocks, GENESIS, Village, child, denied, story};
use musubi_node_index::{Asked, Index};
use musubi_primitives::{BlockHash, Purpose};
use tempfile::TempDir;

#[tokio::test]
async fn what_was_written_before_a_stop_is_not_written_twice() {
    let first = Village::over(story()).await;
    let (blocks, folder) = (first.blocks.clone(), TempDir::new().unwrap());
    for name in ["explorer.sqlite", "explorer.sqlite-wal"] {
        // A copy under the open database, as a killed process leaves it.
        std::fs::copy(first.folder.path().join(name), folder.path().join(name)).unwrap();
    }
    blocks.add(vec![(child(3), denied(40, 4, Purpose::Checkup))]);
    let second = Village::in_folder(blocks, folder).await;
    let page = second.index().page(&Asked::default()).await.unwrap();
    assert_eq!(page.matches, 7);
}

#[tokio::test]
async fn a_new_block_comes_in_by_itself_and_is_told() {
    let village = Village::over(story()).await;
    let mut live = village.keeper.live();
    village
        .blocks
        .add(vec![(child(3), denied(40, 4, Purpose::Checkup))]);
    village.caught_up().await;
    let told = live.recv().await.unwrap();
    assert_eq!((told.height, told.events), (5, 1));
}

#[tokio::test]
async fn rebuilding_gives_the_same_again() {
    let village = Village::over(story()).await;
    let before = village.index().page(&Asked::default()).await.unwrap();
    village.keeper.rebuild();
    village.caught_up().await;
    let after = village.index().page(&Asked::default()).await.unwrap();
    let ids = |page: &musubi_node_index::Page| -> Vec<_> {
        page.events.iter().map(|event| event.id).collect()
    };
    assert_eq!(ids(&before), ids(&after));
}

#[tokio::test]
async fn an_index_says_where_it_begins_and_does_not_call_earlier_grants_missing() {
    let cut = Blocks(story().0, 4);
    let village = Village::over(cut).await;
    assert_eq!(village.keeper.progress().borrow().first, 4);
    let page = village.index().page(&Asked::default()).await.unwrap();
    assert_eq!(page.events[0].grant, "before-index");
    assert_eq!(village.index().figures().await.unwrap().without_grant, 0);
}

#[tokio::test]
async fn another_chains_index_is_emptied() {
    let village = Village::over(story()).await;
    let file = village.folder.path().join("explorer.sqlite");
    village.index().close().await;
    let same = Index::open(&file, GENESIS).await.unwrap();
    assert_eq!(same.page(&Asked::default()).await.unwrap().matches, 6);
    same.close().await;
    let other = Index::open(&file, BlockHash([8; 32])).await.unwrap();
    assert_eq!(other.page(&Asked::default()).await.unwrap().matches, 0);
}
