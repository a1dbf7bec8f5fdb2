//! Follow-up at the home municipality: lists and figures from its own register and ledger, for its officers and public-health nurses alone.
//!
//! No record is opened for a list: what is told are days, products, forms and lots, for the municipality's own statutory duty (予防接種法5条,
//! 母子保健法10条・12条・13条). So these lists are outside invariant I1, which is about a custodian that releases a record: nothing is released,
//! no key is wrapped and no row is left on anybody's trail, as with any entry in the municipality's own books (予防接種台帳,
//! 予防接種法施行令6条の2). Whoever reads a record itself asks the chain as ever, and that is on the trail.

use super::{
    Office, chain::unavailable, counter::fault, dose::japanese_day, ledger::Ledger, offered,
    papers_on_doses, verdict::rules_of,
};
use async_trait::async_trait;
use musubi_care::{
    age::years_reached,
    child::{Sex, Subject},
    civil::Date,
    due::{due_checkups, due_list},
    figures::{Threshold, checkups, doses, maternal, vaccinated},
    follow_up::{FollowUp, Pace},
    recall::normal,
    records::{CompletedForm, Person, RecordedDose},
    report::{IncidentReport, ReactionReport},
    rules::RuleSet,
};
use musubi_node_gateway::{
    Caller, DeskError,
    follow_up::{
        Counts, Coverage, CoverageQuery, DoseOfLot, DuePage, DueQuery, FollowUpDesk, OpenQuery,
        PEOPLE_MAX, Paper, PaperForm, PublishedCohort, RecallQuery, Recalled, Standing, StepForm,
    },
};
use musubi_node_register::{Followed, Line, LineOf, Person as Registered, PersonId};
use musubi_primitives::{
    MemberId, Pseudonym, Role,
    resident::ServiceDomain,
    view::{RecordView, RuleSetView},
};
use std::collections::BTreeMap;

/// Routine immunisation and checkups of childhood end before this age.
const CHILDHOOD_YEARS: u16 = 20;

impl Ledger {
    pub(super) fn check_officer(&self, caller: &Caller) -> Result<(), DeskError> {
        let actor = caller.staff()?;
        let serves = matches!(actor.role, Role::Officer | Role::Nurse);
        if actor.member == self.member && serves {
            return Ok(());
        }
        Err(DeskError::Forbidden(
            "follow-up is for officers and public-health nurses of this municipality".to_owned(),
        ))
    }

    pub(super) fn today(&self) -> Result<Date, DeskError> {
        japanese_day(self.chain.now()).ok_or_else(|| unavailable("this machine's time is no date"))
    }

    pub(super) async fn rules(&self) -> Result<&RuleSet, DeskError> {
        let in_force: Option<RuleSetView> =
            self.chain.read("MusubiApi_rule_set_in_force", ()).await?;
        let in_force = in_force.ok_or_else(|| {
            DeskError::NotOffered(
                "no rule set is published on this chain: an officer of a municipality publishes one"
                    .to_owned(),
            )
        })?;
        rules_of(&self.care, &in_force.hash)
    }

    async fn due(&self, query: DueQuery) -> Result<DuePage, DeskError> {
        let most = query.people.unwrap_or(PEOPLE_MAX);
        if !(1..=PEOPLE_MAX).contains(&most) {
            return Err(unprocessable(format!("people: expected 1 to {PEOPLE_MAX}")));
        }
        let on = query.on.map_or_else(|| self.today(), Ok)?;
        let rules = self.rules().await?;
        self.enter_waiting().await?;
        let (people, next) = self.children(query.after, on, most).await?;
        let doses = due_list(rules, &people, false, on);
        Ok(DuePage {
            on,
            doses: doses.doses,
            checkups: due_checkups(self.forms.offers(), &people, on),
            undated: doses.undated,
            people: people.len(),
            next,
        })
    }

