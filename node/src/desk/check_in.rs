//! Check-ins: somebody touched a counter with the card, and the visit opens on the chain.
//!
//! The terminal asks this municipality for a nonce; the card's authentication key signs who visits whom, at which member and terminal,
//! received by whom, what for, and until when the signature may be used, two minutes at most. The terminal hands that in with what it
//! wants itself. Only where both agree, the card is the person's, and the nonce was this terminal's and unused, the municipality's
//! officer opens the visit: nobody else may (rule A14 of `pallet-access`).
//!
//! A refusal changes nothing anywhere: a stranger could cause it. A check-in that was taken in opens its visit once, also when this
//! process ends in between, and never a second time.

use super::{
    attester::{Attester, Opened},
    chain::unavailable,
    counter::fault,
    hearing::{Why, disagreed, visit_heard_by, words},
    pending::rejected_before,
};
use musubi_client_sdk::calls;
use musubi_consent::{
    CheckIn, CheckInFields, Evidence, ExpectedCheckIn, NonceError, Refusal, Verification,
};
use musubi_node_gateway::{
    Answer, Caller, CheckInAnswer, CheckInForm, CheckInRefusal, DeskError, sessions::Visitor,
};
use musubi_node_register::{EvidenceKind, Finding, IntakeError, Spending};
use musubi_primitives::{
    AccountId, CategorySet, Commitment, ConsentId, DenialReason, MemberId, Moment, Role, SessionId,
    seams::{Actor, GuardianshipFacts},
    view::SessionView,
};

/// How long a visit goes on unless it is closed: half a day, well within what the chain allows.
const VISIT_LIFE: Moment = 6 * 3600 * 1000;

/// How the chain refuses a session id that was used.
const USED: &str = "Access.SessionIdUsed";

/// Why no visit was opened.
enum Stop {
    Refused(CheckInRefusal, String),
    Desk(DeskError),
}

impl From<DeskError> for Stop {
    fn from(error: DeskError) -> Self {
        Self::Desk(error)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(code_of(&refusal), words(&refusal))
    }
}

impl From<NonceError> for Stop {
    fn from(error: NonceError) -> Self {
        let code = match error {
            NonceError::OutsidePeriod | NonceError::TooLate => CheckInRefusal::Stale,
            NonceError::OtherTerminal => CheckInRefusal::OtherTerminal,
            NonceError::Malformed
            | NonceError::OtherChain
            | NonceError::Forged
            | NonceError::Unknown
            | NonceError::Spent
            | NonceError::OtherUse => CheckInRefusal::NonceNotValid,
        };
        Self::Refused(
            code,
            format!("{error}: ask for a new nonce and touch again"),
        )
    }
}

impl From<IntakeError> for Stop {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::Nonce(nonce) => nonce.into(),
            IntakeError::Register(error) => Self::Desk(fault(error)),
        }
    }
}

fn refused<T>(code: CheckInRefusal, reason: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Refused(code, reason.into()))
}

impl Attester {
    /// Judges a check-in and opens its visit.
    ///
    /// # Errors
    /// See [`DeskError`]. A card that is not accepted is an answer, not an error.
    pub async fn check_in(
        &self,
        caller: &Caller,
        form: CheckInForm,
    ) -> Result<CheckInAnswer, DeskError> {
        let answer = match self.receive_visit(caller, &form).await {
            Ok(answer) => answer,
            Err(Stop::Refused(code, reason)) => CheckInAnswer::Refused { code, reason },
            Err(Stop::Desk(error)) => return Err(error),
        };
        Ok(visit_heard_by(caller, self.member, answer))
    }

    async fn receive_visit(
        &self,
        caller: &Caller,
        form: &CheckInForm,
    ) -> Result<CheckInAnswer, Stop> {
        let member = caller.staff()?.member;
        self.require_receptionist(&form.staff, member).await?;
        let opened = Opened {
            kind: EvidenceKind::CheckIn(form.session.0),
            evidence: self.open(&form.sealed, &form.session.0)?,
            terminal: Some(caller.account),
            name_compared_by_eye: false,
        };
        let fields = parse(&opened.evidence)?;
        let wanted = ExpectedCheckIn {
            session: form.session,
            subject: form.subject,
            person: fields.person,
            member,
            terminal: caller.account,
            staff: form.staff,
            purpose: form.purpose,
            nonce: fields.nonce,
        };
        match self.kept(&opened)? {
            None => self.take_visit_in(&opened, &fields, &wanted).await,
            Some(kept) => self.visit_taken_in(&opened, &fields, &wanted, &kept).await,
        }
    }

