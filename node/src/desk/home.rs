//! The gateway's door to what the home municipality does for its people: each call goes to the desk that has the keys for it.

use super::Office;
use async_trait::async_trait;
use musubi_node_gateway::{
    AuditAnswer, Caller, ConsentStanding, DeskError, ErasureForm, ErasureReceipt, ForSecond,
    HomeDesk, LifeEntered, LifeEvent, PaperForm, SecondLook,
};
use musubi_primitives::ConsentId;

#[async_trait]
impl HomeDesk for Office {
    async fn live(&self, caller: &Caller, event: LifeEvent) -> Result<LifeEntered, DeskError> {
        self.counter()?.live(caller, event).await
    }

    async fn consent(
        &self,
        caller: &Caller,
        consent: ConsentId,
    ) -> Result<ConsentStanding, DeskError> {
        let verifier = self.verifier()?;
        verifier.standing(caller, consent).await
    }

    async fn second_look(
        &self,
        caller: &Caller,
        consent: ConsentId,
    ) -> Result<SecondLook, DeskError> {
        let verifier = self.verifier()?;
        verifier.second_look(caller, consent).await
    }

    async fn for_second(
        &self,
        caller: &Caller,
        consent: ConsentId,
    ) -> Result<ForSecond, DeskError> {
        let verifier = self.verifier()?;
        verifier.for_second(caller, consent).await
    }

    async fn paper(
        &self,
        caller: &Caller,
        consent: ConsentId,
        form: PaperForm,
    ) -> Result<Vec<u8>, DeskError> {
        let verifier = self.verifier()?;
        verifier.paper(caller, consent, form).await
    }

    async fn audit(&self, caller: &Caller, consent: ConsentId) -> Result<AuditAnswer, DeskError> {
        self.verifier()?.audit(caller, consent).await
    }

    async fn erase(&self, caller: &Caller, form: ErasureForm) -> Result<ErasureReceipt, DeskError> {
        self.verifier()?.erase(caller, form).await
    }
}
