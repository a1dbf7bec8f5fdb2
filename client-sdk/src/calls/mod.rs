//! The runtime's calls as functions: each gives the SCALE bytes that [`crate::extrinsics::prepare`] takes.
//!
//! Indices, names, arguments and their order are the runtime's; `tests/vectors` compares [`ALL`] with the runtime's own description of
//! its calls and decodes what every function here makes. What a call does and who may send it, the pallet's rules say.

pub mod values;

pub use values::{Action, DeviceKeys, MemberKeys};

use crate::extrinsics::Call;
use codec::Encode;
use musubi_primitives::{
    AccountId, AssuranceLevel, BindingId, Category, CategorySet, CiphertextHash, Commitment,
    ConsentId, HpkeKey, MemberId, Moment, Pseudonym, Purpose, RecordId, RequestId, Role, SessionId,
    Terms, VerifyingKey,
    access::{BreakGlassReason, Claim},
    record::{OverrideReason, VerdictCode},
    resident::{Authority, ServiceDomain},
};

/// One call, as the runtime describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Name of the pallet.
    pub pallet: &'static str,
    /// Its index.
    pub pallet_index: u8,
    /// Name of the call.
    pub call: &'static str,
    /// Its index.
    pub call_index: u8,
    /// Names of its arguments, in order.
    pub arguments: &'static [&'static str],
}

