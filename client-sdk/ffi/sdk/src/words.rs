//! The chain's words in every language: codes with their names, as `runtime/primitives` has them.
//!
//! Each declaration mirrors the type it names; the compiler refuses a mirror that lacks a variant or has one too many.

use crate::identifiers::CategorySet;
use musubi_primitives::{
    Commitment, ConsentId, ConsentState, Language, MemberId, Moment, Pseudonym, RecordId,
    RequestId, SessionId,
    access::{Basis, BreakGlassReason, Claim, DenialReason, StatuteArticle},
    consent::{AssuranceLevel, Ending, Purpose},
    id::BindingId,
    member::Role,
    record::{OverrideReason, RecordState, VerdictCode},
    resident::{Authority, BindingState, SignerRole},
    trail::{TrailFact, TrailRow},
};

/// Why data are asked for. A recipient that wants another purpose needs another consent.
#[uniffi::remote(Enum)]
pub enum Purpose {
    /// Care of the child at a clinic: vaccination, treatment.
    ChildCare,
    /// Infant checkups and follow-up by the municipality.
    Checkup,
    /// History handed over when a family moves.
    MoveIn,
    /// Sealed summary for emergencies.
    Emergency,
    /// Surveys and statistics on de-identified data.
    Statistics,
    /// Sharing within the family.
    FamilySharing,
    /// Remote consultation.
    Consultation,
}

/// The class of a record; under a name that Apple's runtime does not have.
pub type RecordCategory = musubi_primitives::record::Category;

/// The class of a record.
#[uniffi::remote(Enum)]
pub enum RecordCategory {
    /// A dose given or refused, whatever the vaccine.
    Immunization,
    /// Findings of an infant checkup.
    Checkup,
    /// Answers to a form: 予診票, checkup questionnaire.
    Questionnaire,
    /// Body measures.
    Growth,
    /// Scores of a developmental or maternal scale.
    Scale,
    /// Answers to a survey.
    Survey,
    /// The sealed summary for emergencies.
    EmergencySummary,
    /// Verdict of the schedule check and its inputs.
    ScheduleVerdict,
    /// Answers that are withheld from other guardians and clinics by default.
    Sensitive,
    /// Documents and letters.
    Document,
}

/// How a consent ended. There is no way back from an ending.
#[uniffi::remote(Enum)]
pub enum Ending {
    /// The person took it back.
    Withdrawn,
    /// Its period is over.
    Expired,
    /// A newer consent took its place.
    Superseded,
    /// The person said no, or an attester found that it does not hold.
    Refused,
}

/// The state of a consent.
#[uniffi::remote(Enum)]
pub enum ConsentState {
    /// Waiting for the policy's attestations.
    Proposed,
    /// In force within its period.
    Effective,
    /// Another holder of parental authority objected; nothing is released under it.
    Paused,
    /// Over, and why.
    Ended(Ending),
}

/// How sure the attesting municipality is that the person willed this; policies may demand a minimum. Ordered, weakest first.
#[uniffi::remote(Enum)]
pub enum AssuranceLevel {
    /// Two members of staff witnessed it; no card signature (people without a signing certificate).
    Witnessed,
    /// Authentication certificate and PIN at a staffed counter.
    CardAuthenticated,
    /// Signing certificate (署名用電子証明書) and password.
    CardSigned,
}

/// What one staff or device key may do for its member.
#[uniffi::remote(Enum)]
pub enum Role {
    /// Runs the member's node and keys.
    Operator,
    /// Health officer (保健師など職員): attests, registers people and guardianships.
    Officer,
    /// Community or public-health nurse: statutory reads, records checkups.
    Nurse,
    /// Physician: records, overrides with a reason.
    Doctor,
    /// Reception clerk: check-in, consent requests.
    Clerk,
    /// Ambulance crew: break-glass.
    Crew,
    /// Dispatcher of a fire service.
    Dispatcher,
    /// Second person who reviews break-glass openings.
    Reviewer,
    /// Reads the whole trail.
    Auditor,
    /// A service gateway or off-chain worker.
    Gateway,
    /// A vault: acknowledges, delivers and erases ciphertext.
    Vault,
    /// A counter or vehicle terminal.
    Terminal,
}

/// The article that lets a municipality read without consent.
#[uniffi::remote(Enum)]
pub enum StatuteArticle {
    /// 母子保健法19条の2: information handed over between municipalities for maternal and child health.
    MaternalChildHealth19_2,
    /// 児童虐待防止法13条の4: material on a child at risk.
    ChildAbusePrevention13_4,
    /// 予防接種法: the home municipality's own immunisation records.
    ImmunizationAct,
}

/// What a permit rests on.
#[uniffi::remote(Enum)]
pub enum Basis {
    /// The person's consent.
    Consent(ConsentId),
    /// A statutory duty of the requester's municipality.
    Statute(StatuteArticle),
    /// An emergency opening that a second person reviews.
    BreakGlass(RequestId),
}

