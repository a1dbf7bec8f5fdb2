//! The incident log (間違い接種): a report that is whole is kept in the register, under whose key it is sealed; nothing of it is ever changed.

use super::{Office, blocking, chain::unavailable, counter::fault, offered, papers_on_doses};
use async_trait::async_trait;
use musubi_care::report::IncidentReport;
use musubi_node_gateway::{
    Caller, DeskError,
    follow_up::{
        PaperForm,
        incidents::{IncidentDesk, LoggedIncident},
    },
};
use musubi_node_register::Incident;
use musubi_primitives::RecordId;

#[async_trait]
impl IncidentDesk for Office {
    async fn log_incident(
        &self,
        caller: &Caller,
        form: PaperForm<IncidentReport>,
    ) -> Result<LoggedIncident, DeskError> {
        let ledger = offered(&self.desks()?.ledger, "a municipality's follow-up")?;
        ledger.check_officer(caller)?;
        let record = form.record;
        let paper = papers_on_doses::incident(ledger, form).await?;
        if !paper.gaps.is_empty() {
            let gaps = paper
                .gaps
                .iter()
                .map(|gap| format!("{} ({})", gap.field, gap.needed));
            let gaps: Vec<String> = gaps.collect();
            return Err(DeskError::Unprocessable(format!(
                "report: a whole one is entered; missing: {}",
                gaps.join(", ")
            )));
        }
        let incident = Incident {
            at: ledger.chain.now(),
            by: caller.account,
            record,
            report: serde_json::to_vec(&paper.report).map_err(unavailable)?,
        };
        let kept = blocking(async { ledger.register.log(&incident).map_err(fault) }).await?;
        logged(kept)
    }

    async fn incidents(&self, caller: &Caller) -> Result<Vec<LoggedIncident>, DeskError> {
        let ledger = offered(&self.desks()?.ledger, "a municipality's follow-up")?;
        ledger.check_officer(caller)?;
        let log = blocking(async { ledger.register.incidents().map_err(fault) }).await?;
        log.into_iter().map(logged).collect()
    }
}

fn logged((number, kept): ([u8; 32], Incident)) -> Result<LoggedIncident, DeskError> {
    let report: IncidentReport = serde_json::from_slice(&kept.report).map_err(unavailable)?;
    Ok(LoggedIncident {
        incident: RecordId(number),
        at: kept.at,
        by: kept.by,
        record: kept.record,
        urgent: report.is_urgent(),
        report,
    })
}
