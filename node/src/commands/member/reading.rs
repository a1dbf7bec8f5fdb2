//! The consortium as one finalised block has it, read through a node.

use crate::client::{BlockRef, ChainClient, ClientError};
use codec::DecodeAll;
use musubi_client_sdk::proofs::storage;
use musubi_primitives::{
    AccountId, MemberId, Moment, VerifyingKey,
    finality::ValidatorSet,
    parameter::{HeightParameters, SpecStatus},
};
use musubi_runtime::Runtime;
use pallet_consortium::{
    Members, Proposals,
    member::{Capacity, Member, StaffKey},
    proposal::{Proposal, ProposalId},
};

/// Members, their staff keys and who validates.
#[derive(Clone, Debug)]
pub(super) struct Roll {
    /// As of this block.
    pub(super) at: BlockRef,
    /// In the order of their numbers.
    pub(super) members: Vec<(MemberId, Member)>,
    /// Accounts of staff and devices.
    pub(super) staff: Vec<(AccountId, StaffKey)>,
    /// Who decides the next height, and the pace.
    pub(super) next: HeightParameters,
    /// Who decides the height after that one.
    pub(super) voted: ValidatorSet,
    /// The specification in force, and the one that follows.
    pub(super) spec: SpecStatus,
}

impl Roll {
    pub(super) async fn read(client: &ChainClient) -> Result<Self, ClientError> {
        let at = client.head().await?;
        let here = Some(at.hash);
        Ok(Self {
            at,
            members: members(client, at).await?,
            staff: staff(client, at).await?,
            next: client
                .runtime("MusubiApi_height_parameters", &(), here)
                .await?,
            voted: client
                .runtime("MusubiApi_next_validators", &(), here)
                .await?,
            spec: client.runtime("MusubiApi_spec_status", &(), here).await?,
        })
    }

    /// The consensus key of a member's seat, and the first height it decides if that is still to come.
    pub(super) fn seat(&self, member: MemberId) -> Option<(VerifyingKey, Option<u32>)> {
        let key_in = |set: &ValidatorSet| {
            let own = set.validators().iter().find(|seat| seat.member == member);
            own.map(|seat| seat.key)
        };
        let (now, voted) = (key_in(&self.next.validators), key_in(&self.voted)?);
        let from = (now != Some(voted)).then(|| self.next.height.saturating_add(1));
        Some((voted, from))
    }

    /// Staff and device keys of a member.
    pub(super) fn staff_of(
        &self,
        member: MemberId,
    ) -> impl Iterator<Item = &(AccountId, StaffKey)> {
        self.staff
            .iter()
            .filter(move |(_, key)| key.member == member)
    }
}

/// Open proposals and who votes on them.
#[derive(Clone, Debug)]
pub(super) struct Ballots {
    /// As of this block.
    pub(super) at: BlockRef,
    /// Municipalities in good standing.
    pub(super) voters: Vec<MemberId>,
    /// Oldest first; those past their time are left out.
    pub(super) open: Vec<(ProposalId, Proposal)>,
}

impl Ballots {
    pub(super) async fn read(client: &ChainClient) -> Result<Self, ClientError> {
        let at = client.head().await?;
        let numbers: Vec<ProposalId> = value(client, "OpenProposals", at).await?;
        let keys: Vec<Vec<u8>> = numbers
            .iter()
            .map(Proposals::<Runtime>::hashed_key_for)
            .collect();
        let proposals = client.values::<Proposal>(&keys, at.hash).await?;
        let now: Option<Moment> = client
            .storage(&storage::block_time(), Some(at.hash))
            .await?;
        let now = now.unwrap_or_default();
        let open = numbers
            .into_iter()
            .zip(proposals)
            .filter_map(|(number, proposal)| proposal.map(|proposal| (number, proposal)))
            .filter(|(_, proposal)| now < proposal.expires);
        Ok(Self {
            at,
            open: open.collect(),
            voters: value(client, "Municipalities", at).await?,
        })
    }

    /// The least number of municipalities that is more than two thirds.
    pub(super) fn quorum(&self) -> usize {
        self.voters.len().saturating_mul(2) / 3 + 1
    }
}

async fn members(
    client: &ChainClient,
    at: BlockRef,
) -> Result<Vec<(MemberId, Member)>, ClientError> {
    let MemberId(count) = value(client, "NextMember", at).await?;
    let numbers: Vec<MemberId> = (0..count).map(MemberId).collect();
    let keys: Vec<Vec<u8>> = numbers
        .iter()
        .map(Members::<Runtime>::hashed_key_for)
        .collect();
    let found = client.values::<Member>(&keys, at.hash).await?;
    Ok(numbers
        .into_iter()
        .zip(found)
        .filter_map(|(number, member)| member.map(|member| (number, member)))
        .collect())
}

async fn staff(
    client: &ChainClient,
    at: BlockRef,
) -> Result<Vec<(AccountId, StaffKey)>, ClientError> {
    let keys = client
        .keys(&storage::value("Consortium", "Accounts"), at.hash)
        .await?;
    let capacities = client.values::<Capacity>(&keys, at.hash).await?;
    let staff = keys
        .iter()
        .zip(capacities)
        .filter_map(|(key, capacity)| match capacity? {
            Capacity::Staff(staff) => Some((account_in(key)?, staff)),
            Capacity::Operator(_) | Capacity::Retired => None,
        });
    Ok(staff.collect())
}

/// `Blake2_128Concat` keys end in what they were made of.
fn account_in(key: &[u8]) -> Option<AccountId> {
    key.last_chunk::<32>().map(|bytes| AccountId(*bytes))
}

async fn value<T: DecodeAll + Default>(
    client: &ChainClient,
    item: &str,
    at: BlockRef,
) -> Result<T, ClientError> {
    let key = storage::value("Consortium", item);
    Ok(client
        .storage(&key, Some(at.hash))
        .await?
        .unwrap_or_default())
}
