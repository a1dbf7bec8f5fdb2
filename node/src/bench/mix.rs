//! The mix of the architecture: 40 % access requests, 30 % records, 20 % consents, 10 % consortium and residents calls.
//!
//! Consents go round: proposed, attested, withdrawn, each a transaction of the officer who looks after the family, so that nonces keep the order.

use super::people::{self, Family, HOME, KEY_LIFE, People};
use crate::random::random;
use musubi_client_sdk::{
    calls::{access, consent, consortium, records, residents},
    extrinsics::Call,
};
use musubi_primitives::{
    AccountId, CategorySet, CiphertextHash, Commitment, ConsentId, Moment, Pseudonym, Purpose,
    RecordId, RequestId, access::Claim, record::Category, resident::ServiceDomain,
};
use serde::Serialize;

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Access,
    Record,
    Consent,
    Other,
}

/// Ten transactions in their shares, spread evenly.
const ROUND: [Kind; 10] = [
    Kind::Access,
    Kind::Record,
    Kind::Consent,
    Kind::Access,
    Kind::Record,
    Kind::Access,
    Kind::Other,
    Kind::Record,
    Kind::Access,
    Kind::Consent,
];

/// What is to be sent, and by whom.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The account.
    pub by: AccountId,
    /// The call.
    pub call: Call,
}

/// How many transactions of each kind were made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shares {
    /// Access requests.
    pub access: u64,
    /// Records.
    pub records: u64,
    /// Consents.
    pub consents: u64,
    /// Consortium and residents calls.
    pub others: u64,
}

/// Where a family's consent stands.
#[derive(Clone, Copy, Debug)]
enum Stage {
    Propose,
    Attest(ConsentId),
    Withdraw(ConsentId),
}

/// Makes call after call.
#[derive(Debug)]
pub struct Mix {
    people: People,
    stages: Vec<Stage>,
    made: u64,
    /// What was made so far.
    pub shares: Shares,
}

impl Mix {
    /// A mix among these people.
    pub fn new(people: People) -> Self {
        Self {
            stages: vec![Stage::Propose; people.families.len()],
            people,
            made: 0,
            shares: Shares::default(),
        }
    }

    /// The next call, at the chain's time.
    ///
    /// # Errors
    /// When the system has no randomness, or nobody was prepared.
    pub fn next(&mut self, now: Moment) -> Result<Wish, String> {
        let kind = pick(&ROUND, self.made)?;
        self.made = self.made.saturating_add(1);
        match kind {
            Kind::Access => self.access(),
            Kind::Record => self.record(),
            Kind::Consent => self.consent(now),
            Kind::Other => self.other(now),
        }
    }

    fn access(&mut self) -> Result<Wish, String> {
        let count = count(&mut self.shares.access);
        let child = pick(&self.people.families, count)?.child;
        let call = access::request_access(
            RequestId(random()?),
            child,
            Purpose::ChildCare,
            CategorySet::of(&[Category::Immunization]),
            Claim::Consent,
            None,
        );
        let by = pick(&self.people.gateways, count)?;
        Ok(Wish { by, call })
    }

    fn record(&mut self) -> Result<Wish, String> {
        let count = count(&mut self.shares.records);
        let child = pick(&self.people.families, count)?.child;
        let call = records::commit_record(
            RecordId(random()?),
            child,
            Category::Immunization,
            Commitment(random()?),
            CiphertextHash(random()?),
            HOME,
        );
        let by = pick(&self.people.doctors, count)?;
        Ok(Wish { by, call })
    }

    fn consent(&mut self, now: Moment) -> Result<Wish, String> {
        let count = count(&mut self.shares.consents);
        let family: Family = pick(&self.people.families, count)?;
        let place = usize::try_from(count % self.people.families.len() as u64).unwrap_or_default();
        let stage = self.stages.get_mut(place).ok_or("nobody was prepared")?;
        let call = match *stage {
            Stage::Propose => {
                let id = ConsentId(random()?);
                *stage = Stage::Attest(id);
                consent::propose(
                    id,
                    &people::terms(&family, Purpose::Consultation, now)?,
                    None,
                )
            }
            Stage::Attest(id) => {
                *stage = Stage::Withdraw(id);
                consent::attest(id)
            }
            Stage::Withdraw(id) => {
                *stage = Stage::Propose;
                consent::withdraw(id, Some(Commitment(random()?)))
            }
        };
        let by = family.officer;
        Ok(Wish { by, call })
    }

    /// In turn somebody moves in, and an operator extends a key.
    fn other(&mut self, now: Moment) -> Result<Wish, String> {
        let count = count(&mut self.shares.others);
        if count.is_multiple_of(2) {
            let newcomer = Pseudonym(random()?);
            let call = residents::enrol(newcomer, ServiceDomain::Health, false, None);
            let by = pick(&self.people.officers, count)?;
            return Ok(Wish { by, call });
        }
        let (by, key) = pick(&self.people.operators, count / 2)?;
        // Each extension differs from the one before.
        let until = now.saturating_add(KEY_LIFE).saturating_add(count);
        let call = consortium::extend_key(key, until);
        Ok(Wish { by, call })
    }
}

/// The number of the next one of a kind.
fn count(counter: &mut u64) -> u64 {
    let count = *counter;
    *counter = count.saturating_add(1);
    count
}

/// Whose turn it is.
fn pick<T: Copy>(all: &[T], turn: u64) -> Result<T, String> {
    let length = u64::try_from(all.len()).unwrap_or(u64::MAX).max(1);
    usize::try_from(turn % length)
        .ok()
        .and_then(|place| all.get(place))
        .copied()
        .ok_or_else(|| "nobody was prepared".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mix() -> Mix {
        let account = |byte| AccountId([byte; 32]);
        let family = |byte| Family {
            child: Pseudonym([byte; 32]),
            guardian: Pseudonym([byte + 100; 32]),
            officer: account(1),
        };
        Mix::new(People {
            families: vec![family(1), family(2)],
            doctors: vec![account(2)],
            officers: vec![account(1)],
            gateways: vec![account(3)],
            operators: vec![(account(4), account(5))],
        })
    }

    #[test]
    fn the_shares_are_the_architectures() {
        let mut mix = mix();
        for _ in 0..1_000 {
            mix.next(0).unwrap();
        }
        let expected = Shares {
            access: 400,
            records: 300,
            consents: 200,
            others: 100,
        };
        assert_eq!(mix.shares, expected);
    }

    #[test]
    fn a_familys_consent_is_proposed_attested_and_withdrawn_in_turn() {
        let mut mix = mix();
        let mut calls = Vec::new();
        for _ in 0..6 {
            calls.push(mix.consent(0).unwrap().call.0[1]);
        }
        assert_eq!(calls, [0, 0, 1, 1, 3, 3]);
    }
}
