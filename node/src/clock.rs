//! The machine's clock behind node/core's port.

use musubi_node_core::ports::Clock;
use musubi_primitives::Moment;
use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The system's clocks: wall time for blocks, monotonic time for budgets.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        now()
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn worked(&self) -> Duration {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::try_from(time).unwrap_or_default()
    }
}

/// Milliseconds since 1970-01-01T00:00:00Z by this machine's wall clock; 0 before.
pub fn now() -> Moment {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Moment::try_from(since.as_millis()).unwrap_or(Moment::MAX)
}
