//! What clients and the node ask of the runtime beside the standard interfaces: `MusubiApi_*`, by `state_call`.

use musubi_primitives::{
    AccountId, CategorySet, Commitment, ConsentId, Decision, DenialReason, MemberId, Pseudonym,
    Purpose, RecordId, RequestId, SessionId, VerifyingKey,
    access::Ticket,
    finality::ValidatorSet,
    parameter::{HeightParameters, SpecStatus},
    seams::{Actor, GuardianshipFacts, MemberFacts},
    trail::TrailHead,
    view::{
        CardView, ConsentView, RecordView, RequestView, RuleSetView, SealingKeys, SessionView,
        VerdictView,
    },
};

#[allow(
    missing_docs,
    reason = "the interface macro makes items without documentation"
)]
mod declaration {
    use super::*;

    sp_api::decl_runtime_apis! {
        /// Reads of Musubi's own; answers are as of the state that is asked.
        pub trait MusubiApi {
            /// Validators and pace of the height after this state's block.
            fn height_parameters() -> HeightParameters;
            /// Validators of the height after that one, as the newest anchor commits to them.
            fn next_validators() -> ValidatorSet;
            /// The specification of the next block, and the one that follows.
            fn spec_status() -> SpecStatus;
            /// Who stands behind an account that acts for a member.
            fn actor(account: AccountId) -> Option<Actor>;
            /// Kind and keys of a member in good standing.
            fn member(member: MemberId) -> Option<MemberFacts>;
            /// The member behind a network node's key, if it is in good standing.
            fn member_of_node(node: VerifyingKey) -> Option<MemberId>;
            /// The person whose account in the health domain this is.
            fn person(account: AccountId) -> Option<Pseudonym>;
            /// The municipality that keeps a subject's register entry.
            fn home(subject: Pseudonym) -> Option<MemberId>;
            /// The guardianship of a guardian over a subject that holds now.
            fn guardianship(guardian: Pseudonym, subject: Pseudonym) -> Option<GuardianshipFacts>;
            /// The consent under which a recipient may ask for categories of a subject now, or the reason that best says why there is none.
            fn covering_consent(
                subject: Pseudonym,
                recipient: MemberId,
                purpose: Purpose,
                categories: CategorySet,
            ) -> Result<ConsentId, DenialReason>;
            /// What the runtime decided on a request; `None` if it was never asked, or is forgotten.
            fn decision(request: RequestId) -> Option<Decision>;
            /// Whom a request concerns and what was decided; `None` as with `decision`.
            fn request(request: RequestId) -> Option<RequestView>;
            /// A visit that goes on; `None` once it was closed or its time is over.
            fn session(session: SessionId) -> Option<SessionView>;
            /// The ticket of a permitted request, while it still opens something.
            fn ticket(request: RequestId) -> Option<Ticket>;
            /// The ticket against which this vault may release this record now.
            fn releasable(request: RequestId, record: RecordId, vault: AccountId) -> Option<Ticket>;
            /// A consent as it reads now.
            fn consent(consent: ConsentId) -> Option<ConsentView>;
            /// A record.
            fn record(record: RecordId) -> Option<RecordView>;
            /// Whether a record's delivery against a request is on the chain.
            fn is_delivered(request: RequestId, record: RecordId) -> bool;
            /// The keys that a new record about a subject is sealed to, beside its author's; `None` for unknown subjects.
            fn sealing_keys(subject: Pseudonym) -> Option<SealingKeys>;
            /// The card that speaks for a person now, if one is bound and active.
            fn active_card(person: Pseudonym) -> Option<CardView>;
            /// The rules of the schedule check that apply at this state's time: the newest version that has begun.
            fn rule_set_in_force() -> Option<RuleSetView>;
            /// What the schedule check found for the inputs of this commitment.
            fn verdict(inputs: Commitment) -> Option<VerdictView>;
            /// Whether a visit of this subject at this member goes on, and its consent is in force.
            fn is_session_open(session: SessionId, member: MemberId, subject: Pseudonym) -> bool;
            /// Count and hash-chain head of a subject's trail.
            fn trail_head(subject: Pseudonym) -> TrailHead;
        }
    }
}

pub use declaration::{MusubiApi, runtime_decl_for_musubi_api};
