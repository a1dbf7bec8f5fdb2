//! How a long-running command is asked to stop: Ctrl-C at its terminal, or SIGTERM from whoever supervises it.

use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-C and SIGTERM from [`Self::listen`] on. Made once and kept: what comes between two waits is not lost.
#[derive(Debug)]
pub struct StopSignal {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignal {
    /// Begins to listen; from here on neither signal ends the process by itself.
    ///
    /// # Errors
    /// What the system says where it lets nobody listen.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Resolves once for each time the process is asked.
    pub async fn told(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::StopSignal;
    use std::time::Duration;

    /// Asks this process to stop, as a supervisor would.
    fn terminate_this_process() {
        let own = std::process::id().to_string();
        let asked = std::process::Command::new("kill")
            .args(["-TERM", &own])
            .status();
        assert!(asked.unwrap().success());
    }

    #[tokio::test]
    async fn a_signal_between_two_waits_is_not_lost() {
        let mut stop = StopSignal::listen().unwrap();
        let no_signal = tokio::time::timeout(Duration::from_millis(1), stop.told()).await;
        assert!(no_signal.is_err(), "nobody asked yet");
        terminate_this_process();
        tokio::time::timeout(Duration::from_secs(60), stop.told())
            .await
            .unwrap();
    }
}
