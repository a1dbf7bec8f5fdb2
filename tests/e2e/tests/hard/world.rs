//! Four villages, a clinic with a node and one without, and a fire service, as real processes; one consortium for the cases of one test.

use crate::{
    actor::{Actor, decode},
    people::patient,
};
use codec::{Decode, Encode};
use musubi_client_sdk::{calls, proofs::storage, sealing::HpkeSecret};
use musubi_primitives::{
    BlockHash, HpkeKey, MemberId, Moment, RecordId, RecordState, commitment::hash_parts,
    view::RecordView,
};
use musubi_tests_support::{
    Consortium,
    gateway::{Gateway, random, secret},
};
use reqwest::Method;
use serde_json::json;
use std::sync::Arc;

pub(crate) const RUSUTSU: MemberId = MemberId(0);
pub(crate) const RANKOSHI: MemberId = MemberId(1);
pub(crate) const CLINIC: MemberId = MemberId(4);
/// Has keys and no node.
pub(crate) const SECOND_CLINIC: MemberId = MemberId(5);
/// Places of the nodes.
pub(crate) const AT_RUSUTSU: usize = 0;
pub(crate) const AT_RANKOSHI: usize = 1;
pub(crate) const AT_CLINIC: usize = 4;

/// Twelve digits with a right check digit, as 個人番号 have them; nobody may send one (番号法19条).
const INDIVIDUAL_NUMBER: &str = "123456789018";

/// More blocks than anything here takes.
pub(crate) const BLOCKS_MAX: usize = 400;

pub(crate) struct World {
    pub(crate) consortium: Consortium,
    pub(crate) genesis: BlockHash,
    nodes: Arc<Vec<String>>,
}

impl World {
    /// A running consortium on whose chain the built-in rules of the schedule check are published.
    pub(crate) async fn open() -> Self {
        Self::open_with(Consortium::lay_out()).await
    }

    /// The same, of a consortium whose configuration a test has added to.
    pub(crate) async fn open_with(mut consortium: Consortium) -> Self {
        consortium.trace().await;
        consortium.start_all();
        let rpc = consortium.rpc(AT_RUSUTSU).await;
        rpc.wait_for_height(1).await;
        let genesis = rpc.hash_at(0).await.as_str().unwrap().parse().unwrap();
        let nodes = (0..consortium.size()).map(|place| listen(&consortium, "rpc", place));
        let world = Self {
            nodes: Arc::new(nodes.collect()),
            consortium,
            genesis,
        };
        world.publish(1, built_in_rules().as_bytes(), 0).await;
        world
    }

    /// An officer publishes rules by their hash.
    pub(crate) async fn publish(&self, version: u32, text: &[u8], effective_from: u64) {
        let call = calls::records::publish_rule_set(version, hash_parts(&[text]), effective_from);
        self.staff("rusutsu", "officer", AT_RUSUTSU)
            .submit(call)
            .await;
        self.until_level(AT_CLINIC).await;
    }

    /// Staff of a member at the gateway of a node.
    pub(crate) fn staff(&self, member: &str, key: &str, place: usize) -> Actor {
        let folder = self.consortium.folder().join("members").join(member);
        let sealing = folder.join(format!("{key}-hpke.pem"));
        let sealing = if sealing.is_file() {
            HpkeSecret::from_bytes(secret(&sealing))
        } else {
            // A member's operator reads nothing.
            HpkeSecret::from_bytes(random())
        };
        self.actor(secret(&folder.join(format!("{key}.pem"))), sealing, place)
    }

    /// New keys of a person's phone, at the gateway of a node.
    pub(crate) fn phone(&self, place: usize) -> Actor {
        self.actor(random(), HpkeSecret::generate().unwrap(), place)
    }

    fn actor(&self, secret: [u8; 32], sealing: HpkeSecret, place: usize) -> Actor {
        let address = listen(&self.consortium, "gateway", place);
        Actor {
            gateway: Gateway::new(&address, secret, self.genesis),
            nodes: Arc::clone(&self.nodes),
            sealing,
        }
    }

