//! The cast: three villages, two clinics, a fire service, their staff, and two families' worth of pseudonyms.

use musubi_primitives::{MemberKind, Moment, Role};

/// A member's number, as the runtime counts them.
pub type Member = u32;
/// An account's number in the cast.
pub type Account = u8;

/// When the story begins: 10 April 2026.
pub const START: Moment = 1_775_779_200_000;
/// One day.
pub const DAY: Moment = 86_400_000;
/// The next four common dates: midnight of 1 April, Japan time.
pub const COMMON_DATES: [Moment; 4] = [
    1_806_505_200_000,
    1_838_127_600_000,
    1_869_663_600_000,
    1_901_199_600_000,
];

/// A member's staff or device key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Staff {
    /// Its account.
    pub account: Account,
    /// For whom it acts.
    pub member: Member,
    /// What it may do.
    pub role: Role,
    /// First moment at which it speaks for nobody.
    pub until: Moment,
}

const fn key(account: Account, member: Member, role: Role, days: u64) -> Staff {
    Staff {
        account,
        member,
        role,
        until: START + days * DAY,
    }
}

/// Every staff key from genesis. One clinic's doctor and one officer have keys that end during a long story.
pub const STAFF: &[Staff] = &[
    key(0, 0, Role::Officer, 9_000),
    key(1, 0, Role::Officer, 9_000),
    key(2, 0, Role::Nurse, 9_000),
    key(3, 0, Role::Clerk, 9_000),
    key(4, 0, Role::Vault, 9_000),
    key(5, 0, Role::Reviewer, 9_000),
    key(6, 1, Role::Officer, 9_000),
    key(7, 1, Role::Nurse, 9_000),
    key(8, 1, Role::Vault, 9_000),
    key(9, 2, Role::Officer, 700),
    key(10, 2, Role::Vault, 9_000),
    key(11, 3, Role::Doctor, 9_000),
    key(12, 3, Role::Clerk, 9_000),
    key(13, 3, Role::Vault, 9_000),
    key(14, 3, Role::Gateway, 9_000),
    key(15, 4, Role::Doctor, 90),
    key(16, 4, Role::Vault, 9_000),
    key(17, 5, Role::Crew, 9_000),
    key(18, 5, Role::Reviewer, 9_000),
];

/// Members by number.
pub const MEMBERS: &[MemberKind] = &[
    MemberKind::Municipality,
    MemberKind::Municipality,
    MemberKind::Municipality,
    MemberKind::Clinic,
    MemberKind::Clinic,
    MemberKind::FireService,
];

/// Whether a member was ever admitted.
pub fn is_member(member: Member) -> bool {
    (0..).zip(MEMBERS).any(|(number, _)| number == member)
}

/// A member's kind; strangers pass for shops, which may do nothing here.
pub fn kind(member: Member) -> MemberKind {
    (0..)
        .zip(MEMBERS)
        .find(|(number, _)| *number == member)
        .map_or(MemberKind::Shop, |(_, kind)| *kind)
}

/// The staff key behind an account.
pub fn staff(account: Account) -> Option<Staff> {
    STAFF.iter().find(|staff| staff.account == account).copied()
}

/// The child.
pub const CHILD: u8 = 0;
/// Its sibling, under protection.
pub const PROTECTED: u8 = 1;
/// The mother, with a device.
pub const MOTHER: u8 = 2;
/// The father, with a device.
pub const FATHER: u8 = 3;
/// A pseudonym that nobody bears at first.
pub const NEWCOMER: u8 = 4;
/// A pseudonym that nobody ever bears.
pub const UNKNOWN: u8 = 5;
/// Whose trail keeps the denials about unknown people.
pub const NOBODY: u8 = 6;

/// The mother's device.
pub const MOTHERS_DEVICE: Account = 20;
/// The father's device.
pub const FATHERS_DEVICE: Account = 21;
/// An account of nobody.
pub const STRANGER: Account = 22;

/// Whose device an account is, as long as that person is enrolled.
pub fn owner(account: Account) -> Option<u8> {
    match account {
        MOTHERS_DEVICE => Some(MOTHER),
        FATHERS_DEVICE => Some(FATHER),
        _ => None,
    }
}

/// The device with which a person is enrolled.
pub fn device(person: u8) -> Option<Account> {
    match person {
        MOTHER => Some(MOTHERS_DEVICE),
        FATHER => Some(FATHERS_DEVICE),
        _ => None,
    }
}
