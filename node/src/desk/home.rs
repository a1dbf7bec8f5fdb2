//! The gateway's door to what the home municipality does for its people: each call goes to the desk that has the keys for it.

use super::{Office, offered};
use async_trait::async_trait;
use musubi_node_gateway::{
    AuditAnswer, Caller, ConsentStanding, DeskError, ErasureForm, ErasureReceipt, ForSecond,
    HomeDesk, LifeEntered, LifeEvent, Paper, SecondLook,
};
use musubi_primitives::{ConsentId, Language};

const COUNTER: &str = "a municipality's counter";
const VERIFIER: &str = "a verifier";

#[async_trait]
impl HomeDesk for Office {
    async fn live(&self, caller: &Caller, event: LifeEvent) -> Result<LifeEntered, DeskError> {
        offered(&self.counter, COUNTER)?.live(caller, event).await
    }

    async fn consent(
        &self,
        caller: &Caller,
        consent: ConsentId,
    ) -> Result<ConsentStanding, DeskError> {
        let verifier = offered(&self.attester, VERIFIER)?;
        verifier.standing(caller, consent).await
    }

    async fn second_look(
        &self,
        caller: &Caller,
        consent: ConsentId,
    ) -> Result<SecondLook, DeskError> {
        let verifier = offered(&self.attester, VERIFIER)?;
        verifier.second_look(caller, consent).await
    }

    async fn for_second(
        &self,
        caller: &Caller,
        consent: ConsentId,
    ) -> Result<ForSecond, DeskError> {
        let verifier = offered(&self.attester, VERIFIER)?;
        verifier.for_second(caller, consent).await
    }

    async fn paper(
        &self,
        caller: &Caller,
        consent: ConsentId,
        paper: Paper,
        language: Option<Language>,
    ) -> Result<Vec<u8>, DeskError> {
        let verifier = offered(&self.attester, VERIFIER)?;
        verifier.paper(caller, consent, paper, language).await
    }

    async fn audit(&self, caller: &Caller, consent: ConsentId) -> Result<AuditAnswer, DeskError> {
        offered(&self.attester, VERIFIER)?
            .audit(caller, consent)
            .await
    }

    async fn erase(&self, caller: &Caller, form: ErasureForm) -> Result<ErasureReceipt, DeskError> {
        offered(&self.attester, VERIFIER)?.erase(caller, form).await
    }
}
