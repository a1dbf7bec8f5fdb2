//! Bundles of proofs from a node's answers: what `musubi verify` checks offline, gathered over JSON-RPC.
//!
//! Nothing that the node says is believed here: a wrong answer makes a bundle that does not verify.

use super::{BlockRef, ChainClient, ClientError, error::unreadable, hexadecimal};
use codec::{DecodeAll, Encode};
use musubi_client_sdk::proofs::{
    Bundle, Checkpoint, FollowError, Statement, Step,
    follow::Ancestor,
    state::StateProof,
    wire::{HexBytes, PathProof},
};
use musubi_primitives::{
    BlockHash, Pseudonym,
    finality::{CommitCertificate, ValidatorSet},
    mountain_range::LeafProof,
    trail::TrailRow,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A row of a trail and the block that wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PlacedRow {
    /// The row.
    pub row: TrailRow,
    /// Height of its block.
    pub height: u64,
}

impl ChainClient {
    /// Rows of a subject's trail from row `first` on, at most 500.
    ///
    /// # Errors
    /// When the node does not say.
    pub async fn trail(
        &self,
        subject: &Pseudonym,
        first: u64,
    ) -> Result<Vec<PlacedRow>, ClientError> {
        self.request("musubi_trail", &[json!(subject), json!(first)])
            .await
    }

    /// The statement that a row was written, with its proof.
    ///
    /// # Errors
    /// When the node does not keep the row.
    pub async fn row_written(
        &self,
        subject: &Pseudonym,
        index: u64,
    ) -> Result<Statement, ClientError> {
        let params = [json!(subject), json!(index)];
        let answer: Value = self.request("musubi_trailProof", &params).await?;
        let placed: PlacedRow = serde_json::from_value(answer["row"].clone())
            .map_err(|error| unreadable("a row of a trail", error))?;
        Ok(Statement::RowWritten {
            height: placed.height,
            row: placed.row,
            proof: path(&answer["proof"])?,
        })
    }

    /// Everything that proves `statements` as of `newest` to a reader who trusts `trusted`.
    ///
    /// # Errors
    /// When the node does not keep what is needed, or there is no way of proof from the checkpoint.
    pub async fn bundle(
        &self,
        trusted: &Checkpoint,
        newest: BlockRef,
        statements: Vec<Statement>,
    ) -> Result<Bundle, ClientError> {
        let mut bundle = Bundle::new(trusted.genesis);
        bundle.statements = statements;
        let (steps, mut known) = self.steps(trusted, newest).await?;
        bundle.steps = steps;
        for statement in &bundle.statements {
            if known.insert(statement.height()) {
                let ancestor = self.ancestor(statement.height(), newest.hash).await?;
                bundle.ancestors.push(ancestor);
            }
        }
        for (height, keys) in bundle.keys_to_prove(newest.height) {
            bundle.states.push(self.state_proof(height, keys).await?);
        }
        Ok(bundle)
    }

    /// The fewest steps found: straight ahead, or half the way where too few of the trusted validators are left.
    async fn steps(
        &self,
        trusted: &Checkpoint,
        newest: BlockRef,
    ) -> Result<(Vec<Step>, BTreeSet<u64>), ClientError> {
        let (mut steps, mut heights) = (Vec::new(), BTreeSet::new());
        let (mut checkpoint, mut target) = (trusted.clone(), newest.height);
        while checkpoint.height < newest.height {
            let step = self.step(target).await?;
            match checkpoint.follow(&step) {
                Ok((next, _)) => {
                    heights.insert(next.height);
                    steps.push(step);
                    (checkpoint, target) = (next, newest.height);
                }
                Err(FollowError::TooFewTrusted { .. })
                    if target.saturating_sub(checkpoint.height) > 1 =>
                {
                    target = checkpoint.height.midpoint(target);
                }
                Err(error) => return Err(unreadable("the way to the newest block", error)),
            }
        }
        Ok((steps, heights))
    }

    async fn step(&self, height: u64) -> Result<Step, ClientError> {
        let answer = self.certificate(self.final_hash(height).await?).await?;
        let named_by = &answer["setCommittedBy"];
        // Genesis names the first two sets itself.
        let named_by = match height {
            0..=2 => None,
            _ => Some(Ancestor {
                header: HexBytes(bytes(&named_by["header"])?),
                proof: path(&named_by["proof"])?,
            }),
        };
        Ok(Step {
            header: HexBytes(bytes(&answer["header"])?),
            certificate: scale::<CommitCertificate>(&answer["certificateEncoded"])?,
            validators: scale::<ValidatorSet>(&answer["validatorsEncoded"])?,
            named_by,
        })
    }

    async fn ancestor(&self, height: u64, newest: BlockHash) -> Result<Ancestor, ClientError> {
        let params = [json!(height), json!(newest)];
        let answer: Value = self.request("musubi_historyProof", &params).await?;
        Ok(Ancestor {
            header: HexBytes(bytes(&answer["header"])?),
            proof: path(&answer["proof"])?,
        })
    }

    async fn state_proof(
        &self,
        height: u64,
        keys: BTreeSet<Vec<u8>>,
    ) -> Result<StateProof, ClientError> {
        let keys: Vec<Value> = keys.iter().map(|key| hexadecimal(key)).collect();
        let params = [Value::from(keys), json!(self.final_hash(height).await?)];
        let answer: Value = self.request("state_getReadProof", &params).await?;
        let nodes = answer["proof"]
            .as_array()
            .ok_or_else(|| unreadable("a read proof", "it has no nodes"))?;
        let nodes: BTreeSet<HexBytes> = nodes
            .iter()
            .map(|node| bytes(node).map(HexBytes))
            .collect::<Result<_, _>>()?;
        Ok(StateProof {
            height,
            nodes: nodes.into_iter().collect(),
        })
    }

    async fn final_hash(&self, height: u64) -> Result<BlockHash, ClientError> {
        self.hash_at(height)
            .await?
            .ok_or_else(|| unreadable("a block", format!("height {height} is not final yet")))
    }
}

fn path(proof: &Value) -> Result<PathProof, ClientError> {
    scale::<LeafProof>(&proof["encoded"]).map(PathProof)
}

fn scale<T: DecodeAll + Encode>(value: &Value) -> Result<T, ClientError> {
    T::decode_all(&mut bytes(value)?.as_slice()).map_err(|error| unreadable("a proof", error))
}

fn bytes(value: &Value) -> Result<Vec<u8>, ClientError> {
    let digits = value.as_str().and_then(|text| text.strip_prefix("0x"));
    digits
        .and_then(|digits| hex::decode(digits).ok())
        .ok_or_else(|| unreadable("a proof", "expected hexadecimal text"))
}
