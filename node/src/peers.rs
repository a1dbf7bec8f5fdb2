//! What this node's vault answers in the members' network.

use musubi_node_network::{Blobs, Refusal, ports::Asker};

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
