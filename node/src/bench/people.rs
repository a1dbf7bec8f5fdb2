//! Who the mix acts for and by: staff of the first village and the first clinic, and families with a consent in force. All of it is made by
//! transactions like any others.

use super::{finality::Finality, fleet::Fleet, place::Place};
use crate::random::random;
use ed25519_dalek::SigningKey;
use musubi_client_sdk::{
    calls::{DeviceKeys, consent, consortium, residents},
    extrinsics::{Call, account_of},
};
use musubi_primitives::{
    AccountId, AssuranceLevel, BindingId, CategorySet, Commitment, ConsentId, HpkeKey, MemberId,
    Moment, Pseudonym, Purpose, Role, Terms,
    record::Category,
    resident::{Authority, ServiceDomain, common_date_after},
};
use std::time::Duration;

/// The village whose families these are.
pub const VILLAGE: &str = "rusutsu";
/// Its number in the demonstration consortium.
pub const HOME: MemberId = MemberId(0);
/// The clinic whose doctors write.
pub const CLINIC: &str = "yotei-clinic";
/// The clinic that asks.
pub const RECIPIENT: MemberId = MemberId(4);
/// The other villages, whose operators take part.
pub const OTHER_VILLAGES: [&str; 3] = ["rankoshi", "sarabetsu", "mikasa"];
/// How long anything may take to become final while people are prepared.
const PREPARE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a consent of the benchmark holds, in milliseconds: thirty days.
pub const CONSENT_LIFE: Moment = 30 * 24 * 60 * 60 * 1_000;
/// How long a staff key holds: a year.
pub const KEY_LIFE: Moment = 365 * 24 * 60 * 60 * 1_000;
/// Transactions that one account has waiting while people are prepared: below the pool's quota of 64 for staff.
const WAITING_MAX: usize = 48;

/// How many of each are prepared.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Families, each a guardian and a child.
    pub families: usize,
    /// Doctors of the clinic.
    pub doctors: usize,
    /// Officers of the village.
    pub officers: usize,
    /// Gateways of the clinic.
    pub gateways: usize,
}

/// A family: who, and whose officer looks after it.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// The child.
    pub child: Pseudonym,
    /// Who decides for it.
    pub guardian: Pseudonym,
    /// The officer that submits for it.
    pub officer: AccountId,
}

/// Everybody that the mix needs.
#[derive(Clone, Debug)]
pub struct People {
    /// Families with a consent in force.
    pub families: Vec<Family>,
    /// Commit records.
    pub doctors: Vec<AccountId>,
    /// Enrol, and submit consents for families.
    pub officers: Vec<AccountId>,
    /// Ask for access.
    pub gateways: Vec<AccountId>,
    /// Operators, each with a staff key of its own member.
    pub operators: Vec<(AccountId, AccountId)>,
}

impl People {
    /// Registers staff, enrols families and brings a consent of each into force.
    ///
    /// # Errors
    /// When a key file is missing, or a transaction is not taken.
    pub async fn prepare(
        place: &Place,
        fleet: &mut Fleet,
        finality: &mut Finality,
        scale: Scale,
    ) -> Result<Self, String> {
        finality.wait_for_beginning().await?;
        let known = fleet.wait_for(finality.birth()).await;
        known.map_err(|error| error.to_string())?;
        let village = fleet.enlist(place.key(VILLAGE, "operator")?).await?;
        let clinic = fleet.enlist(place.key(CLINIC, "operator")?).await?;
        let officers = staff(fleet, finality, village, Role::Officer, scale.officers).await?;
        let doctors = staff(fleet, finality, clinic, Role::Doctor, scale.doctors).await?;
        let gateways = staff(fleet, finality, clinic, Role::Gateway, scale.gateways).await?;
        let mut operators: Vec<(AccountId, AccountId)> = officers
            .first()
            .map(|officer| (village, *officer))
            .into_iter()
            .collect();
        for name in OTHER_VILLAGES {
            let operator = fleet.enlist(place.key(name, "operator")?).await?;
            operators.push((operator, account_of(&place.key(name, "nurse")?)));
        }
        let families = families(fleet, finality, &officers, scale.families).await?;
        ensure_all_good(finality)?;
        Ok(Self {
            families,
            doctors,
            officers,
            gateways,
            operators,
        })
    }
}

