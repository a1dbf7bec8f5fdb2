//! Nonces: issued to the terminal that asks, and taken back under the rules of what they were issued for.

use super::{
    attester::{Attester, CLOCK_SKEW_MAX, Opened, unreadable},
    chain::unavailable,
    counter::fault,
};
use crate::random::random;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::Signer as _;
use musubi_consent::{
    BindingStatement, DocumentFields as _, NonceBatch, NonceError, NonceUse, SignedNonceBatch,
    Statement, Withdrawal,
    nonce::{BATCH_NONCES_MAX, BATCH_PERIOD_MAX},
};
use musubi_node_gateway::{
    Caller, DeskError, IssuedBatch, IssuedNonce, NonceBatchForm, NoncePurpose,
};
use musubi_node_register::EvidenceKind;
use musubi_primitives::{AccountId, Moment};
use std::{sync::Arc, time::Duration};
use tokio::{task::spawn_blocking, time::sleep};

/// How long a nonce may wait for its signature: a visit to the counter, or an evening with the phone.
const DOCUMENT_LIFE: Moment = 12 * 3600 * 1000;
/// How long a nonce for a check-in holds: a minute for slow clocks, one for finding the PIN, and the two of the signature.
const CHECK_IN_LIFE: Moment = 4 * 60 * 1000;
const HOUR: Moment = 3600 * 1000;
const SWEPT_EVERY: Duration = Duration::from_secs(3600);

impl Attester {
    /// Issues a nonce that only the caller may use.
    ///
    /// # Errors
    /// [`DeskError::Unavailable`].
    pub fn issue_nonce(
        &self,
        caller: &Caller,
        purpose: NoncePurpose,
    ) -> Result<IssuedNonce, DeskError> {
        let (nonce_use, life) = match purpose {
            NoncePurpose::Document => (NonceUse::Document, DOCUMENT_LIFE),
            NoncePurpose::CheckIn => (NonceUse::CheckIn, CHECK_IN_LIFE),
        };
        let nonce = fresh_nonce()?;
        let batch = self.batch(caller.account, life, vec![nonce]);
        self.register
            .issue_nonces(&batch, nonce_use)
            .map_err(fault)?;
        Ok(IssuedNonce {
            nonce: format!("0x{}", hex::encode(nonce)),
            not_before: batch.not_before,
            not_after: batch.not_after,
        })
    }

    /// Issues nonces for use without a network: to a key of this municipality's own staff or terminals, which alone may use them.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for others; [`DeskError::Unprocessable`] outside the bounds, or when the terminal carries enough;
    /// [`DeskError::NotOffered`] without the verifier's key.
    pub fn issue_batch(
        &self,
        caller: &Caller,
        form: NonceBatchForm,
    ) -> Result<IssuedBatch, DeskError> {
        if caller.staff()?.member != self.member {
            return Err(DeskError::Forbidden(
                "nonces for use without a network are issued to this municipality's own staff and terminals"
                    .to_owned(),
            ));
        }
        let verifier = self.verifier.as_ref().ok_or_else(|| {
            DeskError::NotOffered("this node has no verifier key to sign nonces with".to_owned())
        })?;
        let count = self.require_bounded(&caller.account, form)?;
        let nonces = (0..count)
            .map(|_| fresh_nonce())
            .collect::<Result<_, _>>()?;
        let batch = self.batch(caller.account, form.hours.saturating_mul(HOUR), nonces);
        self.register
            .issue_nonces(&batch, NonceUse::Offline)
            .map_err(fault)?;
        let signature = verifier.sign(&batch.signing_bytes()).to_bytes();
        let (not_before, not_after) = (batch.not_before, batch.not_after);
        let signed = SignedNonceBatch { batch, signature };
        Ok(IssuedBatch {
            batch: STANDARD.encode(signed.to_bytes()),
            not_before,
            not_after,
        })
    }

    fn require_bounded(
        &self,
        terminal: &AccountId,
        form: NonceBatchForm,
    ) -> Result<usize, DeskError> {
        let hours_max = BATCH_PERIOD_MAX / HOUR;
        let is_bounded =
            (1..=BATCH_NONCES_MAX).contains(&form.count) && (1..=hours_max).contains(&form.hours);
        if !is_bounded {
            return Err(DeskError::Unprocessable(format!(
                "expected a count of 1 to {BATCH_NONCES_MAX} and 1 to {hours_max} hours"
            )));
        }
        let now = self.chain.now();
        let carried = self.register.carried_by(terminal, now).map_err(fault)?;
        if BATCH_NONCES_MAX < carried.saturating_add(form.count) {
            return Err(DeskError::Unprocessable(format!(
                "this terminal carries {carried} unused nonces; {BATCH_NONCES_MAX} are the most at a time"
            )));
        }
        Ok(form.count)
    }

