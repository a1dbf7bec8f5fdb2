//! A height is decided: its block goes to disk before anybody hears that it is final, and the next height opens from the new state.

use crate::{
    certificate,
    context::MusubiContext,
    engine::{Engine, EngineError, Outcome, answer},
    height::Height,
    opening::{Opening, Waiting},
};
use arc_malachitebft_core_consensus::MisbehaviorEvidence;
use arc_malachitebft_core_types::CommitCertificate;
use arc_malachitebft_engine::host::Next;
use ractor::RpcReplyPort;

impl Engine {
    pub(super) fn decided(
        &mut self,
        certificate: &CommitCertificate<MusubiContext>,
        reply: RpcReplyPort<()>,
    ) {
        let host = self.host.clone();
        let height = certificate.height.0;
        let certificate = certificate::from_decided(certificate);
        self.spawn(async move {
            host.commit(certificate?).await?;
            Ok(Outcome::Committed { height, reply })
        });
    }

    pub(crate) fn committed(&mut self, height: u64, reply: RpcReplyPort<()>) {
        self.status.committed(height);
        answer(reply, ());
    }

    pub(super) fn finalized(
        &mut self,
        height: Height,
        evidence: &MisbehaviorEvidence<MusubiContext>,
        reply: RpcReplyPort<Next<MusubiContext>>,
    ) {
        self.count(evidence);
        let host = self.host.clone();
        let mut decided = self.status.decided();
        self.spawn(async move {
            if decided.wait_for(|tip| *tip >= height.0).await.is_err() {
                return Err(EngineError::Stopped);
            }
            Opening::prepare(&*host, height.0.saturating_add(1), Waiting::Next(reply)).await
        });
    }

    fn count(&mut self, evidence: &MisbehaviorEvidence<MusubiContext>) {
        let proposals: usize = evidence
            .proposals
            .iter()
            .map(|(_, proofs)| proofs.len())
            .sum();
        let votes: usize = evidence.votes.iter().map(|(_, proofs)| proofs.len()).sum();
        self.status
            .saw_equivocations(u64::try_from(proposals.saturating_add(votes)).unwrap_or(u64::MAX));
    }
}
