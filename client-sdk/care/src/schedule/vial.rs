//! What was read from vial and syringe: volume, route, expiry.

use crate::reason::Reason;
use crate::schedule::Inquiry;
use crate::schedule::inquiry::stop_by;
use crate::verdict::Stop;

impl Inquiry<'_> {
    /// L-VOLUME, L-ROUTE, L-EXPIRY, in this order; what was not read is not judged.
    pub(crate) fn vial_mistakes(&self) -> impl Iterator<Item = Stop> {
        let (proposal, ids) = (self.proposal, &self.rules.bedside);
        let wrong_volume = proposal.volume.is_some_and(|volume| {
            !self
                .vaccine
                .permits_volume(volume, self.subject.birth, proposal.date)
        });
        let wrong_route = proposal
            .route
            .is_some_and(|route| !self.vaccine.permits_route(route));
        let expired = proposal
            .lot_expiry
            .is_some_and(|last_day| last_day < proposal.date);
        let volume = wrong_volume.then(|| stop_by(&ids.volume, Reason::DoseVolumeWrong, None));
        let route = wrong_route.then(|| stop_by(&ids.route, Reason::RouteWrong, None));
        let expiry = expired.then(|| stop_by(&ids.expiry, Reason::ExpiredVaccine, None));
        volume.into_iter().chain(route).chain(expiry)
    }
}
