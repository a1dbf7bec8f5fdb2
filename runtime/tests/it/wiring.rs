//! The pallets together: what one writes, the others heed.

use crate::{
    chain::{Built, Chain, account},
    story::{Family, HOME, OTHER_VILLAGE, Step, staff},
};
use codec::{Decode, Encode};
use musubi_primitives::{
    Basis, CategorySet, Decision, DenialReason, MemberId, Purpose, RequestId,
    access::{Claim, StatuteArticle, Ticket},
    anchor::Anchor,
    mountain_range::MountainRange,
    trail::{TrailHead, TrailRow},
};
use musubi_runtime::{RuntimeCall, RuntimeEvent};
use sp_runtime::DispatchError;
use std::collections::BTreeMap;

const PHONE: u8 = 90;

/// A chain, a family, and how many transactions each account has sent.
pub(crate) struct Play {
    chain: Chain,
    pub(crate) family: Family,
    nonces: BTreeMap<u8, u32>,
    rows: Vec<TrailRow>,
}

impl Play {
    pub(crate) fn new() -> Self {
        let mut chain = Chain::new();
        chain.extend(vec![]);
        Self {
            chain,
            family: Family::new(0, account(PHONE), 1_000),
            nonces: BTreeMap::new(),
            rows: Vec::new(),
        }
    }

    /// Puts the steps into blocks, one account's transaction after the other; every one must succeed.
    pub(crate) fn play(&mut self, steps: Vec<Step>) {
        for step in steps {
            let name = step.name;
            assert_eq!(self.attempt(step), Ok(()), "{name}");
        }
    }

    /// Puts one step into a block of its own and says how it went.
    pub(crate) fn attempt(&mut self, step: Step) -> Result<(), DispatchError> {
        let seed = (0..=u8::MAX)
            .find(|seed| account(*seed) == step.by)
            .expect("every actor of the story has a seed");
        let nonce = self.nonces.entry(seed).or_default();
        let transaction = self.chain.sign(seed, *nonce, step.call);
        *nonce += 1;
        let built = self.chain.extend(vec![transaction]);
        let rows = rows_of(&built);
        assert_eq!(
            anchor_of(&built).trail_root,
            MountainRange::over(rows.iter().map(TrailRow::leaf)).root()
        );
        self.rows.extend(rows);
        let [result] = built.results.as_slice() else {
            panic!("one transaction has one result")
        };
        result.expect("the transaction is valid")
    }

    fn ask<R: Decode>(&self, method: &str, arguments: &impl Encode) -> R {
        R::decode(&mut &self.chain.call(&format!("MusubiApi_{method}"), arguments)[..])
            .expect("the declared type")
    }

    pub(crate) fn decision(&self, which: u8) -> Option<Decision> {
        self.ask("decision", &self.family.request(which))
    }
}

fn rows_of(built: &Built) -> Vec<TrailRow> {
    let mut rows = Vec::new();
    for event in &built.events {
        if let RuntimeEvent::Trail(pallet_trail::Event::Row(row)) = event {
            rows.push(row.clone());
        }
    }
    rows
}

fn anchor_of(built: &Built) -> Anchor {
    let anchors = built.anchors();
    *anchors.first().expect("every header has an anchor")
}

#[test]
fn a_read_is_denied_before_the_consent_permitted_under_it_and_denied_after_the_withdrawal() {
    let mut play = Play::new();
    let consent = play.family.until_consent();
    let (enrolment, agreement): (Vec<_>, Vec<_>) = consent
        .into_iter()
        .partition(|step| matches!(step.call, RuntimeCall::Residents(_)));
    play.play(enrolment);
    play.play(vec![play.family.ask(1)]);
    assert_eq!(
        play.decision(1),
        Some(Decision::Deny(DenialReason::NoConsent))
    );
    play.play(agreement);
    play.play(play.family.visit());
    assert!(matches!(
        play.decision(0),
        Some(Decision::Permit {
            basis: Basis::Consent(_),
            ..
        })
    ));
    assert!(
        play.ask::<Option<Ticket>>("ticket", &play.family.request(0))
            .is_some()
    );
    play.play(vec![play.family.withdraw()]);
    assert!(
        play.ask::<Option<Ticket>>("ticket", &play.family.request(0))
            .is_none(),
        "the ticket dies with the consent"
    );
    play.play(vec![play.family.ask(2)]);
    assert_eq!(
        play.decision(2),
        Some(Decision::Deny(DenialReason::Withdrawn))
    );
}

#[test]
fn the_home_nurse_reads_by_statute_and_the_clinic_does_not() {
    let mut play = Play::new();
    play.play(play.family.until_consent());
    play.play(play.family.visit());
    play.play(vec![play.family.withdraw()]);
    let ask = |by: u8, request: RequestId| {
        let call = pallet_access::Call::request_access {
            request,
            subject: play.family.child(),
            purpose: Purpose::Checkup,
            categories: CategorySet::of(&[musubi_primitives::Category::Immunization]),
            claim: Claim::Statute(StatuteArticle::ImmunizationAct),
            session: None,
        };
        Step {
            name: "request_access",
            by: account(by),
            call: RuntimeCall::Access(call),
        }
    };
    let steps = vec![
        ask(staff::NURSE, play.family.request(3)),
        ask(staff::DOCTOR, play.family.request(4)),
    ];
    play.play(steps);
    assert!(matches!(
        play.decision(3),
        Some(Decision::Permit {
            basis: Basis::Statute(StatuteArticle::ImmunizationAct),
            ..
        })
    ));
    assert!(matches!(play.decision(4), Some(Decision::Deny(_))));
}

#[test]
fn the_whole_story_succeeds_and_its_rows_are_all_the_rows() {
    let mut play = Play::new();
    for steps in [
        play.family.until_consent(),
        play.family.visit(),
        play.family.aftermath(),
        vec![play.family.withdraw()],
        play.family.keys(),
    ] {
        play.play(steps);
    }
    assert_eq!(
        play.ask::<Option<MemberId>>("home", &play.family.child()),
        Some(HOME)
    );
    play.play(play.family.life());
    assert_eq!(
        play.ask::<Option<MemberId>>("home", &play.family.child()),
        Some(OTHER_VILLAGE)
    );
    assert_eq!(
        play.ask::<Option<MemberId>>("home", &play.family.guardian()),
        None
    );
    for subject in [play.family.child(), play.family.guardian()] {
        let rows = play.rows.iter().filter(|row| row.subject == subject);
        let mut rows = rows;
        let head = rows.try_fold(TrailHead::start(&subject), |head, row| head.after(row));
        assert_eq!(head, Some(play.ask::<TrailHead>("trail_head", &subject)));
    }
}
