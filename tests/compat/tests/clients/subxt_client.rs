//! `subxt` with dynamic values and a signer of twelve lines.

use ed25519_dalek::{Signer as _, SigningKey};
use sp_core::Blake2Hasher;
use sp_state_machine::{StorageProof, read_proof_check};
use subxt::{
    OnlineClient, SubstrateConfig,
    config::Header as _,
    dynamic::{self, Value},
    ext::subxt_rpcs::{RpcClient, client::rpc_params},
    tx::Signer,
    utils::{AccountId32, H256, MultiSignature},
};

struct Operator(SigningKey);

impl Signer<SubstrateConfig> for Operator {
    fn account_id(&self) -> AccountId32 {
        AccountId32(self.0.verifying_key().to_bytes())
    }

    fn sign(&self, payload: &[u8]) -> MultiSignature {
        MultiSignature::Ed25519(self.0.sign(payload).to_bytes())
    }
}

#[derive(serde::Deserialize)]
struct ReadProof {
    proof: Vec<String>,
}

fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text.trim_start_matches("0x")).expect("the node answers in hexadecimal")
}

/// Tells the story.
pub(crate) async fn run(url: String, operator: SigningKey) {
    let rpc = RpcClient::from_url(&url).await.expect("the node listens");
    let api = OnlineClient::<SubstrateConfig>::from_rpc_client(rpc.clone())
        .await
        .expect("subxt connects");
    let operator = Operator(operator);
    // A key that nobody has registered: the operator's own account key.
    let node = operator.account_id().0;
    let call = |name| dynamic::tx("Consortium", name, vec![("node", Value::from_bytes(node))]);

    let nonce = api
        .tx()
        .account_nonce(&operator.account_id())
        .await
        .expect("the operator has an account");
    let submitted = api
        .tx()
        .sign_and_submit_then_watch_default(&call("register_node"), &operator)
        .await
        .expect("accepted");
    let in_block = submitted.wait_for_finalized().await.expect("finalised");
    let block = in_block.block_hash();
    let events = in_block
        .wait_for_success()
        .await
        .expect("the call succeeds");
    let names: Vec<_> = events
        .iter()
        .map(|event| event.expect("events decode").variant_name().to_owned())
        .collect();
    assert!(names.contains(&"NodeRegistered".to_owned()), "{names:?}");
    assert_eq!(
        api.tx()
            .account_nonce(&operator.account_id())
            .await
            .expect("still there"),
        nonce + 1
    );

    let query = dynamic::storage("Consortium", "Nodes", vec![Value::from_bytes(node)]);
    let value = api
        .storage()
        .at(block)
        .fetch(&query)
        .await
        .expect("state is readable")
        .expect("registered");
    let key = api
        .storage()
        .address_bytes(&query)
        .expect("the metadata names the key");
    check_proof(&api, &rpc, block, &key, value.encoded()).await;
    follow_heads(&api).await;

    let submit = |name| {
        let (api, operator, call) = (&api, &operator, call(name));
        async move {
            api.tx()
                .sign_and_submit_then_watch_default(&call, operator)
                .await?
                .wait_for_finalized_success()
                .await
        }
    };
    submit("withdraw_node")
        .await
        .expect("the node is withdrawn");
    let twice = submit("withdraw_node")
        .await
        .expect_err("withdrawing twice fails")
        .to_string();
    assert!(
        twice.contains("Consortium"),
        "the error names the pallet: {twice}"
    );
}

/// The node's proof leads from the header's state root to the very value read.
async fn check_proof(
    api: &OnlineClient<SubstrateConfig>,
    rpc: &RpcClient,
    block: H256,
    key: &[u8],
    value: &[u8],
) {
    let keys = [format!("0x{}", hex::encode(key))];
    let answer: ReadProof = rpc
        .request("state_getReadProof", rpc_params![keys, block])
        .await
        .expect("a proof");
    let root = api
        .blocks()
        .at(block)
        .await
        .expect("the block is there")
        .header()
        .state_root;
    let proof = StorageProof::new(answer.proof.iter().map(|node| unhex(node)));
    let root = sp_core::H256(root.0);
    let proved = read_proof_check::<Blake2Hasher, _>(root, proof, [key]).expect("the proof holds");
    assert_eq!(proved.get(key), Some(&Some(value.to_vec())));
}

async fn follow_heads(api: &OnlineClient<SubstrateConfig>) {
    let mut heads = api
        .blocks()
        .subscribe_finalized()
        .await
        .expect("heads can be followed");
    let mut parent: Option<(u64, H256)> = None;
    for _ in 0..3 {
        let head = heads
            .next()
            .await
            .expect("the chain goes on")
            .expect("a head decodes");
        if let Some((height, hash)) = parent {
            assert_eq!(
                (u64::from(head.number()), head.header().parent_hash),
                (height + 1, hash)
            );
        }
        parent = Some((head.header().number().into(), head.hash()));
    }
}
