//! What life does to cards and families, through all pallets: renewal, loss, a second parent's objection, protection, no card at all.

use crate::{
    chain::account,
    story::{CLINIC, OTHER_VILLAGE, Step, consent, residents, staff},
    wiring::Play,
};
use musubi_primitives::{
    AccountId, AssuranceLevel, Basis, BindingId, Category, CategorySet, Commitment, ConsentId,
    Decision, DenialReason, HpkeKey, Pseudonym, Terms,
    resident::{Authority, ServiceDomain, common_date_after},
};
use musubi_runtime::{Runtime, RuntimeCall};
use pallet_residents::person::DeviceKeys;
use sp_runtime::DispatchError;

type ConsentError = pallet_consent::Error<Runtime>;
type ResidentsError = pallet_residents::Error<Runtime>;

/// The story's phone, and that of the other parent.
const MOTHERS_PHONE: u8 = 90;
const FATHERS_PHONE: u8 = 91;
const FATHER: Pseudonym = Pseudonym([0xFA; 32]);
const SECOND_CONSENT: ConsentId = ConsentId([0xC2; 32]);

fn enrol(subject: Pseudonym, protected: bool, phone: Option<u8>) -> Step {
    let device = phone.map(|seed| DeviceKeys {
        account: account(seed),
        hpke: HpkeKey([seed; 32]),
    });
    let domain = ServiceDomain::Health;
    let call = pallet_residents::Call::enrol {
        subject,
        domain,
        protected,
        device,
    };
    residents("enrol", staff::OFFICER, call)
}

fn guardianship(subject: Pseudonym, guardian: Pseudonym, authority: Authority) -> Step {
    let call = pallet_residents::Call::attest_guardianship {
        subject,
        guardian,
        authority,
        until: common_date_after(1_000, 0),
    };
    residents("change_guardianship", staff::OFFICER, call)
}

fn bind(person: Pseudonym, binding: BindingId) -> Step {
    let call = pallet_residents::Call::bind_card {
        person,
        binding,
        commitment: Commitment([5; 32]),
        assurance: AssuranceLevel::CardSigned,
    };
    residents("bind_card", staff::OFFICER, call)
}

fn propose(id: ConsentId, terms: Terms) -> Step {
    let call = pallet_consent::Call::propose {
        consent: id,
        terms,
        supersedes: None,
    };
    consent("propose", account(staff::DOCTOR), call)
}

fn attest(id: ConsentId) -> Step {
    let call = pallet_consent::Call::attest { consent: id };
    consent("attest", account(staff::OFFICER), call)
}

fn by_phone(phone: u8, call: pallet_residents::Call<Runtime>) -> Step {
    Step {
        name: "by phone",
        by: account(phone),
        call: RuntimeCall::Residents(call),
    }
}

/// Another consent for the same scope under a new nonce.
fn again(play: &Play) -> Terms {
    Terms {
        nonce: [0xC2; 32],
        ..play.family.terms(0, Category::Immunization)
    }
}

fn with_consent() -> Play {
    let mut play = Play::new();
    play.play(play.family.until_consent());
    play
}

/// Whether the clinic's read under this number is permitted, or why not.
fn read(play: &mut Play, which: u8) -> Result<(), DenialReason> {
    let ask = play.family.ask(which);
    play.play(vec![ask]);
    match play.decision(which) {
        Some(Decision::Permit {
            basis: Basis::Consent(_),
            ..
        }) => Ok(()),
        Some(Decision::Deny(reason)) => Err(reason),
        other => panic!("{other:?}"),
    }
}

fn error(error: impl Into<DispatchError>) -> Result<(), DispatchError> {
    Err(error.into())
}

#[test]
fn a_renewed_card_takes_over_and_the_consent_goes_on() {
    let mut play = with_consent();
    let guardian = play.family.guardian();
    let (old, renewed) = (play.family.card(0), play.family.card(5));
    play.play(vec![bind(guardian, renewed)]);
    assert_eq!(read(&mut play, 1), Ok(()));
    let reinstate = pallet_residents::Call::reinstate_card { binding: old };
    let revived = play.attempt(residents("change_card", staff::OFFICER, reinstate));
    assert_eq!(revived, error(ResidentsError::BindingStateNotFit));
    let terms = again(&play);
    play.play(vec![propose(SECOND_CONSENT, terms), attest(SECOND_CONSENT)]);
}

