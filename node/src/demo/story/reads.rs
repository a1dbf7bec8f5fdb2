//! Reads elsewhere: denied, permitted on consent and compared byte for byte, or by statute.

use super::{Cast, HOME, PURPOSE, Stage};
use crate::demo::{
    family::Child,
    gateway::Keys,
    reading::{Question, Reader},
};
use musubi_primitives::{
    Category, CategorySet, Claim, Decision, DenialReason, Pseudonym, RecordId, RequestId,
    SessionId, StatuteArticle, trail::TrailFact,
};

impl Stage<'_> {
    pub(super) async fn read_denied(
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

    pub(super) async fn read_permitted(
        &mut self,
        cast: &Cast,
        subject: Pseudonym,
        visit: SessionId,
        child: &Child,
        records: &[RecordId],
    ) -> Result<(), String> {
        let question = Question {
            session: Some(visit),
            ..question(subject)
        };
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

    pub(super) async fn read_by_statute(
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
        of: RequestId,
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

    fn second_clinic<'s>(&'s self, cast: &'s Cast) -> Reader<'s> {
        Reader {
            keys: &cast.second_doctor,
            gateway: &self.village,
            custodian: HOME,
        }
    }
}

/// What the second clinic asks for.
fn question(subject: Pseudonym) -> Question {
    Question {
        subject,
        purpose: PURPOSE,
        categories: categories(),
        claim: Claim::Consent,
        session: None,
    }
}

pub(super) fn categories() -> CategorySet {
    CategorySet::of(&[
        Category::Immunization,
        Category::Checkup,
        Category::Growth,
        Category::Questionnaire,
    ])
}
