//! The state of a chain's newest final block as one file, with everything that proves it.

use codec::{Decode, DecodeAll, Encode};
use musubi_node_core::{
    executor::{Executor, Header, Specs, state_root},
    pipeline::Pipeline,
    ports::ConsensusHost,
};
use musubi_primitives::{
    BlockHash,
    finality::{CommitCertificate, ValidatorSet},
};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Keys that are read at a time.
const PAGE: usize = 1_000;

/// Keys and values of a state, in order.
pub type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// A final block, why it is final, and the state after it.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Snapshot {
    /// Hash of its chain's first block.
    pub genesis: BlockHash,
    /// Its header.
    pub header: Header,
    /// Why it is final.
    pub certificate: CommitCertificate,
    /// Who decided it.
    pub validators: ValidatorSet,
    /// The state after it.
    pub state: Pairs,
}

impl Snapshot {
    /// Takes the newest final state of a node that is stopped.
    ///
    /// # Errors
    /// A sentence that says what could not be read.
    pub fn take(pipeline: &Pipeline) -> Result<Self, String> {
        let store = pipeline.store();
        let words = |fault: musubi_node_core::ports::LocalFault| fault.to_string();
        let (height, hash) = store.tip().map_err(words)?.ok_or("the store is empty")?;
        let missing = |what: &str| format!("block {height}: its {what} is not here");
        let certificate = store.certificate(height).map_err(words)?;
        let validators = store.validators(height).map_err(words)?;
        let executor = pipeline.executor();
        Ok(Self {
            genesis: pipeline.genesis(),
            header: executor.header(&hash).map_err(|error| error.to_string())?,
            certificate: certificate.ok_or_else(|| missing("certificate"))?,
            validators: validators.ok_or_else(|| missing("validator set"))?,
            state: pairs(executor, &hash)?,
        })
    }

    /// Hash of its block.
    pub fn block(&self) -> BlockHash {
        BlockHash(self.header.hash().0)
    }

    /// SHA-256 of its file.
    pub fn sha256(&self) -> String {
        hex::encode(Sha256::digest(self.encode()))
    }

    /// Reads a file and checks that it is the one that is meant, that its block is final on its chain, and that its state is that block's.
    ///
    /// # Errors
    /// A sentence that names the file and what does not hold.
    pub fn read(path: &Path, sha256: &str) -> Result<Self, String> {
        let fail = |what: String| format!("snapshot {}: {what}", path.display());
        let bytes = std::fs::read(path).map_err(|error| fail(error.to_string()))?;
        let found = hex::encode(Sha256::digest(&bytes));
        if !found.eq_ignore_ascii_case(sha256) {
            return Err(fail(format!("its SHA-256 is {found}, not {sha256}")));
        }
        Self::parse(&bytes).map_err(fail)
    }

    /// Reads a snapshot and checks all that it says of itself.
    ///
    /// # Errors
    /// A sentence that says what does not hold.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let snapshot = Self::decode_all(&mut &*bytes)
            .map_err(|error| format!("it is no snapshot: {error}"))?;
        snapshot.check()?;
        Ok(snapshot)
    }

    fn check(&self) -> Result<(), String> {
        if self.certificate.block != self.block() {
            return Err("its certificate is another block's".to_owned());
        }
        self.certificate
            .verify(&self.genesis, &self.validators)
            .map_err(|error| format!("its certificate does not hold: {error}"))?;
        let root = state_root(Specs::default(), &self.state).map_err(|error| error.to_string())?;
        if root == self.header.state_root.0 {
            Ok(())
        } else {
            Err("its state is not that of its block".to_owned())
        }
    }
}

fn pairs(executor: &Executor, at: &BlockHash) -> Result<Pairs, String> {
    let mut pairs = Pairs::new();
    loop {
        let after = pairs.last().map(|(key, _)| key.as_slice());
        let keys = executor
            .keys_paged(at, &[], after, PAGE)
            .map_err(|error| error.to_string())?;
        if keys.is_empty() {
            return Ok(pairs);
        }
        for key in keys {
            let value = executor
                .storage(at, &key)
                .map_err(|error| error.to_string())?;
            pairs.push((key, value.unwrap_or_default()));
        }
    }
}
