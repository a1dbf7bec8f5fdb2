//! Who takes part in the demonstration: four villages that validate, a clinic with a node, a clinic without one, and a fire service.

use crate::key_file::KeyKind;
use musubi_primitives::{MemberKind, Moment, Role};

/// Until when the demonstration's staff keys hold: 2100-01-01.
pub const STAFF_UNTIL: Moment = 4_102_444_800_000;

/// One member of the demonstration.
#[derive(Clone, Copy, Debug)]
pub struct MemberPlan {
    /// Folder name and name in logs.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// What it is.
    pub kind: MemberKind,
    /// Staff and device keys: name and role.
    pub staff: &'static [(&'static str, Role)],
    /// Whether it runs a node.
    pub node: bool,
    /// Whether that node votes.
    pub validator: bool,
}

const VILLAGE_STAFF: &[(&str, Role)] = &[
    ("officer", Role::Officer),
    ("second-officer", Role::Officer),
    ("relay", Role::Officer),
    ("nurse", Role::Nurse),
    ("clerk", Role::Clerk),
    ("gateway", Role::Gateway),
    ("vault", Role::Vault),
];
const CLINIC_STAFF: &[(&str, Role)] = &[
    ("doctor", Role::Doctor),
    ("clerk", Role::Clerk),
    ("terminal", Role::Terminal),
    ("gateway", Role::Gateway),
    ("vault", Role::Vault),
];
const FIRE_STAFF: &[(&str, Role)] = &[("crew", Role::Crew), ("reviewer", Role::Reviewer)];

const fn village(name: &'static str, title: &'static str) -> MemberPlan {
    MemberPlan {
        name,
        title,
        kind: MemberKind::Municipality,
        staff: VILLAGE_STAFF,
        node: true,
        validator: true,
    }
}

/// All members; their place is their `MemberId`.
pub const MEMBERS: &[MemberPlan] = &[
    village("rusutsu", "留寿都村"),
    village("rankoshi", "蘭越町"),
    village("sarabetsu", "更別村"),
    village("mikasa", "三笠市"),
    MemberPlan {
        name: "yotei-clinic",
        title: "ようてい医院",
        kind: MemberKind::Clinic,
        staff: CLINIC_STAFF,
        node: true,
        validator: false,
    },
    MemberPlan {
        name: "shiribetsu-clinic",
        title: "しりべつ医院",
        kind: MemberKind::Clinic,
        staff: CLINIC_STAFF,
        node: false,
        validator: false,
    },
    MemberPlan {
        name: "yotei-fire-service",
        title: "ようてい消防",
        kind: MemberKind::FireService,
        staff: FIRE_STAFF,
        node: false,
        validator: false,
    },
];

impl MemberPlan {
    /// Every key file of the member: name and kind.
    pub fn key_names(&self) -> Vec<(String, KeyKind)> {
        let own = [
            ("operator", KeyKind::Ed25519),
            ("verifier", KeyKind::Ed25519),
            ("hpke", KeyKind::X25519),
            ("network", KeyKind::Ed25519),
        ];
        let mut names: Vec<(String, KeyKind)> =
            own.map(|(name, kind)| (name.to_owned(), kind)).to_vec();
        if self.node {
            names.push(("consensus".to_owned(), KeyKind::Ed25519));
        }
        if self.validator {
            names.push(("register".to_owned(), KeyKind::X25519));
            names.push(("issuer".to_owned(), KeyKind::P256));
        }
        for (name, _) in self.staff {
            names.push(((*name).to_owned(), KeyKind::Ed25519));
            names.push((format!("{name}-hpke"), KeyKind::X25519));
        }
        names
    }

    /// The keys that its node's configuration names.
    pub fn node_keys(&self) -> Vec<&'static str> {
        let mut names = vec![
            "consensus",
            "network",
            "hpke",
            "verifier",
            "vault",
            "gateway",
        ];
        if self.validator {
            names.extend(["officer", "relay", "register", "issuer"]);
        }
        names
    }
}
