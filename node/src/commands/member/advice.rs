//! What an operator can do about each rule of the consortium that refused a call.

use crate::client::Rule;
use codec::Decode;
use musubi_runtime::Runtime;
use pallet_consortium::Error;

/// What to do about a refusal.
pub(super) fn advice(rule: &Rule) -> &'static str {
    if rule.pallet != "Consortium" {
        return "read the rule in the pallet's documentation";
    }
    all()
        .find(|error| format!("{error:?}") == rule.name)
        .map_or("read the rule in the pallet's documentation", remedy)
}

/// Every error of the pallet.
fn all() -> impl Iterator<Item = Error<Runtime>> {
    (0..=u8::MAX).filter_map(|index| Error::decode(&mut [index].as_slice()).ok())
}

fn remedy(error: Error<Runtime>) -> &'static str {
    match error {
        Error::NotMunicipalityOperator => {
            "sign with the operator key of a municipality in good standing; musubi member list shows both"
        }
        Error::NotOperator => {
            "sign with the operator key of the member itself; musubi member list shows it"
        }
        Error::ProposalNotOpen => {
            "look at musubi member proposals: it was decided, lapsed, or never opened"
        }
        Error::TooManyProposals => "vote on what is open, or wait until it lapses after seven days",
        Error::AccountTaken => "make a new key by musubi key generate; no account is used twice",
        Error::RoleNotOfKind => "give a role that this kind of member has",
        Error::KeyUnknown => {
            "name a staff or device key of your own member; musubi member list shows them"
        }
        Error::KeyLifeOutOfBounds => "give a day in the future, at most two years ahead",
        Error::TooManyKeys => "withdraw keys that are not used any more",
        Error::MemberUnknown => "name a member by its number in musubi member list",
        Error::StandingNotFit => {
            "look at its standing in musubi member list; what was removed never returns"
        }
        Error::NotMunicipality => "only municipalities validate; name one in good standing",
        Error::NoSeat => "name a member that musubi member list shows as validator",
        Error::ValidatorKeyTaken => {
            "make a new consensus key by musubi key generate; each validator has its own"
        }
        Error::LastValidator => "add another validator first",
        Error::TooManyMunicipalities => "the consortium is full; another must leave first",
        Error::ParameterOutOfBounds => {
            "block time 200 to 1000 ms, idle beat up to 5000, ticket life 1000 to 60000; timeouts: propose 100 to 10000, vote 50 to 10000, \
             delta 10 to 5000"
        }
        Error::SpecNotNewer => "name a specification with a higher number than the active one",
        Error::SpecTooSoon => "name a later height, at least ten blocks ahead of the last vote",
        Error::SpecScheduleNotFit => {
            "only one specification is scheduled at a time: cancel it first, or there is none to cancel"
        }
        Error::TooManyNodes => "withdraw a node first; a member has at most four",
        Error::NodeTaken => "make a new network key by musubi key generate",
        Error::NodeUnknown => "name a node of your own member; musubi member list shows them",
        Error::NumbersExhausted => "nothing helps: the chain has given all its numbers",
        Error::__Ignore(..) => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_the_consortium_comes_with_advice_of_its_own() {
        let advices: std::collections::BTreeSet<&str> =
            all().map(|error| advice(&Rule::of(error))).collect();
        assert_eq!(advices.len(), all().count());
        assert!(advices.len() > 20);
    }

    #[test]
    fn a_rule_of_another_pallet_is_left_to_its_documentation() {
        let rule = Rule::of(sp_runtime::DispatchError::BadOrigin);
        assert!(advice(&rule).contains("documentation"));
    }
}
