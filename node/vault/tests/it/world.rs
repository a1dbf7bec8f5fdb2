//! One custodian, one clinic, one record, and a finalised state and clock that a test can turn.

use ed25519_dalek::{Signer, SigningKey};
use musubi_client_sdk::sealing::{
    CanonicalRecord, DataKey, Envelope, HpkeSecret, SealedRecord, seal,
};
use musubi_node_vault::{
    Cause, Finalised, FinalisedState, Keeper, Limits, RecordStanding, Vault, VaultRequest,
    VaultResponse, VaultStore,
    exchange::{Offer, Redemption},
};
use musubi_primitives::{
    AccountId, Basis, BlockHash, Category, CategorySet, ConsentId, HpkeKey, MemberId, Moment,
    Pseudonym, Purpose, RecordId, RecordState, RequestId, VerifyingKey, access::Ticket,
};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
};

pub(crate) const GENESIS: BlockHash = BlockHash([1; 32]);
pub(crate) const VILLAGE: MemberId = MemberId(1);
pub(crate) const AUTHOR: MemberId = MemberId(4);
pub(crate) const CLINIC: MemberId = MemberId(5);
pub(crate) const RECORD: RecordId = RecordId([2; 32]);
pub(crate) const REQUEST: RequestId = RequestId([3; 32]);
pub(crate) const SUBJECT: Pseudonym = Pseudonym([4; 32]);
pub(crate) const NOW: Moment = 1_000_000;

/// What the chain says, and what the clock shows.
pub(crate) struct Chain {
    pub(crate) now: Moment,
    pub(crate) time: Moment,
    pub(crate) held: Moment,
    pub(crate) tickets: BTreeMap<RequestId, Ticket>,
    pub(crate) records: BTreeMap<RecordId, RecordStanding>,
    pub(crate) homes: BTreeMap<Pseudonym, MemberId>,
}

#[derive(Clone)]
pub(crate) struct Shared(Arc<Mutex<Chain>>);

impl FinalisedState for Shared {
    fn look(&self, request: Option<&RequestId>, records: &[RecordId]) -> Result<Finalised, Cause> {
        let chain = self.0.lock().unwrap();
        Ok(Finalised {
            now: chain.now,
            time: chain.time,
            held: chain.held,
            ticket: request.and_then(|request| chain.tickets.get(request).cloned()),
            records: records
                .iter()
                .map(|record| chain.records.get(record).cloned())
                .collect(),
        })
    }

    fn home_of(&self, subject: &Pseudonym) -> Result<Option<MemberId>, Cause> {
        Ok(self.0.lock().unwrap().homes.get(subject).copied())
    }

    fn key_of(&self, member: MemberId) -> Result<Option<HpkeKey>, Cause> {
        let keys = [(VILLAGE, village_secret()), (AUTHOR, author_secret())];
        let key = keys.into_iter().find(|(of, _)| *of == member);
        Ok(key.map(|(_, secret)| secret.public()))
    }
}

pub(crate) struct World {
    pub(crate) vault: Vault,
    pub(crate) directory: tempfile::TempDir,
    pub(crate) sealed: SealedRecord,
    pub(crate) data_key: DataKey,
    shared: Shared,
}

pub(crate) fn doctor() -> SigningKey {
    SigningKey::from_bytes(&[21; 32])
}

pub(crate) fn doctors_device() -> HpkeSecret {
    HpkeSecret::from_bytes([22; 32])
}

pub(crate) fn village_secret() -> HpkeSecret {
    HpkeSecret::from_bytes([23; 32])
}

pub(crate) fn author_secret() -> HpkeSecret {
    HpkeSecret::from_bytes([25; 32])
}

pub(crate) fn village_verifier() -> VerifyingKey {
    VerifyingKey(SigningKey::from_bytes(&[24; 32]).verifying_key().to_bytes())
}

/// A record of some text, as its author seals it.
pub(crate) fn sealed(record: RecordId) -> (SealedRecord, DataKey) {
    let text = CanonicalRecord::from_json(
        br#"{"resourceType":"Immunization","note":"seen by nobody else"}"#,
    )
    .unwrap();
    seal(record, &text).unwrap()
}

/// How the chain stands to a sealed record.
pub(crate) fn standing(sealed: &SealedRecord) -> RecordStanding {
    RecordStanding {
        subject: SUBJECT,
        category: Category::Immunization,
        author: AUTHOR,
        home: VILLAGE,
        state: RecordState::Pending,
        holders: vec![],
        delivered: false,
        commitment: sealed.commitment,
        ciphertext: sealed.ciphertext_hash(),
    }
}

fn ticket() -> Ticket {
    Ticket {
        request: REQUEST,
        subject: SUBJECT,
        requester: AccountId(doctor().verifying_key().to_bytes()),
        member: CLINIC,
        hpke: doctors_device().public(),
        purpose: Purpose::ChildCare,
        categories: CategorySet::of(&[Category::Immunization]),
        basis: Basis::Consent(ConsentId([5; 32])),
        expires: NOW + 60_000,
    }
}

