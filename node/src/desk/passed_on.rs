//! Records whose keys another member's vault released through this node. Whoever opens such a record here holds it against the chain's line
//! of it, so for as long as its ciphertext may be fetched this node shows that line to its own member.

use codec::Decode;
use musubi_node_vault::{VaultRequest, VaultResponse, release::FETCH_WINDOW};
use musubi_primitives::{Moment, RecordId};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The most records that are remembered; a busy clinic reads some thousands in the window.
const MOST: usize = 20_000;

/// Records by when their keys went through. Empty after a start: whoever reads then asks the custodian again.
#[derive(Default)]
pub(super) struct PassedOn(Mutex<BTreeMap<RecordId, Moment>>);

impl PassedOn {
    /// Remembers the records of a redemption that the custodian answered with their keys.
    pub(super) fn note(&self, asked: &[u8], answered: &[u8], now: Moment) {
        let Ok(VaultRequest::Redeem(redemption)) = VaultRequest::decode(&mut &*asked) else {
            return;
        };
        if !matches!(
            VaultResponse::decode(&mut &*answered),
            Ok(VaultResponse::Released(_))
        ) {
            return;
        }
        let mut kept = self.kept();
        kept.retain(|_, at| is_recent(*at, now));
        for record in redemption.records {
            if kept.len() < MOST {
                kept.insert(record, now);
            }
        }
    }

    /// Whether a record's key went through so lately that its ciphertext may still be fetched.
    pub(super) fn lately(&self, record: &RecordId, now: Moment) -> bool {
        self.kept()
            .get(record)
            .is_some_and(|at| is_recent(*at, now))
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<RecordId, Moment>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_recent(at: Moment, now: Moment) -> bool {
    now.saturating_sub(at) < FETCH_WINDOW
}

#[cfg(test)]
mod tests {
    use super::*;
    use codec::Encode;
    use musubi_node_vault::{Refusal, exchange::Redemption};
    use musubi_primitives::RequestId;

    const ASKED: RecordId = RecordId([7; 32]);

    fn redemption() -> Vec<u8> {
        let redemption = Redemption {
            request: RequestId([1; 32]),
            records: vec![ASKED],
            challenge: [2; 32],
            signature: [3; 64],
        };
        VaultRequest::Redeem(redemption).encode()
    }

    #[test]
    fn a_refusal_opens_nothing() {
        let passed_on = PassedOn::default();
        let refused = VaultResponse::Refused(Refusal::NotAvailable).encode();
        passed_on.note(&redemption(), &refused, 1_000);
        passed_on.note(&redemption(), &[2], 1_000);
        assert!(!passed_on.lately(&ASKED, 1_000));
    }

    #[test]
    fn a_line_is_shown_as_long_as_the_ciphertext_is() {
        let passed_on = PassedOn::default();
        passed_on.kept().insert(ASKED, 1_000);
        assert!(passed_on.lately(&ASKED, 1_000 + FETCH_WINDOW - 1));
        assert!(!passed_on.lately(&ASKED, 1_000 + FETCH_WINDOW));
        assert!(!passed_on.lately(&RecordId([8; 32]), 1_000));
    }
}
