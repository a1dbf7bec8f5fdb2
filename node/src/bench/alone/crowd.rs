//! Who sends on a chain that one process writes: the staff and families of the mix, each account with its key and nonce.

use super::chain::{Chain, Made, submit};
use crate::{
    bench::{
        mix::Wish,
        people::{self, CLINIC, Family, HOME, KEY_LIFE, OTHER_VILLAGES, People, Scale, VILLAGE},
        place::Place,
    },
    clock,
    random::random,
};
use ed25519_dalek::SigningKey;
use musubi_client_sdk::{
    calls::{consortium, records},
    extrinsics::{Mortality, account_of, era::PERIOD_MAX, prepare},
};
use musubi_primitives::{
    AccountId, BlockHash, CiphertextHash, Commitment, HpkeKey, Moment, Pseudonym, RecordId, Role,
    record::Category,
};
use std::{collections::BTreeMap, path::Path};

/// Transactions that are handed over together: above what a block of the mix takes, and with sixteen senders below their quotas twice over.
pub const BATCH: usize = 384;
/// The same for a single account of staff, whose quota is 64.
const BATCH_OF_ONE: usize = 24;
/// Blocks in a row that may take nothing of what waits.
const IDLE_MAX: u32 = 64;

/// All accounts. The chain is new and nobody else sends, so that every nonce begins at zero.
#[derive(Debug)]
pub struct Crowd {
    accounts: BTreeMap<AccountId, (SigningKey, u32)>,
    doctors: Vec<AccountId>,
    children: Vec<Pseudonym>,
    /// Records committed by [`Crowd::commit_records`] so far.
    pub records: u64,
}

impl Crowd {
    /// Registers staff and enrols families, by transactions like any others.
    ///
    /// # Errors
    /// When a key file is missing, or a transaction is refused.
    pub async fn prepare(
        chain: &Chain,
        folder: &Path,
        scale: Scale,
    ) -> Result<(Self, People), String> {
        let place = Place {
            folder: folder.to_path_buf(),
            nodes: Vec::new(),
        };
        let mut crowd = Self {
            accounts: BTreeMap::new(),
            doctors: Vec::new(),
            children: Vec::new(),
            records: 0,
        };
        let village = crowd.enlist(place.key(VILLAGE, "operator")?);
        let clinic = crowd.enlist(place.key(CLINIC, "operator")?);
        let officers = (village, Role::Officer, scale.officers);
        let officers = crowd.register(chain, officers).await?;
        let doctors = (clinic, Role::Doctor, scale.doctors);
        crowd.doctors = crowd.register(chain, doctors).await?;
        let gateways = (clinic, Role::Gateway, scale.gateways);
        let gateways = crowd.register(chain, gateways).await?;
        let first = officers.first().ok_or("no officer was asked for")?;
        let mut operators = vec![(village, *first)];
        for name in OTHER_VILLAGES {
            let operator = crowd.enlist(place.key(name, "operator")?);
            operators.push((operator, account_of(&place.key(name, "nurse")?)));
        }
        let families = crowd.enrol(chain, &officers, scale.families).await?;
        crowd.children = families.iter().map(|family| family.child).collect();
        let people = People {
            families,
            doctors: crowd.doctors.clone(),
            officers,
            gateways,
            operators,
        };
        Ok((crowd, people))
    }

    /// Commits this many records more, each of one child after the other and by one doctor after the other.
    ///
    /// # Errors
    /// As [`Crowd::play`].
    pub async fn commit_records(&mut self, chain: &Chain, count: u64) -> Result<(), String> {
        let (doctors, children) = (self.doctors.clone(), self.children.clone());
        let mut turns = doctors.iter().cycle().zip(children.iter().cycle());
        let next = |_| {
            let (doctor, child) = turns.next().ok_or("nobody was prepared")?;
            let call = records::commit_record(
                RecordId(random()?),
                *child,
                Category::Immunization,
                Commitment(random()?),
                CiphertextHash(random()?),
                HOME,
            );
            Ok(Wish { by: *doctor, call })
        };
        self.play(chain, count, BATCH, next).await?;
        self.records = self.records.saturating_add(count);
        Ok(())
    }

