//! Somebody with keys at a gateway: staff of a member, or a person with a phone. Calls, transactions, questions and reads.

use codec::{Decode, DecodeAll as _, Encode};
use ed25519_dalek::Signer as _;
use musubi_client_sdk::{
    calls,
    extrinsics::Call,
    sealing::{HpkeSecret, SealedRecord},
};
use musubi_node_vault::{
    Refusal, VaultRequest, VaultResponse,
    exchange::{PartWanted, RecordsWanted, Redemption, ReleasedKey},
};
use musubi_primitives::{
    AccountId, BlockHash, CategorySet, Claim, Decision, DenialReason, MemberId, Pseudonym, Purpose,
    RecordId, RequestId, SessionId,
};
use musubi_tests_support::{
    Rpc,
    gateway::{Gateway, random},
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;

/// Keys, and the gateway at which they are used.
pub(crate) struct Actor {
    pub(crate) gateway: Gateway,
    /// JSON-RPC addresses of the nodes, by their places.
    pub(crate) nodes: Arc<Vec<String>>,
    pub(crate) sealing: HpkeSecret,
}

/// What somebody asks to read.
#[derive(Clone, Copy)]
pub(crate) struct Question {
    pub(crate) subject: Pseudonym,
    pub(crate) purpose: Purpose,
    pub(crate) categories: CategorySet,
    pub(crate) claim: Claim,
    pub(crate) session: Option<SessionId>,
}

/// Why nothing was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    Denied(DenialReason),
    Refused(Refusal),
    /// The gateway let nobody in, or the chain took no request.
    NotHeard(StatusCode),
}

impl Actor {
    pub(crate) fn account(&self) -> AccountId {
        self.gateway.account()
    }

