//! A gateway whose desk notes what it is asked and answers what a test says, and a caller who signs.

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header::CONTENT_TYPE},
    response::Response,
};
use ed25519_dalek::SigningKey;
use http_body_util::BodyExt;
use musubi_client_sdk::rest::{ACCOUNT, SIGNATURE, SUBJECT, SignedCall, TIME};
use musubi_fhir::Resource;
use musubi_node_gateway::{
    Answer, Applied, BODY_TIME_MAX, Caller, CheckInAnswer, CheckInForm, CheckInRefusal, Desk,
    DeskError, Enrolled, EnrolmentForm, Entrance, Gatekeeper, GuardianshipForm, IssuedBatch,
    IssuedNonce, NonceBatchForm, NoncePurpose, SealedDocument, SigningContext, Standing, TakenIn,
    router,
    sessions::{self, Passkey, PasskeyStore, RelyingParty, Visitor},
};
use musubi_primitives::{
    AccountId, BlockHash, Decision, DenialReason, MemberId, MemberKind, Moment, Pseudonym,
    RecordId, RequestId, Role, SessionId, seams::Actor, view::RecordView,
};
use serde_json::Value;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tower::ServiceExt;

pub(crate) const GENESIS: BlockHash = BlockHash([9; 32]);
pub(crate) const NOW: Moment = 1_795_000_000_000;
pub(crate) const CHILD: Pseudonym = Pseudonym([3; 32]);

pub(crate) fn doctor() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

pub(crate) fn guardian() -> SigningKey {
    SigningKey::from_bytes(&[2; 32])
}

fn account(key: &SigningKey) -> AccountId {
    AccountId(key.verifying_key().to_bytes())
}

/// What the desk was asked, in order.
#[derive(Clone, Default)]
pub(crate) struct Village {
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
    refuses: Option<&'static str>,
    /// Accounts whose roles were withdrawn.
    withdrawn: Arc<Mutex<Vec<AccountId>>>,
    /// Whether the visit of the guardian at the doctor's terminal goes on.
    visit: Arc<Mutex<bool>>,
    passkeys: Arc<Mutex<Vec<Passkey>>>,
}

impl Village {
    /// A village whose chain refuses everything by this rule.
    pub(crate) fn refusing(rule: &'static str) -> Self {
        Self {
            refuses: Some(rule),
            ..Self::default()
        }
    }

    pub(crate) fn note<T>(&self, what: String, answer: T) -> Result<T, DeskError> {
        self.asked.lock().unwrap().push(what);
        match self.refuses {
            Some(rule) => Err(DeskError::RefusedByChain(rule.to_owned())),
            None => Ok(answer),
        }
    }

    pub(crate) fn routes(&self) -> Router {
        self.routes_within(BODY_TIME_MAX)
    }

    /// Routes with sessions at a site.
    pub(crate) fn routes_with_sessions(&self, origin: &str) -> Router {
        let entrance = Entrance::new(Arc::new(self.clone()));
        let party = RelyingParty::of(origin);
        let sessions = sessions::router(entrance.clone(), Arc::new(self.clone()), party);
        router(entrance, Arc::new(self.clone())).merge(sessions)
    }

    pub(crate) fn withdraw(&self, key: &SigningKey) {
        self.withdrawn.lock().unwrap().push(account(key));
    }

    pub(crate) fn reinstate(&self, key: &SigningKey) {
        self.withdrawn
            .lock()
            .unwrap()
            .retain(|of| *of != account(key));
    }

    pub(crate) fn begin_visit(&self) {
        *self.visit.lock().unwrap() = true;
    }

    pub(crate) fn end_visit(&self) {
        *self.visit.lock().unwrap() = false;
    }

    /// Routes where a body may take so long.
    pub(crate) fn routes_within(&self, body_time: Duration) -> Router {
        let entrance = Entrance::waiting(Arc::new(self.clone()), body_time);
        router(entrance, Arc::new(self.clone()))
    }

    /// Sends a request.
    pub(crate) async fn answer(&self, request: Request<Body>) -> Response {
        self.routes().oneshot(request).await.unwrap()
    }

    /// Sends a request; status and JSON (null for anything else).
    pub(crate) async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        answer(self.routes(), request).await
    }

    /// Whether no desk has heard of anything.
    pub(crate) fn is_untouched(&self) -> bool {
        self.asked.lock().unwrap().is_empty()
    }
}