/// What a requester says its request rests on; the runtime decides whether it does.
#[uniffi::remote(Enum)]
pub enum Claim {
    /// The person's consent; the runtime finds the one that covers.
    Consent,
    /// A statutory duty under this article.
    Statute(StatuteArticle),
    /// The requester's own open break-glass.
    BreakGlass(RequestId),
}

/// Why an access was denied. The wording never tells whether a protected person exists.
#[uniffi::remote(Enum)]
pub enum DenialReason {
    /// No consent names this recipient, purpose and category.
    NoConsent,
    /// The consent has been withdrawn.
    Withdrawn,
    /// The consent's period is over or has not begun.
    OutsidePeriod,
    /// An objection pauses the consent.
    Paused,
    /// The key's role may not ask this.
    RoleNotAllowed,
    /// The member is suspended or has left.
    MemberNotActive,
    /// The subject is not known here, or is protected: the same words for both.
    NotAvailable,
    /// The statute does not apply to this requester.
    StatuteNotApplicable,
    /// The break-glass opening is closed, expired or not this requester's.
    BreakGlassNotOpen,
    /// The record is erased.
    Erased,
    /// No open session for this visit.
    NoSession,
    /// The subject's records are frozen.
    Frozen,
    /// The consent was superseded or refused.
    ConsentEnded,
}

/// Why a break-glass access was opened. Free text stays off chain.
#[uniffi::remote(Enum)]
pub enum BreakGlassReason {
    /// Life at risk and the person cannot consent.
    LifeAtRisk,
    /// The person agreed by word of mouth.
    VerbalConsent,
    /// Disaster: shelter or triage.
    Disaster,
}

/// Where a record stands. Superseding and errors are facts beside the state, not states.
#[uniffi::remote(Enum)]
pub enum RecordState {
    /// Committed on chain, not yet acknowledged by two holders.
    Pending,
    /// Two holders on different machines have it.
    Stored,
    /// Its keys and salt were destroyed on order; receipts tell by whom.
    Erased,
}

/// What the schedule check found. It never says "safe": the physician decides.
#[uniffi::remote(Enum)]
pub enum VerdictCode {
    /// Every condition of the rule set is met.
    ConditionsMet,
    /// At least one is not.
    ConditionsNotMet,
    /// The inputs do not suffice; a person has to look.
    NeedsPerson,
}

/// Why a physician went on although the conditions were not met. Free text stays off chain.
#[uniffi::remote(Enum)]
pub enum OverrideReason {
    /// Clinical judgement.
    ClinicalJudgement,
    /// History on paper that the chain does not have.
    PaperHistory,
    /// Catching up after missed doses.
    CatchUp,
    /// Outbreak or other direction of a public authority.
    PublicDirection,
    /// It has been given: the record says what happened, however it should have been (間違い接種).
    AlreadyGiven,
}

/// The state of a card binding.
#[uniffi::remote(Enum)]
pub enum BindingState {
    /// This card may sign for the person.
    Active,
    /// A newer card took its place.
    Replaced,
    /// Reported lost or stopped; a person at a counter lifts it.
    Suspended,
    /// For ever unusable.
    Revoked,
}

/// As whom a person signs for a subject.
#[uniffi::remote(Enum)]
pub enum SignerRole {
    /// The subject.
    Subject,
    /// 親権者.
    ParentalAuthority,
    /// 未成年後見人.
    GuardianOfMinor,
    /// 児童相談所長.
    ChildWelfareDirector,
    /// 里親等.
    FosterParent,
    /// 代理人: by a letter of proxy or a court's decision, for an adult.
    Proxy,
}

/// Parental authority (民法818条, 824条の2): alone, or together with another holder who may object.
#[uniffi::remote(Enum)]
pub enum Authority {
    /// This guardian decides alone.
    Single,
    /// This guardian decides; another holder of joint authority may object, which pauses.
    Joint,
}

/// One language of statements, receipts and screens.
#[uniffi::remote(Enum)]
pub enum Language {
    /// 日本語 (`ja`).
    Japanese,
    /// やさしい日本語 (`ja-x-easy`), for children, elders and people who learn Japanese.
    PlainJapanese,
    /// English (`en`).
    English,
}

