//! Native execution of blocks: genesis, building, checking, and reads of any kept state.
//!
//! The runtime runs in this process, over the Substrate trie in the chain's store. What the runtime cannot answer for is kept apart from
//! what it decides: a missing trie node or a disk error is flagged by the storage beside the panic that FRAME raises, and becomes a
//! [`LocalFault`](crate::ports::LocalFault); only a panic without such a flag says something about the block.

mod admission;
mod build;
mod check;
mod dispatch;
mod genesis;
mod outcome;
mod piece;
mod read;
mod session;
mod spec;
mod state;
mod worker;

pub(crate) use admission::origin_of_opaque;
pub use admission::{Judgement, Origin, Submission};
pub use build::{BuildLimits, Built, Candidate, Refusal};
pub use check::CheckError;
pub use dispatch::{Dispatched, HandOver, News, dispatched, news};
pub use genesis::{Genesis, GenesisError, build_genesis, continue_genesis, state_root};
pub use outcome::{Block, Header, Outcome};
pub(crate) use piece::read_piece;
pub use read::ReadError;
pub use session::CallError;
pub use spec::{Specs, UnsupportedSpec};
pub use state::Hasher;
pub(crate) use state::StateBuilder;
pub use worker::Worker;

use crate::ports::{ChainStore, LocalFault};
use crate::verified::Verified;
use session::Session;
use sp_core::H256;
use sp_trie::cache::{CacheSize, SharedTrieCache};
use std::{fmt, sync::Arc};

/// Executes blocks and answers for states. Cheap to share; every call runs on the caller's thread, which needs a large stack
/// (see [`Worker`]).
pub struct Executor {
    store: Arc<dyn ChainStore>,
    specs: Specs,
    cache: SharedTrieCache<Hasher>,
    verified: Arc<Verified>,
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor")
            .field("specs", &self.specs)
            .finish_non_exhaustive()
    }
}

impl Executor {
    /// An executor over a store. `cache_bytes` bounds the memory for cached trie nodes and values.
    pub fn new(
        store: Arc<dyn ChainStore>,
        specs: Specs,
        verified: Arc<Verified>,
        cache_bytes: usize,
    ) -> Self {
        let cache = SharedTrieCache::new(CacheSize::new(cache_bytes), None);
        Self {
            store,
            specs,
            cache,
            verified,
        }
    }

    /// The specifications that this program has.
    pub fn specs(&self) -> Specs {
        self.specs
    }

    /// Opens a state under the specification that is active in it.
    fn session(&self, state_root: H256) -> Result<Session, LocalFault> {
        let local_cache = self.cache.local_cache_trusted();
        let storage = state::StateStorage::new(Arc::clone(&self.store));
        Session::open(
            storage,
            state_root,
            Some(local_cache),
            self.specs,
            &self.verified,
        )
    }
}