/// Sends a request to routes; status and JSON (null for anything else). A problem must say that it is one.
pub(crate) async fn answer(routes: Router, request: Request<Body>) -> (StatusCode, Value) {
    let response = routes.oneshot(request).await.unwrap();
    let status = response.status();
    let kind = response.headers().get(CONTENT_TYPE).cloned();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    if body["type"].is_string() {
        assert_eq!(kind.unwrap(), "application/problem+json");
    }
    (status, body)
}

/// A call that a test can bend before it is sent.
#[derive(Clone)]
pub(crate) struct Outgoing {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) subject: Option<String>,
    pub(crate) time: Moment,
    pub(crate) body: Vec<u8>,
    pub(crate) genesis: BlockHash,
}

impl Outgoing {
    pub(crate) fn post(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            method: "POST",
            path: path.to_owned(),
            subject: None,
            time: NOW,
            body: body.into(),
            genesis: GENESIS,
        }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self {
            method: "GET",
            ..Self::post(path, "")
        }
    }

    pub(crate) fn about(mut self, subject: &str) -> Self {
        self.subject = Some(subject.to_owned());
        self
    }

    /// The headers that a key puts on it.
    pub(crate) fn signed_by(&self, key: &SigningKey) -> Request<Body> {
        let call = SignedCall {
            method: self.method,
            path: &self.path,
            subject: self.subject.as_deref().unwrap_or_default(),
            time: self.time,
            body: &self.body,
        };
        let signature = call.sign(&self.genesis, key);
        self.with_signature(&account(key), &signature)
    }

    pub(crate) fn with_signature(&self, account: &AccountId, signature: &str) -> Request<Body> {
        let mut request = Request::builder()
            .method(self.method)
            .uri(&self.path)
            .header(ACCOUNT, account.to_string())
            .header(TIME, self.time.to_string())
            .header(SIGNATURE, signature);
        if let Some(subject) = &self.subject {
            request = request.header(SUBJECT, subject);
        }
        request.body(Body::from(self.body.clone())).unwrap()
    }
}

#[async_trait]
impl Gatekeeper for Village {
    fn genesis(&self) -> BlockHash {
        GENESIS
    }

    fn now(&self) -> Moment {
        NOW
    }

    async fn standing(&self, of: &AccountId) -> Result<Option<Standing>, DeskError> {
        let staff = Actor {
            member: MemberId(4),
            kind: MemberKind::Clinic,
            role: Role::Doctor,
        };
        let known = [
            (account(&doctor()), Standing::Staff(staff)),
            (account(&guardian()), Standing::Person(Pseudonym([2; 32]))),
        ];
        let withdrawn = self.withdrawn.lock().unwrap();
        Ok(known
            .iter()
            .find(|(known, _)| known == of && !withdrawn.contains(of))
            .map(|(_, standing)| *standing))
    }

    async fn visitor(
        &self,
        terminal: &Caller,
        visit: SessionId,
    ) -> Result<Option<Visitor>, DeskError> {
        let goes_on = *self.visit.lock().unwrap() && visit == SessionId([0x55; 32]);
        let is_its = terminal.account == account(&doctor());
        Ok((goes_on && is_its).then_some(Visitor {
            person: Pseudonym([2; 32]),
            until: NOW + 60_000,
        }))
    }
}

#[async_trait]
impl PasskeyStore for Village {
    async fn passkey(&self, credential: &str) -> Result<Option<Passkey>, DeskError> {
        let kept = self.passkeys.lock().unwrap();
        Ok(kept
            .iter()
            .find(|one| one.credential == credential)
            .cloned())
    }

    async fn passkeys_of(&self, account: &AccountId) -> Result<Vec<Passkey>, DeskError> {
        let mut own = self.passkeys.lock().unwrap().clone();
        own.retain(|one| one.account == *account);
        Ok(own)
    }

    async fn keep(&self, passkey: Passkey) -> Result<bool, DeskError> {
        let mut kept = self.passkeys.lock().unwrap();
        let is_new = kept.iter().all(|one| one.credential != passkey.credential);
        if is_new {
            kept.push(passkey);
        }
        Ok(is_new)
    }

