//! The custodian: this node's vault behind the members' network, and the vaults of others reached through it.

use super::{
    arriving::{Arrived, Arriving, OfferLabel},
    chain::unavailable,
    repair::{RepairFigures, Repairs},
};
use codec::{Decode, Encode};
use musubi_node_core::executor::Worker;
use musubi_node_gateway::DeskError;
use musubi_node_network::{AskError, Blobs, Network, PeerView, Refusal, ports::Asker};
use musubi_node_vault::{
    Vault, VaultError, VaultRequest, VaultResponse,
    exchange::{MESSAGE_BYTES_MAX, Offer},
};
use musubi_primitives::{MemberId, VerifyingKey};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::Notify;

/// The vault as others reach it. Cheap to share.
#[derive(Clone)]
pub struct Custodian {
    vault: Arc<Vault>,
    /// The vault calls into the runtime and waits for the disk: neither belongs on an async thread.
    worker: Worker,
    arriving: Arc<Mutex<Arriving>>,
    /// What is known of damage, and of its repair.
    pub(super) repairs: Arc<Repairs>,
    /// Something new to acknowledge, to report or to repair.
    pub(super) changed: Arc<Notify>,
}

impl Custodian {
    /// A custodian over its vault.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(vault: Vault) -> Result<Self, String> {
        Ok(Self {
            vault: Arc::new(vault),
            worker: Worker::start("musubi-vault").map_err(|fault| fault.to_string())?,
            arriving: Arc::default(),
            repairs: Arc::default(),
            changed: Arc::default(),
        })
    }

    /// Does something with the vault on its own thread.
    ///
    /// # Errors
    /// [`DeskError::Unavailable`] when it panics.
    pub async fn with_vault<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Vault) -> T + Send + 'static,
    ) -> Result<T, DeskError> {
        let vault = Arc::clone(&self.vault);
        self.worker
            .run(move || job(&vault))
            .await
            .map_err(unavailable)
    }

    /// Like [`Custodian::with_vault`], for what the vault itself may refuse or fail at.
    ///
    /// # Errors
    /// [`DeskError::Unavailable`].
    pub async fn vault<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Vault) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, DeskError> {
        self.with_vault(job).await?.map_err(unavailable)
    }

    /// How many records are kept here that the chain was not told of yet.
    pub fn unacknowledged(&self) -> u64 {
        let waiting = self
            .vault
            .to_acknowledge()
            .map_or(0, |records| records.len());
        u64::try_from(waiting).unwrap_or(u64::MAX)
    }

    /// What operators watch of the vault.
    pub fn figures(&self) -> (RepairFigures, u64, u64) {
        let kept = self.vault.store().bytes_kept().unwrap_or_default();
        (self.repairs.figures(), kept, self.vault.quota_refusals())
    }

    /// Answers a member whose identity is proved.
    ///
    /// # Errors
    /// [`DeskError::Unavailable`].
    pub async fn answer(
        &self,
        peer: MemberId,
        message: Vec<u8>,
    ) -> Result<VaultResponse, DeskError> {
        let custodian = self.clone();
        self.worker
            .run(move || custodian.answer_here(peer, &message))
            .await
            .map_err(unavailable)
    }

    /// Answers on the caller's thread; what was taken in, released or found damaged calls for the vault's duties, a mere look
    /// does not.
    fn answer_here(&self, peer: MemberId, message: &[u8]) -> VaultResponse {
        let response = match VaultRequest::from_bytes(message) {
            Ok(request) => self.vault.answer(peer, request),
            Err(refusal) => VaultResponse::Refused(refusal),
        };
        let is_fault = VaultResponse::Refused(musubi_node_vault::Refusal::Unavailable);
        if matches!(response, VaultResponse::Stored | VaultResponse::Released(_))
            || response == is_fault
        {
            self.changed.notify_one();
        }
        response
    }
}

/// The vault's door in the members' network: shut until the node knows its own member, and for good where there is no vault.
#[derive(Clone, Default)]
pub struct VaultDoor(Arc<OnceLock<Custodian>>);