macro_rules! calls {
    ($(
        $(#[$pallet_doc:meta])*
        $module:ident $pallet:literal = $pallet_index:literal {
            $($(#[$doc:meta])* $index:literal $call:ident($($argument:ident: $type:ty),+);)+
        }
    )+) => {
        $(
            $(#[$pallet_doc])*
            pub mod $module {
                use super::*;
                $(
                    $(#[$doc])*
                    pub fn $call($($argument: $type),+) -> Call {
                        let mut bytes = vec![$pallet_index, $index];
                        $($argument.encode_to(&mut bytes);)+
                        Call(bytes)
                    }
                )+
            }
        )+
        /// Every call of Musubi's pallets.
        pub const ALL: &[Entry] = &[$($(Entry {
            pallet: $pallet,
            pallet_index: $pallet_index,
            call: stringify!($call),
            call_index: $index,
            arguments: &[$(stringify!($argument)),+],
        }),+),+];
    };
}

calls! {
    /// Members, their keys, proposals and votes.
    consortium "Consortium" = 2 {
        /// Opens a proposal and votes for it.
        0 propose(action: &Action);
        /// Votes on an open proposal, or changes an earlier vote.
        1 vote(proposal: u32, approve: bool);
        /// Registers a staff or device key of the operator's own member.
        2 register_key(account: AccountId, role: Role, hpke: HpkeKey, until: Moment);
        /// Moves the expiry of such a key.
        3 extend_key(account: AccountId, until: Moment);
        /// Withdraws such a key, for ever.
        4 withdraw_key(account: AccountId);
        /// Registers the key of a network node of the operator's own member.
        5 register_node(node: VerifyingKey);
        /// Withdraws such a key.
        6 withdraw_node(node: VerifyingKey);
    }
    /// People as pseudonyms, guardianships and cards.
    residents "Residents" = 3 {
        /// Enrols a person under a pseudonym in one service domain.
        0 enrol(subject: Pseudonym, domain: ServiceDomain, protected: bool, device: Option<DeviceKeys>);
        /// Takes a pseudonym out of use, for ever.
        1 retire(subject: Pseudonym);
        /// Adds a device of a person.
        2 add_device(person: Pseudonym, device: DeviceKeys);
        /// Drops a device of a person, for ever.
        3 drop_device(account: AccountId);
        /// Attests that a guardian may decide for a subject until a common date, or extends that.
        4 attest_guardianship(subject: Pseudonym, guardian: Pseudonym, authority: Authority, until: Moment);
        /// Ends a guardianship.
        5 end_guardianship(subject: Pseudonym, guardian: Pseudonym);
        /// Attests that a card speaks for a person; a former card is replaced.
        6 bind_card(person: Pseudonym, binding: BindingId, commitment: Commitment, assurance: AssuranceLevel);
        /// Stops a card until a counter lifts it.
        7 suspend_card(binding: BindingId);
        /// Lets a suspended card speak again.
        8 reinstate_card(binding: BindingId);
        /// Makes a card unusable for ever.
        9 revoke_card(binding: BindingId);
        /// Freezes a subject's records.
        10 freeze(subject: Pseudonym);
        /// Unfreezes a subject's records.
        11 unfreeze(subject: Pseudonym);
        /// Offers a subject to another municipality, as its new home.
        12 offer_hand_over(subject: Pseudonym, to: MemberId);
        /// Accepts an offered subject.
        13 accept_hand_over(subject: Pseudonym);
        /// Calls an offered hand-over off.
        14 decline_hand_over(subject: Pseudonym);
        /// Makes a municipality of stay temporary custodian.
        15 entrust(subject: Pseudonym, custodian: MemberId, until: Moment);
        /// Ends a temporary custody.
        16 end_custody(subject: Pseudonym);
    }
    /// Consents.
    consent "Consent" = 4 {
        /// Asks for a consent on these terms; with `supersedes`, in place of an older one.
        0 propose(consent: ConsentId, terms: &Terms, supersedes: Option<ConsentId>);
        /// Vouches that every field of the terms equals what the person signed and that the signature was checked.
        1 attest(consent: ConsentId);
        /// States that the proposal does not equal what the person signed; ends it.
        2 disagree(consent: ConsentId);
        /// Ends a consent by the person's will.
        3 withdraw(consent: ConsentId, evidence: Option<Commitment>);
        /// Pauses a consent by the will of another holder of joint authority.
        4 object(consent: ConsentId, objector: Pseudonym, evidence: Option<Commitment>);
        /// Takes an objection back.
        5 resume(consent: ConsentId, evidence: Option<Commitment>);
    }
    /// Records, rule sets and verdicts.
    records "Records" = 5 {
        /// Commits a record.
        0 commit_record(
            record: RecordId, subject: Pseudonym, category: Category, commitment: Commitment, ciphertext: CiphertextHash, home: MemberId
        );
        /// States that this vault holds the record's very ciphertext.
        1 acknowledge(record: RecordId, ciphertext: CiphertextHash);
        /// Puts a newer record in a record's place.
        2 supersede(record: RecordId, newer: RecordId);
        /// Marks a record as entered in error.
        3 enter_in_error(record: RecordId);
        /// Orders a record's erasure.
        4 order_erasure(record: RecordId);
        /// Leaves this holder's erasure receipt.
        5 erasure_receipt(record: RecordId, receipt: Commitment);
        /// Publishes a rule set by its hash.
        6 publish_rule_set(version: u32, hash: [u8; 32], effective_from: Moment);
        /// Records what the schedule check found.
        7 record_verdict(
            subject: Pseudonym, rule_set: u32, inputs: Commitment, verdict: VerdictCode, override_reason: Option<OverrideReason>
        );
    }
    /// Requests, deliveries, sessions and break-glass.
    access "Access" = 6 {
        /// Asks to read; the runtime decides, and the answer is a fact either way.
        0 request_access(
            request: RequestId, subject: Pseudonym, purpose: Purpose, categories: CategorySet, claim: Claim, session: Option<SessionId>
        );
        /// Records that this custodian released a record.
        1 deliver(request: RequestId, record: RecordId, receipt: Commitment);
        /// Opens a visit after a card touch.
        2 open_session(session: SessionId, consent: ConsentId, evidence: Commitment, until: Moment);
        /// Closes a visit.
        3 close_session(session: SessionId);
        /// Opens break-glass.
        4 open_break_glass(request: RequestId, subject: Pseudonym, incident: Commitment, reason: BreakGlassReason);
        /// Closes break-glass.
        5 close_break_glass(request: RequestId);
        /// Reviews a closed break-glass as a second person.
        6 review_break_glass(request: RequestId, justified: bool);
    }
}
