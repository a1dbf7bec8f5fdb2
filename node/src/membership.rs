//! Who is a member, as the newest state says; remembered until a newer block is final.

use codec::Encode;
use musubi_node_core::{executor::Header, pipeline::Pipeline};
use musubi_node_network::Membership;
use musubi_primitives::{BlockHash, MemberId, VerifyingKey};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

/// Keys remembered at once; whoever greets with ever new ones costs a look-up each time and no memory.
const KEYS_MAX: usize = 1_024;

/// Reads of membership, one for each key and block.
#[derive(Debug)]
pub struct Memberships {
    pipeline: Pipeline,
    newest: watch::Receiver<Header>,
    known: Mutex<Known>,
}

/// What one block's state said.
#[derive(Debug, Default)]
struct Known {
    head: Option<BlockHash>,
    members: BTreeMap<VerifyingKey, Option<MemberId>>,
}

impl Memberships {
    /// Membership in the chain of this pipeline.
    pub fn new(pipeline: &Pipeline) -> Self {
        Self {
            pipeline: pipeline.clone(),
            newest: pipeline.tip_header(),
            known: Mutex::default(),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn answer(&self, head: BlockHash, key: &VerifyingKey) -> Option<Option<MemberId>> {
        let members = (self.head == Some(head)).then_some(&self.members)?;
        members.get(key).copied()
    }

    fn remember(&mut self, head: BlockHash, key: VerifyingKey, member: Option<MemberId>) {
        if self.head != Some(head) || self.members.len() >= KEYS_MAX {
            self.head = Some(head);
            self.members.clear();
        }
        self.members.insert(key, member);
    }
}

impl Membership for Memberships {
    fn member(&self, key: &VerifyingKey) -> Option<MemberId> {
        let head = BlockHash(self.newest.borrow().hash().0);
        if let Some(member) = self.known().answer(head, key) {
            return member;
        }
        let executor = self.pipeline.executor();
        let read = executor.state_call_as(&head, "MusubiApi_member_of_node", &key.encode());
        match read {
            Ok(member) => {
                self.known().remember(head, *key, member);
                member
            }
            Err(error) => {
                tracing::error!(%error, "membership cannot be read, and nobody is let in");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_holds_for_one_block_and_memory_is_bounded() {
        let mut known = Known::default();
        let (old, new) = (BlockHash([1; 32]), BlockHash([2; 32]));
        let key = |number: usize| {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&number.to_be_bytes());
            VerifyingKey(key)
        };
        known.remember(old, key(0), Some(MemberId(7)));
        known.remember(old, key(1), None);
        assert_eq!(known.answer(old, &key(0)), Some(Some(MemberId(7))));
        assert_eq!(known.answer(old, &key(1)), Some(None));
        assert_eq!(known.answer(old, &key(2)), None);
        assert_eq!(known.answer(new, &key(0)), None);
        known.remember(new, key(0), None);
        assert_eq!(known.answer(new, &key(0)), Some(None));
        assert_eq!(known.answer(old, &key(0)), None);
        (0..3 * KEYS_MAX).for_each(|number| known.remember(new, key(number), None));
        assert!(known.members.len() <= KEYS_MAX);
    }
}
