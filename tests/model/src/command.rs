//! What can happen in one block.
#![allow(missing_docs, reason = "the fields say what they are")]

use crate::cast::{Account, COMMON_DATES, DAY, FATHER, MOTHER, Member, START};
use musubi_primitives::{AssuranceLevel, Category, CategorySet, Moment, Purpose, StatuteArticle};

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Time passes.
    Wait(Moment),
    /// The member's operator withdraws a staff key.
    WithdrawKey { account: Account },
    /// All municipalities vote to suspend a member that is none of them.
    Suspend { member: Member },
    /// All municipalities vote to reinstate it.
    Reinstate { member: Member },
    /// Residents.
    People(People),
    /// Consents.
    Consents(Consents),
    /// Records.
    Records(Records),
    /// Access.
    Access(Access),
}

/// Commands to residents; `by` is the account that signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum People {
    Enrol {
        by: Account,
        person: u8,
        protected: bool,
    },
    Retire {
        by: Account,
        person: u8,
    },
    AttestGuardianship {
        by: Account,
        subject: u8,
        guardian: u8,
        joint: bool,
        until: Moment,
    },
    EndGuardianship {
        by: Account,
        subject: u8,
        guardian: u8,
    },
    BindCard {
        by: Account,
        person: u8,
        card: u8,
    },
    SuspendCard {
        by: Account,
        card: u8,
    },
    ReinstateCard {
        by: Account,
        card: u8,
    },
    RevokeCard {
        by: Account,
        card: u8,
    },
    Freeze {
        by: Account,
        subject: u8,
    },
    Unfreeze {
        by: Account,
        subject: u8,
    },
    OfferHandOver {
        by: Account,
        subject: u8,
        to: Member,
    },
    AcceptHandOver {
        by: Account,
        subject: u8,
    },
    Entrust {
        by: Account,
        subject: u8,
        to: Member,
        until: Moment,
    },
    EndCustody {
        by: Account,
        subject: u8,
    },
}

/// Terms of a consent, as far as they differ within the cast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    pub subject: u8,
    pub guardian: u8,
    pub recipient: Member,
    pub purpose: Purpose,
    pub categories: CategorySet,
    pub not_before: Moment,
    pub not_after: Moment,
    pub nonce: u8,
    pub assurance: AssuranceLevel,
    pub second_attester: Option<Member>,
}

/// Commands to consents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consents {
    Propose {
        by: Account,
        consent: u8,
        terms: Terms,
        supersedes: Option<u8>,
    },
    Attest {
        by: Account,
        consent: u8,
    },
    Disagree {
        by: Account,
        consent: u8,
    },
    Withdraw {
        by: Account,
        consent: u8,
        evidence: bool,
    },
    Object {
        by: Account,
        consent: u8,
        objector: u8,
        evidence: bool,
    },
    Resume {
        by: Account,
        consent: u8,
        evidence: bool,
    },
}

/// Commands to records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Records {
    Commit {
        by: Account,
        record: u8,
        subject: u8,
        category: Category,
        home: Member,
    },
    Acknowledge {
        by: Account,
        record: u8,
        same_bytes: bool,
    },
    Supersede {
        by: Account,
        record: u8,
        newer: u8,
    },
    EnterInError {
        by: Account,
        record: u8,
    },
    OrderErasure {
        by: Account,
        record: u8,
    },
    ErasureReceipt {
        by: Account,
        record: u8,
    },
}

/// What a request claims to rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    Consent,
    Statute(StatuteArticle),
    BreakGlass(u8),
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    pub by: Account,
    pub subject: u8,
    pub purpose: Purpose,
    pub categories: CategorySet,
    pub claim: Claim,
    pub session: Option<u8>,
}

/// Commands to access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    Request {
        request: u8,
        ask: Ask,
    },
    Deliver {
        by: Account,
        request: u8,
        record: u8,
    },
    OpenSession {
        by: Account,
        session: u8,
        consent: u8,
        until: Moment,
    },
    CloseSession {
        by: Account,
        session: u8,
    },
    OpenGlass {
        by: Account,
        request: u8,
        subject: u8,
    },
    CloseGlass {
        by: Account,
        request: u8,
    },
    ReviewGlass {
        by: Account,
        request: u8,
        justified: bool,
    },
}

/// How a story begins: both families enrolled by the first village, the parents joint guardians with cards.
pub fn prologue() -> Vec<Command> {
    let enrol = |person, protected| People::Enrol {
        by: 0,
        person,
        protected,
    };
    let guardian = |guardian, until| People::AttestGuardianship {
        by: 0,
        subject: 0,
        guardian,
        joint: true,
        until,
    };
    [
        enrol(0, false),
        enrol(1, true),
        enrol(MOTHER, false),
        enrol(FATHER, false),
        guardian(MOTHER, COMMON_DATES[1]),
        guardian(FATHER, COMMON_DATES[0]),
        People::AttestGuardianship {
            by: 1,
            subject: 1,
            guardian: MOTHER,
            joint: false,
            until: COMMON_DATES[1],
        },
        People::BindCard {
            by: 0,
            person: MOTHER,
            card: 0,
        },
    ]
    .map(Command::People)
    .into()
}

/// The end of the first day.
pub const FIRST_DAY: Moment = START + DAY;