    /// The end of a test: a number that nobody may send is refused; the nodes stop, and nothing that was told about people lies readable in
    /// what they kept, said or showed (I3); leaks that are put there are found.
    pub(crate) async fn tells_nothing(mut self) {
        self.an_individual_number_is_refused().await;
        musubi_tests_privacy::tells_nothing(&mut self.consortium).await;
    }

    async fn an_individual_number_is_refused(&self) {
        let mut chart = patient("numbered", "見本　番号", "2026-01-15");
        chart["identifier"][0]["value"] = json!(INDIVIDUAL_NUMBER);
        let form = json!({"patient": chart, "domain": "health"});
        let clerk = self.staff("rusutsu", "clerk", AT_RUSUTSU);
        let body = form.to_string().into_bytes();
        let (status, said) = clerk.send(Method::POST, "/v1/people", None, body).await;
        assert!(status.is_client_error(), "{status} {said}");
        assert!(!said.to_string().contains(INDIVIDUAL_NUMBER), "{said}");
    }

    /// The key that evidence for a member is sealed to.
    pub(crate) fn evidence_key(&self, member: &str) -> HpkeKey {
        let path = self.consortium.folder().join("members").join(member);
        HpkeSecret::from_bytes(secret(&path.join("hpke.pem"))).public()
    }

    /// What a node's runtime says of the newest finalised state.
    pub(crate) async fn read_at<T: Decode>(
        &self,
        place: usize,
        method: &str,
        arguments: &impl Encode,
    ) -> T {
        let rpc = self.consortium.rpc(place).await;
        let arguments = format!("0x{}", hex::encode(arguments.encode()));
        let answer = rpc
            .ask("state_call", &[json!(method), json!(arguments)])
            .await;
        decode(answer.as_str().unwrap())
    }

    pub(crate) async fn read<T: Decode>(&self, method: &str, arguments: &impl Encode) -> T {
        self.read_at(AT_RUSUTSU, method, arguments).await
    }

    /// Time of the newest block, milliseconds since 1970.
    pub(crate) async fn chain_time(&self) -> Moment {
        let key = format!("0x{}", hex::encode(storage::block_time()));
        let rpc = self.consortium.rpc(AT_RUSUTSU).await;
        let value = rpc.ask("state_getStorage", &[json!(key)]).await;
        decode(value.as_str().unwrap())
    }

    pub(crate) async fn next_block(&self) {
        let rpc = self.consortium.rpc(AT_RUSUTSU).await;
        rpc.wait_for_height(rpc.height().await + 1).await;
    }

    /// Waits until another node has what the first one has now.
    pub(crate) async fn until_level(&self, place: usize) {
        let height = self.consortium.rpc(AT_RUSUTSU).await.height().await;
        self.consortium
            .rpc(place)
            .await
            .wait_for_height(height)
            .await;
    }

    /// Follows the chain until the home municipality holds a record, and another member, and the clinic's node knows it. On a slow machine
    /// another village may stand in for a while: then the record is stored, and its home cannot give it yet.
    pub(crate) async fn until_stored(&self, record: &RecordId) -> RecordView {
        let view = self
            .until(record, |view| {
                view.state == RecordState::Stored && view.holders.contains(&view.home)
            })
            .await;
        self.until_level(AT_CLINIC).await;
        view
    }

    /// Follows the chain until a record stands as wanted.
    pub(crate) async fn until(
        &self,
        record: &RecordId,
        wanted: impl Fn(&RecordView) -> bool,
    ) -> RecordView {
        for _ in 0..BLOCKS_MAX {
            let view: Option<RecordView> = self.read("MusubiApi_record", record).await;
            if let Some(view) = view.filter(|view| wanted(view)) {
                return view;
            }
            self.next_block().await;
        }
        panic!("record {record} never came to stand as wanted");
    }
}

/// The rules that come with the binary.
pub(crate) fn built_in_rules() -> &'static str {
    include_str!("../../../../chain-spec/presets/schedule/jp-routine-2026.json")
}

/// Where a part of a node listens, by its configuration.
fn listen(consortium: &Consortium, part: &str, place: usize) -> String {
    let config = std::fs::read_to_string(consortium.config(place)).unwrap();
    let (_, after) = config.split_once(&format!("[{part}]")).unwrap();
    let (_, after) = after.split_once("listen = \"").unwrap();
    after.split('"').next().unwrap().to_owned()
}