/// What happened, as one row of a trail tells it.
#[uniffi::remote(Enum)]
pub enum TrailFact {
    /// The subject was enrolled by its home municipality.
    Enrolled {
        /// Home municipality.
        home: MemberId,
    },
    /// A guardianship was attested, changed or ended.
    GuardianshipAttested {
        /// The guardian.
        guardian: Pseudonym,
        /// First moment it no longer holds.
        until: Moment,
    },
    /// A card was bound, replaced, suspended or revoked.
    CardBindingChanged {
        /// Which binding.
        binding: BindingId,
        /// Its new state.
        state: BindingState,
    },
    /// The subject's records were frozen or unfrozen.
    FreezeSwitched {
        /// Whether frozen now.
        frozen: bool,
    },
    /// The subject moved: a new home municipality has the care.
    HandedOver {
        /// From.
        from: MemberId,
        /// To.
        to: MemberId,
    },
    /// A consent was asked for.
    ConsentProposed {
        /// Which.
        consent: ConsentId,
        /// For whom.
        recipient: MemberId,
        /// What for.
        purpose: Purpose,
        /// Which records.
        categories: CategorySet,
    },
    /// An attester vouched for a consent's signature.
    ConsentAttested {
        /// Which.
        consent: ConsentId,
        /// Who vouched.
        attester: MemberId,
    },
    /// A consent came into force.
    ConsentEffective {
        /// Which.
        consent: ConsentId,
    },
    /// A consent was paused by an objection, or resumed.
    ConsentPaused {
        /// Which.
        consent: ConsentId,
        /// Whether paused now.
        paused: bool,
    },
    /// A consent ended.
    ConsentEnded {
        /// Which.
        consent: ConsentId,
        /// How.
        ending: Ending,
    },
    /// A card touch opened a visit.
    SessionOpened {
        /// Which.
        session: SessionId,
        /// Where: the member, never a place.
        member: MemberId,
        /// Under which consent.
        consent: ConsentId,
    },
    /// A record was committed.
    RecordCommitted {
        /// Which.
        record: RecordId,
        /// Its class.
        category: RecordCategory,
        /// Who wrote it.
        author: MemberId,
    },
    /// Two holders have the record.
    RecordStored {
        /// Which.
        record: RecordId,
    },
    /// A record replaced an older one.
    RecordSuperseded {
        /// The older one.
        record: RecordId,
        /// The newer one.
        by: RecordId,
    },
    /// A record was entered in error.
    RecordEnteredInError {
        /// Which.
        record: RecordId,
    },
    /// A holder destroyed its copy of the keys and ciphertext.
    RecordErased {
        /// Which.
        record: RecordId,
        /// By whom.
        holder: MemberId,
    },
    /// An access was permitted.
    AccessPermitted {
        /// Which request.
        request: RequestId,
        /// Which member asked.
        member: MemberId,
        /// In which role.
        role: Role,
        /// What for.
        purpose: Purpose,
        /// Which records.
        categories: CategorySet,
        /// On what basis.
        basis: Basis,
    },
    /// An access was denied.
    AccessDenied {
        /// Which request.
        request: RequestId,
        /// Which member asked.
        member: MemberId,
        /// In which role.
        role: Role,
        /// What for.
        purpose: Purpose,
        /// Which records.
        categories: CategorySet,
        /// Why not.
        reason: DenialReason,
    },
    /// A custodian released against a ticket.
    Delivered {
        /// The ticket's request.
        request: RequestId,
        /// Which record.
        record: RecordId,
        /// Who released it.
        custodian: MemberId,
    },
    /// Break-glass was opened.
    BreakGlassOpened {
        /// Which.
        request: RequestId,
        /// By whom.
        member: MemberId,
        /// Why.
        reason: BreakGlassReason,
    },
    /// Break-glass was closed, by hand or by time.
    BreakGlassClosed {
        /// Which.
        request: RequestId,
    },
    /// A second person reviewed it.
    BreakGlassReviewed {
        /// Which.
        request: RequestId,
        /// Whether it was found justified.
        justified: bool,
    },
    /// Nobody reviewed it in time.
    BreakGlassReviewOverdue {
        /// Which.
        request: RequestId,
    },
    /// An attester found that a consent does not equal what was signed.
    AttestationDisagreed {
        /// Which.
        consent: ConsentId,
        /// Who disagreed.
        attester: MemberId,
    },
    /// The schedule engine was asked before a dose.
    ScheduleChecked {
        /// Salted commitment to what went in.
        inputs: Commitment,
        /// Version of the rules.
        rule_set: u32,
        /// What it found.
        verdict: VerdictCode,
        /// Why a physician went on nevertheless.
        override_reason: Option<OverrideReason>,
    },
    /// The pseudonym went out of use; whatever follows it is not named.
    Retired,
    /// A municipality of stay became, or ceased to be, temporary custodian.
    CustodyEntrusted {
        /// The municipality of stay.
        custodian: MemberId,
        /// First moment it is not custodian any more.
        until: Moment,
    },
}

/// One row of a person's trail. `at` is in milliseconds since 1970.
#[uniffi::remote(Record)]
pub struct TrailRow {
    /// Whose trail.
    pub subject: Pseudonym,
    /// Number of the row within it, from 0.
    pub index: u64,
    /// Time of the block.
    pub at: Moment,
    /// What happened.
    pub fact: TrailFact,
}
