//! Everybody of one playing: staff, the guardian with phone or card, the child, and how they become known.

use super::{Channel, DAY, HOME, Stage};
use crate::{
    clock::now,
    demo::{
        consortium,
        family::{Child, Family},
        gateway::{Applied, Keys},
        wallet::{CardKey, Wallet},
    },
    key_file::KeyKind,
    random::random,
};
use ed25519_dalek::SigningKey;
use musubi_client_sdk::{extrinsics::account_of, sealing::HpkeSecret};
use musubi_consent::{BindingFields, BindingStatement, statement::SignerRole};
use musubi_fhir::Resource;
use musubi_primitives::{BindingId, HpkeKey, Language, Pseudonym, resident::Authority};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::Path;

/// Everybody of one playing.
pub(super) struct Cast {
    pub(super) clerk: Keys,
    pub(super) nurse: Keys,
    pub(super) first_doctor: Keys,
    pub(super) second_doctor: Keys,
    /// Receives people at the second clinic.
    pub(super) second_clerk: Keys,
    /// The second clinic's counter.
    pub(super) second_terminal: Keys,
    /// The guardian's phone, if there is one.
    pub(super) phone: Option<Keys>,
    pub(super) guardian: Pseudonym,
    pub(super) card: Wallet,
    pub(super) village_key: HpkeKey,
}

#[derive(Deserialize)]
struct Enrolled {
    pseudonym: Pseudonym,
    block: Option<u64>,
}

impl Stage<'_> {
    /// The guardian is known, and the card speaks for the guardian.
    pub(super) async fn enrol_guardian(
        &mut self,
        family: &Family,
        channel: Channel,
    ) -> Result<Cast, String> {
        let phone = match channel {
            Channel::Phone => Some(new_keys()?),
            Channel::Counter => None,
        };
        let clerk = staff(self.folder, "rusutsu", "clerk")?;
        let device = phone.as_ref().map(
            |keys| json!({"account": account_of(&keys.signing), "hpke": keys.sealing.public()}),
        );
        let enrolled = self.enrol(&clerk, &family.guardian, device).await?;
        let guardian = enrolled.pseudonym;
        self.tell(
            "enrol guardian",
            "clerk of Rusutsu",
            "enrolled",
            None,
            enrolled.block,
            guardian,
        )
        .await?;
        let identity = family
            .guardian
            .identity()
            .ok_or("the guardian is no Patient")?;
        let card = self.readers.issue(
            &self.folder.join("cards"),
            &format!("guardian-{guardian}"),
            &identity,
        )?;
        let village = consortium::secret(self.folder, "rusutsu", "hpke", KeyKind::X25519)?;
        let cast = Cast {
            nurse: staff(self.folder, "rusutsu", "nurse")?,
            first_doctor: staff(self.folder, "yotei-clinic", "doctor")?,
            second_doctor: staff(self.folder, "shiribetsu-clinic", "doctor")?,
            second_clerk: staff(self.folder, "shiribetsu-clinic", "clerk")?,
            second_terminal: staff(self.folder, "shiribetsu-clinic", "terminal")?,
            village_key: HpkeSecret::from_bytes(*village).public(),
            clerk,
            phone,
            guardian,
            card,
        };
        self.bind_card(&cast).await?;
        Ok(cast)
    }

    async fn enrol(
        &self,
        clerk: &Keys,
        patient: &Resource,
        device: Option<Value>,
    ) -> Result<Enrolled, String> {
        let form = json!({"patient": patient.value(), "domain": "health", "device": device});
        self.village.post(clerk, "/v1/people", &form).await
    }

    async fn bind_card(&mut self, cast: &Cast) -> Result<(), String> {
        let binding = BindingId(random()?);
        let document = self.binding_statement(cast, binding).await?;
        let evidence = self.sign(cast, CardKey::Signing, &document)?;
        let answer = self
            .give(cast, &cast.clerk, "binding", binding.0, &evidence)
            .await?;
        self.show_check_in_card(cast, binding).await?;
        let actor = "guardian's card, at the counter";
        self.tell(
            "bind card",
            actor,
            "bound",
            None,
            answer.block,
            cast.guardian,
        )
        .await
    }

    /// The same card by its authentication key, so that a touch with the short PIN opens a visit later.
    async fn show_check_in_card(&mut self, cast: &Cast, binding: BindingId) -> Result<(), String> {
        let document = self.binding_statement(cast, binding).await?;
        let evidence = self.sign(cast, CardKey::Authentication, &document)?;
        self.give(cast, &cast.clerk, "check-in-card", binding.0, &evidence)
            .await?;
        Ok(())
    }

    async fn binding_statement(
        &self,
        cast: &Cast,
        binding: BindingId,
    ) -> Result<BindingStatement, String> {
        let moment = now();
        BindingStatement::new(BindingFields {
            binding,
            person: cast.guardian,
            home: HOME,
            replaces: None,
            not_before: moment,
            not_after: moment + DAY / 2,
            nonce: self.nonce(&cast.clerk).await?,
            language: Language::Japanese,
        })
        .map_err(|error| error.to_string())
    }

    pub(super) async fn enrol_child(
        &mut self,
        cast: &Cast,
        child: &Child,
    ) -> Result<Pseudonym, String> {
        let enrolled = self.enrol(&cast.clerk, &child.patient, None).await?;
        let subject = enrolled.pseudonym;
        self.tell(
            "enrol child",
            "clerk of Rusutsu",
            "enrolled",
            None,
            enrolled.block,
            subject,
        )
        .await?;
        let form = json!({
            "subject": subject, "guardian": cast.guardian, "role": SignerRole::ParentalAuthority,
            "authority": Authority::Single, "until": now() + 6_000 * DAY,
        });
        let applied: Applied = self
            .village
            .post(&cast.clerk, "/v1/guardianships", &form)
            .await?;
        let block = Some(applied.block);
        self.tell(
            "attest guardianship",
            "officer of Rusutsu",
            "attested",
            None,
            block,
            subject,
        )
        .await?;
        Ok(subject)
    }
}

/// The keys of a member's staff in the consortium's folder.
fn staff(folder: &Path, member: &str, key: &str) -> Result<Keys, String> {
    let signing = consortium::secret(folder, member, key, KeyKind::Ed25519)?;
    let sealing = consortium::secret(folder, member, &format!("{key}-hpke"), KeyKind::X25519)?;
    Ok(Keys {
        signing: SigningKey::from_bytes(&signing),
        sealing: HpkeSecret::from_bytes(*sealing),
    })
}

/// Keys of a new phone.
fn new_keys() -> Result<Keys, String> {
    Ok(Keys {
        signing: SigningKey::from_bytes(&random()?),
        sealing: HpkeSecret::generate().map_err(|error| error.to_string())?,
    })
}
