//! One stay in a state: calls into the runtime over an overlay, each of which may panic without harm.

use super::{
    spec::Specs,
    state::{Backend, Hasher, STATE_VERSION, StateStorage},
};
use crate::{ports::LocalFault, verified::Verified};
use musubi_runtime::api;
use sp_core::{H256, storage::well_known_keys::CODE};
use sp_externalities::{Extensions, set_and_run_with_externalities};
use sp_state_machine::{Backend as _, Ext, OverlayedChanges, StorageChanges, TrieBackendBuilder};
use sp_trie::cache::LocalTrieCache;
use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// Why a call into the runtime gave no result.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// This machine is at fault.
    #[error(transparent)]
    Fault(#[from] LocalFault),
    /// The runtime stopped with a message.
    #[error("the runtime stopped: {0}")]
    Panicked(String),
    /// The specification has no such API.
    #[error("the runtime has no method {0}")]
    UnknownMethod(String),
    /// The result has another form than expected.
    #[error("the result of {method} does not decode: {cause}")]
    Undecodable {
        /// Which method.
        method: String,
        /// The codec's words.
        cause: codec::Error,
    },
}

/// A state and the changes made to it so far.
pub(crate) struct Session {
    backend: Backend,
    overlay: OverlayedChanges<Hasher>,
    extensions: Extensions,
    storage: StateStorage,
}

impl Session {
    /// Opens a state under the specification that it names.
    pub(crate) fn open(
        storage: StateStorage,
        root: H256,
        cache: Option<LocalTrieCache<Hasher>>,
        specs: Specs,
        verified: &Arc<Verified>,
    ) -> Result<Self, LocalFault> {
        let backend = backend(storage.clone(), root, cache);
        let code = backend
            .storage(CODE)
            .map_err(|error| fault_or(&storage, "read :code", error))?;
        specs.named(code.as_deref())?;
        Ok(Self::over(storage, backend, specs, verified))
    }

    /// Opens an empty state, for genesis.
    pub(crate) fn empty(specs: Specs) -> Self {
        let storage = StateStorage::empty();
        let root = sp_trie::empty_trie_root::<sp_trie::LayoutV1<Hasher>>();
        let backend = backend(storage.clone(), root, None);
        Self::over(storage, backend, specs, &Arc::default())
    }

    fn over(
        storage: StateStorage,
        backend: Backend,
        specs: Specs,
        verified: &Arc<Verified>,
    ) -> Self {
        let mut extensions = Extensions::default();
        specs.register(&mut extensions);
        verified.register(&mut extensions);
        Self {
            backend,
            overlay: OverlayedChanges::default(),
            extensions,
            storage,
        }
    }

    /// Runs `body` with this state as the runtime's storage.
    pub(crate) fn run<T>(&mut self, body: impl FnOnce() -> T) -> Result<T, CallError> {
        let mut ext = Ext::new(&mut self.overlay, &self.backend, Some(&mut self.extensions));
        let result =
            set_and_run_with_externalities(&mut ext, || catch_unwind(AssertUnwindSafe(body)));
        if let Some(fault) = self.storage.take_fault() {
            return Err(fault.into());
        }
        result.map_err(|panic| CallError::Panicked(panic_message(panic.as_ref())))
    }

    /// Calls a runtime API by name.
    pub(crate) fn call(&mut self, method: &str, arguments: &[u8]) -> Result<Vec<u8>, CallError> {
        self.run(|| api::dispatch(method, arguments))?
            .ok_or_else(|| CallError::UnknownMethod(method.to_owned()))
    }

    /// Calls a runtime API and decodes its result.
    pub(crate) fn call_as<T: codec::Decode>(
        &mut self,
        method: &str,
        arguments: &[u8],
    ) -> Result<T, CallError> {
        let bytes = self.call(method, arguments)?;
        codec::DecodeAll::decode_all(&mut &bytes[..]).map_err(|cause| CallError::Undecodable {
            method: method.to_owned(),
            cause,
        })
    }

    /// Runs `body` so that its changes stay only if `keep` likes its result. A panic leaves no trace.
    pub(crate) fn attempt<T>(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<T, CallError>,
        keep: impl FnOnce(&T) -> bool,
    ) -> Result<T, CallError> {
        let depth = self.overlay.transaction_depth();
        self.overlay.start_transaction();
        let result = body(self);
        // A panic can leave transactions open that the runtime began.
        while self.overlay.transaction_depth() > depth.saturating_add(1) {
            self.close_transaction(false)?;
        }
        self.close_transaction(result.as_ref().is_ok_and(keep))?;
        result
    }

    fn close_transaction(&mut self, keep: bool) -> Result<(), LocalFault> {
        let closed = if keep {
            self.overlay.commit_transaction()
        } else {
            self.overlay.rollback_transaction()
        };
        closed.map_err(|_| LocalFault::new("close a storage transaction", "none is open"))
    }

    /// Forgets all changes.
    pub(crate) fn reset(&mut self) {
        self.overlay = OverlayedChanges::default();
    }

    /// Ends the stay: the trie nodes that the changes make and drop.
    pub(crate) fn into_changes(mut self) -> Result<StorageChanges<Hasher>, LocalFault> {
        let changes = self
            .overlay
            .drain_storage_changes(&self.backend, STATE_VERSION);
        if let Some(fault) = self.storage.take_fault() {
            return Err(fault);
        }
        changes.map_err(|error| LocalFault::new("compute the state root", error))
    }
}

fn backend(storage: StateStorage, root: H256, cache: Option<LocalTrieCache<Hasher>>) -> Backend {
    TrieBackendBuilder::new(storage, root)
        .with_optional_cache(cache)
        .build()
}

/// The storage's own fault where there is one; it says more than the state machine's words.
pub(crate) fn fault_or(storage: &StateStorage, attempt: &str, error: impl ToString) -> LocalFault {
    storage
        .take_fault()
        .unwrap_or_else(|| LocalFault::new(attempt, error))
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "without a message".to_owned())
}