    /// So many children of this home after a pseudonym, and the last one if there is more.
    pub(super) async fn children(
        &self,
        after: Option<Pseudonym>,
        on: Date,
        most: u32,
    ) -> Result<(Vec<Person>, Option<Pseudonym>), DeskError> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut people = Vec::new();
        let mut last = None;
        for (pseudonym, id) in self.register.pseudonyms_after(after).map_err(fault)? {
            if people.len() == most {
                return Ok((people, last));
            }
            last = Some(pseudonym);
            if let Some(person) = self.at_home(pseudonym, id).await?
                && is_child(&person, on)
            {
                let lines = self.lines_of(&person)?;
                people.push(person_of(pseudonym, &person, &lines));
            }
        }
        Ok((people, None))
    }

    /// The person whose pseudonym in use this is, if this is the home now.
    async fn at_home(
        &self,
        pseudonym: Pseudonym,
        id: PersonId,
    ) -> Result<Option<Registered>, DeskError> {
        let person = self.register.person(id).map_err(fault)?;
        let in_use =
            person.filter(|person| person.pseudonym(ServiceDomain::Health) == Some(pseudonym));
        let Some(person) = in_use else {
            return Ok(None);
        };
        let home: Option<MemberId> = self.chain.read("MusubiApi_home", pseudonym).await?;
        Ok((home == Some(self.member)).then_some(person))
    }

    /// A person's lines, under a former pseudonym too.
    pub(super) fn lines_of(&self, person: &Registered) -> Result<Vec<LineOf>, DeskError> {
        let mut lines = Vec::new();
        for pseudonym in health_pseudonyms(person) {
            lines.extend(self.register.lines_of(&pseudonym).map_err(fault)?);
        }
        Ok(lines)
    }

    async fn take_step(&self, caller: &Caller, form: StepForm) -> Result<Standing, DeskError> {
        self.check_about(&form.about).await?;
        if self.today()? < form.on {
            return Err(unprocessable("on: a step is noted when it was taken"));
        }
        let (subject, so_far) = self.follow_up_of(&form.subject, &form.about).await?;
        let by = caller.account.to_string();
        let is_again = so_far
            .taken()
            .last()
            .is_some_and(|last| (last.step, last.on, &last.by) == (form.step, form.on, &by));
        let taken = if is_again {
            so_far
        } else {
            so_far
                .take(form.step, form.on, &by)
                .map_err(|error| unprocessable(error.to_string()))?
        };
        let followed = Followed {
            subject,
            about: form.about.clone(),
            steps: serde_json::to_vec(&taken).map_err(unavailable)?,
        };
        self.register.follow(&followed).map_err(fault)?;
        Ok(standing(subject, form.about, &taken))
    }

    /// An appointment has the name of a form that is published here, or of a product of the rules.
    pub(super) async fn check_about(&self, about: &str) -> Result<(), DeskError> {
        let is_form = self.forms.named(about, None).is_some();
        if is_form || self.rules().await?.vaccine(about).is_some() {
            return Ok(());
        }
        Err(unprocessable(
            "about: expected a form (/v1/forms lists them) or a product of the schedule rules",
        ))
    }

    async fn open(&self, query: OpenQuery) -> Result<Vec<Standing>, DeskError> {
        let on = query.on.map_or_else(|| self.today(), Ok)?;
        let mut open = Vec::new();
        for ((subject, about), steps) in self.follow_ups().await? {
            let standing = standing(subject, about, &steps);
            let is_wanted = match query.subject {
                Some(subject) => standing.subject == subject,
                None => standing.from.is_some_and(|from| from <= on),
            };
            if is_wanted {
                open.push(standing);
            }
        }
        // Who waits longest comes first.
        open.sort_by_key(|one| (one.from, one.subject));
        Ok(open)
    }

    async fn coverage(&self, query: CoverageQuery) -> Result<Coverage, DeskError> {
        let year = query.year;
        let days = Date::new(year, 4, 1).zip(Date::new(year.saturating_add(1), 3, 31));
        let (from, to) = days.ok_or_else(|| unprocessable("year: out of bounds"))?;
        let rules = self.rules().await?;
        self.enter_waiting().await?;
        let people = self.everybody((from, to)).await?;
        let as_of = to.min(self.today()?);
        let vaccinated = vaccinated::coverage(&people, rules, year, as_of);
        let report = checkups::report(&people, year);
        let given = doses::table(&people, rules, from, to);
        let Some(least) = query.publish else {
            let (rows, columns) = given.names();
            return Ok(Coverage::Counted {
                year,
                checkups: report,
                maternal: maternal::report(&people, from, to),
                doses: Counts {
                    rows: rows.to_vec(),
                    columns: columns.to_vec(),
                    counts: given.counts().to_vec(),
                },
                vaccinated,
            });
        };
        let threshold =
            Threshold::new(least).ok_or_else(|| unprocessable("publish: expected 2 to 1000"))?;
        Ok(Coverage::Published {
            year,
            checkups: checkups::table(&report).publish(threshold),
            doses: given.publish(threshold),
            vaccinated: vaccinated
                .iter()
                .map(|cohort| PublishedCohort {
                    born: cohort.born,
                    doses: vaccinated::table(cohort).publish(threshold),
                })
                .collect(),
        })
    }

    /// Everybody whose home this is, with the whole ledger read once; of the forms of these days it is known who wrote them.
    async fn everybody(&self, days: (Date, Date)) -> Result<Vec<Person>, DeskError> {
        let mut lines: BTreeMap<Pseudonym, Vec<LineOf>> = BTreeMap::new();
        for line in self.register.ledger().map_err(fault)? {
            lines.entry(line.subject).or_default().push(line);
        }
        let mut people = Vec::new();
        for (pseudonym, id) in self.register.pseudonyms_after(None).map_err(fault)? {
            if let Some(person) = self.at_home(pseudonym, id).await? {
                let own = health_pseudonyms(&person).filter_map(|of| lines.remove(&of));
                let own: Vec<LineOf> = own.flatten().collect();
                let mut of_lists = person_of(pseudonym, &person, &own);
                self.tell_entrusted(&mut of_lists, &own, days).await?;
                people.push(of_lists);
            }
        }
        Ok(people)
    }

    /// Marks the forms of these days that another than this municipality wrote (委託).
    async fn tell_entrusted(
        &self,
        person: &mut Person,
        lines: &[LineOf],
        (from, to): (Date, Date),
    ) -> Result<(), DeskError> {
        for of in lines {
            let Line::Form { form, date, .. } = &of.line else {
                continue;
            };
            let Some(date) = Date::parse(date)
                .ok()
                .filter(|day| from <= *day && *day <= to)
            else {
                continue;
            };
            let view: Option<RecordView> = self.chain.read("MusubiApi_record", of.record).await?;
            if view.is_none_or(|view| view.author == self.member) {
                continue;
            }
            let mut forms = person.forms.iter_mut();
            let same =
                |own: &&mut CompletedForm| own.form == *form && own.date == date && !own.entrusted;
            if let Some(own) = forms.find(same) {
                own.entrusted = true;
            }
        }
        Ok(())
    }

    async fn recall(&self, query: RecallQuery) -> Result<Recalled, DeskError> {
        let lot = normal(&query.lot);
        if lot.is_empty() {
            return Err(unprocessable("lot: expected letters or digits"));
        }
        if let Some(product) = &query.product
            && self.rules().await?.vaccine(product).is_none()
        {
            return Err(unprocessable(
                "product: the schedule rules have no such product",
            ));
        }
        self.enter_waiting().await?;
        let product = query.product.as_deref();
        Ok(Recalled {
            doses: self.doses_of_lot(&lot, product)?,
            without_lot: self.doses_of_lot("", product)?,
        })
    }

    fn doses_of_lot(&self, lot: &str, wanted: Option<&str>) -> Result<Vec<DoseOfLot>, DeskError> {
        let lines = self.register.of_lot(lot).map_err(fault)?;
        let doses = lines.into_iter().filter_map(|of| match of.line {
            Line::Dose { product, date, lot } => Some(DoseOfLot {
                subject: of.subject,
                record: of.record,
                product,
                date,
                lot,
            }),
            Line::Form { .. } | Line::Other => None,
        });
        // A dose whose product nobody knows may be of the product asked for.
        let fits = |dose: &DoseOfLot| {
            wanted.is_none_or(|wanted| dose.product.as_deref().is_none_or(|own| own == wanted))
        };
        Ok(doses.filter(fits).collect())
    }
}