async fn staff(
    fleet: &mut Fleet,
    finality: &mut Finality,
    operator: AccountId,
    role: Role,
    count: usize,
) -> Result<Vec<AccountId>, String> {
    let keys = (0..count)
        .map(|_| random().map(|secret| SigningKey::from_bytes(&secret)))
        .collect::<Result<Vec<_>, _>>()?;
    for some in keys.chunks(WAITING_MAX) {
        let until = finality.time().saturating_add(KEY_LIFE);
        for key in some {
            let account = account_of(key);
            let call = consortium::register_key(account, role, HpkeKey(account.0), until);
            send(fleet, finality, operator, call)?;
        }
        finality.drain(PREPARE_TIMEOUT).await?;
    }
    let mut accounts = Vec::with_capacity(count);
    for key in keys {
        accounts.push(fleet.enlist(key).await?);
    }
    Ok(accounts)
}

async fn families(
    fleet: &mut Fleet,
    finality: &mut Finality,
    officers: &[AccountId],
    count: usize,
) -> Result<Vec<Family>, String> {
    let mut families = Vec::with_capacity(count);
    for officer in officers.iter().cycle().take(count) {
        families.push(Family {
            child: Pseudonym(random()?),
            guardian: Pseudonym(random()?),
            officer: *officer,
        });
    }
    // One officer's transactions become final in their order, so that each family's need not wait for one another.
    let together = officers
        .len()
        .saturating_mul(WAITING_MAX / enrolment(&Family::NOBODY, 0)?.len());
    for some in families.chunks(together.max(1)) {
        for family in some {
            for call in enrolment(family, finality.time())? {
                send(fleet, finality, family.officer, call)?;
            }
        }
        finality.drain(PREPARE_TIMEOUT).await?;
    }
    Ok(families)
}

impl Family {
    const NOBODY: Self = Self {
        child: Pseudonym([0; 32]),
        guardian: Pseudonym([1; 32]),
        officer: AccountId([0; 32]),
    };
}

/// From nothing to a consent under which the clinic may read.
pub fn enrolment(family: &Family, now: Moment) -> Result<Vec<Call>, String> {
    let health = ServiceDomain::Health;
    let phone = DeviceKeys {
        account: AccountId(random()?),
        hpke: HpkeKey(random()?),
    };
    let id = ConsentId(random()?);
    Ok(vec![
        residents::enrol(family.child, health, false, None),
        residents::enrol(family.guardian, health, false, Some(phone)),
        residents::bind_card(
            family.guardian,
            BindingId(random()?),
            Commitment(random()?),
            AssuranceLevel::CardSigned,
        ),
        residents::attest_guardianship(
            family.child,
            family.guardian,
            Authority::Single,
            common_date_after(now, 60),
        ),
        consent::propose(id, &terms(family, Purpose::ChildCare, now)?, None),
        consent::attest(id),
    ])
}

/// Terms of a consent of the family, signed by card.
pub fn terms(family: &Family, purpose: Purpose, now: Moment) -> Result<Terms, String> {
    Ok(Terms {
        subject: family.child,
        guardian: family.guardian,
        recipient: RECIPIENT,
        purpose,
        categories: CategorySet::of(&[Category::Immunization]),
        not_before: now,
        not_after: now.saturating_add(CONSENT_LIFE),
        statement: Commitment(random()?),
        nonce: random()?,
        assurance: AssuranceLevel::CardSigned,
        second_attester: None,
        account: None,
    })
}

fn send(
    fleet: &mut Fleet,
    finality: &mut Finality,
    by: AccountId,
    call: Call,
) -> Result<(), String> {
    let extrinsic = fleet.sign(&by, finality.birth(), call)?;
    finality.expect(extrinsic.hash());
    fleet.send(&by, extrinsic, finality.refusals());
    Ok(())
}

fn ensure_all_good(finality: &Finality) -> Result<(), String> {
    match finality.refused_count.saturating_add(finality.failed_count) {
        0 => Ok(()),
        count => Err(format!(
            "{count} transactions that prepare the run were refused: {}",
            finality.complaints.join("; ")
        )),
    }
}
