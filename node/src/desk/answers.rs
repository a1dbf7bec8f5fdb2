//! What families answer: forms offered for a child, drafts for the writer alone, and answers taken in from the own device of the subject
//! or a guardian.
//!
//! Answers become a record of the home municipality, committed by its gateway and sealed like any other: the family's device proves who
//! answered, and a clinic reads them under the family's consent. Whoever is neither the subject nor a guardian hears the same words as
//! about a stranger.

use super::{
    Office,
    chain::unavailable,
    counter::fault,
    dose::japanese_day,
    forms::Forms,
    intake::{Held, Intake, category_of},
    offered,
};
use async_trait::async_trait;
use musubi_care::{
    civil::Date,
    forms::offers::{AnsweredBy, Period},
};
use musubi_fhir::{
    IssueCode, Kind, Refusal, Resource,
    form::{Form, Standing as Progress, draft},
};
use musubi_node_gateway::{
    Caller, DeskError, Standing, TakenIn,
    forms::{FormsDesk, OfferedForm, SavedDraft},
};
use musubi_node_register::{Draft, Register};
use musubi_primitives::{
    AccountId, MemberId, Moment, Pseudonym, resident::ServiceDomain, seams::GuardianshipFacts,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How long a draft is kept after it was last saved.
const DRAFT_LIFE: Moment = 90 * 24 * 3600 * 1000;
/// The languages that titles are told in.
const LANGUAGES: [&str; 3] = ["ja", "ja-x-easy", "en"];
/// Identifier system of pseudonyms in records.
const PSEUDONYM_SYSTEM: &str = "urn:musubi:pseudonym";

impl Office {
    /// Takes in what the subject or a guardian answered, as a record of this home municipality.
    ///
    /// # Errors
    /// See [`DeskError`].
    pub(super) async fn take_in_from(
        &self,
        person: (Pseudonym, AccountId),
        subject: Pseudonym,
        resource: &Resource,
    ) -> Result<TakenIn, DeskError> {
        let (person, account) = person;
        self.check_entitled(person, subject).await?;
        let intake = self.family_intake(subject).await?;
        let form = answered_by_family(&intake.forms, resource)?;
        let answers = signed_off(resource, person, subject)?;
        let category = category_of(&answers)?;
        let taken = intake
            .take_in_as(subject, category, answers, Held::Without(None))
            .await?;
        if let Some(register) = self.register()? {
            register
                .drop_draft(&account, &subject, &form.url)
                .map_err(fault)?;
        }
        Ok(taken)
    }

    /// The intake, where this member is the subject's home: nobody else keeps the family's own answers.
    async fn family_intake(&self, subject: Pseudonym) -> Result<&Intake, DeskError> {
        let intake = offered(&self.desks()?.intake, "to take records in")?;
        let home: Option<MemberId> = self.chain.read("MusubiApi_home", subject).await?;
        if home == Some(intake.member) {
            return Ok(intake);
        }
        Err(DeskError::Forbidden(
            "the family's own answers are taken in by the home municipality's node: send them there"
                .to_owned(),
        ))
    }

    /// The subject, or a guardian who may decide now.
    async fn check_entitled(&self, person: Pseudonym, subject: Pseudonym) -> Result<(), DeskError> {
        if person == subject {
            return Ok(());
        }
        let pair = (person, subject);
        let held: Option<GuardianshipFacts> =
            self.chain.read("MusubiApi_guardianship", pair).await?;
        held.map(drop).ok_or_else(unknown)
    }

    /// The account and person behind a caller who writes drafts about a subject.
    async fn writer(&self, caller: &Caller, subject: Pseudonym) -> Result<AccountId, DeskError> {
        match caller.standing {
            Standing::Person(person) => self.check_entitled(person, subject).await?,
            Standing::Staff(_) => {
                return Err(DeskError::Forbidden(
                    "drafts are kept for families; a record system keeps its own".to_owned(),
                ));
            }
        }
        Ok(caller.account)
    }

    fn register(&self) -> Result<Option<&Register>, DeskError> {
        let counter = self.desks()?.counter.as_ref();
        Ok(counter.map(|counter| counter.register.as_ref()))
    }

    fn drafts(&self) -> Result<&Register, DeskError> {
        self.register()?.ok_or_else(|| {
            DeskError::NotOffered(
                "drafts are kept by the home municipality's node: ask there".to_owned(),
            )
        })
    }

    /// When somebody was born, if this municipality's register says so.
    fn birth(&self, subject: &Pseudonym) -> Result<Option<Date>, DeskError> {
        let Some(register) = self.register()? else {
            return Ok(None);
        };
        let Some(id) = register.by_pseudonym(subject).map_err(fault)? else {
            return Ok(None);
        };
        let person = register.person(id).map_err(fault)?;
        let of_today = person.filter(|person| {
            // A pseudonym that is out of use says nothing more about anybody.
            person.pseudonym(ServiceDomain::Health) == Some(*subject)
        });
        Ok(of_today.and_then(|person| Date::parse(&person.born).ok()))
    }

    fn today(&self) -> Result<Date, DeskError> {
        japanese_day(self.chain.now()).ok_or_else(|| unavailable("this machine's time is no date"))
    }
}

fn unknown() -> DeskError {
    DeskError::NotFound("no such subject, or not available to this caller".to_owned())
}

/// The form of answers that a family may send: published here, offered to families, and answered to the end.
fn answered_by_family<'a>(forms: &'a Forms, resource: &Resource) -> Result<&'a Form, DeskError> {
    if resource.kind() != Kind::QuestionnaireResponse {
        return Err(DeskError::Forbidden(
            "a family sends answers to forms (QuestionnaireResponse); other records are written by staff"
                .to_owned(),
        ));
    }
    let refused = |place: &str, expected: &str| {
        DeskError::Refused(Refusal::one(IssueCode::BusinessRule, place, expected))
    };
    let checked = forms.check(resource.value()).map_err(DeskError::Refused)?;
    let is_offered = |form: &Form| {
        forms
            .offer(form)
            .is_some_and(|offer| offer.by == AnsweredBy::Family)
    };
    let (form, checked) = checked
        .filter(|(form, _)| is_offered(form))
        .ok_or_else(|| {
            refused(
                "QuestionnaireResponse.questionnaire",
                "a form that families are asked to answer: /v1/forms lists them",
            )
        })?;
    if checked.standing == Progress::Completed {
        return Ok(form);
    }
    Err(refused(
        "QuestionnaireResponse.status",
        "completed or amended; a draft is kept at /v1/forms/{id}/draft",
    ))
}

