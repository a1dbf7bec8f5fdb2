//! The second word that a sensitive or witnessed consent needs (rules K7 and K8 of `pallet-consent`): of a second officer, who looks at
//! what the first one judged and signs with a key of their own, or of the second village that the statement names.
//!
//! The home municipality hands evidence over sealed to that village, with what opens the card's commitment. The second village judges
//! statement, signature, certificate and the chain's guardianship for itself, asks its own revocation sources, and keeps nothing: the
//! evidence stays with the home municipality alone.

use super::{
    attester::{Attester, Opened, ends_the_proposal, unopened},
    chain::unavailable,
    counter::fault,
    hearing::{Why, disagreed, words},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use musubi_consent::{
    ActiveBinding, Claim, Evidence, GuardianFacts, HandedOver, SealedEvidence, Statement,
    rendering::render,
};
use musubi_node_gateway::{
    Answer, Caller, ConsentStanding, DeskError, Disagreement, ForSecond, SealedDocument,
    SecondLook, Standing,
};
use musubi_node_register::Finding;
use musubi_primitives::{
    AssuranceLevel, ConsentId, ConsentState, MemberId, Moment, Pseudonym, Role,
    resident::{Authority, SignerRole},
    seams::{GuardianshipFacts, MemberFacts},
    view::{CardView, ConsentView},
};
use musubi_runtime::Runtime;

/// A consent as state keeps it.
type Stored = pallet_consent::Consent;

impl Attester {
    /// How a consent stands, for those whom it concerns; for everybody else there is none.
    ///
    /// # Errors
    /// See [`DeskError`].
    pub async fn standing(
        &self,
        caller: &Caller,
        consent: ConsentId,
    ) -> Result<ConsentStanding, DeskError> {
        let stored = self.stored(consent).await?;
        let home: Option<MemberId> = self
            .chain
            .read("MusubiApi_home", stored.terms.subject)
            .await?;
        if !concerns(caller, &stored, home) {
            return Err(unknown_consent());
        }
        let state = self.consent_view(consent).await?.state;
        let known = self.register.disagreement(&consent).map_err(fault)?;
        let may_know_why = |_: &_| hears_reasons(caller, &stored, self.member);
        Ok(ConsentStanding {
            state,
            until: stored.until,
            attested: stored.attestations.iter().map(|one| one.member).collect(),
            needed: pallet_consent::attestations_needed(&stored.terms),
            disagreement: known.filter(may_know_why).map(|known| Disagreement {
                reason: known.reason,
                block: known.block,
            }),
        })
    }

    /// What a second officer of this municipality sees before signing an attestation of their own.
    ///
    /// # Errors
    /// See [`DeskError`].
    pub async fn second_look(
        &self,
        caller: &Caller,
        consent: ConsentId,
    ) -> Result<SecondLook, DeskError> {
        self.check_officer(caller)?;
        let view = self.consent(consent).await?;
        let (evidence, finding) = self.handed_in(&view)?;
        let opened = Opened {
            kind: finding.kind,
            evidence,
            terminal: None,
            name_compared_by_eye: true,
        };
        Ok(match self.judge_consent(&opened, consent, &view).await? {
            Ok(judged) if judged.is_pending => SecondLook::Pending,
            Ok(_) => SecondLook::Agrees {
                statement: statement_in_words(&opened.evidence)?,
            },
            Err(disagreement) => SecondLook::Differs {
                reason: words(&disagreement),
            },
        })
    }

    /// Hands kept evidence over to the second village that the terms name, sealed to it.
    ///
    /// # Errors
    /// See [`DeskError`]; nothing is handed over about a protected person.
    pub async fn for_second(
        &self,
        caller: &Caller,
        consent: ConsentId,
    ) -> Result<ForSecond, DeskError> {
        super::counter::check_counter(self.member, caller)?;
        let view = self.consent(consent).await?;
        if view.terms.assurance == AssuranceLevel::CardAuthenticated {
            return Err(DeskError::Unprocessable(
                "a second village judges signing certificates: a second officer of this municipality attests instead"
                    .to_owned(),
            ));
        }
        let member = view.terms.second_attester.ok_or_else(|| {
            DeskError::Unprocessable("the statement names no second village".to_owned())
        })?;
        if self.is_protected(&view.terms.subject)? {
            return Err(DeskError::Forbidden(
                "the person is protected: a second officer of this municipality attests instead"
                    .to_owned(),
            ));
        }
        let (evidence, _) = self.handed_in(&view)?;
        let binding = self.active_binding(&view.terms.guardian).await?;
        let binding = binding.ok_or_else(|| {
            DeskError::Unprocessable("the signer has no active card binding".to_owned())
        })?;
        let facts: Option<MemberFacts> = self.chain.read("MusubiApi_member", member).await?;
        let facts = facts.ok_or_else(|| {
            DeskError::Unprocessable(
                "the second village is not a member in good standing: a second officer attests instead"
                    .to_owned(),
            )
        })?;
        let handed_over = HandedOver {
            evidence,
            binding_salt: binding.salt,
        };
        let sealed = handed_over
            .seal(&facts.hpke, &consent.0)
            .map_err(unavailable)?;
        Ok(ForSecond {
            member,
            sealed: STANDARD.encode(sealed.to_bytes()),
        })
    }

    /// The word of this municipality as the second one that a statement names.
    pub(super) async fn second_word(&self, document: &SealedDocument) -> Result<Answer, DeskError> {
        let consent = ConsentId(document.about);
        let handed_over = SealedEvidence::parse(&document.sealed)
            .and_then(|sealed| HandedOver::open(&sealed, &self.opener, &document.about))
            .map_err(unopened)?;
        let view = self.consent(consent).await?;
        if view.terms.second_attester != Some(self.member) {
            return Err(DeskError::Unprocessable(
                "the terms do not name this municipality as the second one".to_owned(),
            ));
        }
        if view.state != ConsentState::Proposed {
            return self.second_word_late(consent).await;
        }
        let binding = self.binding_of(&view, &handed_over).await?;
        let claim = Claim {
            genesis: self.chain.genesis(),
            consent,
            terms: &view.terms,
            attester: self.member,
            evidence: &handed_over.evidence,
            binding: binding.as_ref(),
            guardian: self.guardian_on_chain(&view, &handed_over.evidence).await?,
        };
        match self.judge_signed(&claim) {
            Ok(judged) if judged.is_pending => Ok(Answer::Pending),
            Ok(_) => self.vouch(consent).await,
            Err(disagreement) if ends_the_proposal(&disagreement) => {
                self.disagree(consent, Why::from(&disagreement)).await
            }
            Err(disagreement) => Ok(disagreed(Why::from(&disagreement))),
        }
    }

    /// Whether the chain has this municipality's word for a consent that is not over.
    pub(super) async fn has_vouched(&self, consent: ConsentId) -> Result<bool, DeskError> {
        let stored = self.stored(consent).await?;
        let mut attestations = stored.attestations.iter();
        Ok(attestations.any(|one| one.member == self.member))
    }

    async fn second_word_late(&self, consent: ConsentId) -> Result<Answer, DeskError> {
        if self.has_vouched(consent).await? {
            return self.attested_before(Some(consent));
        }
        let known = self.register.disagreement(&consent).map_err(fault)?;
        let known = known.ok_or_else(|| {
            DeskError::Unprocessable("this consent does not wait for an attestation".to_owned())
        })?;
        Ok(Answer::Disagreed {
            reason: known.reason,
            is_of_the_card: true,
            block: Some(known.block),
        })
    }

    /// The signer's card as the chain has it, opened with the salt that was handed over.
    async fn binding_of(
        &self,
        view: &ConsentView,
        handed_over: &HandedOver,
    ) -> Result<Option<ActiveBinding>, DeskError> {
        let guardian = view.terms.guardian;
        let card: Option<CardView> = self.chain.read("MusubiApi_active_card", guardian).await?;
        Ok(card.map(|card| ActiveBinding {
            commitment: card.commitment,
            salt: handed_over.binding_salt.clone(),
        }))
    }

    /// What the chain alone says of the signer's authority: alone or jointly, and that it holds now. As whom somebody signs, and until
    /// when exactly, the home municipality's register says; the chain ends a consent with its guardianship (K6).
    async fn guardian_on_chain(
        &self,
        view: &ConsentView,
        evidence: &Evidence,
    ) -> Result<Option<GuardianFacts>, DeskError> {
        let (guardian, subject) = (view.terms.guardian, view.terms.subject);
        let facts = |role, authority| GuardianFacts {
            role,
            authority,
            from: 0,
            until: Moment::MAX,
        };
        if guardian == subject {
            return Ok(Some(facts(SignerRole::Subject, Authority::Single)));
        }
        let held: Option<GuardianshipFacts> = self
            .chain
            .read("MusubiApi_guardianship", (guardian, subject))
            .await?;
        let statement = Statement::parse(&evidence.document).ok();
        let pair = held.zip(statement);
        Ok(pair.map(|(held, statement)| facts(statement.fields().role, held.authority)))
    }

    /// Evidence of this consent that was handed in here and was not rejected.
    pub(super) fn handed_in(&self, view: &ConsentView) -> Result<(Evidence, Finding), DeskError> {
        let kept = self.register.judged(&view.terms.statement).map_err(fault)?;
        kept.filter(|(_, finding)| finding.rejected.is_none())
            .ok_or_else(|| {
                DeskError::NotFound(
                    "no evidence of this consent is kept here: hand it in first".to_owned(),
                )
            })
    }

    pub(super) fn check_officer(&self, caller: &Caller) -> Result<(), DeskError> {
        let actor = caller.staff()?;
        if (actor.member, actor.role) == (self.member, Role::Officer) {
            return Ok(());
        }
        Err(DeskError::Forbidden(
            "only officers of this municipality may do this".to_owned(),
        ))
    }

    pub(super) async fn stored(&self, consent: ConsentId) -> Result<Stored, DeskError> {
        let key = pallet_consent::Consents::<Runtime>::hashed_key_for(consent);
        self.chain.stored(key).await?.ok_or_else(unknown_consent)
    }

    pub(super) async fn consent_view(&self, consent: ConsentId) -> Result<ConsentView, DeskError> {
        let view: Option<ConsentView> = self.chain.read("MusubiApi_consent", consent).await?;
        view.ok_or_else(unknown_consent)
    }
}

/// The same words for what does not exist and for what is none of the caller's concern.
pub(super) fn unknown_consent() -> DeskError {
    DeskError::NotFound("no such consent, or not one of yours".to_owned())
}

fn concerns(caller: &Caller, stored: &Stored, home: Option<MemberId>) -> bool {
    let terms = &stored.terms;
    match caller.standing {
        Standing::Person(person) => is_party(person, stored),
        Standing::Staff(actor) => {
            [home, terms.second_attester, Some(terms.recipient)].contains(&Some(actor.member))
        }
    }
}

fn hears_reasons(caller: &Caller, stored: &Stored, municipality: MemberId) -> bool {
    match caller.standing {
        Standing::Person(person) => is_party(person, stored),
        Standing::Staff(actor) => actor.member == municipality,
    }
}

fn is_party(person: Pseudonym, stored: &Stored) -> bool {
    [stored.terms.guardian, stored.terms.subject].contains(&person)
}

fn statement_in_words(evidence: &Evidence) -> Result<String, DeskError> {
    let statement = Statement::parse(&evidence.document).map_err(unavailable)?;
    render(&evidence.document, statement.fields().language).map_err(unavailable)
}
