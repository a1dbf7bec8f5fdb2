//! Valid signatures whose revocation answer is still out: taken in, waited for, and finished when the answer comes, be it days and
//! restarts later.
//!
//! The register is the queue: what is pending lies there, with its nonce spent. Finishing is judging once more and saying on the chain
//! what came out; only then is the finding replaced, so that a crash in between is made good by the next round. What gets no answer
//! until its deadline is given up, and a consent that rests on it is disagreed with.

use super::{
    attester::{Attester, Opened},
    blocking,
    chain::unavailable,
    counter::fault,
    hearing::{Why, disagreed},
};
use musubi_consent::{
    CertificateUse, Evidence, Revocation, RevocationSource, SignedCms, SignerCertificate,
    validator::{REVOCATION_PENDING_MAX, VerificationError},
};
use musubi_node_gateway::{Answer, DeskError};
use musubi_node_register::{EvidenceKind, Finding, Rejection};
use musubi_node_workers::RevocationDesk;
use musubi_primitives::{Commitment, ConsentId, ConsentState, Moment};
use std::{future::pending, sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, timeout_at};

/// The longest time between two looks at what is pending, for deadlines and for what the chain could not take.
const ROUND: Duration = Duration::from_secs(60);

const OVERDUE: &str =
    "whether the certificate was revoked could not be found out in time: sign again";
const CHANGED: &str = "what was signed no longer agreed with chain and register when the revocation answer came: sign again";

/// Finishes what is pending, in the background.
pub struct Pending(pub Attester);

impl Pending {
    /// The worker that answers are waited for from.
    pub fn worker(&self) -> Option<Arc<RevocationDesk>> {
        self.0.revocations.worker().cloned()
    }

    /// Goes round with every answer that comes in, until the node ends.
    pub async fn run(self) {
        loop {
            let answered = self.answered();
            if let Err(error) = blocking(self.round()).await {
                tracing::warn!(%error, "pending signatures could not be looked at");
            }
            tokio::select! {
                () = self.more_than(answered) => {}
                () = sleep(ROUND.min(self.0.patience.deadline())) => {}
            }
        }
    }

    async fn round(&self) -> Result<(), DeskError> {
        let waiting = self.0.register.pending().map_err(fault)?;
        for (commitment, _) in waiting {
            if let Err(error) = self.0.finish(&commitment).await {
                tracing::info!(%error, "a pending signature waits on");
            }
        }
        Ok(())
    }

    fn answered(&self) -> u64 {
        let progress = self.0.revocations.progress();
        progress.map_or(0, |progress| progress.borrow().answered)
    }

    async fn more_than(&self, answered: u64) {
        let Some(mut progress) = self.0.revocations.progress() else {
            return pending().await;
        };
        let grown = progress.wait_for(|progress| answered < progress.answered);
        if grown.await.is_err() {
            pending::<()>().await;
        }
    }
}

impl Attester {
    /// Waits a little for the answer to evidence that was just taken in.
    pub(super) async fn wait_for_answer(&self, of: &Commitment) -> Result<Answer, DeskError> {
        let Some(mut progress) = self.revocations.progress() else {
            return self.finish(of).await;
        };
        let until = Instant::now() + self.patience.wait();
        loop {
            let answer = self.finish(of).await?;
            let is_out = answer == Answer::Pending;
            if !is_out || !matches!(timeout_at(until, progress.changed()).await, Ok(Ok(()))) {
                return Ok(answer);
            }
        }
    }

