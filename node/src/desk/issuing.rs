//! Receipts issued as the chain goes on, so that they lie ready when somebody asks: what was missed while the node was down first, then
//! after every block what its rows tell of.

use super::{attester::Attester, blocking};
use musubi_node_gateway::DeskError;
use musubi_node_register::{EvidenceKind, Finding};
use musubi_primitives::{ConsentId, resident::BindingState, trail::TrailFact, view::ConsentView};
use tokio::sync::broadcast::error::RecvError;

/// Issues receipts as the chain goes on, so that they lie ready when somebody asks.
pub struct Issuing(pub Attester);

impl Issuing {
    /// Makes good what was missed while the node was down, then follows every block until the chain ends.
    pub async fn run(self) {
        if self.0.verifier.is_none() {
            return;
        }
        let mut finalised = self.0.chain.pipeline().finalised();
        let mut looked_at = self.0.chain.tip().map_or(0, |tip| tip.height);
        self.every(|_| true).await;
        loop {
            match finalised.recv().await {
                Ok(block) => {
                    for height in looked_at.saturating_add(1)..=block.height {
                        self.after(height).await;
                    }
                    looked_at = looked_at.max(block.height);
                }
                // The next block tells a higher one; what lies between is read from the store.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// Issues what the rows of one block ask for.
    async fn after(&self, height: u64) {
        let rows = match self.0.chain.pipeline().store().trail_of_block(height) {
            Ok(rows) => rows,
            Err(fault) => {
                tracing::warn!(%fault, height, "the rows of a block could not be read for receipts");
                return;
            }
        };
        for row in rows {
            match row.fact {
                TrailFact::ConsentEffective { consent }
                | TrailFact::ConsentPaused { consent, .. }
                | TrailFact::ConsentEnded { consent, .. } => self.issue(consent).await,
                TrailFact::CardBindingChanged {
                    state: BindingState::Active,
                    ..
                } => self.every(|view| view.terms.guardian == row.subject).await,
                _ => {}
            }
        }
    }

    /// Goes through the consents whose evidence is kept here.
    async fn every(&self, is_meant: impl Fn(&ConsentView) -> bool) {
        let is_consent = |finding: &Finding| consent_of(finding.kind).is_some();
        let Ok(findings) = self.0.register.findings(is_consent) else {
            tracing::warn!("the register could not be read for receipts");
            return;
        };
        for consent in findings
            .iter()
            .filter_map(|(_, finding)| consent_of(finding.kind))
        {
            if matches!(self.0.consent_view(consent).await, Ok(view) if is_meant(&view)) {
                self.issue(consent).await;
            }
        }
    }

    async fn issue(&self, consent: ConsentId) {
        let issued = blocking(async {
            let view = self.0.consent_view(consent).await?;
            self.0.receipts(consent, &view).await.map(drop)
        });
        match issued.await {
            // Not ours, or erased.
            Ok(()) | Err(DeskError::NotFound(_)) => {}
            Err(error) => tracing::warn!(%error, "a receipt waits until somebody asks for it"),
        }
    }
}

fn consent_of(kind: EvidenceKind) -> Option<ConsentId> {
    match kind {
        EvidenceKind::Consent(consent) | EvidenceKind::Witnessed(consent) => {
            Some(ConsentId(consent))
        }
        EvidenceKind::Binding(_)
        | EvidenceKind::Withdrawal(_)
        | EvidenceKind::CheckIn(_)
        | EvidenceKind::CheckInCard(_)
        | EvidenceKind::Paper(_) => None,
    }
}
