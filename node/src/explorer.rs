//! The explorer in a node: its index beside the chain, its routes on the operators' listener, its pages.

use crate::config::ExplorerConfig;
use async_trait::async_trait;
use axum::Router;
use codec::{Decode, Encode};
use musubi_client_sdk::proofs::Checkpoint;
use musubi_node_core::{
    pipeline::Pipeline,
    ports::{Clock, LocalFault},
};
use musubi_node_index::{
    ChainSource, Index, IndexError, Keeper,
    api::{Explorer, Place, routes},
};
use musubi_primitives::{
    AccountId, MemberId, MemberKind, Moment,
    finality::ValidatorSet,
    seams::{Actor, MemberFacts},
};
use std::{path::Path, sync::Arc};
use tokio::sync::{broadcast::error::RecvError, watch};

/// Members that are asked for, from 0 on; a consortium has far fewer, and numbers are never reused.
const MEMBERS_MAX: u32 = 10_000;
/// Numbers without an active member after which there are none.
const GAP_MAX: u32 = 32;

/// Opens the index and begins to keep it; gives the routes of its answers.
///
/// # Errors
/// A sentence that names the file, when it cannot be opened.
pub async fn open(
    config: &ExplorerConfig,
    data: &Path,
    chain: String,
    pipeline: &Pipeline,
    clock: Arc<dyn Clock>,
) -> Result<Router, String> {
    let file = data.join("explorer.sqlite");
    let genesis = genesis_of(pipeline).map_err(|fault| fault.to_string())?;
    let index = Index::open(&file, genesis.genesis)
        .await
        .map_err(|error| format!("explorer {}: {error}", file.display()))?;
    let keeper = Keeper::new(index, ChainSource(Arc::clone(pipeline.store())));
    tokio::spawn(keeper.clone().keep(tips(pipeline)?));
    let place = Node {
        pipeline: pipeline.clone(),
        clock,
        chain,
        genesis,
    };
    let explorer = Explorer {
        keeper,
        place: Arc::new(place),
        names: Arc::new(config.names()?),
    };
    Ok(Router::new().nest("/explorer/api", routes(explorer)))
}

/// Genesis as its reader trusts it.
///
/// # Errors
/// When the store has none.
pub fn genesis_of(pipeline: &Pipeline) -> Result<Checkpoint, LocalFault> {
    let validators: Option<ValidatorSet> = pipeline.store().validators(0)?;
    let validators = validators
        .ok_or_else(|| LocalFault::new("read the first validators", "the store has no genesis"))?;
    let genesis = musubi_node_core::ports::ConsensusHost::genesis(pipeline);
    Ok(Checkpoint::at_genesis(genesis, validators))
}

/// The newest height, as it grows.
fn tips(pipeline: &Pipeline) -> Result<watch::Receiver<u64>, String> {
    let tip = pipeline.store().tip().map_err(|fault| fault.to_string())?;
    let (sender, receiver) = watch::channel(tip.map_or(0, |(height, _)| height));
    let mut finalised = pipeline.finalised();
    tokio::spawn(async move {
        loop {
            match finalised.recv().await {
                Ok(block) => sender.send_replace(block.height),
                // The next block tells a higher tip; the keeper reads what lies between from the store.
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            };
        }
    });
    Ok(receiver)
}

/// The node that the explorer stands in.
struct Node {
    pipeline: Pipeline,
    clock: Arc<dyn Clock>,
    chain: String,
    genesis: Checkpoint,
}

#[async_trait]
impl Place for Node {
    fn genesis(&self) -> Checkpoint {
        self.genesis.clone()
    }

    fn chain(&self) -> String {
        self.chain.clone()
    }

    fn now(&self) -> Moment {
        self.clock.now()
    }

    async fn members(&self) -> Result<Vec<(MemberId, MemberKind)>, IndexError> {
        let pipeline = self.pipeline.clone();
        let members = self.read(move || members(&pipeline)).await?;
        Ok(members
            .into_iter()
            .map(|(id, facts)| (id, facts.kind))
            .collect())
    }

    async fn actor(&self, account: AccountId) -> Result<Option<Actor>, IndexError> {
        let pipeline = self.pipeline.clone();
        self.read(move || ask(&pipeline, "MusubiApi_actor", account))
            .await
    }
}

impl Node {
    /// Runs a read that calls into the runtime on the thread that has the stack for it.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> Result<T, LocalFault> + Send + 'static,
    ) -> Result<T, IndexError> {
        Ok(self.pipeline.reading().run(read).await??)
    }
}

/// Every active member. Needs the stack of a worker thread.
///
/// # Errors
/// When the newest state cannot be read.
pub fn members(pipeline: &Pipeline) -> Result<Vec<(MemberId, MemberFacts)>, LocalFault> {
    let mut members = Vec::new();
    let mut gap = 0;
    for id in (0..MEMBERS_MAX).map(MemberId) {
        let facts: Option<MemberFacts> = ask(pipeline, "MusubiApi_member", id)?;
        gap = if facts.is_some() { 0 } else { gap + 1 };
        members.extend(facts.map(|facts| (id, facts)));
        if gap > GAP_MAX {
            break;
        }
    }
    Ok(members)
}

fn ask<T: Decode>(
    pipeline: &Pipeline,
    function: &str,
    argument: impl Encode,
) -> Result<T, LocalFault> {
    let empty = || LocalFault::new("read the newest block", "the store is empty");
    let (_, tip) = pipeline.store().tip()?.ok_or_else(empty)?;
    let answer = pipeline
        .executor()
        .state_call_as(&tip, function, &argument.encode());
    answer.map_err(|error| LocalFault::new(format!("ask {function}"), error))
}
