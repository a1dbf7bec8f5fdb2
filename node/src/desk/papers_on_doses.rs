//! The report of a 間違い接種 and the draft of a 副反応疑い report: empty fields are filled from the dose's own record and the register, never
//! by guess, and what is missing is named. Nothing of a paper is kept here; whoever reports signs and sends it.

use super::{counter::fault, ledger::Ledger};
use musubi_care::{
    civil::Date,
    growth::CompletedAge,
    report::{DoseGiven, IncidentReport, ReactionReport},
};
use musubi_node_gateway::{
    DeskError,
    follow_up::{Paper, PaperForm},
};
use musubi_node_register::Line;
use musubi_primitives::{RecordId, view::RecordView};

/// What the ledger and the register know of a dose.
struct Known {
    dose: DoseGiven,
    birth: Option<Date>,
}

/// Completes and checks a report of a mistake.
///
/// # Errors
/// See [`DeskError`].
pub(super) async fn incident(
    ledger: &Ledger,
    form: PaperForm<IncidentReport>,
) -> Result<Paper<IncidentReport>, DeskError> {
    let mut report = form.report;
    if let Some(known) = known(ledger, form.record).await? {
        fill(&mut report.dose, &known.dose);
        let age = known.birth.zip(report.dose.date);
        let age = age.and_then(|(birth, day)| CompletedAge::on(birth, day));
        report.age_months = report.age_months.or(age.map(|age| age.months));
    }
    Ok(Paper {
        gaps: report.gaps(),
        urgent: report.is_urgent(),
        report,
    })
}

/// Completes and checks the draft on a suspected reaction.
///
/// # Errors
/// See [`DeskError`].
pub(super) async fn reaction(
    ledger: &Ledger,
    form: PaperForm<ReactionReport>,
) -> Result<Paper<ReactionReport>, DeskError> {
    let mut report = form.report;
    if let Some(known) = known(ledger, form.record).await? {
        match report.doses.as_mut_slice() {
            [] => report.doses.push(known.dose),
            [dose] => fill(dose, &known.dose),
            // Which of several it is, only the reporter knows.
            _ => {}
        }
        report.birth = report.birth.or(known.birth);
    }
    Ok(Paper {
        gaps: report.gaps(),
        urgent: report.serious == Some(true),
        report,
    })
}

async fn known(ledger: &Ledger, record: Option<RecordId>) -> Result<Option<Known>, DeskError> {
    let Some(record) = record else {
        return Ok(None);
    };
    ledger.enter_waiting().await?;
    let absent = || DeskError::NotFound("record: no dose of this municipality's ledger".to_owned());
    let view: Option<RecordView> = ledger.chain.read("MusubiApi_record", record).await?;
    let subject = view.ok_or_else(absent)?.subject;
    let line = ledger.register.line(&subject, &record).map_err(fault)?;
    let Some(Line::Dose { product, date, lot }) = line else {
        return Err(absent());
    };
    let id = ledger.register.by_pseudonym(&subject).map_err(fault)?;
    let person = match id {
        Some(id) => ledger.register.person(id).map_err(fault)?,
        None => None,
    };
    let day = |text: &str| Date::parse(text).ok();
    Ok(Some(Known {
        dose: DoseGiven {
            vaccine: product.unwrap_or_default(),
            maker: String::new(),
            lot,
            date: date.as_deref().and_then(day),
            number: None,
        },
        birth: person.and_then(|person| day(&person.born)),
    }))
}

/// What was written stays; what is empty is filled.
fn fill(dose: &mut DoseGiven, known: &DoseGiven) {
    let text = |own: &mut String, known: &String| {
        if own.trim().is_empty() {
            own.clone_from(known);
        }
    };
    text(&mut dose.vaccine, &known.vaccine);
    text(&mut dose.lot, &known.lot);
    dose.date = dose.date.or(known.date);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_not_overwritten() {
        let known = DoseGiven {
            vaccine: "MR".to_owned(),
            lot: "K1".to_owned(),
            ..DoseGiven::default()
        };
        let mut dose = DoseGiven {
            lot: "K2".to_owned(),
            ..DoseGiven::default()
        };
        fill(&mut dose, &known);
        assert_eq!((dose.vaccine.as_str(), dose.lot.as_str()), ("MR", "K2"));
    }
}
