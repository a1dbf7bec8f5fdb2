//! The sending half of an import: who is who, a batch of records after the other, and the journal.

use super::ImportArguments;
use crate::{
    commands::{care, key},
    demo::gateway::{Gateway, Keys},
    key_file::{self, KeyKind},
};
use ed25519_dalek::SigningKey;
use futures::future::join_all;
use musubi_client_sdk::sealing::HpkeSecret;
use musubi_fhir::Resource;
use musubi_portability::{
    Line, Outcome,
    journal::{self, Journal},
};
use musubi_primitives::Pseudonym;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// After how many records progress is told.
const PROGRESS_EVERY: usize = 100;

/// An import that is under way.
pub(super) struct Import {
    gateway: Gateway,
    keys: Keys,
    enrol: bool,
    /// Records that are posted at a time.
    together: usize,
    pseudonyms: BTreeMap<String, Pseudonym>,
    patients: BTreeMap<String, Value>,
    journal: Journal,
    file: File,
    tally: Tally,
}

/// What became of the records.
#[derive(Default)]
struct Tally {
    posted: usize,
    known: usize,
    report: Vec<String>,
    refused: usize,
}

/// One record that is to be posted.
struct Job {
    /// Where it stands in the file.
    place: String,
    /// The person's number in the source.
    person: String,
    /// What the journal knows it by.
    key: String,
    resource: Resource,
}

/// Why a record was not taken.
#[derive(Clone)]
enum Trouble {
    /// This one was refused; the next may be taken.
    Refused(String),
    /// Nobody answers, or the journal cannot be written: going on would help nobody.
    Stop(String),
}

impl Import {
    pub(super) fn open(arguments: &ImportArguments) -> Result<Self, String> {
        let needed = "--gateway, --genesis and --key are needed to send";
        let address = arguments.gateway.as_deref().ok_or(needed)?;
        let genesis = arguments.genesis.ok_or(needed)?;
        let path = arguments.key.as_deref().ok_or(needed)?;
        let passphrase = key::passphrase(arguments.passphrase_file.as_deref())?;
        let secret = key_file::read(path, KeyKind::Ed25519, passphrase.as_deref())
            .map_err(|error| error.to_string())?;
        let people = arguments.people.as_deref().map(pseudonyms_of).transpose()?;
        let (journal, file) = open_journal(&journal_path(&arguments.file))?;
        Ok(Self {
            gateway: Gateway::new(address, genesis)?,
            keys: Keys {
                signing: SigningKey::from_bytes(&secret),
                sealing: HpkeSecret::generate().map_err(|error| error.to_string())?,
            },
            enrol: arguments.enrol,
            together: usize::from(arguments.together.max(1)),
            pseudonyms: people.unwrap_or_default(),
            patients: BTreeMap::new(),
            journal,
            file,
            tally: Tally::default(),
        })
    }

    /// Posts everything that the journal does not have, so many records at a time.
    pub(super) async fn run(mut self, lines: Vec<Line>) -> Result<String, String> {
        self.meet(&lines);
        let total: usize = lines.iter().map(super::records_of).sum();
        let jobs = self.jobs(lines);
        for batch in jobs.chunks(self.together) {
            let unknown = self.enrol_all(batch).await;
            let posted = join_all(batch.iter().map(|job| self.post(job, &unknown))).await;
            if let Err(ended) = self.settle(batch, posted) {
                return Err(self.tally.end(&ended).err().unwrap_or(ended));
            }
            self.progress(batch.len(), total);
        }
        self.tally.end("done")
    }

    /// Takes note of every Patient first: a Bundle may name its people after their records.
    fn meet(&mut self, lines: &[Line]) {
        for line in lines {
            if let Outcome::Converted {
                person,
                patient: Some(patient),
                ..
            } = &line.outcome
            {
                self.patients.insert(person.clone(), patient.clone());
            }
        }
    }