#[test]
fn a_lost_card_vouches_for_nothing_and_a_freeze_stops_what_it_vouched_for() {
    let mut play = with_consent();
    let (binding, subject) = (play.family.card(0), play.family.child());
    let lost = pallet_residents::Call::suspend_card { binding };
    play.play(vec![by_phone(MOTHERS_PHONE, lost)]);
    let terms = again(&play);
    play.play(vec![propose(SECOND_CONSENT, terms)]);
    assert_eq!(
        play.attempt(attest(SECOND_CONSENT)),
        error(ConsentError::NoActiveBinding)
    );
    let freeze = pallet_residents::Call::freeze { subject };
    play.play(vec![by_phone(MOTHERS_PHONE, freeze)]);
    assert_eq!(read(&mut play, 1), Err(DenialReason::Frozen));
    let found = pallet_residents::Call::reinstate_card { binding };
    let unfreeze = pallet_residents::Call::unfreeze { subject };
    play.play(vec![
        residents("change_card", staff::OFFICER, found),
        by_phone(MOTHERS_PHONE, unfreeze),
        attest(SECOND_CONSENT),
    ]);
    assert_eq!(read(&mut play, 2), Ok(()));
}

#[test]
fn the_other_holder_of_joint_authority_pauses_and_lets_go_on() {
    let mut play = with_consent();
    let (subject, mother) = (play.family.child(), play.family.guardian());
    let id = play.family.consent(0);
    play.play(vec![
        enrol(FATHER, false, Some(FATHERS_PHONE)),
        guardianship(subject, mother, Authority::Joint),
        guardianship(subject, FATHER, Authority::Joint),
    ]);
    let object = pallet_consent::Call::object {
        consent: id,
        objector: FATHER,
        evidence: None,
    };
    play.play(vec![consent("object", account(FATHERS_PHONE), object)]);
    assert_eq!(read(&mut play, 1), Err(DenialReason::Paused));
    let resume = pallet_consent::Call::resume {
        consent: id,
        evidence: None,
    };
    let by_mother = consent("resume", account(MOTHERS_PHONE), resume.clone());
    assert_eq!(
        play.attempt(by_mother),
        error(ConsentError::NotEntitledToObject)
    );
    play.play(vec![consent("resume", account(FATHERS_PHONE), resume)]);
    assert_eq!(read(&mut play, 2), Ok(()));
}

#[test]
fn a_protected_child_is_to_the_other_parent_a_child_that_never_was() {
    let mut play = with_consent();
    let (known, mother) = (play.family.child(), play.family.guardian());
    let (reissued, never_was) = (Pseudonym([0xAB; 32]), Pseudonym([0xCD; 32]));
    play.play(vec![
        enrol(FATHER, false, Some(FATHERS_PHONE)),
        guardianship(known, FATHER, Authority::Joint),
        residents(
            "retire",
            staff::OFFICER,
            pallet_residents::Call::retire { subject: known },
        ),
        enrol(reissued, true, None),
        guardianship(reissued, mother, Authority::Single),
    ]);
    for subject in [known, reissued, never_was] {
        let freeze = pallet_residents::Call::freeze { subject };
        assert_eq!(
            play.attempt(by_phone(FATHERS_PHONE, freeze)),
            error(ResidentsError::NotEntitledToFreeze)
        );
    }
    for (number, subject) in [(1, reissued), (2, never_was)] {
        let terms = Terms {
            subject,
            nonce: [number; 32],
            ..again(&play)
        };
        assert_eq!(
            play.attempt(propose(ConsentId([number; 32]), terms)),
            error(ConsentError::SubjectNotAvailable),
            "and the clinic hears no more"
        );
    }
    let heard = [reissued, never_was].map(|subject| {
        let terms = Terms {
            subject,
            guardian: FATHER,
            second_attester: Some(OTHER_VILLAGE),
            ..again(&play)
        };
        play.attempt(Step {
            by: account(FATHERS_PHONE),
            ..propose(ConsentId([3; 32]), terms)
        })
    });
    assert_eq!(heard[0], heard[1], "nor does the father with a trick");
    let freeze = pallet_residents::Call::freeze { subject: reissued };
    play.play(vec![by_phone(MOTHERS_PHONE, freeze)]);
}

