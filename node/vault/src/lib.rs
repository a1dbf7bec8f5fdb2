//! The vault: sealed records at rest with their holder, and the one door through which a custodian releases them.
//!
//! It stores ciphertext by its hash and data keys only as envelopes; no plain record is ever written. It releases a key only against a
//! ticket that is live in finalised state younger than [`STATE_AGE_MAX`], only once, and only to the key that the state names
//! ([`release`]); what it takes in must be on the chain first ([`intake`]); what it erases leaves a signed receipt ([`erasure`]); what
//! is damaged here is found and made good from another holder ([`repair`]).
//!
//! **Never here:** deciding who may read (the runtime does), networking (messages are the plain types of [`exchange`], carried by
//! others), plain text of a record beyond the moment in which an own envelope is checked.

mod challenge;
pub mod erasure;
pub mod exchange;
pub mod finalised;
pub mod intake;
pub mod moving;
pub mod outbox;
pub mod own;
pub mod receipt;
pub mod release;
pub mod repair;
mod rotation;
pub mod store;

pub use exchange::{Refusal, VaultRequest, VaultResponse};
pub use finalised::{Finalised, FinalisedState, RecordStanding};
pub use outbox::Outgoing;
pub use receipt::{DeliveryReceipt, ErasureReceipt};
pub use store::{Holding, VaultStore};

use challenge::Challenges;
use ed25519_dalek::SigningKey;
use musubi_client_sdk::sealing::HpkeSecret;
use musubi_primitives::{BlockHash, MemberId, Moment, RecordId, RequestId};
use std::{
    collections::BTreeSet,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// A custodian answers only from finalised state younger than this (milliseconds).
pub const STATE_AGE_MAX: Moment = 15_000;
/// A clock that is so far behind the newest block was set back: this machine cannot tell how old its state is, and answers nothing.
pub const CLOCK_BEHIND_MAX: Moment = 15_000;

/// Who keeps this vault: its keys and the chain that it serves.
pub struct Keeper {
    /// Hash of block 0.
    pub genesis: BlockHash,
    /// The member.
    pub member: MemberId,
    /// Opens the member's envelopes.
    pub sealing: HpkeSecret,
    /// Signs receipts; its public key is the member's verifier key on the chain.
    pub signing: SigningKey,
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keeper({}, keys hidden)", self.member)
    }
}

/// How much a vault takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of ciphertext kept for one author.
    pub author_bytes: u64,
    /// Most envelopes that one offer may bring.
    pub envelopes: usize,
}

impl Default for Limits {
    /// 64 GiB an author; guardian, author, home municipality and room for joint authority and a stay elsewhere.
    fn default() -> Self {
        Self {
            author_bytes: 64 << 30,
            envelopes: 8,
        }
    }
}

/// A fault's cause, whatever it is.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why the vault did not do something.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The asker may not have it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// This machine failed.
    #[error("{attempt}: {source}")]
    Fault {
        /// What was attempted.
        attempt: &'static str,
        /// Why not.
        source: Cause,
    },
}

/// One member's vault.
pub struct Vault {
    store: VaultStore,
    keeper: Keeper,
    limits: Limits,
    finalised: Arc<dyn FinalisedState>,
    challenges: Mutex<Challenges>,
    /// Records that turned out damaged when somebody asked for them.
    suspects: Mutex<BTreeSet<RecordId>>,
    quota_refusals: AtomicU64,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault of {}", self.keeper.member)
    }
}

impl Vault {
    /// A vault over its store.
    pub fn new(
        store: VaultStore,
        keeper: Keeper,
        limits: Limits,
        finalised: Arc<dyn FinalisedState>,
    ) -> Self {
        Self {
            store,
            keeper,
            limits,
            finalised,
            challenges: Mutex::default(),
            suspects: Mutex::default(),
            quota_refusals: AtomicU64::default(),
        }
    }

    /// Answers one message of a member whose identity the network has proved. Blocks on disk: call it off async executors.
    pub fn answer(&self, peer: MemberId, request: VaultRequest) -> VaultResponse {
        let answer = match request {
            VaultRequest::Offer(offer) => self.take_in(offer).map(|()| VaultResponse::Stored),
            VaultRequest::Challenge { request } => {
                self.challenge(peer, request).map(VaultResponse::Challenge)
            }
            VaultRequest::Redeem(redemption) => {
                self.redeem(peer, &redemption).map(VaultResponse::Released)
            }
            VaultRequest::Fetch(part) => self.fetch(peer, &part).map(VaultResponse::Part),
            VaultRequest::Records(wanted) => {
                self.records(peer, &wanted).map(VaultResponse::Records)
            }
            VaultRequest::Envelope { record } => {
                self.wrap_again(peer, &record).map(VaultResponse::Envelope)
            }
            VaultRequest::ErasureReceipt { record } => self
                .erasure_receipt(peer, &record)
                .map(VaultResponse::ErasureReceipt),
        };
        answer.unwrap_or_else(|error| match error {
            VaultError::Refused(refusal) => VaultResponse::Refused(refusal),
            fault @ VaultError::Fault { .. } => {
                tracing::error!(%fault, "vault request failed on this machine");
                VaultResponse::Refused(Refusal::Unavailable)
            }
        })
    }

    /// The store, for backup and for lists of what is held.
    pub fn store(&self) -> &VaultStore {
        &self.store
    }

    /// Records that turned out damaged when somebody asked for them, since this was last asked.
    pub fn suspects(&self) -> BTreeSet<RecordId> {
        std::mem::take(&mut *self.suspects.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How often a record was not taken because its author's share is full.
    pub fn quota_refusals(&self) -> u64 {
        self.quota_refusals.load(Ordering::Relaxed)
    }

    fn suspect(&self, record: RecordId) {
        let mut suspects = self.suspects.lock().unwrap_or_else(PoisonError::into_inner);
        suspects.insert(record);
    }

    fn count_refusal<T>(&self, outcome: &Result<T, VaultError>) {
        if matches!(outcome, Err(VaultError::Refused(Refusal::QuotaFull))) {
            self.quota_refusals.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The time, and finalised state that is young enough to answer from, by the wall clock and by one that nobody can set.
    fn look(
        &self,
        request: Option<&RequestId>,
        records: &[RecordId],
    ) -> Result<(Moment, Finalised), VaultError> {
        let finalised =
            self.finalised
                .look(request, records)
                .map_err(|source| VaultError::Fault {
                    attempt: "look at finalised state",
                    source,
                })?;
        let age = finalised.now.saturating_sub(finalised.time);
        let behind = finalised.time.saturating_sub(finalised.now);
        if age.max(finalised.held) >= STATE_AGE_MAX || behind >= CLOCK_BEHIND_MAX {
            return Err(Refusal::StateTooOld.into());
        }
        let at_least = finalised.time.saturating_add(finalised.held);
        Ok((finalised.now.max(at_least), finalised))
    }
}
