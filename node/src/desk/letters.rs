//! Invitations and reminders as letters: who is due comes from the register and the ledger, whose turn it is from the follow-up.
//!
//! A letter names the child and the appointment, and nobody else: it is put into its envelope by the municipality, which knows the address.

use super::{Office, blocking, chain::unavailable, counter::fault, ledger::Ledger, offered};
use async_trait::async_trait;
use musubi_care::{
    civil::Date,
    due::{due_checkups, due_list},
    follow_up::{Pace, State, Step},
    forecast::Status,
    records::Person,
};
use musubi_consent::rendering::Row;
use musubi_consent_paper::{Font, letters_pdf};
use musubi_node_gateway::{
    Caller, DeskError,
    follow_up::letters::{Letter, LetterDesk, LettersQuery},
};
use musubi_primitives::{Language, Pseudonym};
use std::path::PathBuf;

/// What a letter is about.
struct Appointment {
    person: Pseudonym,
    what: String,
    from: Option<Date>,
    /// The last day.
    to: Option<Date>,
}

impl Ledger {
    async fn letters(&self, query: &LettersQuery) -> Result<Vec<Vec<Row>>, DeskError> {
        self.check_about(&query.about).await?;
        let on = query.on.map_or_else(|| self.today(), Ok)?;
        let follow_ups = self.follow_ups().await?;
        let mut letters = Vec::new();
        for appointment in self.appointments(&query.about, on).await? {
            let key = (appointment.person, query.about.clone());
            let steps = follow_ups.get(&key);
            let is_turn = match query.letter {
                Letter::Invite => steps.is_none_or(|steps| steps.state() == State::Expected),
                Letter::Remind => steps
                    .and_then(|steps| steps.next(Pace::USUAL))
                    .is_some_and(|(step, from)| step == Step::Remind && from <= on),
            };
            if is_turn {
                letters.extend(self.letter(&appointment, query.letter, on)?);
            }
        }
        if letters.is_empty() {
            return Err(DeskError::NotFound(
                "nobody is waiting for this letter: /v1/follow-up/due and /v1/follow-up/open list who is expected"
                    .to_owned(),
            ));
        }
        Ok(letters)
    }

    /// Who is due or overdue, one appointment each.
    async fn appointments(&self, about: &str, on: Date) -> Result<Vec<Appointment>, DeskError> {
        let (people, _) = self.children(None, on, u32::MAX).await?;
        match self.forms.named(about, None) {
            Some((form, _)) => {
                let title = form.title.in_language("ja").to_owned();
                let due = due_checkups(self.forms.offers(), &people, on).into_iter();
                let due = due.filter(|due| due.form == about);
                due.map(|due| {
                    Ok(Appointment {
                        person: pseudonym(&due.person)?,
                        what: title.clone(),
                        from: Some(due.from),
                        to: Some(due.until.eve()),
                    })
                })
                .collect()
            }
            None => self.doses_due(about, &people, on).await,
        }
    }

    async fn doses_due(
        &self,
        about: &str,
        people: &[Person],
        on: Date,
    ) -> Result<Vec<Appointment>, DeskError> {
        let rules = self.rules().await?;
        let programme = rules.programme_of(about);
        let name = programme.map_or(about, |programme| programme.name.as_str());
        let mut appointments: Vec<Appointment> = Vec::new();
        let due = due_list(rules, people, false, on).doses.into_iter();
        for due in due.filter(|due| due.vaccine == about && is_open(due.status)) {
            let person = pseudonym(&due.person)?;
            if appointments.iter().all(|other| other.person != person) {
                appointments.push(Appointment {
                    person,
                    what: format!("予防接種（{name}）"),
                    from: due.due,
                    to: due.latest,
                });
            }
        }
        Ok(appointments)
    }

    fn letter(
        &self,
        appointment: &Appointment,
        letter: Letter,
        on: Date,
    ) -> Result<Option<Vec<Row>>, DeskError> {
        let id = self
            .register
            .by_pseudonym(&appointment.person)
            .map_err(fault)?;
        let Some(id) = id else { return Ok(None) };
        let Some(person) = self.register.person(id).map_err(fault)? else {
            return Ok(None);
        };
        let field = |label: &str, value: String| Row::Field {
            label: label.to_owned(),
            value,
        };
        let what = &appointment.what;
        let (title, words) = match letter {
            Letter::Invite => (format!("{what}のご案内"), INVITATION),
            Letter::Remind => (format!("{what}のご案内（再度のお知らせ）"), REMINDER),
        };
        let mut rows = vec![
            Row::Title(title),
            Row::Note("保護者　様".to_owned()),
            field("お子さま", person.name.clone()),
            field("生年月日", person.born.clone()),
            field("内容", what.clone()),
        ];
        if let Some(days) = span(appointment.from, appointment.to) {
            rows.push(field("受けられる時期", days));
        }
        rows.extend([
            field("お知らせの日", on.to_string()),
            Row::Note(words.to_owned()),
            Row::Note(WHO_DECIDES.to_owned()),
        ]);
        Ok(Some(rows))
    }
}

const INVITATION: &str = "時期になりましたので、お知らせします。母子健康手帳をお持ちください。";
const REMINDER: &str = "まだ受けられた記録が届いていません。行き違いで受けられた場合は、この手紙は不要です。ご都合が悪いときや、ご心配なことがあるときは、役場の保健師にご相談ください。";
const WHO_DECIDES: &str = "当日の体調などにより、受けられるかどうかは医師が判断します。";

fn span(from: Option<Date>, to: Option<Date>) -> Option<String> {
    match (from, to) {
        (Some(from), Some(to)) => Some(format!("{from} から {to} まで")),
        (Some(from), None) => Some(format!("{from} から")),
        (None, Some(to)) => Some(format!("{to} まで")),
        (None, None) => None,
    }
}

fn is_open(status: Status) -> bool {
    matches!(status, Status::Due | Status::Overdue)
}

fn pseudonym(text: &str) -> Result<Pseudonym, DeskError> {
    text.parse().map_err(unavailable)
}

async fn print(font: Option<PathBuf>, letters: Vec<Vec<Row>>) -> Result<Vec<u8>, DeskError> {
    let drawing = tokio::task::spawn_blocking(move || {
        let font = Font::find(font.as_deref())
            .map_err(|error| DeskError::NotOffered(error.to_string()))?;
        letters_pdf(&font, &letters, Language::Japanese)
            .map_err(|error| DeskError::Unprocessable(error.to_string()))
    });
    drawing.await.map_err(unavailable)?
}

#[async_trait]
impl LetterDesk for Office {
    async fn letters(&self, caller: &Caller, query: LettersQuery) -> Result<Vec<u8>, DeskError> {
        let desks = self.desks()?;
        let ledger = offered(&desks.ledger, "a municipality's follow-up")?;
        ledger.check_officer(caller)?;
        let letters = blocking(ledger.letters(&query)).await?;
        let stationery = desks.attester.as_ref().map(|attester| &attester.stationery);
        print(stationery.and_then(|of| of.font.clone()), letters).await
    }
}
