//! The light client: asks a node for what proves a value, checks it here, and says as of when it holds.
//!
//! What is trusted is the checkpoint, and that fewer than a third of its validators' power lies. Nothing that the node says is believed.

use crate::{
    checkpoint::Checkpoint,
    error::MusubiError,
    gather::{self, Newest},
    node::{NodeConnection, call},
    words::RecordCategory,
};
use musubi_client_sdk::proofs::{
    self, Statement,
    state::{ConsentEntry, RecordEntry, State},
    trail::{audit, head_of},
};
use musubi_primitives::{
    AccountId, BlockHash, CategorySet, CiphertextHash, Commitment, ConsentId, ConsentState,
    MemberId, Moment, Pseudonym, Purpose, RecordId, RecordState, trail::TrailRow,
};
use serde_json::json;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

/// Under which block something was proved.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct AsOf {
    /// Its height.
    pub height: u64,
    /// Its hash.
    pub block: BlockHash,
    /// Its time, milliseconds since 1970: show it beside what was proved.
    pub time: Moment,
}

/// A consent as the chain has it.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ConsentFacts {
    /// Whose records.
    pub subject: Pseudonym,
    /// Who speaks for the subject.
    pub guardian: Pseudonym,
    /// Who may ask.
    pub recipient: MemberId,
    /// What for.
    pub purpose: Purpose,
    /// Which classes of records.
    pub categories: CategorySet,
    /// First moment it holds, milliseconds since 1970.
    pub not_before: Moment,
    /// First moment it no longer holds, milliseconds since 1970.
    pub not_after: Moment,
    /// Its state at the time of the block.
    pub state: ConsentState,
    /// Whether it is in force at the time of the block: effective and within its period.
    pub in_force: bool,
}

/// A consent, or the proof that there is none under that identifier.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ProvedConsent {
    /// As of when.
    pub as_of: AsOf,
    /// The consent; none where the chain is proved to have none.
    pub consent: Option<ConsentFacts>,
}

/// A record as the chain has it: never its content.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct RecordFacts {
    /// Whose.
    pub subject: Pseudonym,
    /// Its class.
    pub category: RecordCategory,
    /// Which member wrote it.
    pub author: MemberId,
    /// Salted commitment to its content: [`crate::sealing::open_record`] needs it.
    pub commitment: Commitment,
    /// Address of its ciphertext: [`crate::sealing::open_record`] needs it.
    pub ciphertext: CiphertextHash,
    /// Time of the block that committed it, milliseconds since 1970.
    pub committed_at: Moment,
    /// Where it stands.
    pub state: RecordState,
}

/// A record, or the proof that there is none under that identifier.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ProvedRecord {
    /// As of when.
    pub as_of: AsOf,
    /// The record; none where the chain is proved to have none.
    pub record: Option<RecordFacts>,
}

/// A stored value, or the proof that there is none under that key.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ProvedValue {
    /// As of when.
    pub as_of: AsOf,
    /// SCALE bytes; none where the chain is proved to have none.
    pub value: Option<Vec<u8>>,
}

/// One row of a trail, proved to be written.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ProvedRow {
    /// As of when it was looked at.
    pub as_of: AsOf,
    /// Height of the block that wrote it.
    pub height: u64,
    /// The row.
    pub row: TrailRow,
}

/// A person's whole trail: no row is missing.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ProvedTrail {
    /// As of when.
    pub as_of: AsOf,
    /// All rows, in order.
    pub rows: Vec<TrailRow>,
    /// Reads permitted.
    pub permits: u64,
    /// Numbers of rows that tell of a read without a grant that the rows before bear out. Empty is what everybody expects.
    pub reads_without_grant: Vec<u64>,
}

/// What a bundle proved.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct BundleReport {
    /// The newest block followed to.
    pub as_of: AsOf,
    /// To be trusted from now on.
    pub checkpoint: Checkpoint,
    /// Every statement, as a sentence in English.
    pub statements: Vec<String>,
}

