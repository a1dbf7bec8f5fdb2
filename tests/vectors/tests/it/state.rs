//! State: the SDK looks where the runtime puts things, and reads what it puts there.

use codec::{Decode, Encode};
use musubi_client_sdk::proofs::{
    state::{ConsentEntry, RecordEntry},
    storage,
};
use musubi_primitives::{
    AccountId, AssuranceLevel, Category, CategorySet, CiphertextHash, Commitment, ConsentId,
    ConsentState, Ending, MemberId, Pseudonym, Purpose, RecordId, RecordState, Terms,
};
use musubi_runtime::Runtime;

#[test]
fn storage_keys_are_the_runtimes() {
    let (subject, consent, record) = (Pseudonym([1; 32]), ConsentId([2; 32]), RecordId([3; 32]));
    assert_eq!(
        storage::block_time(),
        pallet_timestamp::Now::<Runtime>::hashed_key()
    );
    assert_eq!(
        storage::trail_head(&subject),
        pallet_trail::Heads::<Runtime>::hashed_key_for(subject)
    );
    assert_eq!(
        storage::consent(&consent),
        pallet_consent::Consents::<Runtime>::hashed_key_for(consent)
    );
    assert_eq!(
        storage::record(&record),
        pallet_records::Records::<Runtime>::hashed_key_for(record)
    );
}

#[test]
fn a_stored_consent_begins_as_the_sdk_reads_it() {
    let terms = Terms {
        subject: Pseudonym([1; 32]),
        guardian: Pseudonym([2; 32]),
        recipient: MemberId(3),
        purpose: Purpose::ChildCare,
        categories: CategorySet::of(Category::ALL),
        not_before: 4,
        not_after: 50,
        statement: Commitment([6; 32]),
        nonce: [7; 32],
        assurance: AssuranceLevel::CardSigned,
        second_attester: Some(MemberId(8)),
        account: Some(AccountId([9; 32])),
    };
    for state in [
        ConsentState::Proposed,
        ConsentState::Effective,
        ConsentState::Paused,
        ConsentState::Ended(Ending::Withdrawn),
    ] {
        let stored = pallet_consent::Consent {
            terms: terms.clone(),
            state,
            until: 40,
            attestations: Default::default(),
            objector: Some(Pseudonym([10; 32])),
            supersedes: None,
        };
        let read = ConsentEntry::decode(&mut stored.encode().as_slice())
            .expect("the prefix is the stored consent's");
        assert_eq!(
            read,
            ConsentEntry {
                terms: terms.clone(),
                state,
                until: 40
            }
        );
        for now in [0, 4, 39, 40, 60] {
            assert_eq!(read.state_at(now), stored.state_at(now));
        }
    }
}

#[test]
fn a_stored_record_begins_as_the_sdk_reads_it() {
    let stored = pallet_records::Record {
        subject: Pseudonym([1; 32]),
        category: Category::Growth,
        author: MemberId(2),
        writer: AccountId([3; 32]),
        home: MemberId(4),
        commitment: Commitment([5; 32]),
        ciphertext: CiphertextHash([6; 32]),
        committed_at: 7,
        state: RecordState::Stored,
        holders: Default::default(),
        superseded_by: None,
        in_error: false,
    };
    let read = RecordEntry::decode(&mut stored.encode().as_slice())
        .expect("the prefix is the stored record's");
    let expected = RecordEntry {
        subject: stored.subject,
        category: stored.category,
        author: stored.author,
        writer: stored.writer,
        home: stored.home,
        commitment: stored.commitment,
        ciphertext: stored.ciphertext,
        committed_at: stored.committed_at,
        state: stored.state,
    };
    assert_eq!(read, expected);
}