    /// Nonces of this municipality for a terminal, from now on by the slowest clock that is put up with.
    pub(super) fn batch(
        &self,
        terminal: AccountId,
        life: Moment,
        nonces: Vec<[u8; 32]>,
    ) -> NonceBatch {
        let not_before = self.chain.now().saturating_sub(CLOCK_SKEW_MAX);
        NonceBatch {
            genesis: self.chain.genesis(),
            verifier: self.member,
            terminal,
            not_before,
            not_after: not_before.saturating_add(life),
            nonces,
        }
    }

    /// Whether a signed document comes back soon enough under its nonce.
    ///
    /// # Errors
    /// [`DeskError::Unprocessable`] with what to do.
    pub(super) fn check_nonce_of(&self, opened: &Opened) -> Result<(), DeskError> {
        let Some(nonce) = nonce_of(opened)? else {
            return Ok(());
        };
        self.check_nonce(&nonce, opened.evidence.signed_at, |nonce_use| {
            nonce_use != NonceUse::CheckIn
        })?
        .map_err(sign_again)
    }

    /// Whether a check-in comes back while its nonce holds.
    ///
    /// # Errors
    /// [`DeskError::Unavailable`]; inside, why the nonce does not count.
    pub(super) fn check_nonce_of_check_in(
        &self,
        nonce: &[u8; 32],
        signed_at: Moment,
    ) -> Result<Result<(), NonceError>, DeskError> {
        self.check_nonce(nonce, signed_at, |nonce_use| nonce_use == NonceUse::CheckIn)
    }

    fn check_nonce(
        &self,
        nonce: &[u8; 32],
        signed_at: Moment,
        is_meant: impl Fn(NonceUse) -> bool,
    ) -> Result<Result<(), NonceError>, DeskError> {
        let issued = self.register.issued_nonce(nonce).map_err(fault)?;
        let Some(issued) = issued else {
            return Ok(Err(NonceError::Unknown));
        };
        if !is_meant(issued.nonce_use()) {
            return Ok(Err(NonceError::OtherUse));
        }
        Ok(issued.require_in_time(signed_at, self.chain.now()))
    }
}

/// Forgets, now and every hour, the nonces under which nothing can be handed in any more.
pub struct Sweep(pub Attester);

impl Sweep {
    /// Goes on until the process ends.
    pub async fn run(self) {
        loop {
            let (register, now) = (Arc::clone(&self.0.register), self.0.chain.now());
            let swept = spawn_blocking(move || register.forget_nonces_before(now)).await;
            match swept.map_err(unavailable).map(|swept| swept.map_err(fault)) {
                Ok(Ok(forgotten)) => tracing::debug!(forgotten, "nonces that are over"),
                Ok(Err(error)) | Err(error) => {
                    tracing::warn!(?error, "nonces that are over could not be forgotten");
                }
            }
            sleep(SWEPT_EVERY).await;
        }
    }
}

/// The error that a person at a counter can do something about.
pub(super) fn sign_again(error: NonceError) -> DeskError {
    DeskError::Unprocessable(format!(
        "{error}: ask this municipality for a new nonce and sign again"
    ))
}

pub(super) fn fresh_nonce() -> Result<[u8; 32], DeskError> {
    random().map_err(unavailable)
}

/// The nonce inside a document for the signing key; a check-in is looked at where it is judged.
fn nonce_of(opened: &Opened) -> Result<Option<[u8; 32]>, DeskError> {
    let bytes = &opened.evidence.document;
    let nonce = match opened.kind {
        EvidenceKind::Binding(_) | EvidenceKind::CheckInCard(_) => {
            BindingStatement::parse(bytes).map(|document| document.fields().nonce())
        }
        EvidenceKind::Consent(_) | EvidenceKind::Witnessed(_) => {
            Statement::parse(bytes).map(|document| document.fields().nonce())
        }
        EvidenceKind::Withdrawal(_) => {
            Withdrawal::parse(bytes).map(|document| document.fields().nonce())
        }
        EvidenceKind::CheckIn(_) | EvidenceKind::Paper(_) => return Ok(None),
    };
    nonce.map(Some).map_err(unreadable)
}