fn unprocessable(text: impl Into<String>) -> DeskError {
    DeskError::Unprocessable(text.into())
}

/// Somebody whose birth date is not known is listed, so that somebody finds it out.
fn is_child(person: &Registered, on: Date) -> bool {
    Date::parse(&person.born).map_or(true, |birth| on < years_reached(birth, CHILDHOOD_YEARS))
}

pub(super) fn health_pseudonyms(person: &Registered) -> impl Iterator<Item = Pseudonym> {
    let all = person.pseudonyms.iter().chain(&person.former);
    all.filter(|(domain, _)| *domain == ServiceDomain::Health)
        .map(|(_, pseudonym)| *pseudonym)
}

/// A person as the lists need it.
fn person_of(pseudonym: Pseudonym, person: &Registered, lines: &[LineOf]) -> Person {
    let mut of_lists = Person {
        id: pseudonym.to_string(),
        subject: Subject {
            birth: Date::parse(&person.born).ok(),
            sex: person.sex.map(sex),
            pregnancy_start: None,
        },
        ..Person::default()
    };
    for LineOf { line, .. } in lines {
        match line {
            Line::Dose { product, date, lot } => of_lists.doses.push(RecordedDose {
                product: product.clone(),
                date: date.as_deref().and_then(|date| Date::parse(date).ok()),
                lot: lot.clone(),
            }),
            Line::Form {
                form,
                date,
                judgement,
            } => of_lists
                .forms
                .extend(Date::parse(date).ok().map(|date| CompletedForm {
                    form: form.clone(),
                    date,
                    judgement: judgement.clone(),
                    entrusted: false,
                })),
            Line::Other => {}
        }
    }
    of_lists
}

