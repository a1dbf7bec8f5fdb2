//! What a whole trail shows: that no row is missing, and that every read had its grant.

use musubi_primitives::{
    Basis, CategorySet, ConsentId, MemberId, Pseudonym, Purpose, RequestId,
    trail::{TrailFact, TrailHead, TrailRow},
};
use std::collections::{BTreeMap, BTreeSet};

/// The head that `rows`, all of a subject's rows from the first, lead to; `None` if one is another subject's or out of order.
pub fn head_of(subject: &Pseudonym, rows: &[TrailRow]) -> Option<TrailHead> {
    rows.iter()
        .try_fold(TrailHead::start(subject), |head, row| {
            (row.subject == *subject).then(|| head.after(row)).flatten()
        })
}

/// What reading a whole trail found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Accesses permitted.
    pub permits: u64,
    /// Rows of permits whose basis the trail does not bear out, and of deliveries without a permit.
    pub without_grant: Vec<u64>,
}

/// Reads a whole trail in order and holds every permit against the rows before it.
///
/// A consent bears a permit out if it is in force, names the reader's member and purpose and covers the categories; a break-glass
/// opening if it is open and the reader's own; a statute by itself, for the runtime checks role and municipality against the
/// article. Rows do not tell a consent's period: its end shows as its own row.
pub fn audit(rows: &[TrailRow]) -> Audit {
    let mut audit = Audit::default();
    let mut seen = Seen::default();
    for row in rows {
        if let TrailFact::AccessPermitted { .. } = row.fact {
            audit.permits = audit.permits.saturating_add(1);
        }
        if !seen.bears_out(&row.fact) {
            audit.without_grant.push(row.index);
        }
        seen.note(&row.fact);
    }
    audit
}

/// A consent as the rows so far tell it.
struct Told {
    recipient: MemberId,
    purpose: Purpose,
    categories: CategorySet,
    in_force: bool,
}

#[derive(Default)]
struct Seen {
    consents: BTreeMap<ConsentId, Told>,
    break_glass: BTreeMap<RequestId, MemberId>,
    permits: BTreeSet<RequestId>,
}

impl Seen {
    /// Whether a read that this row tells of had its grant; true for rows that tell of no read.
    fn bears_out(&self, fact: &TrailFact) -> bool {
        match fact {
            TrailFact::AccessPermitted {
                member,
                purpose,
                categories,
                basis,
                ..
            } => match basis {
                Basis::Consent(consent) => self.consents.get(consent).is_some_and(|told| {
                    told.in_force
                        && told.recipient == *member
                        && told.purpose == *purpose
                        && told.categories.contains_all(*categories)
                }),
                Basis::BreakGlass(opening) => self.break_glass.get(opening) == Some(member),
                Basis::Statute(_) => true,
            },
            TrailFact::Delivered { request, .. } => self.permits.contains(request),
            TrailFact::Enrolled { .. }
            | TrailFact::GuardianshipAttested { .. }
            | TrailFact::CardBindingChanged { .. }
            | TrailFact::FreezeSwitched { .. }
            | TrailFact::HandedOver { .. }
            | TrailFact::ConsentProposed { .. }
            | TrailFact::ConsentAttested { .. }
            | TrailFact::ConsentEffective { .. }
            | TrailFact::ConsentPaused { .. }
            | TrailFact::ConsentEnded { .. }
            | TrailFact::SessionOpened { .. }
            | TrailFact::RecordCommitted { .. }
            | TrailFact::RecordStored { .. }
            | TrailFact::RecordSuperseded { .. }
            | TrailFact::RecordEnteredInError { .. }
            | TrailFact::RecordErased { .. }
            | TrailFact::AccessDenied { .. }
            | TrailFact::BreakGlassOpened { .. }
            | TrailFact::BreakGlassClosed { .. }
            | TrailFact::BreakGlassReviewed { .. }
            | TrailFact::BreakGlassReviewOverdue { .. }
            | TrailFact::AttestationDisagreed { .. }
            | TrailFact::ScheduleChecked { .. }
            | TrailFact::Retired
            | TrailFact::CustodyEntrusted { .. } => true,
        }
    }

    fn note(&mut self, fact: &TrailFact) {
        match fact {
            TrailFact::ConsentProposed {
                consent,
                recipient,
                purpose,
                categories,
            } => {
                let told = Told {
                    recipient: *recipient,
                    purpose: *purpose,
                    categories: *categories,
                    in_force: false,
                };
                self.consents.insert(*consent, told);
            }
            TrailFact::ConsentEffective { consent } => self.switch(consent, true),
            TrailFact::ConsentPaused { consent, paused } => self.switch(consent, !paused),
            TrailFact::ConsentEnded { consent, .. } => {
                self.consents.remove(consent);
            }
            TrailFact::BreakGlassOpened {
                request, member, ..
            } => {
                self.break_glass.insert(*request, *member);
            }
            TrailFact::BreakGlassClosed { request } => {
                self.break_glass.remove(request);
            }
            TrailFact::AccessPermitted { request, .. } => {
                self.permits.insert(*request);
            }
            TrailFact::Enrolled { .. }
            | TrailFact::GuardianshipAttested { .. }
            | TrailFact::CardBindingChanged { .. }
            | TrailFact::FreezeSwitched { .. }
            | TrailFact::HandedOver { .. }
            | TrailFact::ConsentAttested { .. }
            | TrailFact::SessionOpened { .. }
            | TrailFact::RecordCommitted { .. }
            | TrailFact::RecordStored { .. }
            | TrailFact::RecordSuperseded { .. }
            | TrailFact::RecordEnteredInError { .. }
            | TrailFact::RecordErased { .. }
            | TrailFact::AccessDenied { .. }
            | TrailFact::Delivered { .. }
            | TrailFact::BreakGlassReviewed { .. }
            | TrailFact::BreakGlassReviewOverdue { .. }
            | TrailFact::AttestationDisagreed { .. }
            | TrailFact::ScheduleChecked { .. }
            | TrailFact::Retired
            | TrailFact::CustodyEntrusted { .. } => (),
        }
    }

    fn switch(&mut self, consent: &ConsentId, in_force: bool) {
        if let Some(told) = self.consents.get_mut(consent) {
            told.in_force = in_force;
        }
    }
}