/// The answers with who gave them, as the call's signature proves it, and about whom.
fn signed_off(
    resource: &Resource,
    person: Pseudonym,
    subject: Pseudonym,
) -> Result<Resource, DeskError> {
    let mut value = resource.value().clone();
    let kind = if person == subject {
        "Patient"
    } else {
        "RelatedPerson"
    };
    let identifier = json!({"system": PSEUDONYM_SYSTEM, "value": person.to_string()});
    value["source"] = json!({"type": kind, "identifier": identifier});
    value["subject"] = json!({"reference": format!("Patient/{}", hex::encode(subject.0))});
    Resource::from_value(value).map_err(DeskError::Refused)
}

/// A form as it is listed; `None` where it is not for this caller at this age.
fn listed(
    forms: &Forms,
    form: &Form,
    for_family: bool,
    (birth, today): (Option<Date>, Date),
) -> Option<OfferedForm> {
    let offer = forms.offer(form);
    let period: Option<Period> = offer.zip(birth).map(|(offer, birth)| offer.period(birth));
    let by = offer.map(|offer| offer.by);
    let is_for_caller = !for_family || by == Some(AnsweredBy::Family);
    if !is_for_caller || period.is_some_and(|period| !period.has(today)) {
        return None;
    }
    let title = |language: &&str| {
        (
            (*language).to_owned(),
            form.title.in_language(language).to_owned(),
        )
    };
    Some(OfferedForm {
        id: name_of(form).to_owned(),
        url: form.url.clone(),
        version: form.version.clone(),
        title: LANGUAGES.iter().map(title).collect::<BTreeMap<_, _>>(),
        answered_by: by.map(|by| match by {
            AnsweredBy::Family => "family",
            AnsweredBy::Staff => "staff",
        }),
        from: period.map(|period| period.from.to_string()),
        until: period.map(|period| period.until.to_string()),
        draft: None,
        restricted: form.restricted,
    })
}

