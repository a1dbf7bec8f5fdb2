//! Checking somebody's block by executing it in full.

use super::{
    Executor,
    outcome::{Block, Header, Outcome},
    session::CallError,
};
use crate::ports::{BlockBytes, LocalFault};

/// Why a block has no outcome.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// This machine is at fault: no verdict.
    #[error(transparent)]
    Fault(#[from] LocalFault),
    /// The block does not hold.
    #[error("{0}")]
    Invalid(String),
}

impl From<CallError> for CheckError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Fault(fault) => Self::Fault(fault),
            CallError::Panicked(message) => Self::Invalid(message),
            CallError::UnknownMethod(_) | CallError::Undecodable { .. } => {
                Self::Fault(LocalFault::new("check a block", error))
            }
        }
    }
}

impl Executor {
    /// Executes a block on `parent`; its effects if it leads to its own header.
    ///
    /// # Errors
    /// [`CheckError::Invalid`] when the block is wrong, [`CheckError::Fault`] when this machine cannot tell.
    pub fn check(&self, parent: &Header, bytes: &BlockBytes) -> Result<Outcome, CheckError> {
        let block = parse_child(parent, bytes)?;
        let hashes = block.extrinsic_hashes();
        self.preverify(parent, &block, &hashes);
        let mut session = self.session(parent.state_root)?;
        session.call("Core_execute_block", &bytes.bytes)?;
        Ok(Outcome::collect(session, &block, hashes)?)
    }
}

/// What can be said without executing: the bytes are one block, with the named hash, right after the parent.
fn parse_child(parent: &Header, bytes: &BlockBytes) -> Result<Block, CheckError> {
    let invalid = |why: String| Err(CheckError::Invalid(why));
    let block = match Block::parse(&bytes.bytes) {
        Ok(block) => block,
        Err(error) => return invalid(format!("its bytes are no block: {error}")),
    };
    if block.hash() != bytes.hash {
        return invalid(format!("its header has hash {}", block.hash()));
    }
    if block.header.parent_hash != parent.hash() {
        return invalid(format!("its parent is {:?}", block.header.parent_hash));
    }
    if Some(block.header.number) != parent.number.checked_add(1) {
        return invalid(format!("its height is {}", block.header.number));
    }
    Ok(block)
}
