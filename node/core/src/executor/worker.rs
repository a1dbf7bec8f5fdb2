//! A thread with a large fixed stack on which the runtime executes.
//!
//! FRAME's decoding and dispatch nest deeply, in debug builds above all; the threads of an async executor have two megabytes. Nothing
//! but memory is touched here.

use crate::ports::LocalFault;
use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
};
use tokio::sync::oneshot;

/// Stack of a worker, in bytes; the system hands out only what is touched.
const STACK_BYTES: usize = 64 << 20;

type Job = Box<dyn FnOnce() + Send>;

/// A queue of jobs and the thread that does them in order. Whoever drops the last handle waits until the queue is done and the thread has
/// ended: a thread that touched the database and outlives `main` finds the database library's own statics gone, and aborts the process.
#[derive(Clone)]
pub struct Worker(Arc<Inner>);

struct Inner {
    name: &'static str,
    /// There until the end; then gone, which ends the thread.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("name", &self.0.name)
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
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || queue.into_iter().for_each(|job| job()))
            .map_err(|error| LocalFault::new(format!("start thread {name}"), error))?;
        Ok(Self(Arc::new(Inner {
            name,
            jobs: Some(jobs),
            thread: Some(thread),
        })))
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
            .map_err(|_| LocalFault::new(format!("run a job on {}", self.0.name), "it panicked"))
    }

    /// Does a job on the thread and does not wait.
    pub fn enqueue(&self, job: impl FnOnce() + Send + 'static) {
        let sent = self.0.jobs.as_ref().map(|jobs| jobs.send(Box::new(job)));
        if !matches!(sent, Some(Ok(()))) {
            tracing::error!(worker = self.0.name, "the thread has ended");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.jobs = None;
        // A job may hold the last handle of the very thread that does it, which cannot wait for itself.
        let thread = self.thread.take();
        let other = thread.filter(|thread| thread.thread().id() != thread::current().id());
        if let Some(Err(_)) = other.map(JoinHandle::join) {
            tracing::error!(worker = self.name, "a job that nobody waited for panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn the_last_handle_waits_until_the_thread_has_ended() {
        let worker = Worker::start("test").expect("threads are there");
        let done = Arc::new(AtomicBool::new(false));
        worker.enqueue({
            let done = Arc::clone(&done);
            move || {
                (0..10_000).for_each(|_| thread::yield_now());
                done.store(true, Ordering::SeqCst);
            }
        });
        drop(worker);
        assert!(done.load(Ordering::SeqCst));
    }

    #[test]
    fn a_job_may_hold_the_last_handle_of_its_own_thread() {
        let worker = Worker::start("test").expect("threads are there");
        let (said, heard) = mpsc::channel();
        let own = worker.clone();
        let (go, gone) = mpsc::channel();
        worker.enqueue(move || {
            let _ = gone.recv();
            drop(own);
            let _ = said.send(());
        });
        drop(worker);
        go.send(()).expect("the job waits");
        assert_eq!(heard.recv(), Ok(()));
    }

    #[tokio::test]
    async fn a_panic_is_a_fault_and_the_thread_goes_on() {
        let worker = Worker::start("test").expect("threads are there");
        assert!(worker.run(|| panic!("as asked")).await.is_err());
        assert_eq!(worker.run(|| 7).await.expect("the thread lives"), 7);
    }
}