    /// One signed call; status and JSON (null for anything else).
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        subject: Option<&Pseudonym>,
        body: Vec<u8>,
    ) -> (StatusCode, Value) {
        let (status, bytes) = self.bytes(method, path, subject, body).await;
        (
            status,
            serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        )
    }

    /// One signed call; status and the very bytes of the answer.
    pub(crate) async fn bytes(
        &self,
        method: Method,
        path: &str,
        subject: Option<&Pseudonym>,
        body: Vec<u8>,
    ) -> (StatusCode, Vec<u8>) {
        let subject = subject.map(ToString::to_string).unwrap_or_default();
        let request = self.gateway.request(method, path, &subject, body);
        let response = request.send().await.unwrap();
        (response.status(), response.bytes().await.unwrap().to_vec())
    }

    /// A call that must succeed.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self
            .send(Method::POST, path, None, body.to_string().into_bytes())
            .await;
        assert!(status.is_success(), "{path}: {status} {answer}");
        answer
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.send(Method::GET, path, None, Vec::new()).await
    }

    /// Posts a FHIR resource about somebody.
    pub(crate) async fn post_fhir(
        &self,
        subject: &Pseudonym,
        resource: &Value,
    ) -> (StatusCode, Value) {
        let path = format!("/fhir/{}", resource["resourceType"].as_str().unwrap());
        let body = resource.to_string().into_bytes();
        self.send(Method::POST, &path, Some(subject), body).await
    }

    /// Records a resource that must be taken in.
    pub(crate) async fn record(&self, subject: &Pseudonym, resource: &Value) -> RecordId {
        let (status, taken) = self.post_fhir(subject, resource).await;
        assert!(status.is_success(), "{status} {taken}");
        taken["record"].as_str().unwrap().parse().unwrap()
    }

    /// A transaction that must be applied.
    pub(crate) async fn submit(&self, call: Call) -> Value {
        let (status, answer) = self.try_submit(call).await;
        assert!(status.is_success(), "{status} {answer}");
        answer
    }

    /// A transaction, and what became of it.
    pub(crate) async fn try_submit(&self, call: Call) -> (StatusCode, Value) {
        let (status, context) = self.get("/v1/signing-context").await;
        if !status.is_success() {
            return (status, context);
        }
        let extrinsic = self.gateway.extrinsic(&context, call);
        self.send(Method::POST, "/v1/extrinsics", None, extrinsic)
            .await
    }

    /// Asks to read; the request, if the runtime permits it.
    pub(crate) async fn ask(&self, question: &Question) -> Result<RequestId, Unread> {
        self.asked(question).await.map(|(request, _)| request)
    }

    /// The request and the height of the block that permits it.
    async fn asked(&self, question: &Question) -> Result<(RequestId, u64), Unread> {
        let request = RequestId(random());
        let call = calls::access::request_access(
            request,
            question.subject,
            question.purpose,
            question.categories,
            question.claim,
            question.session,
        );
        let (status, applied) = self.try_submit(call).await;
        if !status.is_success() {
            return Err(Unread::NotHeard(status));
        }
        let height = applied["block"].as_u64().unwrap();
        let (_, decision) = self.get(&format!("/v1/requests/{request}")).await;
        match serde_json::from_value(decision).unwrap() {
            Decision::Permit { .. } => Ok((request, height)),
            Decision::Deny(reason) => Err(Unread::Denied(reason)),
        }
    }

    /// Asks, redeems at a custodian, and opens everything that the ticket opens there.
    pub(crate) async fn read(
        &self,
        custodian: MemberId,
        question: &Question,
    ) -> Result<Vec<Value>, Unread> {
        let (request, height) = self.asked(question).await?;
        // A custodian knows a ticket as soon as its own node has the block.
        let node = &self.nodes[usize::try_from(custodian.0).unwrap()];
        Rpc::connect(node).await.wait_for_height(height).await;
        self.redeem(custodian, request).await
    }

    /// Redeems a ticket at a custodian.
    pub(crate) async fn redeem(
        &self,
        custodian: MemberId,
        request: RequestId,
    ) -> Result<Vec<Value>, Unread> {
        let wanted = RecordsWanted {
            request,
            after: None,
        };
        let records: Vec<RecordId> =
            match self.vault(custodian, VaultRequest::Records(wanted)).await {
                VaultResponse::Records(held) => held.iter().map(|held| held.record).collect(),
                other => return Err(refused(other)),
            };
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let challenge = match self
            .vault(custodian, VaultRequest::Challenge { request })
            .await
        {
            VaultResponse::Challenge(challenge) => challenge,
            other => return Err(refused(other)),
        };
        let signed = Redemption::signing_bytes(
            &self.gateway.genesis,
            custodian,
            &request,
            &records,
            &challenge,
        );
        let redemption = Redemption {
            request,
            records,
            challenge,
            signature: self.gateway.signing().sign(&signed).to_bytes(),
        };
        let release = match self
            .vault(custodian, VaultRequest::Redeem(redemption))
            .await
        {
            VaultResponse::Released(release) => release,
            other => return Err(refused(other)),
        };
        let mut opened = Vec::new();
        for key in &release.keys {
            opened.push(self.open(custodian, key).await?);
        }
        Ok(opened)
    }

    async fn open(&self, custodian: MemberId, key: &ReleasedKey) -> Result<Value, Unread> {
        let record = key.envelope.record;
        let part = PartWanted { record, offset: 0 };
        let ciphertext = match self.vault(custodian, VaultRequest::Fetch(part)).await {
            VaultResponse::Part(part) => part.bytes,
            other => return Err(refused(other)),
        };
        let sealed = SealedRecord {
            record,
            commitment: key.commitment,
            ciphertext,
        };
        let data_key = key.envelope.open(&self.sealing).unwrap();
        let bytes = sealed.open(&sealed.ciphertext_hash(), &data_key).unwrap();
        Ok(serde_json::from_slice(&bytes).unwrap())
    }

    pub(crate) async fn vault(&self, custodian: MemberId, request: VaultRequest) -> VaultResponse {
        let path = format!("/v1/vault?custodian={}", custodian.0);
        let (status, bytes) = self
            .bytes(Method::POST, &path, None, request.encode())
            .await;
        assert!(status.is_success(), "{path}: {status} {bytes:?}");
        VaultResponse::decode_all(&mut bytes.as_slice()).unwrap()
    }

    pub(crate) async fn nonce(&self) -> [u8; 32] {
        let issued = self.post("/v1/nonces", &json!(null)).await;
        let nonce: BlockHash = issued["nonce"].as_str().unwrap().parse().unwrap();
        nonce.0
    }
}

fn refused(response: VaultResponse) -> Unread {
    match response {
        VaultResponse::Refused(refusal) => Unread::Refused(refusal),
        other => panic!("an answer to another question: {other:?}"),
    }
}

/// Reads SCALE to the last byte.
pub(crate) fn decode<T: Decode>(text: &str) -> T {
    let bytes = hex::decode(text.trim_start_matches("0x")).unwrap();
    T::decode_all(&mut bytes.as_slice()).unwrap()
}
