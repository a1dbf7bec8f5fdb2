//! The sending half of an import: who is who, one record after the other, and the journal.

use super::ImportArguments;
use crate::{
    commands::{care, key},
    demo::gateway::{Gateway, Keys},
    key_file::{self, KeyKind},
};
use ed25519_dalek::SigningKey;
use musubi_client_sdk::sealing::HpkeSecret;
use musubi_fhir::Resource;
use musubi_portability::{
    Line, Outcome,
    journal::{self, Journal},
};
use musubi_primitives::Pseudonym;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
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

/// Why a record was not taken.
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
            pseudonyms: people.unwrap_or_default(),
            patients: BTreeMap::new(),
            journal,
            file,
            tally: Tally::default(),
        })
    }

    /// Posts everything that the journal does not have.
    pub(super) async fn run(mut self, lines: Vec<Line>) -> Result<String, String> {
        self.meet(&lines);
        let total: usize = lines.iter().map(super::records_of).sum();
        for line in lines {
            self.tell(&line);
            let Outcome::Converted {
                person, resources, ..
            } = line.outcome
            else {
                continue;
            };
            for resource in resources {
                match self.record(&person, resource).await {
                    Ok(()) => self.progress(total),
                    Err(Trouble::Refused(why)) => self.refuse(&line.place, &why),
                    Err(Trouble::Stop(why)) => return Err(self.stopped(&line.place, &why)),
                }
            }
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

    /// What a person should hear of a line: refusals, and what was read in another form.
    fn tell(&mut self, line: &Line) {
        match &line.outcome {
            Outcome::Converted { notes, .. } if notes.is_empty() => {}
            Outcome::Converted { .. } | Outcome::Nothing(_) => {
                self.tally.report.push(line.to_string())
            }
            Outcome::Refused(_) => {
                self.tally.refused += 1;
                self.tally.report.push(line.to_string());
            }
        }
    }

    async fn record(&mut self, person: &str, resource: Value) -> Result<(), Trouble> {
        let resource = Resource::from_value(resource)
            .map_err(|refusal| Trouble::Refused(refusal.to_string()))?;
        let key = journal::key(person, resource.canonical_bytes());
        if self.journal.has(&key) {
            self.tally.known += 1;
            return Ok(());
        }
        let subject = self.pseudonym(person).await?;
        let kind = resource.kind().as_str();
        let bytes = resource.canonical_bytes().to_vec();
        let answer: Value = self
            .gateway
            .post_fhir(&self.keys, kind, &subject, bytes)
            .await
            .map_err(trouble)?;
        self.note(&key, &answer)
            .map_err(|error| Trouble::Stop(format!("write the journal: {error}")))?;
        if answer["block"].is_null() {
            self.tally.known += 1;
        } else {
            self.tally.posted += 1;
        }
        Ok(())
    }

    async fn pseudonym(&mut self, person: &str) -> Result<Pseudonym, Trouble> {
        if let Some(known) = self.pseudonyms.get(person) {
            return Ok(*known);
        }
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
        let pseudonym: Pseudonym =
            pseudonym.ok_or_else(|| Trouble::Stop("an answer that cannot be read".to_owned()))?;
        self.pseudonyms.insert(person.to_owned(), pseudonym);
        Ok(pseudonym)
    }

    fn note(&mut self, key: &str, answer: &Value) -> std::io::Result<()> {
        let line = self.journal.note(key, answer);
        self.file.write_all(line.as_bytes())?;
        self.file.sync_data()
    }

    fn refuse(&mut self, place: &str, why: &str) {
        self.tally.refused += 1;
        self.tally.report.push(format!("{place}\trefused\t{why}"));
    }

    fn progress(&self, total: usize) {
        let done = self.tally.posted + self.tally.known;
        if done.is_multiple_of(PROGRESS_EVERY) {
            eprintln!("{done} of {total}");
        }
    }

    fn stopped(mut self, place: &str, why: &str) -> String {
        self.tally.refused += 1;
        let ended = format!("stopped at {place}: {why}; the same command goes on from here");
        self.tally.end(&ended).err().unwrap_or(ended)
    }
}

impl Tally {
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
