//! How one extrinsic of a finalised block ended, read from the block's events.

use crate::ports::LocalFault;
use codec::DecodeAll;
use frame_system::{EventRecord, Phase};
use musubi_primitives::{
    MemberId, Pseudonym, RecordId,
    trail::{TrailFact, TrailRow},
};
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

/// A subject that was handed over, with its former and its new home.
pub type HandOver = (Pseudonym, MemberId, MemberId);

/// What a block says to those who keep records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Records whose erasure was ordered.
    pub erasures: Vec<RecordId>,
    /// Records that no longer count: superseded, or entered in error.
    pub voided: Vec<RecordId>,
    /// Records that members say they keep, with the member.
    pub acknowledged: Vec<(RecordId, MemberId)>,
    /// Subjects that were handed over.
    pub hand_overs: Vec<HandOver>,
}

/// Reads all of it, in order, from the SCALE events of a block.
///
/// # Errors
/// When the events do not decode.
pub fn news(events: &[u8]) -> Result<News, LocalFault> {
    let records = Vec::<EventRecord<RuntimeEvent, H256>>::decode_all(&mut &events[..])
        .map_err(|error| LocalFault::new("read the events of a block", error))?;
    let mut news = News::default();
    for record in records {
        match record.event {
            RuntimeEvent::Records(event) => news.of_record(event),
            RuntimeEvent::Trail(pallet_trail::Event::Row(row)) => news.of_subject(row),
            _ => {}
        }
    }
    Ok(news)
}

impl News {
    fn of_record(&mut self, event: pallet_records::Event<Runtime>) {
        use pallet_records::Event;
        match event {
            Event::ErasureOrdered { record } => self.erasures.push(record),
            Event::RecordSuperseded { record, .. } | Event::RecordEnteredInError { record } => {
                self.voided.push(record);
            }
            Event::RecordAcknowledged { record, holder } => {
                self.acknowledged.push((record, holder));
            }
            _ => {}
        }
    }

    fn of_subject(&mut self, row: TrailRow) {
        if let TrailFact::HandedOver { from, to } = row.fact {
            self.hand_overs.push((row.subject, from, to));
        }
    }
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