impl VaultDoor {
    /// Lets others in; a second custodian is not taken.
    pub fn open(&self, custodian: Custodian) {
        // The first one stays: a node has one vault.
        let _ = self.0.set(custodian);
    }

    fn custodian(&self) -> Result<&Custodian, Refusal> {
        self.0.get().ok_or(Refusal::NotPermitted)
    }
}

impl Blobs for VaultDoor {
    fn read(
        &self,
        asker: Asker,
        request: &[u8],
        offset: u64,
        limit: u32,
    ) -> Result<(u64, Vec<u8>), Refusal> {
        self.custodian()?.read(asker, request, offset, limit)
    }

    fn write(
        &self,
        asker: Asker,
        label: &[u8],
        offset: u64,
        total: u64,
        bytes: Vec<u8>,
    ) -> Result<u64, Refusal> {
        self.custodian()?.write(asker, label, offset, total, bytes)
    }
}

impl Custodian {
    /// A challenge is new each time and fits one piece; all else is the same each time it is asked for.
    fn read(
        &self,
        asker: Asker,
        request: &[u8],
        offset: u64,
        limit: u32,
    ) -> Result<(u64, Vec<u8>), Refusal> {
        let bytes = self.answer_here(asker.member, request).encode();
        let total = u64::try_from(bytes.len()).map_err(|_| Refusal::Malformed)?;
        let start = usize::try_from(offset).map_err(|_| Refusal::Malformed)?;
        let limit = usize::try_from(limit).map_err(|_| Refusal::Malformed)?;
        let rest = bytes.get(start..).ok_or(Refusal::Malformed)?;
        Ok((total, rest.get(..limit).unwrap_or(rest).to_vec()))
    }

    fn write(
        &self,
        asker: Asker,
        label: &[u8],
        offset: u64,
        total: u64,
        bytes: Vec<u8>,
    ) -> Result<u64, Refusal> {
        let label = OfferLabel::decode(&mut &*label).map_err(|_| Refusal::Malformed)?;
        let total = usize::try_from(total).map_err(|_| Refusal::Malformed)?;
        if total > MESSAGE_BYTES_MAX {
            return Err(Refusal::Malformed);
        }
        let mut arriving = self.arriving.lock().unwrap_or_else(PoisonError::into_inner);
        let arrived = arriving.piece((asker.key, label), offset, total, &bytes);
        drop(arriving);
        let message = match arrived {
            Arrived::Whole(message) => message,
            Arrived::Part { held } => return Ok(held),
        };
        match self.answer_here(asker.member, &message) {
            VaultResponse::Stored => u64::try_from(total).map_err(|_| Refusal::Malformed),
            VaultResponse::Refused(musubi_node_vault::Refusal::Unavailable) => Err(Refusal::Fault),
            VaultResponse::Refused(musubi_node_vault::Refusal::StateTooOld) => Err(Refusal::Busy),
            _ => Err(Refusal::NotPermitted),
        }
    }
}

/// A connected node of a member.
pub fn node_of(network: &Network, member: MemberId) -> Option<PeerView> {
    network
        .peers()
        .into_iter()
        .find(|peer| peer.member == member)
}

/// Asks another member's vault.
///
/// # Errors
/// [`DeskError::Unavailable`] when no node of that member is connected or its answer breaks off.
pub async fn ask(
    network: &Network,
    custodian: MemberId,
    message: Vec<u8>,
) -> Result<Vec<u8>, DeskError> {
    let node = node_of(network, custodian)
        .ok_or_else(|| unavailable(format!("no node of {custodian} is connected")))?;
    network
        .read_blob(&node.key, message)
        .await
        .map_err(unavailable)
}

/// Hands a record to another vault.
///
/// # Errors
/// Why it was not taken.
pub async fn offer(network: &Network, to: &VerifyingKey, offer: Offer) -> Result<(), AskError> {
    let label = OfferLabel(offer.sealed.record).encode();
    let message = VaultRequest::Offer(offer).encode();
    network.write_blob(to, label, &message).await
}
