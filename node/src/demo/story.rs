//! The family's story, step by step, through the doors that people and clinics use: gateways, cards, a vault.
//!
//! A step either comes out as the story tells it or ends it with a sentence. What a step wrote on a trail is proved there and then: its
//! rows go into a bundle of their own that `musubi verify` checks offline.

use super::{
    consortium,
    family::{Child, Family},
    gateway::{Applied, Gateway, Keys},
    plan::MEMBERS,
    proofs::Proofs,
    reading::{Question, Reader},
    report::{Report, Step},
    wallet::{Readers, Wallet},
};
use crate::{clock::now, key_file::KeyKind};
use base64::Engine;
use ed25519_dalek::SigningKey;
use musubi_client_sdk::{calls, extrinsics::account_of, sealing::HpkeSecret};
use musubi_consent::{
    BindingFields, BindingStatement, Document, DocumentFields, Evidence, Statement,
    StatementFields, Text, Withdrawal, WithdrawalFields,
    statement::{Action, Party, Place, SignerRole},
    wording,
};
use musubi_fhir::Resource;
use musubi_primitives::{
    AssuranceLevel, BindingId, BlockHash, Category, CategorySet, Claim, ConsentId, Decision,
    DenialReason, HpkeKey, Language, MemberId, Pseudonym, Purpose, RecordId, RecordState,
    StatuteArticle, Terms, resident::Authority, trail::TrailFact,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::Path;

const DAY: u64 = 24 * 3600 * 1000;
/// The village where the family lives.
const HOME: MemberId = MemberId(0);
/// The clinic that reads: it has keys and no node, and asks through the village's gateway.
const SECOND_CLINIC: MemberId = MemberId(5);
const PURPOSE: Purpose = Purpose::ChildCare;

/// How the guardian acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// An app on a phone with keys of its own.
    Phone,
    /// A card at the village's counter; no phone, no account.
    Counter,
}

/// What the story is played on.
pub struct Stage<'a> {
    /// The consortium's folder.
    pub folder: &'a Path,
    /// The village's gateway.
    pub village: Gateway,
    /// The first clinic's own gateway.
    pub clinic: Gateway,
    /// The card readers.
    pub readers: Readers,
    /// Proofs of what was written.
    pub proofs: Proofs,
    /// Where the story is told.
    pub report: Report,
}

/// Everybody of one playing.
struct Cast {
    clerk: Keys,
    nurse: Keys,
    first_doctor: Keys,
    second_doctor: Keys,
    /// The guardian's phone, if there is one.
    phone: Option<Keys>,
    guardian: Pseudonym,
    card: Wallet,
    village_key: HpkeKey,
}

#[derive(Deserialize)]
struct Enrolled {
    pseudonym: Pseudonym,
    block: Option<u64>,
}

#[derive(Deserialize)]
struct Nonce {
    nonce: String,
}

#[derive(Deserialize)]
struct Answer {
    outcome: String,
    block: Option<u64>,
    reason: Option<String>,
}

#[derive(Deserialize)]
struct TakenIn {
    record: RecordId,
    block: Option<u64>,
}