    async fn take_visit_in(
        &self,
        opened: &Opened,
        fields: &CheckInFields,
        wanted: &ExpectedCheckIn,
    ) -> Result<CheckInAnswer, Stop> {
        if fields.not_after <= self.chain.now() {
            return refused(CheckInRefusal::Stale, "its time is over: touch again");
        }
        let verification = self.judge_visit(wanted, &opened.evidence).await?;
        self.check_nonce_of_check_in(&fields.nonce, opened.evidence.signed_at)??;
        let finding = Finding {
            kind: opened.kind,
            judged_at: self.chain.now(),
            revocation: verification.revocation,
            rejected: None,
        };
        let (nonce, terminal) = (wanted.nonce, wanted.terminal);
        self.register
            .take_in(&Spending { nonce, terminal }, &opened.evidence, &finding)?;
        if verification.is_conclusive() {
            self.open_visit(wanted, opened.evidence.commitment()).await
        } else {
            self.visit_when_answered(opened, wanted).await
        }
    }

    /// The same check-in once more: its answer was lost, or this process ended before it spoke on the chain.
    async fn visit_taken_in(
        &self,
        opened: &Opened,
        fields: &CheckInFields,
        wanted: &ExpectedCheckIn,
        kept: &Finding,
    ) -> Result<CheckInAnswer, Stop> {
        self.judge_visit(wanted, &opened.evidence).await?;
        if kept.is_pending() {
            return self.visit_when_answered(opened, wanted).await;
        }
        if let Some(Answer::Disagreed { reason, .. }) = rejected_before(kept, &opened.evidence) {
            return refused(CheckInRefusal::SignatureNotValid, reason);
        }
        if let Some(answer) = self.going_on(wanted, &opened.evidence.commitment()).await? {
            return Ok(answer);
        }
        if self.chain.now() < fields.not_after {
            return self.open_visit(wanted, opened.evidence.commitment()).await;
        }
        refused(
            CheckInRefusal::Used,
            "it was used, and its visit or its time is over: touch again",
        )
    }

    /// Waits a little for the revocation answer.
    async fn visit_when_answered(
        &self,
        opened: &Opened,
        wanted: &ExpectedCheckIn,
    ) -> Result<CheckInAnswer, Stop> {
        let commitment = opened.evidence.commitment();
        match self.wait_for_answer(&commitment).await? {
            Answer::Pending => Ok(CheckInAnswer::Pending),
            Answer::Disagreed { reason, .. } => refused(CheckInRefusal::SignatureNotValid, reason),
            Answer::Attested { .. } => self.going_on(wanted, &commitment).await?.map_or_else(
                || refused(CheckInRefusal::Used, "its visit is over: touch again"),
                Ok,
            ),
        }
    }

    /// A check-in whose revocation answer came later: as it was judged then, if the visit can still go on.
    pub(super) async fn finish_check_in(&self, opened: &Opened) -> Result<Answer, DeskError> {
        match self.open_later(opened).await {
            Ok(answer) => Ok(answer),
            Err(Stop::Refused(code, reason)) => Ok(disagreed(Why {
                reason,
                is_of_the_card: code == CheckInRefusal::SignatureNotValid,
            })),
            Err(Stop::Desk(error)) => Err(error),
        }
    }

    async fn open_later(&self, opened: &Opened) -> Result<Answer, Stop> {
        let wanted = as_signed(&parse(&opened.evidence)?);
        let verification = self.judge_visit(&wanted, &opened.evidence).await?;
        if !verification.is_conclusive() {
            return Ok(Answer::Pending);
        }
        let over = opened.evidence.signed_at.saturating_add(VISIT_LIFE);
        if over <= self.chain.now() {
            return refused(
                CheckInRefusal::Stale,
                "the visit was over before the answer came",
            );
        }
        let answer = self.open_visit(&wanted, opened.evidence.commitment());
        let block = match answer.await? {
            CheckInAnswer::Opened { block, .. } => block,
            CheckInAnswer::Pending | CheckInAnswer::Refused { .. } => self.height()?,
        };
        let consent = None;
        Ok(Answer::Attested { block, consent })
    }

