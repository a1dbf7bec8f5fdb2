//! Opening a height: its parameters come from committed state, and while there is nothing to do it waits.

use crate::{
    context::MusubiContext,
    engine::{Engine, EngineError, Outcome, answer},
    height::Height,
    timeouts::timeouts,
    validator::Validators,
};
use arc_malachitebft_core_types::HeightParams;
use arc_malachitebft_engine::host::Next;
use musubi_node_core::ports::ConsensusHost;
use ractor::RpcReplyPort;
use std::time::Duration;

/// No pause between two blocks is longer.
const IDLE_BEAT_MAX: Duration = Duration::from_secs(5);
/// How long a starting node waits for others.
const GATHER_MAX: Duration = Duration::from_secs(2);
/// How often it looks; the engine tells nobody when a peer connects.
const GATHER_POLL: Duration = Duration::from_millis(20);

/// A height about to begin.
pub(crate) struct Opening {
    height: u64,
    parameters: HeightParams<MusubiContext>,
    /// How long to rest when there is nothing to do.
    rest: Duration,
    waiting: Waiting,
}

/// Who waits for the height.
pub(crate) enum Waiting {
    /// The engine as it starts.
    First(RpcReplyPort<(Height, HeightParams<MusubiContext>)>),
    /// The engine after the height before.
    Next(RpcReplyPort<Next<MusubiContext>>),
}

impl Opening {
    /// Asks the chain for the parameters of a height.
    pub(crate) async fn prepare(
        host: &dyn ConsensusHost,
        height: u64,
        waiting: Waiting,
    ) -> Result<Outcome, EngineError> {
        let chain = host.height_parameters(height).await?;
        let validators = Validators::new(&chain.validators)?;
        let rest = chain
            .idle_beat
            .min(IDLE_BEAT_MAX)
            .saturating_sub(chain.block_time);
        let parameters = HeightParams::new(validators, timeouts(&chain), Some(chain.block_time));
        Ok(Outcome::Opened(Self {
            height,
            parameters,
            rest,
            waiting,
        }))
    }

    /// Lets the engine begin.
    pub(crate) fn reply(self) {
        match self.waiting {
            Waiting::First(reply) => {
                answer(reply, (Height(self.height), self.parameters));
            }
            Waiting::Next(reply) => {
                answer(reply, Next::Start(Height(self.height), self.parameters));
            }
        }
    }
}

impl Engine {
    /// Notes who votes on the height, so that its first parts are recognised, and begins it at once or after a rest.
    pub(crate) fn open(&mut self, opening: Opening) {
        self.place.height = opening.height;
        self.place.round = 0;
        self.place.validators = Some(opening.parameters.validator_set.clone());
        match opening.waiting {
            Waiting::First(_) if self.votes_in(&opening) => self.gather(opening),
            Waiting::Next(_) if self.rests_before(&opening) => self.rest(opening),
            Waiting::First(_) | Waiting::Next(_) => opening.reply(),
        }
    }

    /// A first proposal that nobody hears costs a round: the engine begins when a quorum is connected, or after a moment.
    fn gather(&mut self, opening: Opening) {
        let status = self.status();
        let others = opening
            .parameters
            .validator_set
            .keys()
            .count()
            .saturating_mul(2)
            .checked_div(3)
            .unwrap_or(0);
        self.spawn(async move {
            let gathered = async {
                while usize::try_from(status.snapshot().peers).is_ok_and(|peers| peers < others) {
                    tokio::time::sleep(GATHER_POLL).await;
                }
            };
            if tokio::time::timeout(GATHER_MAX, gathered).await.is_err() {
                tracing::warn!(
                    others,
                    "consensus begins before a quorum of validators is connected"
                );
            }
            Ok(Outcome::Rested(opening))
        });
    }

    /// Blocks are made on demand. A node that does not vote, or that still catches up, has nothing to wait for.
    fn rests_before(&self, opening: &Opening) -> bool {
        let caught_up = self.place.synced < opening.height.saturating_sub(1);
        caught_up && self.votes_in(opening)
    }

    fn votes_in(&self, opening: &Opening) -> bool {
        opening.parameters.validator_set.contains(&self.key)
    }

    /// Work, a proposer already heard at this height, or the idle beat ends the rest.
    fn rest(&mut self, opening: Opening) {
        let host = self.host.clone();
        let mut heard = self.heard.subscribe();
        self.spawn(async move {
            tokio::select! {
                () = host.wait_for_work() => {}
                _ = heard.wait_for(|height| *height >= opening.height) => {}
                () = tokio::time::sleep(opening.rest) => {}
            }
            Ok(Outcome::Rested(opening))
        });
    }
}
