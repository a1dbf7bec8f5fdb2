//! What a caller hears of a judgement. Why a certificate does not count is for the person and the home municipality alone: a verifier
//! passes revocation answers to nobody (JPKI act, art. 52). Staff of other members hear the same words whatever was wrong with the
//! signature, so that nothing can be concluded from them.

use musubi_consent::{Disagreement, Refusal};
use musubi_node_gateway::{Answer, Caller, CheckInAnswer, CheckInRefusal, Standing};
use musubi_primitives::MemberId;

/// What others hear of a signature that does not count.
const NOT_ACCEPTED: &str =
    "the signature is not accepted: the person is told why at the home municipality's counter";

/// Why evidence or a proposal was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Why {
    /// The first thing that differs, in words without personal data.
    pub(super) reason: String,
    /// Whether it tells of the state of certificate or signature.
    pub(super) is_of_the_card: bool,
}

impl Why {
    pub(super) fn of_the_card(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            is_of_the_card: true,
        }
    }

    pub(super) fn plain(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            is_of_the_card: false,
        }
    }
}

impl From<&Disagreement> for Why {
    fn from(disagreement: &Disagreement) -> Self {
        Self {
            reason: words(disagreement),
            is_of_the_card: matches!(disagreement, Disagreement::Signature(_)),
        }
    }
}

impl From<&Refusal> for Why {
    fn from(refusal: &Refusal) -> Self {
        Self {
            reason: words(refusal),
            is_of_the_card: matches!(refusal, Refusal::Signature(_)),
        }
    }
}

/// An answer that changes nothing on the chain.
pub(super) fn disagreed(why: Why) -> Answer {
    Answer::Disagreed {
        reason: why.reason,
        is_of_the_card: why.is_of_the_card,
        block: None,
    }
}

/// An answer as the caller of `municipality`'s gateway may hear it.
pub(super) fn heard_by(caller: &Caller, municipality: MemberId, answer: Answer) -> Answer {
    match answer {
        Answer::Disagreed {
            is_of_the_card: true,
            block,
            ..
        } if is_of_another_member(caller, municipality) => Answer::Disagreed {
            reason: NOT_ACCEPTED.to_owned(),
            is_of_the_card: true,
            block,
        },
        answer => answer,
    }
}

/// The same for a check-in, whose code names the rule and not the reason.
pub(super) fn visit_heard_by(
    caller: &Caller,
    municipality: MemberId,
    answer: CheckInAnswer,
) -> CheckInAnswer {
    match answer {
        CheckInAnswer::Refused {
            code: code @ CheckInRefusal::SignatureNotValid,
            ..
        } if is_of_another_member(caller, municipality) => CheckInAnswer::Refused {
            code,
            reason: NOT_ACCEPTED.to_owned(),
        },
        answer => answer,
    }
}

fn is_of_another_member(caller: &Caller, municipality: MemberId) -> bool {
    match caller.standing {
        Standing::Staff(actor) => actor.member != municipality,
        Standing::Person(_) => false,
    }
}

/// An error with its causes. Those of `musubi-consent` repeat nothing of what was signed.
pub(super) fn words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use musubi_consent::validator::VerificationError;
    use musubi_primitives::{AccountId, MemberKind, Pseudonym, Role, seams::Actor};

    const HOME: MemberId = MemberId(1);

    fn staff_of(member: MemberId) -> Caller {
        caller(Standing::Staff(Actor {
            member,
            kind: MemberKind::Clinic,
            role: Role::Doctor,
        }))
    }

    fn caller(standing: Standing) -> Caller {
        Caller {
            account: AccountId([7; 32]),
            standing,
        }
    }

    fn why(error: VerificationError) -> Answer {
        disagreed(Why::from(&Disagreement::Signature(error)))
    }

    #[test]
    fn another_member_cannot_tell_a_revoked_certificate_from_a_wrong_signature() {
        let revoked = why(VerificationError::Revoked { since: 5 });
        let wrong = why(VerificationError::SignatureMismatch);
        let clinic = staff_of(MemberId(2));
        let heard = heard_by(&clinic, HOME, revoked.clone());
        assert_eq!(heard, heard_by(&clinic, HOME, wrong));
        assert_ne!(heard, revoked);
        for entitled in [staff_of(HOME), caller(Standing::Person(Pseudonym([3; 32])))] {
            assert_eq!(heard_by(&entitled, HOME, revoked.clone()), revoked);
        }
    }

    #[test]
    fn what_differs_in_the_terms_everybody_hears() {
        let differs = disagreed(Why::from(&Disagreement::Commitment));
        let clinic = staff_of(MemberId(2));
        assert_eq!(heard_by(&clinic, HOME, differs.clone()), differs);
    }

    #[test]
    fn a_check_in_tells_another_member_the_code_alone() {
        let refused = CheckInAnswer::Refused {
            code: CheckInRefusal::SignatureNotValid,
            reason: words(&VerificationError::Revoked { since: 5 }),
        };
        let heard = visit_heard_by(&staff_of(MemberId(2)), HOME, refused.clone());
        assert_ne!(heard, refused);
        assert_eq!(
            visit_heard_by(&staff_of(HOME), HOME, refused.clone()),
            refused
        );
    }
}
