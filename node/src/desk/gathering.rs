//! What the schedule check is asked: the doses of the chart and of this member's own vault, the circumstances, and whether all of it is
//! about one person.

use super::{
    care::Care,
    dose::{self, RecordedDose},
    history::OwnRecord,
    intake::Intake,
};
use musubi_care::{
    bedside::Bedside,
    check_report::Identity,
    child::{Circumstances, History, Standing},
};
use musubi_fhir::Resource;
use musubi_node_gateway::{DeskError, cds::request::Order};
use musubi_primitives::{Category, RecordId};
use serde::de::DeserializeOwned;
use serde_json::Value;

impl Intake {
    /// The doses known to the chart and to this member, and whether they are one person's.
    pub(super) async fn gather(&self, order: &Order) -> Result<(History, Identity), DeskError> {
        let own = self
            .own_records(order.subject, Category::Immunization)
            .await?;
        let void: Vec<RecordId> = own
            .iter()
            .filter(|own| own.is_void)
            .map(|own| own.record)
            .collect();
        let mut known = doses_of(&self.care, &own)?;
        for resource in &order.doses {
            let record = self.record_id(&order.subject, resource.canonical_bytes());
            // What was entered in error here is not brought back by a chart that still has it.
            if void.contains(&record) {
                continue;
            }
            let recorded = dose::recorded(&self.care, resource, Standing::Stored)?;
            known.extend(recorded.filter(|recorded| !is_same_as_one(recorded, &known)));
        }
        let doses = known.into_iter().map(|recorded| recorded.dose).collect();
        let history = if order.circumstances.history_confirmed {
            History::Confirmed(doses)
        } else {
            History::Unconfirmed(doses)
        };
        let identity = Identity {
            chart_differs: self.is_another_chart(order, &own)?,
            visit_not_open: self.is_visit_over(order).await?,
        };
        Ok((history, identity))
    }

    /// Twins share a birthday and a surname; their charts do not share a name: earlier records of this member about the subject, and
    /// every dose of the chart, must be about the Patient that the chart shows.
    fn is_another_chart(&self, order: &Order, own: &[OwnRecord]) -> Result<bool, DeskError> {
        let names = dose::names(&order.patient);
        let is_another = |resource: &Resource| {
            resource
                .subject()
                .is_some_and(|subject| !names.iter().any(|name| name == subject))
        };
        let mut earlier = Vec::new();
        for own in own.iter().filter(|own| own.author == self.member) {
            earlier.push(own.resource()?);
        }
        let has_earlier_name = earlier.iter().any(|resource| !is_another(resource));
        Ok(order.doses.iter().any(is_another) || (!earlier.is_empty() && !has_earlier_name))
    }

    /// Whether the visit named is over, another person's, or its consent withdrawn since.
    async fn is_visit_over(&self, order: &Order) -> Result<bool, DeskError> {
        let Some(session) = order.circumstances.session else {
            return Ok(false);
        };
        let visit = (session, self.member, order.subject);
        let is_open: bool = self.chain.read("MusubiApi_is_session_open", visit).await?;
        Ok(!is_open)
    }
}

fn doses_of(care: &Care, own: &[OwnRecord]) -> Result<Vec<RecordedDose>, DeskError> {
    let doses = own.iter().map(|own| own.dose(care));
    doses.filter_map(Result::transpose).collect()
}

/// One dose that two systems wrote down: same product, same day, and no two lots.
fn is_same_as_one(recorded: &RecordedDose, known: &[RecordedDose]) -> bool {
    known.iter().any(|other| {
        let (dose, of_other) = (&recorded.dose, &other.dose);
        let may_differ = recorded.lot.is_none() || other.lot.is_none();
        (&dose.vaccine, dose.date) == (&of_other.vaccine, of_other.date)
            && (may_differ || recorded.lot == other.lot)
    })
}

/// What the chart says of the day.
///
/// # Errors
/// Which field cannot be read.
pub(super) fn circumstances(order: &Order) -> Result<Circumstances, DeskError> {
    let said = &order.circumstances;
    Ok(Circumstances {
        conditions: said.conditions.clone(),
        short_interval_needed: said.short_interval_needed,
        measures: said.measures.clone(),
        recovery: engine_form("recovery", said.recovery.as_ref())?,
    })
}

/// Person, paper and vial, where the chart sends them.
///
/// # Errors
/// As [`circumstances`].
pub(super) fn bedside(order: &Order) -> Result<Option<Bedside>, DeskError> {
    engine_form("bedside", order.circumstances.bedside.as_ref())
}

fn engine_form<T: DeserializeOwned>(
    field: &str,
    value: Option<&Value>,
) -> Result<Option<T>, DeskError> {
    let Some(value) = value else { return Ok(None) };
    serde_json::from_value(value.clone())
        .map(Some)
        .map_err(|_| {
            // The error's own words could repeat what was sent.
            DeskError::Unprocessable(format!(
                "extension.musubi.{field}: not of the engine's form (musubi-care documents it)"
            ))
        })
}
