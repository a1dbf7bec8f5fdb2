//! The schedule check on chain: which rules were in force, and what was found by them (D9, D10).

use crate::{
    Pallet,
    pallet::*,
    record::{RuleSet, Verdict},
};
use frame_support::{ensure, pallet_prelude::DispatchResult};
use musubi_primitives::{
    AccountId, Commitment, MemberKind, Moment, OverrideReason, Pseudonym, Role, VerdictCode,
    seams::{Actor, Consortium, Residents, Trail},
    trail::TrailFact,
};

/// What a judge says the schedule check found.
pub(crate) struct Finding {
    pub(crate) subject: Pseudonym,
    pub(crate) rule_set: u32,
    pub(crate) verdict: VerdictCode,
    pub(crate) override_reason: Option<OverrideReason>,
}

impl<T: Config> Pallet<T> {
    pub(crate) fn do_publish_rule_set(
        account: AccountId,
        version: u32,
        hash: [u8; 32],
        effective_from: Moment,
    ) -> DispatchResult {
        let publisher = T::Consortium::actor(&account)
            .filter(|actor| actor.kind == MemberKind::Municipality && actor.role == Role::Officer)
            .ok_or(Error::<T>::NotEntitledToPublish)?
            .member;
        ensure!(
            NewestRuleSet::<T>::get() < version,
            Error::<T>::VersionNotAbove
        );
        NewestRuleSet::<T>::put(version);
        RuleSets::<T>::insert(
            version,
            RuleSet {
                hash,
                publisher,
                effective_from,
            },
        );
        Self::deposit_event(Event::RuleSetPublished { version, hash });
        Ok(())
    }

    pub(crate) fn do_record_verdict(
        account: AccountId,
        inputs: Commitment,
        finding: Finding,
    ) -> DispatchResult {
        let Finding {
            subject,
            rule_set,
            verdict,
            override_reason,
        } = finding;
        let actor = T::Consortium::actor(&account).ok_or(Error::<T>::NotEntitledToJudge)?;
        ensure!(
            may_judge(&actor, override_reason),
            Error::<T>::NotEntitledToJudge
        );
        let is_known = T::Residents::home(&subject).is_some();
        ensure!(is_known, Error::<T>::SubjectNotAvailable);
        ensure!(
            RuleSets::<T>::contains_key(rule_set),
            Error::<T>::UnknownRuleSet
        );
        let overrides_nothing = verdict == VerdictCode::ConditionsMet && override_reason.is_some();
        ensure!(!overrides_nothing, Error::<T>::NothingToOverride);
        ensure!(
            !Verdicts::<T>::contains_key(inputs),
            Error::<T>::VerdictRecorded
        );
        let (member, at) = (actor.member, T::Consortium::now());
        let recorded = Verdict {
            subject,
            rule_set,
            verdict,
            override_reason,
            member,
            judge: account,
            at,
        };
        Verdicts::<T>::insert(inputs, recorded);
        T::Trail::append(
            &subject,
            TrailFact::ScheduleChecked {
                inputs,
                rule_set,
                verdict,
                override_reason,
            },
        );
        Self::deposit_event(Event::VerdictRecorded {
            inputs,
            rule_set,
            verdict,
        });
        Ok(())
    }
}

/// D10: the physician decides; a nurse or the clinic's system may only record what was found.
fn may_judge(actor: &Actor, override_reason: Option<OverrideReason>) -> bool {
    let gives_care = matches!(
        actor.kind,
        MemberKind::Clinic | MemberKind::Municipality | MemberKind::Vehicle
    );
    let is_doctor = actor.role == Role::Doctor;
    let may_record = is_doctor || matches!(actor.role, Role::Nurse | Role::Gateway);
    gives_care && may_record && (is_doctor || override_reason.is_none())
}