/// A reader of one chain, with what it trusts. May be used from several threads.
#[derive(uniffi::Object)]
pub struct LightClient {
    node: Arc<dyn NodeConnection>,
    age_max_ms: u64,
    began: proofs::Checkpoint,
    newest: Mutex<proofs::Checkpoint>,
}

#[uniffi::export]
impl LightClient {
    /// Begins from a checkpoint: genesis with its validators, or one that this app kept. Asks the node nothing yet.
    ///
    /// `age_max_ms` is how old the newest block may be; the chain makes one at least every ten seconds, so 30,000 is usual.
    ///
    /// # Errors
    /// [`MusubiError::Input`] when the checkpoint's validators are no validator set.
    #[uniffi::constructor]
    pub fn new(
        node: Arc<dyn NodeConnection>,
        trusted: Checkpoint,
        age_max_ms: u64,
    ) -> Result<Arc<Self>, MusubiError> {
        let began = proofs::Checkpoint::try_from(trusted)?;
        Ok(Arc::new(Self {
            node,
            age_max_ms,
            newest: Mutex::new(began.clone()),
            began,
        }))
    }

    /// The newest block that this client has followed to; keep it and begin from it next time.
    pub fn checkpoint(&self) -> Checkpoint {
        self.newest().clone().into()
    }

    /// Follows the validators to the node's newest block and trusts that from now on.
    ///
    /// # Errors
    /// [`MusubiError::NotProved`], [`MusubiError::TooOld`], and as the connection and the node say.
    pub async fn follow(&self) -> Result<AsOf, MusubiError> {
        let newest = self.go_to_newest().await?;
        let proof = gather::state_proof(&self.node, &newest.header, &[]).await?;
        self.open(&newest, &proof).map(|(as_of, _)| as_of)
    }

    /// A consent, proved to be or not to be on the chain.
    ///
    /// # Errors
    /// As [`Self::follow`].
    pub async fn consent(&self, consent: ConsentId) -> Result<ProvedConsent, MusubiError> {
        let newest = self.go_to_newest().await?;
        let key = proofs::storage::consent(&consent);
        let proof = gather::state_proof(&self.node, &newest.header, &[key]).await?;
        let (as_of, mut state) = self.open(&newest, &proof)?;
        let entry = state.consent(&consent).map_err(MusubiError::not_proved)?;
        state.finish().map_err(MusubiError::not_proved)?;
        let consent = entry.map(|entry| consent_facts(&entry, as_of.time));
        Ok(ProvedConsent { as_of, consent })
    }

    /// A record, proved to be or not to be on the chain. Its content is sealed and elsewhere.
    ///
    /// # Errors
    /// As [`Self::follow`].
    pub async fn record(&self, record: RecordId) -> Result<ProvedRecord, MusubiError> {
        let newest = self.go_to_newest().await?;
        let key = proofs::storage::record(&record);
        let proof = gather::state_proof(&self.node, &newest.header, &[key]).await?;
        let (as_of, mut state) = self.open(&newest, &proof)?;
        let entry = state.record(&record).map_err(MusubiError::not_proved)?;
        state.finish().map_err(MusubiError::not_proved)?;
        let record = entry.map(record_facts);
        Ok(ProvedRecord { as_of, record })
    }

    /// The value under any key of the state ([`storage_key`] makes one), proved.
    ///
    /// # Errors
    /// As [`Self::follow`].
    pub async fn value(&self, key: Vec<u8>) -> Result<ProvedValue, MusubiError> {
        let newest = self.go_to_newest().await?;
        let proof = gather::state_proof(&self.node, &newest.header, &[key.clone()]).await?;
        let (as_of, _) = self.open(&newest, &proof)?;
        let value = gather::value(&newest.header, &proof, &key)?;
        Ok(ProvedValue { as_of, value })
    }

