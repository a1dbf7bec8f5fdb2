//! Between two worlds: the card's steps wait for each response, the app's transport must not block. The steps run on a thread of their
//! own, and the app's transport is called from the app's own executor.

use crate::{
    card::{CardTransport, CardTransportError},
    card_error::CardError,
};
use futures_channel::mpsc::{UnboundedSender, unbounded};
use musubi_consent_card::{self as card, ForeignCard, JpkiCard, TransportError};
use std::{
    sync::{
        Arc,
        mpsc::{Receiver, channel},
    },
    thread,
};

type Response = Result<Vec<u8>, TransportError>;
type Outcome<T> = Result<T, card::CardError>;

/// What the card's thread has to say.
enum Said<T> {
    Send(Vec<u8>),
    Done(Outcome<T>),
}

/// Ends the field when the work is done, has failed, or was cancelled.
struct Field(Arc<dyn CardTransport>);

impl Drop for Field {
    fn drop(&mut self) {
        self.0.end_field();
    }
}

/// Selects the card's application and does some work on it.
pub(crate) async fn with_card<T: Send + 'static>(
    transport: Arc<dyn CardTransport>,
    work: impl FnOnce(&mut JpkiCard<ForeignCard>) -> Outcome<T> + Send + 'static,
) -> Result<T, CardError> {
    let field = Field(transport);
    let (say, mut said) = unbounded();
    let (answer, answers) = channel();
    thread::Builder::new()
        .name("musubi-card".to_owned())
        .spawn(move || on_thread(&say, answers, work))
        .map_err(|_| card::CardError::Transport(TransportError::Failed { code: 0 }))?;
    loop {
        match said.recv().await {
            Ok(Said::Send(command)) => {
                let response = field.0.transceive(command).await;
                // A thread that has ended says so with its next word.
                drop(answer.send(response.map_err(TransportError::from)));
            }
            Ok(Said::Done(outcome)) => return outcome.map_err(CardError::from),
            Err(_) => return Err(card::CardError::Transport(TransportError::Removed).into()),
        }
    }
}

fn on_thread<T>(
    say: &UnboundedSender<Said<T>>,
    answers: Receiver<Response>,
    work: impl FnOnce(&mut JpkiCard<ForeignCard>) -> Outcome<T>,
) where
    T: Send + 'static,
{
    let commands = say.clone();
    // Whoever has stopped listening has taken the card away.
    let transceive = move |command: &[u8]| {
        commands
            .unbounded_send(Said::Send(command.to_vec()))
            .map_err(|_| TransportError::Removed)?;
        answers.recv().unwrap_or(Err(TransportError::Removed))
    };
    // Dropping the card leaves its application, for which the transport is still needed.
    let outcome =
        JpkiCard::open(ForeignCard::new(transceive, || ())).and_then(|mut card| work(&mut card));
    drop(say.unbounded_send(Said::Done(outcome)));
}

impl From<CardTransportError> for TransportError {
    fn from(error: CardTransportError) -> Self {
        match error {
            CardTransportError::NoCard => Self::NoCard,
            CardTransportError::Removed => Self::Removed,
            CardTransportError::Unresponsive => Self::Unresponsive,
            CardTransportError::Busy => Self::Busy,
            CardTransportError::Failed { code } => Self::Failed { code },
        }
    }
}