/// The same denial many times, about a protected child and about none: the answers are compared, and the times that they took printed.
#[test]
#[expect(clippy::disallowed_types, reason = "a measurement that is printed")]
fn a_denial_about_a_protected_child_is_one_about_no_child() {
    let mut play = with_consent();
    let subjects = [Pseudonym([0xAB; 32]), Pseudonym([0xCD; 32])];
    play.play(vec![enrol(subjects[0], true, None)]);
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..20 {
        for ((subject, times), place) in subjects.into_iter().zip(&mut times).zip(0..) {
            let which = 2 * round + place + 1;
            let mut ask = play.family.ask(which);
            if let RuntimeCall::Access(pallet_access::Call::request_access {
                subject: of, ..
            }) = &mut ask.call
            {
                *of = subject;
            }
            let began = std::time::Instant::now();
            assert_eq!(play.attempt(ask), Ok(()));
            times.push(began.elapsed());
            let denied = Decision::Deny(DenialReason::NotAvailable);
            assert_eq!(play.decision(which), Some(denied), "{subject}");
        }
    }
    times.iter_mut().for_each(|times| times.sort_unstable());
    let [protected, unknown] = times.map(|times| times[times.len() / 2]);
    println!("median of a block with one denial: protected {protected:?}, unknown {unknown:?}");
}

#[test]
fn no_other_village_is_named_for_a_protected_child() {
    let mut play = with_consent();
    let (child, mother) = (Pseudonym([0xAB; 32]), play.family.guardian());
    play.play(vec![
        enrol(child, true, None),
        guardianship(child, mother, Authority::Single),
    ]);
    let terms = Terms {
        subject: child,
        second_attester: Some(OTHER_VILLAGE),
        ..again(&play)
    };
    let by_mother = Step {
        by: account(MOTHERS_PHONE),
        ..propose(SECOND_CONSENT, terms)
    };
    assert_eq!(
        play.attempt(by_mother),
        error(ConsentError::SecondAttesterNotAllowed)
    );
}

#[test]
fn witnessed_consent_waits_for_a_second_officer_and_sensitive_scopes_refuse_it() {
    let mut play = Play::new();
    let steps = play.family.until_consent();
    let is_family = |step: &Step| {
        matches!(
            step.call,
            RuntimeCall::Residents(
                pallet_residents::Call::enrol { .. }
                    | pallet_residents::Call::attest_guardianship { .. }
            )
        )
    };
    play.play(steps.into_iter().filter(is_family).collect());
    let witnessed = Terms {
        assurance: AssuranceLevel::Witnessed,
        ..play.family.terms(0, Category::Immunization)
    };
    let sensitive = Terms {
        categories: CategorySet::of(&[Category::Sensitive]),
        nonce: [0xC3; 32],
        ..witnessed.clone()
    };
    assert_eq!(
        play.attempt(propose(ConsentId([0xC3; 32]), sensitive)),
        error(ConsentError::AssuranceTooLow)
    );
    let id = play.family.consent(0);
    play.play(vec![propose(id, witnessed), attest(id)]);
    assert_eq!(read(&mut play, 1), Err(DenialReason::NoConsent));
    assert_eq!(
        play.attempt(attest(id)),
        error(ConsentError::AlreadyAttested)
    );
}

#[test]
fn a_proxy_is_a_guardianship_that_an_officer_attests_for_an_adult() {
    let mut play = with_consent();
    let (adult, proxy) = (Pseudonym([0xAD; 32]), play.family.guardian());
    play.play(vec![enrol(adult, false, None)]);
    let terms = Terms {
        subject: adult,
        recipient: CLINIC,
        ..again(&play)
    };
    let without = propose(SECOND_CONSENT, terms.clone());
    assert_eq!(play.attempt(without), error(ConsentError::NoGuardianship));
    play.play(vec![
        guardianship(adult, proxy, Authority::Single),
        propose(SECOND_CONSENT, terms),
        attest(SECOND_CONSENT),
    ]);
    let end = pallet_residents::Call::end_guardianship {
        subject: adult,
        guardian: proxy,
    };
    play.play(vec![residents("change_guardianship", staff::OFFICER, end)]);
    let by_proxy: AccountId = account(MOTHERS_PHONE);
    let terms = Terms {
        subject: adult,
        nonce: [0xC4; 32],
        ..again(&play)
    };
    let late = Step {
        by: by_proxy,
        ..propose(ConsentId([0xC4; 32]), terms)
    };
    assert_eq!(play.attempt(late), error(ConsentError::NoGuardianship));
}
