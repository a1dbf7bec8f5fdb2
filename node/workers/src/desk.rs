//! The desk that answers from the cache and asks the authority for what it lacks.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use musubi_consent::validator::{
    LIST_BYTES_MAX, OCSP_BYTES_MAX, Revocation, RevocationQuery, RevocationSource,
};
use musubi_consent::{
    CertificateUse, OcspError, OcspRequest, RevocationList, RevocationListError, TrustedRoots,
};
use musubi_primitives::Moment;
use tokio::sync::{Notify, watch};
use tokio::task::JoinError;
use tracing::Instrument;

use crate::cache::{Cache, CacheError, Known};
use crate::fetch::{Expected, FetchError, Fetcher};
use crate::sealing::CacheKey;
use crate::settings::{ListAddress, ResponderAddress, RevocationSettings, SettingsError};
use crate::waiting::{Question, Waiting};

const OCSP_REQUEST: &str = "application/ocsp-request";
const OCSP_RESPONSE: &str = "application/ocsp-response";
const CRL: &str = "application/pkix-crl";

/// The time, from whoever knows it.
pub type Clock = Arc<dyn Fn() -> Moment + Send + Sync>;

/// Why the desk cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The settings contradict themselves.
    #[error("use the revocation settings")]
    Settings(#[from] SettingsError),
    /// The folder cannot be used.
    #[error("open the revocation cache")]
    Cache(#[from] CacheError),
    /// No HTTP client on this machine.
    #[error("make the HTTP client")]
    Client(#[source] reqwest::Error),
}

/// Why a question stays unanswered for now.
#[derive(Debug, thiserror::Error)]
enum Unanswered {
    #[error("no address is configured for this certificate")]
    NoAddress,
    #[error("the question is about a time to come")]
    TooEarly,
    #[error("fetch")]
    Fetch(#[from] FetchError),
    #[error("believe the responder")]
    Ocsp(#[from] OcspError),
    #[error("believe the list")]
    List(#[from] RevocationListError),
    #[error("the list is not the one asked for, or over")]
    OtherList,
    #[error("keep the answer")]
    Cache(#[from] CacheError),
    #[error("finish a task")]
    Task(#[from] JoinError),
    #[error("the platform gives no randomness: {0}")]
    Randomness(getrandom::Error),
}

/// One municipality's source of revocation answers.
pub struct RevocationDesk {
    roots: TrustedRoots,
    settings: RevocationSettings,
    fetcher: Fetcher,
    clock: Clock,
    cache: Mutex<Cache>,
    waiting: Mutex<Waiting>,
    asked: Notify,
    progress: watch::Sender<Progress>,
}

/// How many questions were settled since the start, and how many attempts were in vain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Answers that were believed.
    pub answered: u64,
    /// Attempts that brought none.
    pub in_vain: u64,
}

impl Progress {
    fn count(&mut self, is_answered: bool) {
        let counter = if is_answered {
            &mut self.answered
        } else {
            &mut self.in_vain
        };
        *counter = counter.saturating_add(1);
    }
}

impl std::fmt::Debug for RevocationDesk {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("RevocationDesk")
    }
}

impl RevocationDesk {
    /// Opens the desk over a folder of its own, where answers lie sealed under `key`.
    ///
    /// # Errors
    ///
    /// [`DeskError`] when settings or folder cannot be used.
    pub fn open(
        folder: &Path,
        key: CacheKey,
        roots: TrustedRoots,
        settings: RevocationSettings,
        clock: Clock,
    ) -> Result<Arc<Self>, DeskError> {
        settings.check()?;
        Ok(Arc::new(Self {
            cache: Mutex::new(Cache::open(folder, key, &roots)?),
            fetcher: Fetcher::new(settings.timeout()).map_err(DeskError::Client)?,
            roots,
            settings,
            clock,
            waiting: Mutex::default(),
            asked: Notify::new(),
            progress: watch::Sender::default(),
        }))
    }

    /// Changes after every attempt. When [`Progress::answered`] grew it is time to judge again what is pending.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Asks for what is lacking, until the future is dropped.
    pub async fn run(self: Arc<Self>) {
        loop {
            while let Some(question) = self.next_question() {
                self.work_on(question).await;
            }
            tokio::select! {
                () = self.asked.notified() => {}
                () = tokio::time::sleep(self.settings.retry()) => self.take_heart(),
            }
        }
    }

    async fn work_on(self: &Arc<Self>, question: Question) {
        let span = question.span();
        let outcome = self.ask(&question).instrument(span.clone()).await;
        span.record("answered", outcome.is_ok());
        // The trace ends with the attempt; a later one has a span of its own.
        drop(span);
        match &outcome {
            Ok(()) => self.waiting().settle(&question),
            // Asking again would change nothing; whoever needs the answer asks anew after a change of configuration.
            Err(reason @ Unanswered::NoAddress) => {
                self.waiting().settle(&question);
                tracing::debug!(%reason, "a revocation answer cannot be had");
            }
            Err(reason) => {
                let is_first = self.waiting().postpone(&question);
                let reason = reason as &dyn std::error::Error;
                if is_first {
                    tracing::warn!(reason, "a revocation answer is still out");
                } else {
                    tracing::debug!(reason, "a revocation answer is still out");
                }
            }
        }
        self.progress
            .send_modify(|progress| progress.count(outcome.is_ok()));
    }

    /// By OCSP, and where that fails by list.
    async fn ask(self: &Arc<Self>, question: &Question) -> Result<(), Unanswered> {
        let query = question.query();
        if (self.clock)() < query.at {
            return Err(Unanswered::TooEarly);
        }
        let certificate_use = self.roots.use_of(query.issuer_key_identifier);
        let certificate_use = certificate_use.ok_or(Unanswered::NoAddress)?;
        let by_responder = match self.settings.responder(certificate_use) {
            Some(responder) => self.ask_responder(responder, question).await,
            None => Err(Unanswered::NoAddress),
        };
        let point = query.distribution_point;
        let list = point.and_then(|point| self.settings.list(certificate_use, point));
        match (by_responder, list) {
            (Err(_), Some(list)) => self.fetch_list(list, question).await,
            (answered, _) => answered,
        }
    }

    async fn ask_responder(
        self: &Arc<Self>,
        responder: &ResponderAddress,
        question: &Question,
    ) -> Result<(), Unanswered> {
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce).map_err(Unanswered::Randomness)?;
        let query = question.query();
        let request = OcspRequest::new(&self.roots, &query, responder.issuer_hash, nonce)?;
        let expected = Expected {
            media_type: OCSP_RESPONSE,
            bytes_max: OCSP_BYTES_MAX,
        };
        let asked = request.to_der()?;
        let der = self
            .fetcher
            .post(&responder.address, OCSP_REQUEST, asked, expected)
            .await?;
        let desk = Arc::clone(self);
        tokio::task::spawn_blocking(move || desk.keep_answer(&request, &der)).await?
    }

    async fn fetch_list(
        self: &Arc<Self>,
        list: &ListAddress,
        question: &Question,
    ) -> Result<(), Unanswered> {
        let expected = Expected {
            media_type: CRL,
            bytes_max: LIST_BYTES_MAX,
        };
        let der = self.fetcher.get(&list.address, expected).await?;
        let (desk, question) = (Arc::clone(self), question.clone());
        let certificate_use = list.certificate_use;
        let keep = move || desk.keep_list(certificate_use, &question, &der);
        tokio::task::spawn_blocking(keep).await?
    }

    fn keep_answer(&self, request: &OcspRequest, der: &[u8]) -> Result<(), Unanswered> {
        let answer = request.read(&self.roots, der, (self.clock)())?;
        Ok(self.cache().keep_answer(answer, der)?)
    }

    fn keep_list(
        &self,
        certificate_use: CertificateUse,
        question: &Question,
        der: &[u8],
    ) -> Result<(), Unanswered> {
        let list = RevocationList::parse(&self.roots, certificate_use, der)?;
        let now = RevocationQuery {
            at: (self.clock)(),
            ..question.query()
        };
        let is_asked_for = list.revocation(&now) != Revocation::Unknown && list.covers(&now);
        if !is_asked_for {
            return Err(Unanswered::OtherList);
        }
        Ok(self.cache().keep_list(list, der)?)
    }

    fn take_heart(&self) {
        let now = (self.clock)();
        self.waiting().take_heart(now);
    }

    fn next_question(&self) -> Option<Question> {
        self.waiting().next()
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RevocationSource for RevocationDesk {
    fn revocation(&self, query: &RevocationQuery<'_>) -> Revocation {
        match self.cache().look(query) {
            Known::Answered(revocation) => revocation,
            Known::Stale(revocation) => {
                if self.waiting().note(query) {
                    self.asked.notify_one();
                }
                revocation
            }
        }
    }
}
