//! The family's story, step by step, through the doors that people and clinics use: gateways, cards, a vault.
//!
//! A step either comes out as the story tells it or ends it with a sentence. What a step wrote on a trail is proved there and then: its
//! rows go into a bundle of their own that `musubi verify` checks offline.

mod cast;
mod check;
mod consent;
mod evidence;
mod reads;
mod records;
mod visits;

use self::cast::Cast;
use super::{
    family::Family,
    gateway::Gateway,
    plan::MEMBERS,
    proofs::Proofs,
    report::{Report, Step},
    wallet::Readers,
};
use musubi_primitives::{DenialReason, MemberId, Pseudonym, Purpose};
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
            self.check_before(&cast, subject, child).await?;
            let records = self.record(&cast, subject, child).await?;
            self.stop_the_same_again(&cast, subject, child).await?;
            let visit = self.check_in(&cast, subject).await?;
            self.read_permitted(&cast, subject, visit, child, &records)
                .await?;
            self.withdraw(&cast, subject, consent).await?;
            self.read_denied(&cast, subject, DenialReason::Withdrawn)
                .await?;
            self.read_by_statute(&cast, subject, child, &records)
                .await?;
            self.close(subject).await?;
        }
        Ok(())
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

/// Names of the members, for lines that people read.
pub fn member_name(member: MemberId) -> &'static str {
    let place = usize::try_from(member.0).unwrap_or(usize::MAX);
    MEMBERS.get(place).map_or("a member", |member| member.name)
}
