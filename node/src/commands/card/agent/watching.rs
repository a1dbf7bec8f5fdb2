//! What lies on the readers, watched on a thread of its own: PC/SC waits, and pages hear of each change.

use musubi_consent_card::pcsc::{Presence, ReaderFacts, Readers};
use std::time::Duration;
use tokio::sync::watch;

/// How long a service that does not run is left alone before it is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// How long one wait lasts when nothing happens.
const WAIT: Duration = Duration::from_secs(20);

/// The readers, as far as they can be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The PC/SC service does not run.
    NoService,
    /// The readers that there are, perhaps none.
    Readers(Vec<ReaderFacts>),
}

/// Begins to watch. A card of the emulator inside this process always lies there.
pub fn start(is_emulated: bool) -> watch::Receiver<Seen> {
    if is_emulated {
        return watch::channel(Seen::Readers(vec![ReaderFacts {
            name: "TEST CARD".to_owned(),
            presence: Presence::Card,
        }]))
        .1;
    }
    let (seen, seeing) = watch::channel(Seen::NoService);
    std::thread::spawn(move || {
        while !seen.is_closed() {
            // Ends with what the service answered when it stops.
            let _ = watch_service(&seen);
            put(&seen, Seen::NoService);
            std::thread::park_timeout(PAUSE);
        }
    });
    seeing
}

fn watch_service(seen: &watch::Sender<Seen>) -> Result<(), musubi_consent_card::TransportError> {
    let readers = Readers::connect()?;
    while !seen.is_closed() {
        let facts = readers.list()?;
        put(seen, Seen::Readers(facts.clone()));
        readers.wait_for_change(&facts, WAIT)?;
    }
    Ok(())
}

fn put(seen: &watch::Sender<Seen>, now: Seen) {
    seen.send_if_modified(|before| {
        let is_new = *before != now;
        if is_new {
            *before = now;
        }
        is_new
    });
}