    /// Judges kept evidence once more. What is no longer pending then is told to the chain and noted.
    pub(super) async fn finish(&self, commitment: &Commitment) -> Result<Answer, DeskError> {
        let _finishing = self.finishing.lock().await;
        let kept = self.register.judged(commitment).map_err(fault)?;
        let (evidence, finding) = kept.ok_or_else(|| unavailable("the evidence was erased"))?;
        let opened = Opened {
            kind: finding.kind,
            evidence,
            terminal: None,
            name_compared_by_eye: true,
        };
        let judged = self.judge(&opened).await;
        if !finding.is_pending() {
            return judged;
        }
        let is_late = self.is_late(&finding, &opened.evidence);
        let (answer, rejected) = match judged {
            Ok(Answer::Pending) | Err(_) if !is_late => return judged,
            Err(DeskError::Unavailable(_) | DeskError::NotTaken(_)) => return judged,
            Err(error) => (
                disagreed(Why::plain(error.to_string())),
                Some(Rejection::Overdue),
            ),
            Ok(Answer::Pending) => (self.give_up(&opened).await?, Some(Rejection::Overdue)),
            Ok(answer @ Answer::Disagreed { .. }) => (answer, Some(Rejection::Disagreed)),
            Ok(answer @ Answer::Attested { .. }) => (answer, None),
        };
        self.note(&opened, rejected, is_late)?;
        Ok(answer)
    }

    fn is_late(&self, finding: &Finding, evidence: &Evidence) -> bool {
        let deadline = finding.judged_at.saturating_add(self.patience.deadline_ms);
        let latest = evidence.signed_at.saturating_add(REVOCATION_PENDING_MAX);
        deadline.min(latest) <= self.chain.now()
    }

    async fn give_up(&self, opened: &Opened) -> Result<Answer, DeskError> {
        if let EvidenceKind::Consent(consent) = opened.kind {
            let consent = ConsentId(consent);
            if self.consent(consent).await?.state == ConsentState::Proposed {
                return self.disagree(consent, Why::of_the_card(OVERDUE)).await;
            }
        }
        Ok(disagreed(Why::of_the_card(OVERDUE)))
    }

    /// Replaces the finding, unless it stays pending. A withdrawal stands without an answer, and that is not waited for longer than
    /// others.
    fn note(
        &self,
        opened: &Opened,
        rejected: Option<Rejection>,
        is_late: bool,
    ) -> Result<(), DeskError> {
        let mut finding = Finding {
            kind: opened.kind,
            judged_at: self.chain.now(),
            revocation: self.revocation_of(&opened.evidence),
            rejected,
        };
        if finding.is_pending() && !is_late {
            return Ok(());
        }
        if finding.is_pending() {
            finding.rejected = Some(Rejection::Overdue);
        }
        tracing::info!(rejected = ?finding.rejected, "a pending signature is finished");
        let commitment = opened.evidence.commitment();
        let noted = self.register.judge_again(&commitment, &finding);
        noted.map(drop).map_err(fault)
    }

    /// What is known of the certificate that signed.
    fn revocation_of(&self, evidence: &Evidence) -> Revocation {
        let signed_at = evidence.signed_at;
        let Ok(cms) = SignedCms::parse(&evidence.cms) else {
            return Revocation::NotChecked;
        };
        [CertificateUse::Signing, CertificateUse::Authentication]
            .into_iter()
            .find_map(|of| {
                SignerCertificate::validate(&self.roots, of, &cms.certificate, signed_at).ok()
            })
            .map_or(Revocation::NotChecked, |certificate| {
                self.revocations
                    .revocation(&certificate.revocation_query(signed_at))
            })
    }

    /// The answer to pending evidence about something that was over before it could be judged.
    pub(super) fn over_before_judged(&self, evidence: &Evidence) -> Answer {
        let revocation = self.revocation_of(evidence);
        let reason = reason(revocation, evidence.signed_at, CHANGED);
        disagreed(Why::of_the_card(reason))
    }
}

/// The answer to evidence that was pending and then found not to count.
pub(super) fn rejected_before(finding: &Finding, evidence: &Evidence) -> Option<Answer> {
    let otherwise = match finding.rejected? {
        Rejection::Disagreed => CHANGED,
        Rejection::Overdue => OVERDUE,
    };
    let reason = reason(finding.revocation, evidence.signed_at, otherwise);
    Some(disagreed(Why::of_the_card(reason)))
}

fn reason(revocation: Revocation, signed_at: Moment, otherwise: &str) -> String {
    match revocation {
        Revocation::Revoked { since } if since <= signed_at => {
            VerificationError::Revoked { since }.to_string()
        }
        Revocation::Revoked { .. }
        | Revocation::Good
        | Revocation::Unknown
        | Revocation::NotChecked => otherwise.to_owned(),
    }
}
