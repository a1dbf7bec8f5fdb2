//! What a municipality adds to a receipt: as far as register, chain and configuration know it, and nothing that would be a guess.

use super::{attester::Attester, counter::fault, receipts::Case};
use musubi_consent::{
    BirthDate, ReceiptDetails, StatementFields, Text,
    age::{CHILD_ASKED_YEARS, OF_AGE_YEARS},
    receipt::{AgeBand, AuthorityBasis, LegalBasis},
    statement::SignerRole,
};
use musubi_node_gateway::DeskError;
use musubi_primitives::{
    AccountId, MemberKind, Moment, Role,
    resident::common_date_after,
    seams::{Actor, MemberFacts},
};

/// The rules by which signatures are checked, as receipts name them.
const POLICY: &str = "musubi-verification-1";

/// After five years a consent is asked again, whatever its period: the life of a signing certificate.
const FIFTH_YEAR: Moment = 5 * 365 * 24 * 3600 * 1000;

impl Attester {
    /// Everything that this node knows of a consent beside statement and signature.
    pub(super) async fn details(&self, case: &Case<'_>) -> Result<ReceiptDetails, DeskError> {
        let fields = case.statement.fields();
        let signed_at = case.evidence.signed_at;
        let born = self
            .known_person(&fields.subject)?
            .and_then(|person| BirthDate::parse(&person.born));
        let issued = self.register.issued_nonce(&fields.nonce).map_err(fault)?;
        let terminal = issued.map(|nonce| nonce.terminal());
        Ok(ReceiptDetails {
            record_id: Some(case.evidence.commitment()),
            notice_hash: self.stationery.notice_hash(&fields.notice),
            policy_url: self.stationery.policy_url.clone(),
            age_band: born.map(|born| age_band(born, signed_at)),
            authority_basis: Some(authority_basis(fields.role)),
            authority_checked: Some(case.finding.judged_at),
            legal_basis: self.legal_basis(fields).await?,
            reviews: reviews(born, signed_at, fields.not_after),
            terminal,
            staff: match terminal {
                Some(terminal) => self.staff(terminal).await?,
                None => None,
            },
            policy_version: Text::new(POLICY).ok(),
            ..ReceiptDetails::default()
        })
    }

    /// The municipality gives with consent of the person; a receiver that is no public organ also acquires with consent.
    async fn legal_basis(&self, fields: &StatementFields) -> Result<Vec<LegalBasis>, DeskError> {
        let receiver: Option<MemberFacts> = self
            .chain
            .read("MusubiApi_member", fields.recipient.member)
            .await?;
        let is_private = receiver.is_some_and(|facts| match facts.kind {
            MemberKind::Clinic
            | MemberKind::Shop
            | MemberKind::Facility
            | MemberKind::ServiceCompany => true,
            MemberKind::Municipality
            | MemberKind::FireService
            | MemberKind::Vehicle
            | MemberKind::Auditor => false,
        });
        let acquires = is_private.then_some(LegalBasis::ConsentToAcquire);
        Ok([Some(LegalBasis::ConsentOfThePerson), acquires]
            .into_iter()
            .flatten()
            .collect())
    }

    /// The same key, when it is a member of staff's and not a machine's or the person's own.
    async fn staff(&self, terminal: AccountId) -> Result<Option<AccountId>, DeskError> {
        let actor: Option<Actor> = self.chain.read("MusubiApi_actor", terminal).await?;
        let is_staff = actor.is_some_and(|actor| actor.role != Role::Terminal);
        Ok(is_staff.then_some(terminal))
    }
}

fn age_band(born: BirthDate, at: Moment) -> AgeBand {
    if at < born.reaches(CHILD_ASKED_YEARS) {
        AgeBand::UnderFifteen
    } else if at < born.reaches(OF_AGE_YEARS) {
        AgeBand::FifteenToSeventeen
    } else {
        AgeBand::Adult
    }
}

/// When a consent is looked at again while it holds: on the common date after the 15th and the 18th birthday, so that the receipt shows
/// no birthday; and in the fifth year, or when it ends and has to be asked again.
fn reviews(born: Option<BirthDate>, signed_at: Moment, ends: Moment) -> Vec<Moment> {
    let birthdays = [CHILD_ASKED_YEARS, OF_AGE_YEARS].into_iter();
    let ages = birthdays.filter_map(|years| born.map(|born| born.reaches(years)));
    let mut days: Vec<_> = ages
        .filter(|birthday| signed_at < *birthday)
        .map(|birthday| common_date_after(birthday, 0))
        .filter(|day| *day < ends)
        .collect();
    days.push(signed_at.saturating_add(FIFTH_YEAR).min(ends));
    days.sort_unstable();
    days
}

/// What this node went by: that the subject signed, or the guardian's entry in the register.
fn authority_basis(role: SignerRole) -> AuthorityBasis {
    match role {
        SignerRole::Subject => AuthorityBasis::Own,
        SignerRole::Proxy
        | SignerRole::GuardianOfMinor
        | SignerRole::ParentalAuthority
        | SignerRole::ChildWelfareDirector
        | SignerRole::FosterParent => AuthorityBasis::MunicipalRegister,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22T00:00Z.
    const NOW: Moment = 1_795_305_600_000;
    const DAY: Moment = 24 * 3600 * 1000;

    #[test]
    fn a_consent_is_looked_at_again_in_its_fifth_year_or_when_it_ends_and_at_the_two_ages() {
        let infant = BirthDate::parse("2026-01-15");
        assert_eq!(reviews(infant, NOW, NOW + 90 * DAY), [NOW + 90 * DAY]);
        let long = NOW + 5 * 366 * DAY;
        assert_eq!(reviews(infant, NOW, long), [NOW + FIFTH_YEAR]);
        // Fourteen and nearly eighteen: a common date follows each birthday, and no review is on the birthday itself.
        let fourteen = BirthDate::parse("2012-06-15");
        let days = reviews(fourteen, NOW, long);
        assert_eq!(days.len(), 3, "{days:?}");
        for day in &days[..2] {
            assert!(musubi_primitives::resident::is_common_date(*day));
        }
        assert_eq!(reviews(None, NOW, long), [NOW + FIFTH_YEAR]);
    }
}