    /// All rows of somebody's trail, proved to be all: who looked, when, why. Nodes give trails to those who may read them.
    ///
    /// # Errors
    /// As [`Self::follow`]; [`MusubiError::NotProved`] above all when a row is missing or altered.
    pub async fn trail(&self, subject: Pseudonym) -> Result<ProvedTrail, MusubiError> {
        let newest = self.go_to_newest().await?;
        let (as_of, rows) = self.whole_trail(&newest, subject).await?;
        let found = audit(&rows);
        Ok(ProvedTrail {
            as_of,
            rows,
            permits: found.permits,
            reads_without_grant: found.without_grant,
        })
    }

    /// One row of somebody's trail, proved to be written in its block, whatever has been pruned since. `index` counts from 0.
    ///
    /// # Errors
    /// As [`Self::follow`].
    pub async fn trail_row(
        &self,
        subject: Pseudonym,
        index: u64,
    ) -> Result<ProvedRow, MusubiError> {
        let newest = self.go_to_newest().await?;
        let proof = gather::state_proof(&self.node, &newest.header, &[]).await?;
        let (as_of, _) = self.open(&newest, &proof)?;
        let (row, height) = gather::row(&self.node, &newest.header, &subject, index).await?;
        Ok(ProvedRow { as_of, height, row })
    }

    /// A file that proves somebody's whole trail, and how many reads had no grant, to anybody who trusts the checkpoint that this
    /// client began from; `musubi verify` and [`verify_bundle`] check it without a node.
    ///
    /// # Errors
    /// As [`Self::follow`]; [`MusubiError::Input`] until there is a block above that checkpoint.
    pub async fn trail_bundle(&self, subject: Pseudonym) -> Result<Vec<u8>, MusubiError> {
        let newest = self.go_to_newest().await?;
        let (_, rows) = self.whole_trail(&newest, subject).await?;
        let (height, found) = (newest.header.height, audit(&rows));
        let statements = vec![
            Statement::WholeTrail {
                height,
                subject,
                rows,
            },
            Statement::ReadsWithoutGrant {
                height,
                subject,
                permits: found.permits,
                without_grant: found.without_grant,
            },
        ];
        let text = gather::bundle(&self.node, &self.began, &newest, statements).await?;
        proofs::verify(&self.began, &text).map_err(MusubiError::not_proved)?;
        Ok(text)
    }

    /// The runtime that extrinsics are made for, as the node says: a wrong answer makes an extrinsic that the chain refuses.
    ///
    /// # Errors
    /// As the connection and the node say.
    pub async fn chain_context(
        &self,
    ) -> Result<musubi_client_sdk::extrinsics::ChainContext, MusubiError> {
        gather::chain_context(&self.node, self.began.genesis).await
    }

    /// The nonce of the account's next extrinsic, counting what waits in the node's pool.
    ///
    /// # Errors
    /// As the connection and the node say.
    pub async fn next_nonce(&self, account: AccountId) -> Result<u32, MusubiError> {
        call(&self.node, "system_accountNextIndex", json!([account])).await
    }

    /// Submits a signed extrinsic and gives its hash. That it was accepted here says nothing about being final: prove its effect.
    ///
    /// # Errors
    /// [`MusubiError::Refused`] with the runtime's reason, and as the connection says.
    pub async fn submit(&self, extrinsic: Vec<u8>) -> Result<BlockHash, MusubiError> {
        let text = format!("0x{}", hex::encode(extrinsic));
        call(&self.node, "author_submitExtrinsic", json!([text])).await
    }
}

