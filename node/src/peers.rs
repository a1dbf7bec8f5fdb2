//! What this node answers in the members' network: who is a member, and what joining nodes are given.

use codec::Encode;
use musubi_node_core::{pipeline::Pipeline, ports::ConsensusHost};
use musubi_node_network::{
    Blobs, FinalBlock, Membership, Refusal, SnapshotChunk, SnapshotSource, ports::Asker,
};
use musubi_primitives::{BlockHash, MemberId, VerifyingKey};

/// The most keys looked at for one piece of a snapshot.
const CHUNK_KEYS_MAX: usize = 4_096;

/// The chain behind the members' network.
#[derive(Clone, Debug)]
pub struct ChainBehind(pub Pipeline);

impl Membership for ChainBehind {
    fn member(&self, key: &VerifyingKey) -> Option<MemberId> {
        let head = self.0.store().hash_at(self.0.tip()).ok().flatten()?;
        let answer =
            self.0
                .executor()
                .state_call_as(&head, "MusubiApi_member_of_node", &key.encode());
        // A node that cannot read its own state trusts nobody.
        answer.ok().flatten()
    }
}

impl ChainBehind {
    fn final_block(&self, height: u64) -> Result<Option<FinalBlock>, Refusal> {
        let fault = |_| Refusal::Fault;
        let store = self.0.store();
        let Some(hash) = store.hash_at(height).map_err(fault)? else {
            return Ok(None);
        };
        let certificate = store.certificate(height).map_err(fault)?;
        let validators = store.validators(height).map_err(fault)?;
        let (Some(certificate), Some(validators)) = (certificate, validators) else {
            return Ok(None);
        };
        let header = self
            .0
            .executor()
            .header(&hash)
            .map_err(|_| Refusal::Absent)?
            .encode();
        Ok(Some(FinalBlock {
            header,
            certificate,
            validators,
        }))
    }
}

impl SnapshotSource for ChainBehind {
    fn final_blocks(&self, first: u64, limit: u32) -> Result<Vec<FinalBlock>, Refusal> {
        let last = first.saturating_add(limit.into());
        let mut blocks = Vec::new();
        for height in first..last {
            let Some(block) = self.final_block(height)? else {
                break;
            };
            blocks.push(block);
        }
        Ok(blocks)
    }

    fn newest(&self) -> Result<FinalBlock, Refusal> {
        self.final_block(self.0.tip())?.ok_or(Refusal::Absent)
    }

    fn chunk(
        &self,
        block: &BlockHash,
        after: Option<&[u8]>,
        bytes_max: u32,
    ) -> Result<SnapshotChunk, Refusal> {
        let executor = self.0.executor();
        let keys = executor
            .keys_paged(block, &[], after, CHUNK_KEYS_MAX)
            .map_err(|_| Refusal::Absent)?;
        let exhausted = keys.len() < CHUNK_KEYS_MAX;
        let mut pairs = Vec::new();
        let mut bytes = 0usize;
        let count = keys.len();
        for key in keys {
            let value = executor
                .storage(block, &key)
                .map_err(|_| Refusal::Fault)?
                .ok_or(Refusal::Fault)?;
            bytes = bytes.saturating_add(key.len()).saturating_add(value.len());
            if bytes > usize::try_from(bytes_max).unwrap_or(usize::MAX) && !pairs.is_empty() {
                break;
            }
            pairs.push((key, value));
        }
        let last = exhausted && pairs.len() == count;
        Ok(SnapshotChunk { pairs, last })
    }
}

/// A node without a vault: it holds nothing for anybody.
#[derive(Clone, Copy, Debug)]
pub struct NoVault;

impl Blobs for NoVault {
    fn read(&self, _: Asker, _: &[u8], _: u64, _: u32) -> Result<(u64, Vec<u8>), Refusal> {
        Err(Refusal::NotPermitted)
    }

    fn write(&self, _: Asker, _: &[u8], _: u64, _: u64, _: Vec<u8>) -> Result<u64, Refusal> {
        Err(Refusal::NotPermitted)
    }
}
