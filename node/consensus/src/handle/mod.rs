//! What the engine asks of the chain, one file per question. No answer is waited for here: slow work becomes a task.

mod decided;
mod history;
mod part;
mod propose;
mod ready;
mod restream;
mod round;
mod synced;

use crate::{
    context::MusubiContext,
    engine::{Engine, answer},
};
use arc_malachitebft_engine::host::HostMsg;

impl Engine {
    /// Takes one question in.
    pub(crate) fn handle(&mut self, message: HostMsg<MusubiContext>) {
        match message {
            HostMsg::ConsensusReady { reply_to } => self.ready(reply_to),
            HostMsg::StartedRound {
                height,
                round,
                reply_to,
                ..
            } => self.started_round(height, round, reply_to),
            HostMsg::GetValue {
                height,
                round,
                timeout,
                reply_to,
            } => self.propose(height, round, timeout, reply_to),
            HostMsg::RestreamValue {
                height,
                round,
                value_id,
                ..
            } => self.restream(height, round, value_id),
            HostMsg::ReceivedProposalPart {
                from,
                published_by,
                part,
                reply_to,
            } => {
                // Without relays nobody else is named, and the connection itself proves who sends.
                self.received_part(published_by.unwrap_or(from), part, reply_to);
            }
            HostMsg::Decided {
                certificate,
                reply_to,
                ..
            } => self.decided(&certificate, reply_to),
            HostMsg::Finalized {
                certificate,
                evidence,
                reply_to,
                ..
            } => self.finalized(certificate.height, &evidence, reply_to),
            HostMsg::ProcessSyncedValue {
                height,
                round,
                proposer,
                value_bytes,
                reply_to,
            } => {
                self.synced(height, round, proposer, value_bytes, reply_to);
            }
            HostMsg::GetDecidedValues { range, reply_to } => self.history(&range, reply_to),
            HostMsg::GetHistoryMinHeight { reply_to } => self.history_start(reply_to),
            // Our votes carry no extensions; no height asks for them.
            HostMsg::ExtendVote { reply_to, .. } => answer(reply_to, None),
            HostMsg::VerifyVoteExtensions { reply_to, .. } => answer(reply_to, Vec::new()),
        }
    }
}