fn name_of(form: &Form) -> &str {
    form.url.rsplit('/').next().unwrap_or_default()
}

fn no_such_form() -> DeskError {
    DeskError::NotFound("no such form, or not in this version: /v1/forms lists them".to_owned())
}

#[async_trait]
impl FormsDesk for Office {
    async fn forms(
        &self,
        caller: &Caller,
        subject: Option<Pseudonym>,
    ) -> Result<Vec<OfferedForm>, DeskError> {
        let for_family = match (caller.standing, subject) {
            (Standing::Staff(_), _) => false,
            (Standing::Person(person), Some(subject)) => {
                self.check_entitled(person, subject).await?;
                true
            }
            (Standing::Person(_), None) => return Err(unknown()),
        };
        // Only the family itself and the home municipality's own staff learn what follows from a birth date.
        let is_known_here = for_family || self.is_ours(caller)?;
        let birth = match subject.filter(|_| is_known_here) {
            Some(subject) => self.birth(&subject)?,
            None => None,
        };
        let forms = &self.desks()?.forms;
        let at = (birth, self.today()?);
        let newest = forms.all().filter(|form| {
            forms
                .named(name_of(form), None)
                .is_some_and(|(newest, _)| newest == *form)
        });
        let mut offered: Vec<OfferedForm> = newest
            .filter_map(|form| listed(forms, form, for_family, at))
            .collect();
        if let Some((subject, register)) = subject.zip(self.register()?) {
            for form in &mut offered {
                let draft = register.draft(&caller.account, &subject, &form.url);
                form.draft = draft.map_err(fault)?.map(|draft| draft.saved);
            }
        }
        Ok(offered)
    }

    async fn form(&self, _: &Caller, id: &str, version: Option<&str>) -> Result<Value, DeskError> {
        let found = self.desks()?.forms.named(id, version);
        let (_, published) = found.ok_or_else(no_such_form)?;
        Ok(published.clone())
    }

    async fn save_draft(
        &self,
        caller: &Caller,
        subject: Pseudonym,
        id: &str,
        draft: Value,
    ) -> Result<SavedDraft, DeskError> {
        let writer = self.writer(caller, subject).await?;
        let register = self.drafts()?;
        let found = self.desks()?.forms.named(id, None);
        let (form, _) = found.ok_or_else(no_such_form)?;
        draft::check_draft(form, &draft).map_err(DeskError::Refused)?;
        let saved = self.chain.now();
        let kept = Draft {
            writer,
            subject,
            form: form.url.clone(),
            saved,
            text: draft.to_string().into_bytes(),
        };
        register
            .save_draft(&kept, saved.saturating_sub(DRAFT_LIFE))
            .map_err(fault)?;
        Ok(SavedDraft {
            saved,
            until: saved.saturating_add(DRAFT_LIFE),
        })
    }

    async fn draft(
        &self,
        caller: &Caller,
        subject: Pseudonym,
        id: &str,
    ) -> Result<Value, DeskError> {
        let writer = self.writer(caller, subject).await?;
        let register = self.drafts()?;
        let found = self.desks()?.forms.named(id, None);
        let (form, _) = found.ok_or_else(no_such_form)?;
        let kept = register.draft(&writer, &subject, &form.url);
        let oldest = self.chain.now().saturating_sub(DRAFT_LIFE);
        let kept = kept.map_err(fault)?.filter(|kept| oldest <= kept.saved);
        let kept = kept.ok_or_else(|| {
            DeskError::NotFound("no draft of this form about this subject".to_owned())
        })?;
        let response: Value = serde_json::from_slice(&kept.text).map_err(unavailable)?;
        let carried = draft::carry(&response, form).map_err(DeskError::Refused)?;
        Ok(carried.response)
    }
}

impl Office {
    fn is_ours(&self, caller: &Caller) -> Result<bool, DeskError> {
        Ok(caller.staff()?.member == self.desks()?.member)
    }
}
