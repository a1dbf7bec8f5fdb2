//! The card itself: one session at a time, off the threads that answer pages.

use super::trouble::{Failure, Trouble};
use crate::commands::card::{CardArguments, answer::Refusal, place::Place, trust::TrustArguments};
use std::sync::Arc;
use tokio::sync::Mutex;

/// The reader, its card, and what their certificates are held against.
#[derive(Clone, Debug)]
pub struct CardDesk {
    settings: Arc<Settings>,
    /// Held while a page uses the card.
    turn: Arc<Mutex<()>>,
}

/// How the agent was started.
#[derive(Debug)]
pub struct Settings {
    /// Which reader or emulated card.
    pub card: CardArguments,
    /// What a signature is held against before it is handed over.
    pub trust: TrustArguments,
}

impl CardDesk {
    pub fn new(card: CardArguments, trust: TrustArguments) -> Self {
        Self {
            settings: Arc::new(Settings { card, trust }),
            turn: Arc::default(),
        }
    }

    /// Lets `act` use the card's place alone.
    ///
    /// # Errors
    /// [`Trouble::Busy`] while another page does; else what `act` came to.
    pub async fn touch<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Settings, &mut Place) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Failure> {
        let turn = Arc::clone(&self.turn)
            .try_lock_owned()
            .map_err(|_| Trouble::Busy)?;
        let settings = Arc::clone(&self.settings);
        let work = tokio::task::spawn_blocking(move || {
            let outcome =
                Place::find(&settings.card).and_then(|mut place| act(&settings, &mut place));
            drop(turn);
            outcome
        });
        // A panic has said on the terminal what it was.
        let outcome = work.await.map_err(|_| Trouble::Failed)?;
        Ok(outcome?)
    }
}
