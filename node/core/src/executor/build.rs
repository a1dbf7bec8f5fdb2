//! Building a block on a parent, within limits of time, number and size.

use super::{
    Executor,
    outcome::{Block, Header, Outcome},
    session::{CallError, Session},
};
use crate::ports::{Clock, LocalFault};
use codec::{Decode, Encode};
use musubi_primitives::Moment;
use sp_inherents::InherentData;
use sp_runtime::{
    ApplyExtrinsicResult, Digest,
    traits::Header as _,
    transaction_validity::{InvalidTransaction, TransactionValidityError},
};
use std::{sync::Arc, time::Duration};

/// How many extrinsics that do not fit are passed over before the block is closed.
const MISFITS_MAX: u32 = 8;

/// An extrinsic offered for a block.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// BLAKE2-256 of the encoded extrinsic.
    pub hash: [u8; 32],
    /// SCALE encoding with its length prefix.
    pub bytes: Arc<Vec<u8>>,
}

/// What bounds a block besides the runtime's own weight and length limits.
#[derive(Clone, Copy, Debug)]
pub struct BuildLimits {
    /// Most bytes of all extrinsics together.
    pub bytes_max: usize,
    /// Most time to spend applying extrinsics, by the clock on the wall.
    pub time_max: Duration,
    /// Most processor time to spend on it: about what checking the block will cost everybody else.
    pub work_max: Duration,
}

/// An extrinsic that did not go into the block, and why.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Its hash.
    pub hash: [u8; 32],
    /// The runtime's reason.
    pub reason: TransactionValidityError,
}

/// A built block.
#[derive(Debug)]
pub struct Built {
    /// The block and its effects.
    pub outcome: Outcome,
    /// What was offered and refused, apart from what merely did not fit.
    pub refused: Vec<Refusal>,
}

impl Executor {
    /// Builds a block with time `time` on `parent` from `candidates`, in their order.
    ///
    /// # Errors
    /// A fault of this machine; a candidate that panics or is invalid is only left out.
    pub fn build(
        &self,
        parent: &Header,
        time: Moment,
        candidates: impl IntoIterator<Item = Candidate>,
        limits: BuildLimits,
        clock: &dyn Clock,
    ) -> Result<Built, LocalFault> {
        let mut session = self.session(parent.state_root)?;
        let mut extrinsics = begin(&mut session, parent, time).map_err(into_fault)?;
        let refused = fill(&mut session, &mut extrinsics, candidates, limits, clock)?;
        let header: Header = session
            .call_as("BlockBuilder_finalize_block", &[])
            .map_err(into_fault)?;
        let block = Block { header, extrinsics };
        let hashes = block.extrinsic_hashes();
        let outcome = Outcome::collect(session, &block, hashes).map_err(into_fault)?;
        Ok(Built { outcome, refused })
    }
}

/// Initialises the block and applies its inherent extrinsics.
fn begin(session: &mut Session, parent: &Header, time: Moment) -> Result<Vec<Vec<u8>>, CallError> {
    let header = Header::new(
        parent.number.saturating_add(1),
        Default::default(),
        Default::default(),
        parent.hash(),
        Digest::default(),
    );
    session.call("Core_initialize_block", &header.encode())?;
    let inherents: Vec<Vec<u8>> = session.call_as(
        "BlockBuilder_inherent_extrinsics",
        &inherent_data(time)?.encode(),
    )?;
    for inherent in &inherents {
        session
            .call_as::<ApplyExtrinsicResult>("BlockBuilder_apply_extrinsic", &inherent.encode())?
            .map_err(|error| LocalFault::new("apply an inherent extrinsic", format!("{error:?}")))?
            .map_err(|error| {
                LocalFault::new("apply an inherent extrinsic", format!("{error:?}"))
            })?;
    }
    Ok(inherents)
}

fn inherent_data(time: Moment) -> Result<InherentData, LocalFault> {
    let mut data = InherentData::new();
    data.put_data(pallet_timestamp_identifier(), &time)
        .map_err(|error| LocalFault::new("name the block's time", error))?;
    Ok(data)
}

/// Key of the time among inherent data, as `pallet-timestamp` reads it.
const fn pallet_timestamp_identifier() -> sp_inherents::InherentIdentifier {
    *b"timstap0"
}

fn fill(
    session: &mut Session,
    extrinsics: &mut Vec<Vec<u8>>,
    candidates: impl IntoIterator<Item = Candidate>,
    limits: BuildLimits,
    clock: &dyn Clock,
) -> Result<Vec<Refusal>, LocalFault> {
    let end = clock.elapsed().saturating_add(limits.time_max);
    let work_end = clock.worked().saturating_add(limits.work_max);
    let mut bytes = 0usize;
    let mut misfits = 0u32;
    let mut refused = Vec::new();
    for candidate in candidates {
        if clock.elapsed() >= end || clock.worked() >= work_end || misfits >= MISFITS_MAX {
            break;
        }
        let total = bytes.saturating_add(candidate.bytes.len());
        if total > limits.bytes_max {
            misfits = misfits.saturating_add(1);
            continue;
        }
        match apply(session, &candidate.bytes)? {
            Ok(()) => {
                bytes = total;
                extrinsics.extend(Vec::<u8>::decode(&mut &candidate.bytes[..]));
            }
            Err(error) if error.exhausted_resources() => misfits = misfits.saturating_add(1),
            Err(reason) => refused.push(Refusal {
                hash: candidate.hash,
                reason,
            }),
        }
    }
    Ok(refused)
}

/// Applies one extrinsic in a storage transaction of its own: what is refused or panics leaves no trace. A call that the runtime refuses
/// after admission (a failed dispatch) stays in the block with its error event.
fn apply(
    session: &mut Session,
    bytes: &[u8],
) -> Result<Result<(), TransactionValidityError>, LocalFault> {
    let applied = session.attempt(
        |session| session.call_as::<ApplyExtrinsicResult>("BlockBuilder_apply_extrinsic", bytes),
        Result::is_ok,
    );
    match applied {
        Ok(result) => Ok(result.map(|_| ())),
        Err(CallError::Fault(fault)) => Err(fault),
        Err(error @ (CallError::Panicked(_) | CallError::Undecodable { .. })) => {
            tracing::warn!(%error, "an extrinsic stopped the runtime");
            Ok(Err(InvalidTransaction::Call.into()))
        }
        Err(error @ CallError::UnknownMethod(_)) => Err(into_fault(error)),
    }
}

/// While building, the node answers for everything but the candidates.
fn into_fault(error: CallError) -> LocalFault {
    match error {
        CallError::Fault(fault) => fault,
        CallError::Panicked(_) | CallError::UnknownMethod(_) | CallError::Undecodable { .. } => {
            LocalFault::new("build a block", error)
        }
    }
}
