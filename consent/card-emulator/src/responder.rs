//! The test authority on HTTP: OCSP at `/ocsp`, revocation lists at `/crl/signing/CODE` and `/crl/authentication/CODE`.
//!
//! It answers for real over a socket, and misbehaves on request ([`ResponderFault`]), since whoever asks must not believe everything.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use musubi_consent_card::Credential;
use tokio::net::TcpListener;
use x509_ocsp::OcspResponseStatus;

use crate::authority::TestAuthority;
use crate::certificate::Validity;
use crate::error::EmulatorError;
use crate::ocsp::{CertificateStanding, OcspQuestion, OcspSigner, refusal};
use crate::revocation::RevokedCertificate;

/// How long an answer or a list is good for, in seconds: ten minutes.
pub const UPDATE_SECONDS: u64 = 600;

/// A way in which a responder misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponderFault {
    /// Leaves the nonce out, as one does that plays an old answer again.
    NoNonce,
    /// Lets the responder of the other root sign.
    OtherSigner,
    /// Answers as of yesterday.
    Stale,
    /// Answers about another certificate.
    OtherCertificate,
    /// Says "try later".
    TryLater,
    /// Sends far more than anybody should read.
    Endless,
    /// Sends the asker elsewhere.
    Redirect,
    /// Takes the question and never answers.
    Silent,
    /// Sends an answer under another media type.
    MediaType,
}

impl ResponderFault {
    /// Every fault.
    pub const ALL: [Self; 9] = [
        Self::NoNonce,
        Self::OtherSigner,
        Self::Stale,
        Self::OtherCertificate,
        Self::TryLater,
        Self::Endless,
        Self::Redirect,
        Self::Silent,
        Self::MediaType,
    ];
}

/// What is known of one certificate, and on which municipality's list it stands.
struct Entry {
    standing: CertificateStanding,
    municipality_code: String,
}

#[derive(Default)]
struct Known {
    entries: BTreeMap<(bool, Vec<u8>), Entry>,
    fault: Option<ResponderFault>,
    questions: usize,
}

/// Seconds since 1970, from whatever clock.
pub type Seconds = Arc<dyn Fn() -> u64 + Send + Sync>;

/// The authority's responder.
pub struct Responder {
    authority: Arc<TestAuthority>,
    signing: OcspSigner,
    authentication: OcspSigner,
    now: Seconds,
    known: Mutex<Known>,
}

impl std::fmt::Debug for Responder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Responder")
    }
}

impl Responder {
    /// A responder that takes every certificate for good until it is told otherwise.
    ///
    /// # Errors
    ///
    /// [`EmulatorError`] when keys cannot be had.
    pub fn new(authority: Arc<TestAuthority>, now: Seconds) -> Result<Self, EmulatorError> {
        let seconds = now();
        let validity = Validity {
            not_before: seconds.saturating_sub(30 * 24 * 3600),
            not_after: seconds.saturating_add(365 * 24 * 3600),
        };
        Ok(Self {
            signing: authority.appoint_responder(Credential::Signing, validity)?,
            authentication: authority.appoint_responder(Credential::Authentication, validity)?,
            authority,
            now,
            known: Mutex::default(),
        })
    }

    /// Sets what is known of a certificate, which stands on the list of a municipality.
    pub fn set(
        &self,
        credential: Credential,
        serial: &[u8],
        municipality_code: &str,
        standing: CertificateStanding,
    ) {
        let entry = Entry {
            standing,
            municipality_code: municipality_code.to_owned(),
        };
        self.known().entries.insert(key(credential, serial), entry);
    }

    /// Misbehaves from now on; `None` is good behaviour again.
    pub fn misbehave(&self, fault: Option<ResponderFault>) {
        self.known().fault = fault;
    }

    /// How many questions were asked, lists included.
    #[must_use]
    pub fn questions(&self) -> usize {
        self.known().questions
    }

    /// Serves until the future is dropped.
    ///
    /// # Errors
    ///
    /// When the socket fails.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) -> std::io::Result<()> {
        let router = Router::new()
            .route("/ocsp", post(answer))
            .route("/crl/{credential}/{municipality}", get(list))
            .with_state(self);
        axum::serve(listener, router).await
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a question and says how to misbehave.
    fn begin(&self) -> Option<ResponderFault> {
        let mut known = self.known();
        known.questions = known.questions.saturating_add(1);
        known.fault
    }