    /// Sends `count` transactions, at most `batch` at once, and makes blocks until all are final; the blocks. While one is made, the next
    /// transactions are signed and judged. All of them are born in the block that is the newest now.
    ///
    /// # Errors
    /// When a transaction is refused, breaks a rule, or waits without end.
    pub async fn play(
        &mut self,
        chain: &Chain,
        count: u64,
        batch: usize,
        mut next: impl FnMut(Moment) -> Result<Wish, String>,
    ) -> Result<Vec<Made>, String> {
        let born = chain.head();
        let mut left = usize::try_from(count).unwrap_or(usize::MAX);
        let (mut blocks, mut idle) = (Vec::new(), 0u32);
        while left > 0 || chain.waiting() > 0 {
            let some = if chain.waiting() < batch {
                left.min(batch)
            } else {
                0
            };
            let send = async {
                let wishes = (0..some).map(|_| next(clock::now()));
                let signed = wishes
                    .map(|wish| self.sign(chain, born, wish?))
                    .collect::<Result<Vec<_>, String>>()?;
                submit(&chain.pipeline, &signed).await
            };
            let (made, sent) = tokio::join!(chain.advance(), send);
            sent?;
            let made = made?;
            left = left.saturating_sub(some);
            idle = if made.extrinsics.is_empty() {
                idle.saturating_add(1)
            } else {
                0
            };
            if idle > IDLE_MAX {
                return Err(format!(
                    "{} transactions wait that no block takes",
                    chain.waiting()
                ));
            }
            blocks.push(made);
        }
        Ok(blocks)
    }

    fn sign(
        &mut self,
        chain: &Chain,
        (height, block): (u64, BlockHash),
        wish: Wish,
    ) -> Result<Vec<u8>, String> {
        let Wish { by, call } = wish;
        let (key, nonce) = self
            .accounts
            .get_mut(&by)
            .ok_or_else(|| format!("account {by} has no key here"))?;
        let mortality = Mortality::Mortal {
            period: PERIOD_MAX,
            height,
            block,
        };
        let unsigned = prepare(&chain.context, by, *nonce, mortality, call);
        *nonce = nonce.saturating_add(1);
        let signed = unsigned.sign(key).map_err(|error| error.to_string())?;
        Ok(signed.bytes)
    }

    fn enlist(&mut self, key: SigningKey) -> AccountId {
        let account = account_of(&key);
        self.accounts.insert(account, (key, 0));
        account
    }

    /// Registers new keys in a role, by their member's operator.
    async fn register(
        &mut self,
        chain: &Chain,
        (operator, role, count): (AccountId, Role, usize),
    ) -> Result<Vec<AccountId>, String> {
        let mut staff = Vec::with_capacity(count);
        for _ in 0..count {
            staff.push(self.enlist(SigningKey::from_bytes(&random()?)));
        }
        let mut accounts = staff.iter();
        let next = |now: Moment| {
            let account = *accounts.next().ok_or("one key too many")?;
            let until = now.saturating_add(KEY_LIFE);
            let call = consortium::register_key(account, role, HpkeKey(account.0), until);
            Ok(Wish { by: operator, call })
        };
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.play(chain, count, BATCH_OF_ONE, next).await?;
        Ok(staff)
    }

    /// Enrols families with a consent in force each, by one officer after the other.
    async fn enrol(
        &mut self,
        chain: &Chain,
        officers: &[AccountId],
        count: usize,
    ) -> Result<Vec<Family>, String> {
        let mut families = Vec::with_capacity(count);
        let mut wishes = Vec::new();
        for officer in officers.iter().cycle().take(count) {
            let family = Family {
                child: Pseudonym(random()?),
                guardian: Pseudonym(random()?),
                officer: *officer,
            };
            let calls = people::enrolment(&family, clock::now())?.into_iter();
            wishes.extend(calls.map(|call| Wish { by: *officer, call }));
            families.push(family);
        }
        let count = u64::try_from(wishes.len()).unwrap_or(u64::MAX);
        let mut wishes = wishes.into_iter();
        let next = |_| {
            wishes
                .next()
                .ok_or_else(|| "one family too many".to_owned())
        };
        self.play(chain, count, BATCH, next).await?;
        Ok(families)
    }
}
