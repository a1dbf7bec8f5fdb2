//! A client that submits one transaction after the other to one node, waits for each to become final, and writes down what it saw and when.

use codec::Encode;
use ed25519_dalek::SigningKey;
use musubi_client_sdk::{
    calls::consortium,
    extrinsics::{ChainContext, Extrinsic, Mortality, account_of, prepare},
};
use musubi_tests_support::{
    Rpc,
    history::{Call, Operation, Place},
    rpc::{DEADLINE, parse_height},
};
use serde_json::{Value, json};
use std::time::Instant;
use tokio::time::timeout;

/// A proposal that nobody opens: voting on it is refused by the runtime, and the refusal is final as any call is.
const NO_PROPOSAL: u32 = u32::MAX;

/// One client of one node.
pub(crate) struct Client {
    pub(crate) number: usize,
    pub(crate) node: usize,
    pub(crate) address: String,
    pub(crate) key: SigningKey,
    /// The clock of all clients.
    pub(crate) clock: Instant,
}

/// A node that went away; the client connects again.
#[derive(Debug)]
pub(crate) struct Gone;

impl Client {
    /// Submits this many transactions, whatever happens to the node meanwhile.
    pub(crate) async fn submit(self, transactions: usize) -> Vec<Operation> {
        let mut history = Vec::new();
        for _ in 0..transactions {
            let rpc = Rpc::connect(&self.address).await;
            let Ok(extrinsic) = self.next(&rpc).await else {
                continue;
            };
            let asked = self.now();
            let place = timeout(DEADLINE, self.finalise(&rpc, &extrinsic)).await;
            let place = place
                .unwrap_or_else(|_| panic!("node {} lives and finalises nothing", self.node))
                .ok();
            history.push(self.operation(asked, Call::Submit(name(&extrinsic.hash()), place)));
            let asked = self.now();
            if let Ok(tip) = rpc.call("chain_getHeader", &[]).await {
                history.push(self.operation(asked, Call::Tip(parse_height(&tip))));
            }
        }
        history
    }

    fn operation(&self, asked: u64, call: Call) -> Operation {
        Operation {
            client: self.number,
            node: self.node,
            asked,
            answered: self.now(),
            call,
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.clock.elapsed().as_micros()).unwrap()
    }

    /// The account's next transaction.
    async fn next(&self, rpc: &Rpc) -> Result<Extrinsic, Gone> {
        let chain = chain_context(rpc).await?;
        let account = account_of(&self.key).to_string();
        let nonce = ask(rpc, "system_accountNextIndex", &[json!(account)]).await?;
        Ok(transaction(&chain, &self.key, small(&nonce)))
    }

    /// Submits, waits until it is final, and looks up where.
    async fn finalise(&self, rpc: &Rpc, extrinsic: &Extrinsic) -> Result<Place, Gone> {
        let bytes = json!(format!("0x{}", hex::encode(&extrinsic.bytes)));
        let mut news = rpc
            .try_subscribe(
                "author_submitAndWatchExtrinsic",
                &[bytes],
                "author_unwatchExtrinsic",
            )
            .await
            .map_err(|_| Gone)?;
        loop {
            let update = news.next().await.ok_or(Gone)?.map_err(|_| Gone)?;
            if let Some(block) = update.get("finalized") {
                let found = transactions(rpc, block.clone()).await?;
                let sought = name(&extrinsic.hash());
                let place = found.into_iter().find(|(tx, _)| *tx == sought);
                return Ok(place.expect("the block named holds the transaction").1);
            }
        }
    }
}

/// What a node says of its chain, for whoever signs.
pub(crate) async fn chain_context(rpc: &Rpc) -> Result<ChainContext, Gone> {
    let version = ask(rpc, "state_getRuntimeVersion", &[]).await?;
    let genesis = ask(rpc, "chain_getBlockHash", &[0.into()]).await?;
    Ok(ChainContext {
        genesis: genesis.as_str().unwrap().parse().unwrap(),
        spec_version: small(&version["specVersion"]),
        transaction_version: small(&version["transactionVersion"]),
    })
}

/// A key's transaction with a nonce.
pub(crate) fn transaction(chain: &ChainContext, key: &SigningKey, nonce: u32) -> Extrinsic {
    let call = consortium::vote(NO_PROPOSAL, true);
    let unsigned = prepare(chain, account_of(key), nonce, Mortality::Immortal, call);
    unsigned.sign(key).unwrap()
}

fn small(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap()).unwrap()
}

/// Everything that a node holds, block by block, for the judgement at the end.
pub(crate) async fn holdings(rpc: &Rpc, tip: u64) -> Vec<(String, Place)> {
    let mut all = Vec::new();
    for height in 1..=tip {
        let hash = rpc.hash_at(height).await;
        let held = transactions(rpc, hash).await;
        all.extend(held.expect("a healed node answers"));
    }
    all
}

async fn transactions(rpc: &Rpc, block: Value) -> Result<Vec<(String, Place)>, Gone> {
    let block = ask(rpc, "chain_getBlock", &[block]).await?;
    let height = parse_height(&block["block"]["header"]);
    let extrinsics = block["block"]["extrinsics"].as_array().unwrap();
    let named = extrinsics.iter().map(|text| {
        let bytes = hex::decode(&text.as_str().unwrap()[2..]).unwrap();
        name(&Extrinsic { bytes }.hash())
    });
    Ok(named.zip((0..).map(|index| (height, index))).collect())
}

async fn ask(rpc: &Rpc, method: &str, params: &[Value]) -> Result<Value, Gone> {
    rpc.call(method, params).await.map_err(|_| Gone)
}

fn name(hash: &[u8; 32]) -> String {
    hex::encode(hash.encode())
}
