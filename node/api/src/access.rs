//! Which method is open to whom, and the guard that enforces it for single calls, notifications and batches alike.

use crate::{caller::Caller, metrics::Metrics};
use jsonrpsee::{
    MethodResponse,
    core::middleware::{Batch, BatchEntry, BatchEntryErr, Notification},
    server::middleware::rpc::RpcServiceT,
    types::{
        ErrorObjectOwned, Request,
        error::{ErrorCode, METHOD_NOT_FOUND_CODE},
    },
};
use std::{future::Future, time::Instant};
use tracing::{Instrument, info_span};

/// Open to every caller: nothing here shows state or the body of a block.
const OPEN: &[&str] = &[
    "author_submitAndWatchExtrinsic",
    "author_submitExtrinsic",
    "author_unwatchExtrinsic",
    "chain_getBlockHash",
    "chain_getFinalisedHead",
    "chain_getFinalizedHead",
    "chain_getHead",
    "chain_getHeader",
    "chain_getRuntimeVersion",
    "chain_subscribeAllHeads",
    "chain_subscribeFinalisedHeads",
    "chain_subscribeFinalizedHeads",
    "chain_subscribeNewHead",
    "chain_subscribeNewHeads",
    "chain_subscribeRuntimeVersion",
    "chain_unsubscribeAllHeads",
    "chain_unsubscribeFinalisedHeads",
    "chain_unsubscribeFinalizedHeads",
    "chain_unsubscribeNewHead",
    "chain_unsubscribeNewHeads",
    "chain_unsubscribeRuntimeVersion",
    "musubi_certificate",
    "musubi_historyProof",
    "rpc_methods",
    "state_getMetadata",
    "state_getRuntimeVersion",
    "state_subscribeRuntimeVersion",
    "state_unsubscribeRuntimeVersion",
    "subscribe_newHead",
    "system_chain",
    "system_chainType",
    "system_health",
    "system_name",
    "system_nodeRoles",
    "system_properties",
    "system_version",
    "unsubscribe_newHead",
];

/// For operators: state, bodies, trails, the pool's content and the peers.
const OPERATORS: &[&str] = &[
    "account_nextIndex",
    "author_pendingExtrinsics",
    "chain_getBlock",
    "musubi_blockTrail",
    "musubi_checkpoint",
    "musubi_trail",
    "musubi_trailProof",
    "state_call",
    "state_callAt",
    "state_getKeysPaged",
    "state_getKeysPagedAt",
    "state_getReadProof",
    "state_getStorage",
    "state_getStorageAt",
    "state_getStorageHash",
    "state_getStorageHashAt",
    "state_getStorageSize",
    "state_getStorageSizeAt",
    "state_queryStorageAt",
    "state_subscribeStorage",
    "state_unsubscribeStorage",
    "system_accountNextIndex",
    "system_localPeerId",
    "system_peers",
];

/// Whether the tables know a method at all.
pub fn is_known(method: &str) -> bool {
    known_name(method).is_some()
}

/// Whether a caller may use a method. A method in neither table is nobody's.
pub fn may_call(caller: Caller, method: &str) -> bool {
    match caller {
        Caller::Operator => is_known(method),
        Caller::Guest => OPEN.binary_search(&method).is_ok(),
    }
}

/// The table's own copy of a name: bounded in number, hence fit for a metric's label.
fn known_name(method: &str) -> Option<&'static str> {
    [OPEN, OPERATORS].into_iter().find_map(|table| {
        table
            .binary_search(&method)
            .ok()
            .and_then(|at| table.get(at))
            .copied()
    })
}

/// Why a caller may not use a method; what no table knows is refused to all, even if somebody registered it.
fn refusal(caller: Caller, method: &str) -> Option<ErrorObjectOwned> {
    if may_call(caller, method) {
        return None;
    }
    if !is_known(method) {
        return Some(ErrorCode::MethodNotFound.into());
    }
    let text = format!(
        "{method} is for operators: call from the node's own machine, or send its bearer token"
    );
    Some(ErrorObjectOwned::owned(
        METHOD_NOT_FOUND_CODE,
        text,
        None::<()>,
    ))
}

/// Puts the guard before the methods.
#[derive(Clone, Debug)]
pub(crate) struct GuardLayer {
    pub(crate) metrics: Metrics,
}

impl<S> tower::Layer<S> for GuardLayer {
    type Service = Guard<S>;

    fn layer(&self, inner: S) -> Guard<S> {
        Guard {
            inner,
            metrics: self.metrics.clone(),
        }
    }
}

/// Refuses what the caller may not use, and counts and times the rest.
#[derive(Clone, Debug)]
pub(crate) struct Guard<S> {
    inner: S,
    metrics: Metrics,
}

impl<S> RpcServiceT for Guard<S>
where
    S: RpcServiceT<
            MethodResponse = MethodResponse,
            NotificationResponse = MethodResponse,
            BatchResponse = MethodResponse,
        > + Clone
        + Send
        + Sync
        + 'static,
{
    type MethodResponse = MethodResponse;
    type NotificationResponse = MethodResponse;
    type BatchResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let (inner, metrics) = (self.inner.clone(), self.metrics.clone());
        async move {
            let method = known_name(request.method_name()).unwrap_or("unknown");
            let caller = Caller::of(request.extensions());
            if let Some(error) = refusal(caller, request.method_name()) {
                metrics.refused(method);
                return MethodResponse::error(request.id, error);
            }
            let start = Instant::now();
            let span =
                info_span!(target: "spans", "rpc call", otel.kind = "server", rpc.method = method);
            let response = inner.call(request).instrument(span).await;
            metrics.called(method, response.is_success(), start.elapsed());
            response
        }
    }

    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let inner = self.inner.clone();
        let metrics = self.metrics.clone();
        let screened = batch.into_iter().map(|entry| {
            metrics.batched();
            screen(entry)
        });
        let screened = Batch::from(screened.collect());
        async move { inner.batch(screened).await }
    }

    fn notification<'a>(
        &self,
        notification: Notification<'a>,
    ) -> impl Future<Output = MethodResponse> + Send + 'a {
        // No method here acts on a notification; the server drops it.
        let inner = self.inner.clone();
        async move { inner.notification(notification).await }
    }
}

fn screen<'a>(
    entry: Result<BatchEntry<'a>, BatchEntryErr<'a>>,
) -> Result<BatchEntry<'a>, BatchEntryErr<'a>> {
    match entry {
        Ok(BatchEntry::Call(request)) => {
            match refusal(Caller::of(request.extensions()), request.method_name()) {
                Some(error) => Err(BatchEntryErr::new(request.id, error)),
                None => Ok(BatchEntry::Call(request)),
            }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_disjoint() {
        assert!(OPEN.is_sorted() && OPERATORS.is_sorted());
        assert!(
            OPEN.iter()
                .all(|name| OPERATORS.binary_search(name).is_err())
        );
    }

    #[test]
    fn state_is_for_operators_and_unknown_methods_are_nobodys() {
        assert!(
            may_call(Caller::Operator, "state_getStorage")
                && !may_call(Caller::Guest, "state_getStorage")
        );
        assert!(may_call(Caller::Guest, "chain_getHeader"));
        assert!(!may_call(Caller::Operator, "author_insertKey"));
    }
}