fn open(directory: &Path, shared: &Shared, limits: Limits) -> Vault {
    let keeper = Keeper {
        genesis: GENESIS,
        member: VILLAGE,
        sealing: village_secret(),
        signing: SigningKey::from_bytes(&[24; 32]),
    };
    open_for(keeper, directory, shared, limits)
}

fn open_for(keeper: Keeper, directory: &Path, shared: &Shared, limits: Limits) -> Vault {
    let store = VaultStore::open(directory).unwrap();
    Vault::new(store, keeper, limits, Arc::new(shared.clone()))
}

impl World {
    /// The record is on the chain and nowhere else; the clinic has a live ticket.
    pub(crate) fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    pub(crate) fn with_limits(limits: Limits) -> Self {
        let (sealed, data_key) = sealed(RECORD);
        let shared = Shared(Arc::new(Mutex::new(Chain {
            now: NOW,
            time: NOW,
            held: 0,
            tickets: [(REQUEST, ticket())].into(),
            records: [(RECORD, standing(&sealed))].into(),
            homes: [(SUBJECT, VILLAGE)].into(),
        })));
        let directory = tempfile::tempdir().unwrap();
        let vault = open(&directory.path().join("vault"), &shared, limits);
        Self {
            vault,
            directory,
            sealed,
            data_key,
            shared,
        }
    }

    /// The record is kept here.
    pub(crate) fn with_record() -> Self {
        let world = Self::new();
        assert_eq!(world.offer(world.honest_offer()), VaultResponse::Stored);
        world
    }

    pub(crate) fn chain(&self) -> std::sync::MutexGuard<'_, Chain> {
        self.shared.0.lock().unwrap()
    }

    /// The vault that opens another directory under the same chain.
    pub(crate) fn open_copy(&self, directory: &Path) -> Vault {
        open(directory, &self.shared, Limits::default())
    }

    /// The author's own vault under the same chain, which holds the record too.
    pub(crate) fn authors_vault(&self) -> Vault {
        let keeper = Keeper {
            genesis: GENESIS,
            member: AUTHOR,
            sealing: author_secret(),
            signing: SigningKey::from_bytes(&[26; 32]),
        };
        let folder = self.directory.path().join("author");
        let vault = open_for(keeper, &folder, &self.shared, Limits::default());
        let envelope = Envelope::at_rest(RECORD, &self.data_key, author_secret().public());
        let offer = Offer {
            sealed: self.sealed.clone(),
            envelopes: vec![envelope.unwrap()],
        };
        vault.take_in(offer).unwrap();
        vault
    }

    /// Both have acknowledged the record.
    pub(crate) fn held_by_both(&self) {
        let mut chain = self.chain();
        let standing = chain.records.get_mut(&RECORD).unwrap();
        standing.holders = vec![AUTHOR, VILLAGE];
        standing.state = RecordState::Stored;
    }

    /// Closes the vault, lets somebody at its database, and opens it again.
    pub(crate) fn after(self, damage: impl FnOnce(&rocksdb::DB)) -> Self {
        let Self {
            vault,
            directory,
            sealed,
            data_key,
            shared,
        } = self;
        drop(vault);
        let path = directory.path().join("vault");
        let options = rocksdb::Options::default();
        let columns = rocksdb::DB::list_cf(&options, &path).unwrap();
        let database = rocksdb::DB::open_cf(&options, &path, columns).unwrap();
        damage(&database);
        drop(database);
        let vault = open(&path, &shared, Limits::default());
        Self {
            vault,
            directory,
            sealed,
            data_key,
            shared,
        }
    }

    /// Closes the vault and opens it again.
    pub(crate) fn reopened(self) -> Self {
        self.after(|_| ())
    }

    pub(crate) fn honest_offer(&self) -> Offer {
        let envelope =
            Envelope::at_rest(RECORD, &self.data_key, village_secret().public()).unwrap();
        Offer {
            sealed: self.sealed.clone(),
            envelopes: vec![envelope],
        }
    }

    pub(crate) fn offer(&self, offer: Offer) -> VaultResponse {
        self.vault.answer(AUTHOR, VaultRequest::Offer(offer))
    }

    /// A redemption by a key, with a fresh challenge if the vault gives one.
    pub(crate) fn redemption(&self, key: &SigningKey, records: Vec<RecordId>) -> Redemption {
        let challenge = match self
            .vault
            .answer(CLINIC, VaultRequest::Challenge { request: REQUEST })
        {
            VaultResponse::Challenge(challenge) => challenge,
            VaultResponse::Refused(_) => [0; 32],
            other => panic!("a challenge was answered with {other:?}"),
        };
        let signed = Redemption::signing_bytes(&GENESIS, VILLAGE, &REQUEST, &records, &challenge);
        Redemption {
            request: REQUEST,
            records,
            challenge,
            signature: key.sign(&signed).to_bytes(),
        }
    }

    pub(crate) fn redeem(&self, redemption: &Redemption) -> VaultResponse {
        self.vault
            .answer(CLINIC, VaultRequest::Redeem(redemption.clone()))
    }

    /// The doctor redeems the ticket for the record.
    pub(crate) fn read(&self) -> VaultResponse {
        self.redeem(&self.redemption(&doctor(), vec![RECORD]))
    }
}
