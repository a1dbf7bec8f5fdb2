//! The states of a consent: every pair of state and event, and what it leads to.

use musubi_consent::lifecycle::{LifecycleEvent, transition};
use musubi_primitives::{ConsentState, Ending};

const STATES: [ConsentState; 7] = [
    ConsentState::Proposed,
    ConsentState::Effective,
    ConsentState::Paused,
    ConsentState::Ended(Ending::Withdrawn),
    ConsentState::Ended(Ending::Expired),
    ConsentState::Ended(Ending::Superseded),
    ConsentState::Ended(Ending::Refused),
];

fn events() -> Vec<LifecycleEvent> {
    let endings = Ending::ALL
        .iter()
        .map(|ending| LifecycleEvent::Ended(*ending));
    [
        LifecycleEvent::Attested,
        LifecycleEvent::Objected,
        LifecycleEvent::ObjectionSettled,
    ]
    .into_iter()
    .chain(endings)
    .collect()
}

#[test]
fn nothing_leads_out_of_an_ending() {
    for state in STATES
        .into_iter()
        .filter(|state| matches!(state, ConsentState::Ended(_)))
    {
        for event in events() {
            assert!(transition(state, event).is_err(), "{state:?} {event:?}");
        }
    }
}

#[test]
fn withdrawal_and_expiry_work_from_every_living_state() {
    for state in [
        ConsentState::Proposed,
        ConsentState::Effective,
        ConsentState::Paused,
    ] {
        for ending in [Ending::Withdrawn, Ending::Expired] {
            assert_eq!(
                transition(state, LifecycleEvent::Ended(ending)),
                Ok(ConsentState::Ended(ending))
            );
        }
    }
}

#[test]
fn the_legal_steps_are_exactly_these() {
    let legal = STATES
        .iter()
        .flat_map(|state| events().into_iter().map(|event| (*state, event)));
    let legal: Vec<_> = legal
        .filter_map(|(state, event)| transition(state, event).ok().map(|to| (state, to)))
        .collect();
    let ended = |why| ConsentState::Ended(why);
    assert_eq!(
        legal,
        [
            (ConsentState::Proposed, ConsentState::Effective),
            (ConsentState::Proposed, ended(Ending::Withdrawn)),
            (ConsentState::Proposed, ended(Ending::Expired)),
            (ConsentState::Proposed, ended(Ending::Refused)),
            (ConsentState::Effective, ConsentState::Paused),
            (ConsentState::Effective, ended(Ending::Withdrawn)),
            (ConsentState::Effective, ended(Ending::Expired)),
            (ConsentState::Effective, ended(Ending::Superseded)),
            (ConsentState::Paused, ConsentState::Effective),
            (ConsentState::Paused, ended(Ending::Withdrawn)),
            (ConsentState::Paused, ended(Ending::Expired)),
            (ConsentState::Paused, ended(Ending::Superseded)),
        ]
    );
}