/// The register's word in the engine's.
pub(super) fn sex(registered: musubi_node_register::Sex) -> Sex {
    match registered {
        musubi_node_register::Sex::Female => Sex::Female,
        musubi_node_register::Sex::Male => Sex::Male,
    }
}

fn standing(subject: Pseudonym, about: String, steps: &FollowUp) -> Standing {
    let next = steps.next(Pace::USUAL);
    Standing {
        subject,
        about,
        state: steps.state(),
        next: next.map(|(step, _)| step),
        from: next.map(|(_, from)| from),
    }
}

impl Office {
    fn follow_up(&self, caller: &Caller) -> Result<&Ledger, DeskError> {
        let ledger = offered(&self.desks()?.ledger, "a municipality's follow-up")?;
        ledger.check_officer(caller)?;
        Ok(ledger)
    }
}

#[async_trait]
impl FollowUpDesk for Office {
    async fn due(&self, caller: &Caller, query: DueQuery) -> Result<DuePage, DeskError> {
        super::blocking(self.follow_up(caller)?.due(query)).await
    }

    async fn take_step(&self, caller: &Caller, form: StepForm) -> Result<Standing, DeskError> {
        super::blocking(self.follow_up(caller)?.take_step(caller, form)).await
    }

    async fn open(&self, caller: &Caller, query: OpenQuery) -> Result<Vec<Standing>, DeskError> {
        let ledger = self.follow_up(caller)?;
        super::blocking(ledger.open(query)).await
    }

    async fn coverage(&self, caller: &Caller, query: CoverageQuery) -> Result<Coverage, DeskError> {
        super::blocking(self.follow_up(caller)?.coverage(query)).await
    }

    async fn recall(&self, caller: &Caller, query: RecallQuery) -> Result<Recalled, DeskError> {
        super::blocking(self.follow_up(caller)?.recall(query)).await
    }

    async fn incident(
        &self,
        caller: &Caller,
        form: PaperForm<IncidentReport>,
    ) -> Result<Paper<IncidentReport>, DeskError> {
        papers_on_doses::incident(self.follow_up(caller)?, form).await
    }

    async fn reaction(
        &self,
        caller: &Caller,
        form: PaperForm<ReactionReport>,
    ) -> Result<Paper<ReactionReport>, DeskError> {
        papers_on_doses::reaction(self.follow_up(caller)?, form).await
    }
}