    async fn advance(&self, credential: &str, counter: u32) -> Result<bool, DeskError> {
        let mut kept = self.passkeys.lock().unwrap();
        let known = kept.iter_mut().find(|one| one.credential == credential);
        let passkey = known.filter(|one| one.counter < counter);
        Ok(passkey.map(|one| one.counter = counter).is_some())
    }

    async fn forget(&self, account: &AccountId, credential: &str) -> Result<bool, DeskError> {
        let mut kept = self.passkeys.lock().unwrap();
        let before = kept.len();
        kept.retain(|one| one.account != *account || one.credential != credential);
        Ok(kept.len() < before)
    }
}

const APPLIED: Applied = Applied {
    block: 7,
    hash: BlockHash([7; 32]),
};

#[async_trait]
impl Desk for Village {
    async fn signing_context(&self, _: &Caller) -> Result<SigningContext, DeskError> {
        let context = SigningContext {
            member: Some(MemberId(0)),
            genesis: GENESIS,
            spec_version: 1,
            transaction_version: 1,
            height: 5,
            hash: BlockHash([5; 32]),
            nonce: 3,
        };
        self.note("context".to_owned(), context)
    }

    async fn submit(&self, _: &Caller, extrinsic: Vec<u8>) -> Result<Applied, DeskError> {
        self.note(format!("submit {} bytes", extrinsic.len()), APPLIED)
    }

    async fn issue_nonce(
        &self,
        _: &Caller,
        purpose: NoncePurpose,
    ) -> Result<IssuedNonce, DeskError> {
        let nonce = IssuedNonce {
            nonce: "0x00".to_owned(),
            not_before: 0,
            not_after: 1,
        };
        self.note(format!("nonce for {purpose:?}"), nonce)
    }

    async fn issue_nonce_batch(
        &self,
        _: &Caller,
        form: NonceBatchForm,
    ) -> Result<IssuedBatch, DeskError> {
        let batch = IssuedBatch {
            batch: "AAAA".to_owned(),
            not_before: 0,
            not_after: 1,
        };
        self.note(
            format!("{} nonces for {} hours", form.count, form.hours),
            batch,
        )
    }

    async fn enrol(&self, caller: &Caller, form: EnrolmentForm) -> Result<Enrolled, DeskError> {
        caller.staff()?;
        let name = form.patient["name"][0]["text"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let enrolled = Enrolled {
            pseudonym: CHILD,
            block: Some(7),
        };
        self.note(format!("enrol {name}"), enrolled)
    }

    async fn attest_guardianship(
        &self,
        _: &Caller,
        form: GuardianshipForm,
    ) -> Result<Applied, DeskError> {
        self.note(format!("guardianship until {}", form.until), APPLIED)
    }

    async fn receive_evidence(
        &self,
        _: &Caller,
        document: SealedDocument,
    ) -> Result<Answer, DeskError> {
        self.note(
            format!("{:?} of {} bytes", document.kind, document.sealed.len()),
            Answer::Pending,
        )
    }

    async fn check_in(&self, _: &Caller, form: CheckInForm) -> Result<CheckInAnswer, DeskError> {
        let refused = CheckInAnswer::Refused {
            code: CheckInRefusal::OtherCard,
            reason: "another card".to_owned(),
        };
        let bytes = form.sealed.len();
        self.note(
            format!("check-in of {} by {bytes} bytes", form.subject),
            refused,
        )
    }

    async fn take_in(
        &self,
        _: &Caller,
        subject: Pseudonym,
        resource: Resource,
    ) -> Result<TakenIn, DeskError> {
        let taken = TakenIn {
            record: RecordId([8; 32]),
            block: Some(7),
        };
        self.note(
            format!("{} about {subject}", resource.kind().as_str()),
            taken,
        )
    }

    async fn record(&self, _: &Caller, record: RecordId) -> Result<RecordView, DeskError> {
        Err(DeskError::NotFound(format!("no record {record}")))
    }

    async fn decision(&self, _: &Caller, request: RequestId) -> Result<Decision, DeskError> {
        self.note(
            format!("decision on {request}"),
            Decision::Deny(DenialReason::Withdrawn),
        )
    }

    async fn vault(
        &self,
        _: &Caller,
        custodian: MemberId,
        message: Vec<u8>,
    ) -> Result<Vec<u8>, DeskError> {
        self.note(format!("vault of {custodian}"), message)
    }
}