impl Stage<'_> {
    /// Plays the story for a family.
    ///
    /// # Errors
    /// The step that did not come out as told, and why.
    pub async fn play(&mut self, family: &Family, channel: Channel) -> Result<(), String> {
        self.report.say(match channel {
            Channel::Phone => "\n-- a family with a phone",
            Channel::Counter => "\n-- a family without phone or account: card and counter",
        });
        let cast = self.enrol_guardian(family, channel).await?;
        for child in &family.children {
            let subject = self.enrol_child(&cast, child).await?;
            self.read_denied(&cast, subject, DenialReason::NoConsent)
                .await?;
            let consent = self.consent(&cast, subject).await?;
            let records = self.record(&cast, subject, child).await?;
            self.read_permitted(&cast, subject, child, &records).await?;
            self.withdraw(&cast, subject, consent).await?;
            self.read_denied(&cast, subject, DenialReason::Withdrawn)
                .await?;
            self.read_by_statute(&cast, subject, child, &records)
                .await?;
            self.close(subject).await?;
        }
        Ok(())
    }

    /// The guardian is known, and the card speaks for the guardian.
    async fn enrol_guardian(&mut self, family: &Family, channel: Channel) -> Result<Cast, String> {
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
        let moment = now();
        let document = BindingStatement::new(BindingFields {
            binding,
            person: cast.guardian,
            home: HOME,
            replaces: None,
            not_before: moment,
            not_after: moment + DAY / 2,
            nonce: self.nonce(&cast.clerk).await?,
            language: Language::Japanese,
        })
        .map_err(|error| error.to_string())?;
        let evidence = self.sign(cast, &document)?;
        let answer = self
            .give(cast, &cast.clerk, "binding", binding.0, &evidence)
            .await?;
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

    async fn enrol_child(&mut self, cast: &Cast, child: &Child) -> Result<Pseudonym, String> {
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

    async fn read_denied(
        &mut self,
        cast: &Cast,
        subject: Pseudonym,
        expected: DenialReason,
    ) -> Result<(), String> {
        let asked = self.second_clinic(cast).ask(&question(subject)).await?;
        let Decision::Deny(reason) = asked.decision else {
            return Err(format!(
                "the second clinic was permitted to read; expected {expected:?}"
            ));
        };
        if reason != expected {
            return Err(format!("denied as {reason:?}, expected {expected:?}"));
        }
        let (actor, reason) = ("doctor of the second clinic", format!("{reason:?}"));
        self.tell(
            "read",
            actor,
            "denied",
            Some(&reason),
            Some(asked.block),
            subject,
        )
        .await
    }

    /// The person reads the statement and signs it with the card; the village attests.
    async fn consent(&mut self, cast: &Cast, subject: Pseudonym) -> Result<ConsentId, String> {
        let who = cast.phone.as_ref().unwrap_or(&cast.clerk);
        let consent = ConsentId(random()?);
        let statement = Statement::new(self.statement(cast, subject, consent).await?)
            .map_err(|error| error.to_string())?;
        let evidence = self.sign(cast, &statement)?;
        let call = calls::consent::propose(consent, &terms(statement.fields(), &evidence), None);
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

    /// The first clinic's system posts what it recorded; two holders have it before the story goes on.
    async fn record(
        &mut self,
        cast: &Cast,
        subject: Pseudonym,
        child: &Child,
    ) -> Result<Vec<RecordId>, String> {
        let mut records = Vec::new();
        for resource in &child.records {
            let kind = resource.kind().as_str();
            let body = resource.value().to_string().into_bytes();
            let taken: TakenIn = self
                .clinic
                .post_fhir(&cast.first_doctor, kind, &subject, body)
                .await?;
            records.push(taken.record);
            let actor = "doctor of the first clinic";
            self.tell(
                "record",
                actor,
                "committed",
                Some(kind),
                taken.block,
                subject,
            )
            .await?;
        }
        for record in &records {
            self.wait_until_stored(cast, record).await?;
        }
        let actor = "vaults of clinic and village";
        self.tell("store", actor, "two holders have each", None, None, subject)
            .await?;
        Ok(records)
    }

    async fn wait_until_stored(&self, cast: &Cast, record: &RecordId) -> Result<(), String> {
        let mut heads = self.proofs.follow_heads().await?;
        loop {
            let path = format!("/v1/records/{record}");
            let view: Value = self.clinic.get(&cast.first_doctor, &path).await?;
            if view["state"] == json!(RecordState::Stored) {
                return Ok(());
            }
            heads.next().await?;
        }
    }

    async fn read_permitted(
        &mut self,
        cast: &Cast,
        subject: Pseudonym,
        child: &Child,
        records: &[RecordId],
    ) -> Result<(), String> {
        let question = question(subject);
        let block = self
            .read(&cast.second_doctor, question, child, records)
            .await?;
        let said = format!("{} records, byte for byte", records.len());
        let actor = "doctor of the second clinic";
        self.tell(
            "read",
            actor,
            "permitted on consent",
            Some(&said),
            Some(block),
            subject,
        )
        .await
    }

    async fn read_by_statute(
        &mut self,
        cast: &Cast,
        subject: Pseudonym,
        child: &Child,
        records: &[RecordId],
    ) -> Result<(), String> {
        let question = Question {
            categories: CategorySet::of(&[
                Category::Immunization,
                Category::Growth,
                Category::Checkup,
                Category::Questionnaire,
            ]),
            claim: Claim::Statute(StatuteArticle::MaternalChildHealth19_2),
            ..question(subject)
        };
        let block = self.read(&cast.nurse, question, child, records).await?;
        let actor = "nurse of Rusutsu";
        let said = "母子保健法19条の2";
        self.tell(
            "read",
            actor,
            "permitted by statute",
            Some(said),
            Some(block),
            subject,
        )
        .await
    }

    /// Asks, redeems, opens, compares with what the first clinic sent, and waits until the deliveries are on the trail.
    async fn read(
        &mut self,
        keys: &Keys,
        question: Question,
        child: &Child,
        records: &[RecordId],
    ) -> Result<u64, String> {
        let on_chain = self.proofs.records(records).await?;
        let reader = Reader {
            keys,
            gateway: &self.village,
            custodian: HOME,
        };
        let asked = reader.ask(&question).await?;
        let Decision::Permit { .. } = asked.decision else {
            return Err(format!("the read was not permitted: {:?}", asked.decision));
        };
        let opened = reader
            .redeem(asked.request, &|record| on_chain.get(record).copied())
            .await?;
        for (record, resource) in records.iter().zip(&child.records) {
            let same = opened.iter().any(|(held, bytes)| {
                held.record == *record && bytes.as_slice() == resource.canonical_bytes()
            });
            if !same {
                return Err(format!(
                    "record {record} is not byte for byte what was recorded"
                ));
            }
        }
        self.wait_until_delivered(&question.subject, asked.request, opened.len())
            .await?;
        Ok(asked.block)
    }

    async fn wait_until_delivered(
        &self,
        subject: &Pseudonym,
        of: musubi_primitives::RequestId,
        count: usize,
    ) -> Result<(), String> {
        let mut heads = self.proofs.follow_heads().await?;
        loop {
            let rows = self.proofs.trail(subject).await?;
            let is_delivery = |fact: &TrailFact| matches!(fact, TrailFact::Delivered { request, .. } if *request == of);
            if rows.iter().filter(|row| is_delivery(&row.row.fact)).count() == count {
                return Ok(());
            }
            heads.next().await?;
        }
    }

    /// One touch: the app signs, or the card signs a withdrawal at the counter.
    async fn withdraw(
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
        let evidence = self.sign(cast, &document)?;
        let answer = self
            .give(cast, &cast.clerk, "withdrawal", consent.0, &evidence)
            .await?;
        Ok(answer.block)
    }

    /// The whole trail, printed and proved.
    async fn close(&mut self, subject: Pseudonym) -> Result<(), String> {
        let (path, lines) = self.proofs.whole_trail(&subject).await?;
        for line in lines {
            self.report.say(&format!("       {line}"));
        }
        let block = Some(self.proofs.newest_height().await?);
        let step = Step {
            actor: "health officer",
            outcome: "whole trail proved",
            reason: Some("no row is missing, no read without a grant"),
            block,
            proof: Some(&path),
        };
        self.report.step("audit", &step);
        Ok(())
    }

    fn second_clinic<'s>(&'s self, cast: &'s Cast) -> Reader<'s> {
        Reader {
            keys: &cast.second_doctor,
            gateway: &self.village,
            custodian: HOME,
        }
    }

    async fn nonce(&self, who: &Keys) -> Result<[u8; 32], String> {
        let issued: Nonce = self.village.post(who, "/v1/nonces", &json!(null)).await?;
        let nonce: BlockHash = issued
            .nonce
            .parse()
            .map_err(|_| "the nonce is no 32 bytes")?;
        Ok(nonce.0)
    }

    fn sign<F: DocumentFields>(
        &mut self,
        cast: &Cast,
        document: &Document<F>,
    ) -> Result<Evidence, String> {
        let genesis = self.village.genesis();
        self.readers.sign(&cast.card, document, genesis, now())
    }

    /// Hands evidence to the village, sealed to it, and expects its word.
    async fn give(
        &self,
        cast: &Cast,
        who: &Keys,
        kind: &str,
        about: [u8; 32],
        evidence: &Evidence,
    ) -> Result<Answer, String> {
        let sealed = evidence
            .seal(&cast.village_key, &about)
            .map_err(|error| error.to_string())?;
        let sealed = base64::engine::general_purpose::STANDARD.encode(sealed.to_bytes());
        let body = json!({"kind": kind, "about": BlockHash(about), "sealed": sealed});
        let mut heads = self.proofs.follow_heads().await?;
        let answer = loop {
            let answer: Answer = self.village.post(who, "/v1/evidence", &body).await?;
            // The card authority's answer is still out.
            if answer.outcome != "pending" {
                break answer;
            }
            heads.next().await?;
        };
        if answer.outcome == "attested" {
            return Ok(answer);
        }
        let reason = answer.reason.unwrap_or_default();
        Err(format!(
            "the village did not vouch for the {kind}: {} {reason}",
            answer.outcome
        ))
    }

    /// Tells a step and proves the rows that it wrote.
    async fn tell(
        &mut self,
        name: &str,
        actor: &str,
        outcome: &str,
        reason: Option<&str>,
        block: Option<u64>,
        subject: Pseudonym,
    ) -> Result<(), String> {
        let proof = self.proofs.new_rows(name, &subject).await?;
        let step = Step {
            actor,
            outcome,
            reason,
            block,
            proof: proof.as_deref(),
        };
        self.report.step(name, &step);
        Ok(())
    }
}

/// What the second clinic asks for.
fn question(subject: Pseudonym) -> Question {
    Question {
        subject,
        purpose: PURPOSE,
        categories: categories(),
        claim: Claim::Consent,
    }
}

fn categories() -> CategorySet {
    CategorySet::of(&[
        Category::Immunization,
        Category::Checkup,
        Category::Growth,
        Category::Questionnaire,
    ])
}

fn terms(fields: &StatementFields, evidence: &Evidence) -> Terms {
    Terms {
        subject: fields.subject,
        guardian: fields.guardian,
        recipient: fields.recipient.member,
        purpose: fields.purpose,
        categories: fields.categories,
        not_before: fields.not_before,
        not_after: fields.not_after,
        statement: evidence.commitment(),
        nonce: fields.nonce,
        assurance: fields.assurance,
        second_attester: None,
        account: fields.account,
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

fn random() -> Result<[u8; 32], String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// Names of the members, for lines that people read.
pub fn member_name(member: MemberId) -> &'static str {
    let place = usize::try_from(member.0).unwrap_or(usize::MAX);
    MEMBERS.get(place).map_or("a member", |member| member.name)
}
