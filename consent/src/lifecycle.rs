//! The states of a consent and the only ways between them.
//!
//! Proposed becomes effective when the policy's attestations are there; effective and paused take turns; every ending is
//! for ever. A withdrawal is legal from every state that is not an ending, because "stop" must always work.

use musubi_primitives::{ConsentState, Ending};

/// What happens to a consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifecycleEvent {
    /// The policy's attestations are complete.
    Attested,
    /// Another holder of joint authority objects.
    Objected,
    /// The objection is settled.
    ObjectionSettled,
    /// It ends.
    Ended(Ending),
}

/// An event that is not legal in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a consent that is {state:?} cannot become {event:?}")]
pub struct TransitionError {
    /// The state it is in.
    pub state: ConsentState,
    /// What was to happen.
    pub event: LifecycleEvent,
}

/// The state after `event`.
///
/// # Errors
///
/// [`TransitionError`] when the event is not legal in this state.
pub fn transition(
    state: ConsentState,
    event: LifecycleEvent,
) -> Result<ConsentState, TransitionError> {
    match (state, event) {
        (ConsentState::Proposed, LifecycleEvent::Attested)
        | (ConsentState::Paused, LifecycleEvent::ObjectionSettled) => Ok(ConsentState::Effective),
        (ConsentState::Effective, LifecycleEvent::Objected) => Ok(ConsentState::Paused),
        (
            ConsentState::Proposed | ConsentState::Effective | ConsentState::Paused,
            LifecycleEvent::Ended(ending),
        ) if may_end(state, ending) => Ok(ConsentState::Ended(ending)),
        _ => Err(TransitionError { state, event }),
    }
}

/// Only a consent that nobody attested yet can be refused; only one that was in force can be superseded.
fn may_end(state: ConsentState, ending: Ending) -> bool {
    match ending {
        Ending::Withdrawn | Ending::Expired => true,
        Ending::Refused => state == ConsentState::Proposed,
        Ending::Superseded => state != ConsentState::Proposed,
    }
}