    fn update(&self, fault: Option<ResponderFault>) -> Validity {
        let age = if fault == Some(ResponderFault::Stale) {
            24 * 3600
        } else {
            0
        };
        let not_before = (self.now)().saturating_sub(age);
        Validity {
            not_before,
            not_after: not_before.saturating_add(UPDATE_SECONDS),
        }
    }

    fn ocsp(&self, body: &[u8], fault: Option<ResponderFault>) -> Result<Vec<u8>, EmulatorError> {
        if fault == Some(ResponderFault::TryLater) {
            return refusal(OcspResponseStatus::TryLater);
        }
        let question = OcspQuestion::parse(body)?;
        let Some(credential) = self.authority.asked(&question)? else {
            return refusal(OcspResponseStatus::Unauthorized);
        };
        let standing = self
            .known()
            .entries
            .get(&key(credential, question.serial()))
            .map_or(CertificateStanding::Good, |entry| entry.standing);
        let is_straight = fault != Some(ResponderFault::OtherSigner);
        let signer = if is_straight == (credential == Credential::Signing) {
            &self.signing
        } else {
            &self.authentication
        };
        let question = match fault {
            Some(ResponderFault::NoNonce) => question.without_nonce(),
            Some(ResponderFault::OtherCertificate) => question.about(&[0x41, 0x42, 0x43])?,
            _ => question,
        };
        signer.answer(&question, standing, self.update(fault))
    }

    fn list(
        &self,
        credential: Credential,
        municipality_code: &str,
        fault: Option<ResponderFault>,
    ) -> Result<Vec<u8>, EmulatorError> {
        let revoked = self.revoked(credential, municipality_code);
        let update = self.update(fault);
        self.authority
            .revocation_list(credential, municipality_code, &revoked, update)
    }

    fn revoked(&self, credential: Credential, municipality_code: &str) -> Vec<RevokedCertificate> {
        let known = self.known();
        let here = known.entries.iter().filter(|((is_signing, _), entry)| {
            *is_signing == (credential == Credential::Signing)
                && entry.municipality_code == municipality_code
        });
        here.filter_map(|((_, serial), entry)| match entry.standing {
            CertificateStanding::Revoked { since } => Some(RevokedCertificate {
                serial: serial.clone(),
                since,
            }),
            CertificateStanding::Good | CertificateStanding::Unknown => None,
        })
        .collect()
    }
}

fn key(credential: Credential, serial: &[u8]) -> (bool, Vec<u8>) {
    (credential == Credential::Signing, serial.to_vec())
}

async fn answer(State(responder): State<Arc<Responder>>, body: Bytes) -> Response {
    let fault = responder.begin();
    let answer = responder.ocsp(&body, fault);
    send(answer, "application/ocsp-response", fault).await
}

async fn list(
    State(responder): State<Arc<Responder>>,
    Path((credential, municipality)): Path<(String, String)>,
) -> Response {
    let fault = responder.begin();
    let credential = match credential.as_str() {
        "signing" => Credential::Signing,
        "authentication" => Credential::Authentication,
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let list = responder.list(credential, &municipality, fault);
    send(list, "application/pkix-crl", fault).await
}

async fn send(
    answer: Result<Vec<u8>, EmulatorError>,
    media_type: &'static str,
    fault: Option<ResponderFault>,
) -> Response {
    match fault {
        Some(ResponderFault::Silent) => std::future::pending().await,
        Some(ResponderFault::Redirect) => Redirect::temporary("/elsewhere").into_response(),
        Some(ResponderFault::Endless) => typed(media_type, vec![0x30; 32 * 1024 * 1024]),
        Some(ResponderFault::MediaType) => typed("text/html", answer.unwrap_or_default()),
        _ => match answer {
            Ok(bytes) => typed(media_type, bytes),
            Err(_) => StatusCode::BAD_REQUEST.into_response(),
        },
    }
}

fn typed(media_type: &'static str, bytes: Vec<u8>) -> Response {
    let header: [(HeaderName, &str); 1] = [(header::CONTENT_TYPE, media_type)];
    (header, bytes).into_response()
}
