//! The guardian says yes with the card, and takes it back with one touch.

use super::{Cast, DAY, HOME, PURPOSE, SECOND_CLINIC, Stage, reads::categories};
use crate::{clock::now, demo::wallet::CardKey, random::random};
use musubi_client_sdk::{calls, extrinsics::account_of};
use musubi_consent::{
    Statement, StatementFields, Text, Withdrawal, WithdrawalFields,
    statement::{Action, Party, Place, SignerRole},
    wording,
};
use musubi_primitives::{
    AssuranceLevel, ConsentId, Language, MemberId, Pseudonym, resident::Authority,
};

impl Stage<'_> {
    /// The person reads the statement and signs it with the card; the village attests.
    pub(super) async fn consent(
        &mut self,
        cast: &Cast,
        subject: Pseudonym,
    ) -> Result<ConsentId, String> {
        let who = cast.phone.as_ref().unwrap_or(&cast.clerk);
        let consent = ConsentId(random()?);
        let statement = Statement::new(self.statement(cast, subject, consent).await?)
            .map_err(|error| error.to_string())?;
        let evidence = self.sign(cast, CardKey::Signing, &statement)?;
        let terms = statement.fields().terms(evidence.commitment());
        let call = calls::consent::propose(consent, &terms, None);
        let applied = self.village.submit(who, call).await?;
        let actor = match cast.phone {
            Some(_) => "guardian's app",
            None => "clerk of Rusutsu, for the guardian",
        };
        self.tell(
            "propose consent",
            actor,
            "proposed",
            None,
            Some(applied.block),
            subject,
        )
        .await?;
        let answer = self
            .give(cast, who, "consent", consent.0, &evidence)
            .await?;
        let actor = "guardian's card; officer of Rusutsu";
        self.tell("consent", actor, "effective", None, answer.block, subject)
            .await?;
        Ok(consent)
    }

    async fn statement(
        &self,
        cast: &Cast,
        subject: Pseudonym,
        consent: ConsentId,
    ) -> Result<StatementFields, String> {
        let who = cast.phone.as_ref().unwrap_or(&cast.clerk);
        let moment = now();
        Ok(StatementFields {
            consent,
            subject,
            subject_label: text("お子さん")?,
            guardian: cast.guardian,
            role: SignerRole::ParentalAuthority,
            authority: Authority::Single,
            controller: party(HOME, "留寿都村", "0136-46-3131")?,
            recipient: party(SECOND_CLINIC, "しりべつ診療所", "0136-00-0000")?,
            purpose: PURPOSE,
            categories: categories(),
            actions: vec![Action::View],
            retention_days: 365,
            transfer_abroad: false,
            not_before: moment,
            not_after: moment + 90 * DAY,
            nonce: self.nonce(who).await?,
            assurance: AssuranceLevel::CardSigned,
            second_attester: None,
            account: cast.phone.as_ref().map(|keys| account_of(&keys.signing)),
            supersedes: None,
            place: if cast.phone.is_some() {
                Place::Phone
            } else {
                Place::Counter
            },
            notice: text("musubi-notice-2026-11")?,
            language: Language::Japanese,
            wording: wording::digest(Language::Japanese),
        })
    }

    /// One touch: the app signs, or the card signs a withdrawal at the counter.
    pub(super) async fn withdraw(
        &mut self,
        cast: &Cast,
        subject: Pseudonym,
        consent: ConsentId,
    ) -> Result<(), String> {
        let (actor, block) = match &cast.phone {
            Some(phone) => {
                let call = calls::consent::withdraw(consent, None);
                (
                    "guardian's app",
                    Some(self.village.submit(phone, call).await?.block),
                )
            }
            None => (
                "guardian's card, at the counter",
                self.withdraw_by_card(cast, subject, consent).await?,
            ),
        };
        self.tell("withdraw", actor, "withdrawn", None, block, subject)
            .await
    }

    async fn withdraw_by_card(
        &mut self,
        cast: &Cast,
        subject: Pseudonym,
        consent: ConsentId,
    ) -> Result<Option<u64>, String> {
        let moment = now();
        let document = Withdrawal::new(WithdrawalFields {
            consent,
            subject,
            guardian: cast.guardian,
            not_before: moment,
            not_after: moment + DAY / 2,
            nonce: self.nonce(&cast.clerk).await?,
            language: Language::Japanese,
        })
        .map_err(|error| error.to_string())?;
        let evidence = self.sign(cast, CardKey::Signing, &document)?;
        let answer = self
            .give(cast, &cast.clerk, "withdrawal", consent.0, &evidence)
            .await?;
        Ok(answer.block)
    }
}

fn party(member: MemberId, name: &str, contact: &str) -> Result<Party, String> {
    Ok(Party {
        member,
        name: text(name)?,
        contact: text(contact)?,
    })
}

fn text(text: &str) -> Result<Text, String> {
    Text::new(text).map_err(|error| error.to_string())
}