    /// What is to be posted; what cannot be, and what was before, is told and left out.
    fn jobs(&mut self, lines: Vec<Line>) -> Vec<Job> {
        let mut jobs = Vec::new();
        for line in lines {
            self.tell(&line);
            let Outcome::Converted {
                person, resources, ..
            } = line.outcome
            else {
                continue;
            };
            for resource in resources {
                match Resource::from_value(resource) {
                    Ok(resource) => jobs.push(Job::new(&line.place, &person, resource)),
                    Err(refusal) => self.tally.refuse(&line.place, &refusal.to_string()),
                }
            }
        }
        let before = jobs.len();
        jobs.retain(|job| !self.journal.has(&job.key));
        self.tally.known += before - jobs.len();
        jobs
    }

    /// What a person should hear of a line: refusals, and what was read in another form.
    fn tell(&mut self, line: &Line) {
        match &line.outcome {
            Outcome::Converted { notes, .. } if notes.is_empty() => {}
            Outcome::Converted { .. } | Outcome::Nothing(_) => {
                self.tally.report.push(line.to_string());
            }
            Outcome::Refused(_) => {
                self.tally.refused += 1;
                self.tally.report.push(line.to_string());
            }
        }
    }

    /// Enrols whoever of a batch is not known yet; why somebody stays unknown.
    async fn enrol_all(&mut self, batch: &[Job]) -> BTreeMap<String, Trouble> {
        let people: BTreeSet<&str> = batch.iter().map(|job| job.person.as_str()).collect();
        let strangers = people
            .into_iter()
            .filter(|person| !self.pseudonyms.contains_key(*person));
        let enrolled = join_all(strangers.map(|person| self.enrol(person))).await;
        let mut unknown = BTreeMap::new();
        for (person, pseudonym) in enrolled {
            match pseudonym {
                Ok(pseudonym) => drop(self.pseudonyms.insert(person, pseudonym)),
                Err(trouble) => drop(unknown.insert(person, trouble)),
            }
        }
        unknown
    }

    async fn enrol(&self, person: &str) -> (String, Result<Pseudonym, Trouble>) {
        (person.to_owned(), self.pseudonym(person).await)
    }

    async fn pseudonym(&self, person: &str) -> Result<Pseudonym, Trouble> {
        let patient = self.patients.get(person).filter(|_| self.enrol);
        let Some(patient) = patient else {
            let what = "nobody knows this person's pseudonym: add a line to --people, or give --enrol and a Patient";
            return Err(Trouble::Refused(what.to_owned()));
        };
        let form = json!({"patient": patient, "domain": "health"});
        let enrolled: Value = self
            .gateway
            .post(&self.keys, "/v1/people", &form)
            .await
            .map_err(trouble)?;
        let pseudonym = enrolled["pseudonym"]
            .as_str()
            .and_then(|text| text.parse().ok());
        pseudonym.ok_or_else(|| Trouble::Stop("an answer that cannot be read".to_owned()))
    }

    async fn post(&self, job: &Job, unknown: &BTreeMap<String, Trouble>) -> Result<Value, Trouble> {
        let Some(subject) = self.pseudonyms.get(&job.person) else {
            let nobody = || Trouble::Refused("nobody knows this person".to_owned());
            return Err(unknown.get(&job.person).cloned().unwrap_or_else(nobody));
        };
        let kind = job.resource.kind().as_str();
        let bytes = job.resource.canonical_bytes().to_vec();
        self.gateway
            .post_fhir(&self.keys, kind, subject, bytes)
            .await
            .map_err(trouble)
    }

    /// Notes durably what was taken in, and counts; why the import ends here, if it does.
    fn settle(&mut self, batch: &[Job], posted: Vec<Result<Value, Trouble>>) -> Result<(), String> {
        let mut lines = String::new();
        let mut ended = Ok(());
        for (job, posted) in batch.iter().zip(posted) {
            match posted {
                Ok(answer) if answer["block"].is_null() => {
                    self.tally.known += 1;
                    lines += &self.journal.note(&job.key, &answer);
                }
                Ok(answer) => {
                    self.tally.posted += 1;
                    lines += &self.journal.note(&job.key, &answer);
                }
                Err(Trouble::Refused(why)) => self.tally.refuse(&job.place, &why),
                Err(Trouble::Stop(why)) => {
                    self.tally.refused += 1;
                    ended = Err(stopped(&job.place, &why));
                }
            }
        }
        let noted = self.file.write_all(lines.as_bytes());
        let noted = noted.and_then(|()| self.file.sync_data());
        noted.map_err(|error| format!("stopped: write the journal: {error}"))?;
        ended
    }