    /// Whether the card is the person's, the person may speak for the subject, and everything that was signed is what is wanted.
    async fn judge_visit(
        &self,
        wanted: &ExpectedCheckIn,
        evidence: &Evidence,
    ) -> Result<Verification, Stop> {
        self.require_home(&wanted.subject).await?;
        let Some(card) = self.check_in_card(&wanted.person).await? else {
            let reason = "no card of this person is known for check-ins: show it at the municipality's counter";
            return refused(CheckInRefusal::NoCard, reason);
        };
        let verification = self.counter().accept_check_in(wanted, &card, evidence)?;
        self.require_entitled(wanted).await?;
        Ok(verification)
    }

    /// The subject's own card, or that of a guardian who may decide now.
    async fn require_entitled(&self, wanted: &ExpectedCheckIn) -> Result<(), Stop> {
        if wanted.person == wanted.subject {
            return Ok(());
        }
        let pair = (wanted.person, wanted.subject);
        let held: Option<GuardianshipFacts> =
            self.chain.read("MusubiApi_guardianship", pair).await?;
        match held {
            Some(_) => Ok(()),
            None => refused(
                CheckInRefusal::NotEntitled,
                "the card's holder is neither the subject nor a guardian",
            ),
        }
    }

    async fn require_receptionist(&self, staff: &AccountId, member: MemberId) -> Result<(), Stop> {
        let actor: Option<Actor> = self.chain.read("MusubiApi_actor", staff).await?;
        let receives = |actor: &Actor| {
            let may = matches!(
                actor.role,
                Role::Clerk | Role::Nurse | Role::Doctor | Role::Officer
            );
            may && actor.member == member
        };
        match actor.filter(receives) {
            Some(_) => Ok(()),
            None => refused(
                CheckInRefusal::OtherStaff,
                "the member of staff receives nobody at this member",
            ),
        }
    }

