//! How one extrinsic of a finalised block ended, read from the block's events.

use super::outcome::trail_rows;
use crate::ports::LocalFault;
use codec::DecodeAll;
use frame_system::{EventRecord, Phase};
use musubi_primitives::{MemberId, Pseudonym, RecordId, trail::TrailFact};
use musubi_runtime::{Runtime, RuntimeEvent};
use sp_core::H256;
use sp_runtime::DispatchError;

/// The end of an extrinsic that stands in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dispatched {
    /// It did what it was asked.
    Applied,
    /// It was refused and changed nothing but its sender's nonce.
    Refused(DispatchError),
}

/// How the extrinsic at `index` ended, from the SCALE events of its block.
///
/// # Errors
/// When the events do not decode, or say nothing of it.
pub fn dispatched(events: &[u8], index: u32) -> Result<Dispatched, LocalFault> {
    let fault =
        |cause: &str| LocalFault::new(format!("find extrinsic {index} among events"), cause);
    let records = Vec::<EventRecord<RuntimeEvent, H256>>::decode_all(&mut &events[..])
        .map_err(|error| fault(&error.to_string()))?;
    records
        .into_iter()
        .filter(|record| record.phase == Phase::ApplyExtrinsic(index))
        .find_map(|record| ending(record.event))
        .ok_or_else(|| fault("none of them ends it"))
}

/// Records whose erasure was ordered, from the SCALE events of a block.
///
/// # Errors
/// When the events do not decode.
pub fn erasures_ordered(events: &[u8]) -> Result<Vec<RecordId>, LocalFault> {
    of_records(events, |event| match event {
        pallet_records::Event::ErasureOrdered { record } => Some(record),
        _ => None,
    })
}

/// Records that no longer count, superseded or entered in error, from the SCALE events of a block.
///
/// # Errors
/// When the events do not decode.
pub fn records_voided(events: &[u8]) -> Result<Vec<RecordId>, LocalFault> {
    of_records(events, |event| match event {
        pallet_records::Event::RecordSuperseded { record, .. }
        | pallet_records::Event::RecordEnteredInError { record } => Some(record),
        _ => None,
    })
}

/// Records that members say they keep, with the member, from the SCALE events of a block.
///
/// # Errors
/// When the events do not decode.
pub fn acknowledged(events: &[u8]) -> Result<Vec<(RecordId, MemberId)>, LocalFault> {
    of_records(events, |event| match event {
        pallet_records::Event::RecordAcknowledged { record, holder } => Some((record, holder)),
        _ => None,
    })
}

/// What is picked of the events that `pallet-records` left in a block.
fn of_records<T>(
    events: &[u8],
    pick: impl Fn(pallet_records::Event<Runtime>) -> Option<T>,
) -> Result<Vec<T>, LocalFault> {
    let records = Vec::<EventRecord<RuntimeEvent, H256>>::decode_all(&mut &events[..])
        .map_err(|error| LocalFault::new("read the events of a block", error))?;
    let picked = records.into_iter().filter_map(|record| match record.event {
        RuntimeEvent::Records(event) => pick(event),
        _ => None,
    });
    Ok(picked.collect())
}

/// Subjects that were handed over, with their former and their new home, from the SCALE events of a block.
///
/// # Errors
/// When the events do not decode.
pub fn hand_overs(events: &[u8]) -> Result<Vec<(Pseudonym, MemberId, MemberId)>, LocalFault> {
    let rows = trail_rows(events)
        .map_err(|error| LocalFault::new("read the trail rows of a block", error))?;
    let moves = rows.into_iter().filter_map(|row| match row.fact {
        TrailFact::HandedOver { from, to } => Some((row.subject, from, to)),
        _ => None,
    });
    Ok(moves.collect())
}

fn ending(event: RuntimeEvent) -> Option<Dispatched> {
    let RuntimeEvent::System(event) = event else {
        return None;
    };
    match event {
        frame_system::Event::ExtrinsicSuccess { .. } => Some(Dispatched::Applied),
        frame_system::Event::ExtrinsicFailed { dispatch_error, .. } => {
            Some(Dispatched::Refused(dispatch_error))
        }
        _ => None,
    }
}
