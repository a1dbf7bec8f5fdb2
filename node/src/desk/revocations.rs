//! Where a municipality's revocation answers come from: lists in files, and what the worker asked the authority.
//!
//! The first that knows answers. Without an address in the configuration there is no worker, and what the files do not know stays
//! "not checked".

use super::{
    chain::Chain,
    keys::{bounded, folder},
};
use crate::{commands::care::chain as words, config::NodeConfig};
use musubi_consent::{
    CertificateUse, Revocation, RevocationList, RevocationSource, TrustedRoots,
    validator::RevocationQuery,
};
use musubi_node_workers::{CacheKey, Progress, RevocationDesk};
use std::{path::Path, sync::Arc};
use tokio::sync::watch;

/// The sources of one municipality.
pub struct Sources {
    lists: Vec<RevocationList>,
    worker: Option<Arc<RevocationDesk>>,
}

impl Sources {
    /// Reads the lists and opens the worker's cache, which is sealed under `key`.
    ///
    /// # Errors
    /// A sentence that names the key or file.
    pub fn open(
        config: &NodeConfig,
        roots: &TrustedRoots,
        key: CacheKey,
        chain: &Chain,
    ) -> Result<Self, String> {
        let lists = config.cards.revocation_lists.iter();
        Ok(Self {
            lists: lists
                .map(|path| list(roots, path))
                .collect::<Result<_, _>>()?,
            worker: worker(config, roots, key, chain)?,
        })
    }

    /// The worker, for whoever runs it.
    pub fn worker(&self) -> Option<&Arc<RevocationDesk>> {
        self.worker.as_ref()
    }

    /// Changes with every attempt of the worker.
    pub fn progress(&self) -> Option<watch::Receiver<Progress>> {
        self.worker.as_ref().map(|worker| worker.progress())
    }
}

fn list(roots: &TrustedRoots, path: &Path) -> Result<RevocationList, String> {
    let der = bounded("cards.revocation_lists", path)?;
    [CertificateUse::Signing, CertificateUse::Authentication]
        .into_iter()
        .find_map(|of| RevocationList::parse(roots, of, &der).ok())
        .ok_or_else(|| {
            format!(
                "cards.revocation_lists {}: no list that a pinned root has signed",
                path.display()
            )
        })
}

fn worker(
    config: &NodeConfig,
    roots: &TrustedRoots,
    key: CacheKey,
    chain: &Chain,
) -> Result<Option<Arc<RevocationDesk>>, String> {
    let settings = config.cards.revocation.clone();
    if settings.responders.is_empty() && settings.lists.is_empty() {
        return Ok(None);
    }
    let chain = chain.clone();
    let clock = Arc::new(move || chain.now());
    let folder = folder(config, "revocations")?;
    RevocationDesk::open(&folder, key, roots.clone(), settings, clock)
        .map(Some)
        .map_err(|error| format!("cards.revocation: {}", words(&error)))
}

impl RevocationSource for Sources {
    fn revocation(&self, query: &RevocationQuery<'_>) -> Revocation {
        let from_files = self.lists.iter().map(|list| list.revocation(query));
        let known = from_files
            .into_iter()
            .find(|answer| matches!(answer, Revocation::Good | Revocation::Revoked { .. }));
        let ask = || {
            self.worker
                .as_ref()
                .map_or(Revocation::NotChecked, |worker| worker.revocation(query))
        };
        known.unwrap_or_else(ask)
    }
}