    async fn open_visit(
        &self,
        wanted: &ExpectedCheckIn,
        evidence: Commitment,
    ) -> Result<CheckInAnswer, Stop> {
        let consent = self.consent_for(wanted).await?;
        let until = self.chain.now().saturating_add(VISIT_LIFE);
        let call = calls::access::open_session(wanted.session, consent, evidence, until);
        match self.voice.speak(&[wanted.subject], call).await {
            Ok(applied) => Ok(CheckInAnswer::Opened {
                block: applied.block,
                until,
            }),
            Err(DeskError::RefusedByChain(rule)) if rule.starts_with(USED) => {
                self.going_on(wanted, &evidence).await?.map_or_else(
                    || refused(CheckInRefusal::Used, "this visit is over: touch again"),
                    Ok,
                )
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Any consent under which the member may ask for the purpose: which records it reaches is decided with each request.
    async fn consent_for(&self, wanted: &ExpectedCheckIn) -> Result<ConsentId, Stop> {
        let scope = (
            wanted.subject,
            wanted.member,
            wanted.purpose,
            CategorySet::EMPTY,
        );
        let covering: Result<ConsentId, DenialReason> =
            self.chain.read("MusubiApi_covering_consent", scope).await?;
        match covering {
            Ok(consent) => Ok(consent),
            Err(_) => refused(
                CheckInRefusal::NoConsent,
                "no consent in force lets this member ask for this purpose",
            ),
        }
    }

    /// The visit that this very check-in has opened, while it goes on.
    async fn going_on(
        &self,
        wanted: &ExpectedCheckIn,
        evidence: &Commitment,
    ) -> Result<Option<CheckInAnswer>, DeskError> {
        let block = self.height()?;
        let found = self.visit(wanted.session).await?;
        let own = found.filter(|visit| visit.evidence == *evidence);
        Ok(own.map(|visit| CheckInAnswer::Opened {
            block,
            until: visit.until,
        }))
    }

    /// Whose card opened a visit at this terminal, while it goes on under a consent in force.
    ///
    /// # Errors
    /// See [`DeskError`].
    pub async fn visitor(
        &self,
        terminal: &Caller,
        session: SessionId,
    ) -> Result<Option<Visitor>, DeskError> {
        let (Ok(actor), Some(visit)) = (terminal.staff(), self.visit(session).await?) else {
            return Ok(None);
        };
        let scope = (session, actor.member, visit.subject);
        if !self.chain.read("MusubiApi_is_session_open", scope).await? {
            return Ok(None);
        }
        let Some((evidence, _)) = self.register.judged(&visit.evidence).map_err(fault)? else {
            return Ok(None);
        };
        let signed = CheckIn::parse(&evidence.document).map_err(unavailable)?;
        let fields = signed.fields();
        let is_its = fields.terminal == terminal.account && fields.session == session;
        Ok(is_its.then_some(Visitor {
            person: fields.person,
            until: visit.until,
        }))
    }

    async fn visit(&self, session: SessionId) -> Result<Option<SessionView>, DeskError> {
        self.chain.read("MusubiApi_session", session).await
    }

    fn height(&self) -> Result<u64, DeskError> {
        Ok(self.chain.tip().map_err(unavailable)?.height)
    }
}

fn parse(evidence: &Evidence) -> Result<CheckInFields, Stop> {
    match CheckIn::parse(&evidence.document) {
        Ok(document) => Ok(document.fields().clone()),
        Err(error) => refused(CheckInRefusal::Unreadable, words(&error)),
    }
}

/// What was wanted when it was taken in: it agreed with what was signed.
fn as_signed(fields: &CheckInFields) -> ExpectedCheckIn {
    ExpectedCheckIn {
        session: fields.session,
        subject: fields.subject,
        person: fields.person,
        member: fields.member,
        terminal: fields.terminal,
        staff: fields.staff,
        purpose: fields.purpose,
        nonce: fields.nonce,
    }
}

fn code_of(refusal: &Refusal) -> CheckInRefusal {
    match refusal {
        Refusal::Document(_) => CheckInRefusal::Unreadable,
        Refusal::OutsidePeriod => CheckInRefusal::Stale,
        Refusal::Signature(_) => CheckInRefusal::SignatureNotValid,
        Refusal::OtherCard => CheckInRefusal::OtherCard,
        Refusal::Field("subject" | "person") => CheckInRefusal::OtherSubject,
        Refusal::Field("member") => CheckInRefusal::OtherPlace,
        Refusal::Field("terminal") => CheckInRefusal::OtherTerminal,
        Refusal::Field("staff") => CheckInRefusal::OtherStaff,
        Refusal::Field("purpose") => CheckInRefusal::OtherPurpose,
        Refusal::Field("nonce") => CheckInRefusal::NonceNotValid,
        Refusal::Field(_) => CheckInRefusal::OtherVisit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(stop: impl Into<Stop>) -> CheckInRefusal {
        match stop.into() {
            Stop::Refused(code, _) => code,
            Stop::Desk(error) => panic!("{error}"),
        }
    }

    #[test]
    fn each_difference_has_a_code_of_its_own() {
        let expected = [
            ("session", CheckInRefusal::OtherVisit),
            ("subject", CheckInRefusal::OtherSubject),
            ("member", CheckInRefusal::OtherPlace),
            ("terminal", CheckInRefusal::OtherTerminal),
            ("staff", CheckInRefusal::OtherStaff),
            ("purpose", CheckInRefusal::OtherPurpose),
        ];
        for (field, expected) in expected {
            assert_eq!(code(Refusal::Field(field)), expected);
        }
        assert_eq!(code(Refusal::OtherCard), CheckInRefusal::OtherCard);
        assert_eq!(code(Refusal::OutsidePeriod), CheckInRefusal::Stale);
    }

    #[test]
    fn a_nonce_that_came_late_is_stale_and_one_that_was_used_is_not_valid() {
        assert_eq!(code(NonceError::TooLate), CheckInRefusal::Stale);
        assert_eq!(code(NonceError::Spent), CheckInRefusal::NonceNotValid);
        assert_eq!(code(NonceError::OtherUse), CheckInRefusal::NonceNotValid);
        assert_eq!(
            code(NonceError::OtherTerminal),
            CheckInRefusal::OtherTerminal
        );
    }
}
