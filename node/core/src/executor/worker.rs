//! A thread with a large fixed stack on which the runtime executes.
//!
//! FRAME's decoding and dispatch nest deeply, in debug builds above all; the threads of an async executor have two megabytes. Nothing
//! but memory is touched here.

use crate::ports::LocalFault;
use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    thread,
};
use tokio::sync::oneshot;

/// Stack of a worker, in bytes; the system hands out only what is touched.
const STACK_BYTES: usize = 64 << 20;

type Job = Box<dyn FnOnce() + Send>;

/// A queue of jobs and the thread that does them in order. The thread ends with the last handle.
#[derive(Clone)]
pub struct Worker {
    name: &'static str,
    jobs: mpsc::Sender<Job>,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Worker {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(name: &'static str) -> Result<Self, LocalFault> {
        let (jobs, queue) = mpsc::channel::<Job>();
        thread::Builder::new()
            .name(name.to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || queue.into_iter().for_each(|job| job()))
            .map_err(|error| LocalFault::new(format!("start thread {name}"), error))?;
        Ok(Self { name, jobs })
    }

    /// Does a job on the thread and waits for its result.
    ///
    /// # Errors
    /// When the job panics.
    pub async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, LocalFault> {
        let (reply, result) = oneshot::channel();
        self.enqueue(move || {
            if let Ok(value) = catch_unwind(AssertUnwindSafe(job)) {
                // Whoever asked may have stopped waiting.
                let _ = reply.send(value);
            }
        });
        result
            .await
            .map_err(|_| LocalFault::new(format!("run a job on {}", self.name), "it panicked"))
    }

    /// Does a job on the thread and does not wait.
    pub fn enqueue(&self, job: impl FnOnce() + Send + 'static) {
        if self.jobs.send(Box::new(job)).is_err() {
            tracing::error!(worker = self.name, "the thread has ended");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_fault_and_the_thread_goes_on() {
        let worker = Worker::start("test").expect("threads are there");
        assert!(worker.run(|| panic!("as asked")).await.is_err());
        assert_eq!(worker.run(|| 7).await.expect("the thread lives"), 7);
    }
}