    /// Tells how far it is, every so many records.
    fn progress(&self, batch: usize, total: usize) {
        let done = self.tally.posted + self.tally.known;
        if done % PROGRESS_EVERY < batch {
            eprintln!("{done} of {total}");
        }
    }
}

impl Job {
    fn new(place: &str, person: &str, resource: Resource) -> Self {
        Self {
            place: place.to_owned(),
            person: person.to_owned(),
            key: journal::key(person, resource.canonical_bytes()),
            resource,
        }
    }
}

fn stopped(place: &str, why: &str) -> String {
    format!("stopped at {place}: {why}; the same command goes on from here")
}

impl Tally {
    fn refuse(&mut self, place: &str, why: &str) {
        self.refused += 1;
        self.report.push(format!("{place}\trefused\t{why}"));
    }

    fn end(mut self, how: &str) -> Result<String, String> {
        let (posted, known, refused) = (self.posted, self.known, self.refused);
        self.report.push(format!(
            "{how}: {posted} records taken in, {known} were there before, {refused} refused"
        ));
        let report = self.report.join("\n");
        if refused == 0 {
            Ok(report)
        } else {
            Err(report)
        }
    }
}

/// The gateway client gives the address first when nobody answered for two minutes; anything else is the gateway's own word.
fn trouble(said: String) -> Trouble {
    if said.starts_with("http://") {
        Trouble::Stop(said)
    } else {
        Trouble::Refused(said)
    }
}

fn journal_path(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".import-journal");
    PathBuf::from(name)
}

/// Opens the journal for this process alone, and cuts off a line that a crash tore.
fn open_journal(path: &Path) -> Result<(Journal, File), String> {
    let wrong = |error: std::io::Error| format!("journal {}: {error}", path.display());
    let mut options = std::fs::OpenOptions::new();
    let options = options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600);
    let mut file = options.open(path).map_err(wrong)?;
    file.try_lock()
        .map_err(|_| format!("journal {}: another import is using it", path.display()))?;
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(wrong)?;
    let journal =
        Journal::read(&text).map_err(|error| format!("journal {}: {error}", path.display()))?;
    let whole = u64::try_from(journal.whole_bytes).unwrap_or(u64::MAX);
    file.set_len(whole).map_err(wrong)?;
    file.seek(SeekFrom::Start(whole)).map_err(wrong)?;
    Ok((journal, file))
}

fn pseudonyms_of(path: &Path) -> Result<BTreeMap<String, Pseudonym>, String> {
    let text = care::text_of(path)?;
    let wrong = |line: usize, what: &str| format!("{} line {line}: {what}", path.display());
    let mut lines = text.lines().zip(1_usize..);
    if lines
        .next()
        .is_none_or(|(header, _)| header.trim_start_matches('\u{feff}') != "id,pseudonym")
    {
        return Err(wrong(1, "expected the header id,pseudonym"));
    }
    let mut people = BTreeMap::new();
    for (line, number) in lines.filter(|(line, _)| !line.trim().is_empty()) {
        let (id, pseudonym) = line
            .split_once(',')
            .ok_or_else(|| wrong(number, "expected id,pseudonym"))?;
        let pseudonym = pseudonym
            .trim()
            .parse()
            .map_err(|_| wrong(number, "expected a pseudonym, 0x and 64 hexadecimal digits"))?;
        if people.insert(id.trim().to_owned(), pseudonym).is_some() {
            return Err(wrong(number, "this id stands twice"));
        }
    }
    Ok(people)
}
