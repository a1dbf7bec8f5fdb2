//! What a session may be good for: parts of the API, each for the roles that have work there. What no scope names is signed with the
//! key itself, call by call: transactions, vault messages, life events, and whatever destroys.

use crate::caller::Standing;
use axum::http::Method;
use musubi_primitives::Role;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A part of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    /// Whom the caller works for, and what a transaction must name.
    #[serde(rename = "desk.read")]
    DeskRead,
    /// The own family: trail, consents, sealed records, drafts of consents.
    #[serde(rename = "family.read")]
    FamilyRead,
    /// Health cards, and drafts of consents for the counter.
    #[serde(rename = "family.write")]
    FamilyWrite,
    /// Forms and own drafts.
    #[serde(rename = "forms.read")]
    FormsRead,
    /// Keeping drafts.
    #[serde(rename = "forms.write")]
    FormsWrite,
    /// How records, requests and consents stand.
    #[serde(rename = "records.read")]
    RecordsRead,
    /// People, guardianships, evidence and check-ins at the counter.
    #[serde(rename = "counter.write")]
    CounterWrite,
    /// Who is due, and figures.
    #[serde(rename = "follow-up.read")]
    FollowUpRead,
    /// Steps of a follow-up, and reports.
    #[serde(rename = "follow-up.write")]
    FollowUpWrite,
    /// The schedule check before an injection.
    #[serde(rename = "care.check")]
    CareCheck,
}

/// Scopes of one session.
pub type Scopes = BTreeSet<Scope>;

use Scope::{
    CareCheck, CounterWrite, DeskRead, FamilyRead, FamilyWrite, FollowUpRead, FollowUpWrite,
    FormsRead, FormsWrite, RecordsRead,
};

/// Routes that a session opens: method, pattern, scope.
pub const SCOPED: &[(&str, &str, Scope)] = &[
    ("GET", "/v1/desk", DeskRead),
    ("GET", "/v1/signing-context", DeskRead),
    ("GET", "/v1/family", FamilyRead),
    ("GET", "/v1/family/{subject}/trail", FamilyRead),
    ("GET", "/v1/family/{subject}/trail-end", FamilyRead),
    ("GET", "/v1/family/{subject}/consents", FamilyRead),
    ("GET", "/v1/family/{subject}/records", FamilyRead),
    ("GET", "/v1/family/{subject}/copy", FamilyRead),
    ("POST", "/v1/family/{subject}/health-cards", FamilyWrite),
    ("POST", "/v1/hand-overs", FamilyWrite),
    ("GET", "/v1/hand-overs/{code}", RecordsRead),
    ("POST", "/v1/hand-overs/{code}", CounterWrite),
    ("GET", "/v1/forms", FormsRead),
    ("GET", "/v1/forms/{id}", FormsRead),
    ("GET", "/v1/forms/{id}/draft", FormsRead),
    ("POST", "/v1/forms/{id}/draft", FormsWrite),
    ("GET", "/v1/records/{record}", RecordsRead),
    ("GET", "/v1/requests/{request}", RecordsRead),
    ("GET", "/v1/consents/{consent}", RecordsRead),
    ("GET", "/v1/consents/{consent}/papers/{paper}", RecordsRead),
    ("POST", "/v1/people", CounterWrite),
    ("POST", "/v1/guardianships", CounterWrite),
    ("POST", "/v1/evidence", CounterWrite),
    ("POST", "/v1/nonces", CounterWrite),
    ("GET", "/v1/follow-up/due", FollowUpRead),
    ("GET", "/v1/follow-up/open", FollowUpRead),
    ("GET", "/v1/follow-up/coverage", FollowUpRead),
    ("GET", "/v1/follow-up/recall", FollowUpRead),
    ("GET", "/v1/follow-up/surveys", FollowUpRead),
    ("GET", "/v1/follow-up/letters", FollowUpRead),
    ("GET", "/v1/follow-up/incidents", FollowUpRead),
    ("POST", "/v1/follow-up/incidents", FollowUpWrite),
    ("POST", "/v1/follow-up/steps", FollowUpWrite),
    ("POST", "/v1/follow-up/incident-reports", FollowUpWrite),
    ("POST", "/v1/follow-up/reaction-reports", FollowUpWrite),
    ("POST", "/cds-services/musubi-immunization", CareCheck),
];

/// What a session needs at a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// This scope.
    Scoped(Scope),
    /// Nothing more: the account looks after its own sessions and passkeys.
    Own,
    /// No session opens it.
    Signed,
}

/// The door of a route, by its pattern; what is in no table is signed.
pub(crate) fn door(method: &Method, pattern: &str) -> Door {
    let is_own = matches!(
        (method.as_str(), pattern),
        ("GET", "/v1/sessions" | "/v1/passkeys") | ("DELETE", "/v1/sessions/{session}")
    );
    let scoped = SCOPED
        .iter()
        .find(|(of, path, _)| *of == method.as_str() && *path == pattern);
    match scoped {
        Some((_, _, scope)) => Door::Scoped(*scope),
        None if is_own => Door::Own,
        None => Door::Signed,
    }
}

/// What the chain's word about an account allows at most. Accounts of machines sign each call: they have the key at hand.
pub(crate) fn allowed(standing: &Standing) -> Scopes {
    let scopes: &[Scope] = match standing {
        Standing::Person(_) => &[
            DeskRead,
            FamilyRead,
            FamilyWrite,
            FormsRead,
            FormsWrite,
            RecordsRead,
        ],
        Standing::Staff(actor) => match actor.role {
            Role::Officer | Role::Nurse => &[
                DeskRead,
                FormsRead,
                RecordsRead,
                CounterWrite,
                FollowUpRead,
                FollowUpWrite,
                CareCheck,
            ],
            Role::Doctor => &[DeskRead, FormsRead, RecordsRead, CareCheck],
            Role::Clerk => &[DeskRead, FormsRead, RecordsRead, CounterWrite],
            Role::Crew | Role::Dispatcher | Role::Reviewer | Role::Auditor => {
                &[DeskRead, RecordsRead]
            }
            Role::Operator | Role::Gateway | Role::Vault | Role::Terminal => &[],
        },
    };
    scopes.iter().copied().collect()
}

/// What a card touch at somebody else's terminal opens: reading, and nothing else.
pub(crate) fn at_a_terminal() -> Scopes {
    [FamilyRead].into()
}
