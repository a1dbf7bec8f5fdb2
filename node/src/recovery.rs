//! Going on after a loss of quorum: when more than a third of the validators are gone for good no block can be decided, and no vote can be taken.
//!
//! Those who are left take the newest final state out of a stopped node ([`snapshot`]), name the validators that go on, and each of those signs with
//! its operator's key ([`order`]). What comes out is a specification of a new chain whose first state is the old one's: records, consents and trails
//! stay; heights begin anew; proofs of the former chain are checked with its own specification. A node takes such a specification only if file,
//! state, certificate and every signature hold, so nobody is trusted with the state alone.

pub mod order;
pub mod snapshot;

use crate::commands::spec;
use musubi_chain_spec::ChainSpec;
use musubi_node_core::{
    executor::{Genesis, Specs, build_genesis, continue_genesis},
    pipeline::Pipeline,
    ports::LocalFault,
};
use snapshot::Snapshot;
use std::path::Path;

/// The first block of a specification's chain, whether it begins or goes on. Needs the stack of a worker thread.
///
/// # Errors
/// A sentence that names the file and what does not hold.
pub fn genesis(path: &Path, spec: &ChainSpec) -> Result<Genesis, String> {
    let fail = |error: String| format!("chain specification {}: {error}", path.display());
    let Some(continues) = &spec.continues else {
        let built = build_genesis(Specs::default(), &spec.genesis);
        return built.map_err(|error| fail(error.to_string()));
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let snapshot = Snapshot::read(&folder.join(&continues.snapshot), &continues.sha256)?;
    let validators = order::check(continues, &snapshot).map_err(fail)?;
    continue_genesis(Specs::default(), &snapshot.state, &validators)
        .map_err(|error| fail(error.to_string()))
}

/// Reads a specification and builds its first block on a thread of its own.
///
/// # Errors
/// As [`genesis`].
pub fn genesis_of_file(path: &Path) -> Result<Genesis, String> {
    let spec = spec::read(path)?;
    let path = path.to_path_buf();
    on_worker(move || genesis(&path, &spec))
}

/// Runs something that executes the runtime where there is stack for it.
///
/// # Errors
/// As `job`, or when there is no thread.
pub fn on_worker<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let worker = musubi_node_core::executor::Worker::start("musubi-genesis")
        .map_err(|fault| fault.to_string())?;
    waited(worker.run(job))?
}

/// Closes the chain of a stopped node, so that nothing of its database is left when the program ends.
///
/// # Errors
/// When one of its threads has ended before.
pub fn close(pipeline: Pipeline) -> Result<(), String> {
    waited(pipeline.settle())
}

fn waited<T>(work: impl Future<Output = Result<T, LocalFault>>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(work).map_err(|fault| fault.to_string())
}