impl LightClient {
    fn newest(&self) -> MutexGuard<'_, proofs::Checkpoint> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn go_to_newest(&self) -> Result<Newest, MusubiError> {
        let trusted = self.newest().clone();
        let newest = gather::follow(&self.node, trusted).await?;
        let mut kept = self.newest();
        if kept.height < newest.checkpoint.height {
            kept.clone_from(&newest.checkpoint);
        }
        drop(kept);
        Ok(newest)
    }

    /// The head says how many rows there are before a node says which.
    async fn whole_trail(
        &self,
        newest: &Newest,
        subject: Pseudonym,
    ) -> Result<(AsOf, Vec<TrailRow>), MusubiError> {
        let key = proofs::storage::trail_head(&subject);
        let proof = gather::state_proof(&self.node, &newest.header, &[key]).await?;
        let (as_of, mut state) = self.open(newest, &proof)?;
        let head = state
            .trail_head(&subject)
            .map_err(MusubiError::not_proved)?;
        state.finish().map_err(MusubiError::not_proved)?;
        let rows = gather::rows(&self.node, &subject, head.count).await?;
        if head_of(&subject, &rows) == Some(head) {
            Ok((as_of, rows))
        } else {
            Err(MusubiError::not_proved(
                "the rows are not the whole trail: one is missing or altered",
            ))
        }
    }

    /// Opens a read proof under the newest header, and refuses one that does not stand for now.
    fn open<'a>(
        &self,
        newest: &Newest,
        proof: &'a proofs::state::StateProof,
    ) -> Result<(AsOf, State<'a>), MusubiError> {
        let state = State::open(&newest.header, proof).map_err(MusubiError::not_proved)?;
        let age_max_ms = self.age_max_ms;
        if state.time.saturating_add(age_max_ms) < now() {
            return Err(MusubiError::TooOld {
                as_of: state.time,
                age_max_ms,
            });
        }
        let as_of = AsOf {
            height: newest.header.height,
            block: newest.header.hash,
            time: state.time,
        };
        Ok((as_of, state))
    }
}

/// Checks a bundle without any node: every statement in it holds on the chain that `trusted` is of, or it is refused whole.
///
/// # Errors
/// [`MusubiError::NotProved`] naming the link that does not hold; [`MusubiError::Input`] for a bad checkpoint.
#[uniffi::export]
pub fn verify_bundle(trusted: Checkpoint, bundle: Vec<u8>) -> Result<BundleReport, MusubiError> {
    let trusted = proofs::Checkpoint::try_from(trusted)?;
    let report = proofs::verify(&trusted, &bundle).map_err(MusubiError::not_proved)?;
    Ok(BundleReport {
        as_of: AsOf {
            height: report.checkpoint.height,
            block: report.checkpoint.block,
            time: report.as_of,
        },
        statements: report.statements.iter().map(Statement::to_string).collect(),
        checkpoint: report.checkpoint.into(),
    })
}

/// The key of a value of the state: `item` of `pallet`, or one entry of that map where `entry` is its key (SCALE, hashed by
/// Blake2_128Concat as all maps of this runtime).
#[uniffi::export]
pub fn storage_key(pallet: String, item: String, entry: Option<Vec<u8>>) -> Vec<u8> {
    match entry {
        None => proofs::storage::value(&pallet, &item),
        Some(key) => proofs::storage::entry(&pallet, &item, &Encoded(&key)),
    }
}

/// A map key that is SCALE already.
struct Encoded<'a>(&'a [u8]);

impl codec::Encode for Encoded<'_> {
    fn using_encoded<R, F: FnOnce(&[u8]) -> R>(&self, f: F) -> R {
        f(self.0)
    }
}

fn now() -> Moment {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Moment::try_from(since.as_millis()).unwrap_or(Moment::MAX)
}

fn consent_facts(entry: &ConsentEntry, at: Moment) -> ConsentFacts {
    let terms = &entry.terms;
    ConsentFacts {
        subject: terms.subject,
        guardian: terms.guardian,
        recipient: terms.recipient,
        purpose: terms.purpose,
        categories: terms.categories,
        not_before: terms.not_before,
        not_after: terms.not_after,
        state: entry.state_at(at),
        in_force: entry.holds_at(at),
    }
}

fn record_facts(entry: RecordEntry) -> RecordFacts {
    RecordFacts {
        subject: entry.subject,
        category: entry.category,
        author: entry.author,
        commitment: entry.commitment,
        ciphertext: entry.ciphertext,
        committed_at: entry.committed_at,
        state: entry.state,
    }
}
