//! What the story wrote, proved: bundles under `proofs/`, each checked here by the light client as soon as it is made, and once more by
//! `musubi verify` in a process of its own when the story is over.

use super::story::member_name;
use crate::client::{BlockRef, ChainClient, ClientError, bundle::PlacedRow};
use jsonrpsee::core::client::Subscription;
use musubi_client_sdk::proofs::{Checkpoint, Statement, verify};
use musubi_primitives::{
    Basis, CiphertextHash, Pseudonym, RecordId,
    trail::{TrailFact, TrailRow},
    view::RecordView,
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

/// How long a node may be away.
const AWAY_MAX: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(250);

/// Proofs of one story.
pub struct Proofs {
    node: String,
    trusted: Checkpoint,
    folder: PathBuf,
    seen: BTreeMap<Pseudonym, u64>,
    made: Vec<PathBuf>,
}

/// New finalised heads, however often the node has to be found again.
pub struct Heads {
    node: String,
    /// The subscription lives as long as its connection.
    _client: ChainClient,
    stream: Subscription<Value>,
}

/// Why something was not proved.
enum Away {
    /// The node does not answer now: it is asked again.
    Node(String),
    /// It does not hold, or cannot be written.
    Wrong(String),
}

impl From<ClientError> for Away {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Lost { .. } | ClientError::Unreachable { .. } => {
                Self::Node(error.to_string())
            }
            error => Self::Wrong(error.to_string()),
        }
    }
}

impl From<String> for Away {
    fn from(wrong: String) -> Self {
        Self::Wrong(wrong)
    }
}

/// Does something again until a node answers: one that is being restarted costs waiting and nothing else.
macro_rules! patiently {
    ($attempt:expr) => {{
        let started = std::time::Instant::now();
        loop {
            match $attempt.await {
                Ok(done) => break Ok(done),
                Err(Away::Wrong(error)) => break Err(error),
                Err(Away::Node(error)) if AWAY_MAX < started.elapsed() => break Err(error),
                Err(Away::Node(_)) => tokio::time::sleep(PAUSE).await,
            }
        }
    }};
}

impl Proofs {
    /// Proofs by the node at this address, for a reader who trusts `trusted`.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(node: String, trusted: Checkpoint, folder: PathBuf) -> Result<Self, String> {
        std::fs::create_dir_all(&folder)
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Self {
            node,
            trusted,
            folder,
            seen: BTreeMap::new(),
            made: Vec::new(),
        })
    }

    /// Every bundle made so far.
    pub fn made(&self) -> &[PathBuf] {
        &self.made
    }

    /// Proves the rows that a subject's trail got since the last call; none if there are none.
    ///
    /// # Errors
    /// When a bundle cannot be made, or does not verify.
    pub async fn new_rows(
        &mut self,
        step: &str,
        subject: &Pseudonym,
    ) -> Result<Option<PathBuf>, String> {
        patiently!(self.try_new_rows(step, subject))
    }

    async fn try_new_rows(
        &mut self,
        step: &str,
        subject: &Pseudonym,
    ) -> Result<Option<PathBuf>, Away> {
        let first = self.seen.get(subject).copied().unwrap_or_default();
        let client = self.client().await?;
        let rows = client.trail(subject, first).await?;
        let Some(next) = rows.last().map(|last| last.row.index + 1) else {
            return Ok(None);
        };
        let mut statements = Vec::new();
        for row in &rows {
            statements.push(client.row_written(subject, row.row.index).await?);
        }
        let name = format!("{:02}-{}.json", self.made.len() + 1, step.replace(' ', "-"));
        let path = self.prove(&client, &name, statements).await?;
        self.seen.insert(*subject, next);
        Ok(Some(path))
    }

    /// The whole trail: its rows in words, and a bundle which shows that none is missing and every read had its grant.
    ///
    /// # Errors
    /// As [`Proofs::new_rows`]; and when a read had no grant.
    pub async fn whole_trail(
        &mut self,
        subject: &Pseudonym,
    ) -> Result<(PathBuf, Vec<String>), String> {
        patiently!(self.try_whole_trail(subject))
    }

    async fn try_whole_trail(
        &mut self,
        subject: &Pseudonym,
    ) -> Result<(PathBuf, Vec<String>), Away> {
        let client = self.client().await?;
        let newest = client.head().await?;
        let rows: Vec<TrailRow> = self
            .try_trail(subject)
            .await?
            .into_iter()
            .filter(|placed| placed.height <= newest.height)
            .map(|placed| placed.row)
            .collect();
        let audit = musubi_client_sdk::proofs::trail::audit(&rows);
        if !audit.without_grant.is_empty() {
            return Err(Away::Wrong(format!(
                "reads without a grant: rows {:?}",
                audit.without_grant
            )));
        }
        let lines = rows.iter().map(line).collect();
        let statements = vec![
            Statement::WholeTrail {
                height: newest.height,
                subject: *subject,
                rows,
            },
            Statement::ReadsWithoutGrant {
                height: newest.height,
                subject: *subject,
                permits: audit.permits,
                without_grant: audit.without_grant,
            },
        ];
        let name = format!("{:02}-whole-trail.json", self.made.len() + 1);
        let path = self.write(&client, newest, &name, statements).await?;
        Ok((path, lines))
    }

    /// Ciphertext hashes of records, from statements that verify.
    ///
    /// # Errors
    /// When a record is not on the chain.
    pub async fn records(
        &mut self,
        records: &[RecordId],
    ) -> Result<BTreeMap<RecordId, CiphertextHash>, String> {
        patiently!(self.try_records(records))
    }

    async fn try_records(
        &mut self,
        records: &[RecordId],
    ) -> Result<BTreeMap<RecordId, CiphertextHash>, Away> {
        let client = self.client().await?;
        let newest = client.head().await?;
        let mut statements = Vec::new();
        for record in records {
            let view: Option<RecordView> = client
                .runtime("MusubiApi_record", record, Some(newest.hash))
                .await?;
            let view = view.ok_or_else(|| format!("record {record} is not on the chain"))?;
            statements.push(Statement::RecordExisted {
                height: newest.height,
                record: *record,
                subject: view.subject,
                category: view.category,
                author: view.author,
                commitment: view.commitment,
                ciphertext: view.ciphertext,
            });
        }
        let hashes = statements.iter().filter_map(|statement| match statement {
            Statement::RecordExisted {
                record, ciphertext, ..
            } => Some((*record, *ciphertext)),
            _ => None,
        });
        let hashes = hashes.collect();
        let name = format!("{:02}-records.json", self.made.len() + 1);
        self.write(&client, newest, &name, statements).await?;
        Ok(hashes)
    }

    /// A subject's trail so far.
    ///
    /// # Errors
    /// When no node answers.
    pub async fn trail(&self, subject: &Pseudonym) -> Result<Vec<PlacedRow>, String> {
        patiently!(self.try_trail(subject))
    }

    async fn try_trail(&self, subject: &Pseudonym) -> Result<Vec<PlacedRow>, Away> {
        let client = self.client().await?;
        let mut rows: Vec<PlacedRow> = Vec::new();
        loop {
            let first = rows.last().map_or(0, |placed| placed.row.index + 1);
            let page = client.trail(subject, first).await?;
            if page.is_empty() {
                return Ok(rows);
            }
            rows.extend(page);
        }
    }

    /// Height of the newest finalised block.
    ///
    /// # Errors
    /// When no node answers.
    pub async fn newest_height(&self) -> Result<u64, String> {
        patiently!(self.try_newest_height())
    }

    async fn try_newest_height(&self) -> Result<u64, Away> {
        let client = self.client().await?;
        Ok(client.head().await?.height)
    }

    /// Finalised heads as they come.
    ///
    /// # Errors
    /// When no node answers.
    pub async fn follow_heads(&self) -> Result<Heads, String> {
        patiently!(Heads::follow(self.node.clone()))
    }

    /// A connection of its own for each use: a node that was restarted is found again.
    async fn client(&self) -> Result<ChainClient, Away> {
        Ok(ChainClient::connect(&self.node, None).await?)
    }

    /// Proves under the newest head, as soon as the node tells of one that has the statements behind it.
    async fn prove(
        &mut self,
        client: &ChainClient,
        name: &str,
        statements: Vec<Statement>,
    ) -> Result<PathBuf, Away> {
        let last = statements.iter().map(Statement::height).max();
        let mut heads = client.follow_heads().await?;
        let mut newest = client.head().await?;
        while last.is_some_and(|last| newest.height < last) {
            if heads.next().await.is_none() {
                return Err(Away::Node("the node stopped telling of blocks".to_owned()));
            }
            newest = client.head().await?;
        }
        self.write(client, newest, name, statements).await
    }

    async fn write(
        &mut self,
        client: &ChainClient,
        newest: BlockRef,
        name: &str,
        statements: Vec<Statement>,
    ) -> Result<PathBuf, Away> {
        let bundle = client.bundle(&self.trusted, newest, statements).await?;
        let text = bundle.to_text();
        verify(&self.trusted, text.as_bytes()).map_err(|error| {
            format!(
                "{name} does not verify: {}",
                crate::commands::care::chain(&error)
            )
        })?;
        let path = self.folder.join(name);
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        self.made.push(path.clone());
        Ok(path)
    }
}

impl Heads {
    async fn follow(node: String) -> Result<Self, Away> {
        let client = ChainClient::connect(&node, None).await?;
        let stream = client.follow_heads().await?;
        Ok(Self {
            node,
            _client: client,
            stream,
        })
    }

    /// Waits for the next head.
    ///
    /// # Errors
    /// When the node stays away.
    pub async fn next(&mut self) -> Result<(), String> {
        if let Some(Ok(_)) = self.stream.next().await {
            return Ok(());
        }
        *self = patiently!(Self::follow(self.node.clone()))?;
        Ok(())
    }
}

/// A row in one line.
fn line(row: &TrailRow) -> String {
    format!("{:>3}  {}", row.index, fact_in_words(&row.fact))
}

fn fact_in_words(fact: &TrailFact) -> String {
    match fact {
        TrailFact::Enrolled { home } => format!("enrolled; home {}", member_name(*home)),
        TrailFact::GuardianshipAttested { guardian, .. } => {
            format!("guardianship of {} attested", short(guardian))
        }
        TrailFact::ConsentProposed {
            consent, recipient, ..
        } => format!(
            "consent {} proposed: to {}",
            short(consent),
            member_name(*recipient)
        ),
        TrailFact::ConsentAttested { consent, attester } => format!(
            "consent {} attested by {}",
            short(consent),
            member_name(*attester)
        ),
        TrailFact::ConsentEffective { consent } => {
            format!("consent {} in force", short(consent))
        }
        TrailFact::ConsentEnded { consent, ending } => {
            format!("consent {} ended: {ending:?}", short(consent))
        }
        TrailFact::RecordCommitted {
            record,
            category,
            author,
        } => format!(
            "record {} committed: {category:?}, by {}",
            short(record),
            member_name(*author)
        ),
        TrailFact::RecordStored { record } => {
            format!("record {} stored by two holders", short(record))
        }
        TrailFact::AccessPermitted {
            member,
            role,
            basis,
            ..
        } => format!(
            "read permitted to {role:?} of {}: {}",
            member_name(*member),
            basis_in_words(basis)
        ),
        TrailFact::AccessDenied {
            member,
            role,
            reason,
            ..
        } => format!(
            "read denied to {role:?} of {}: {reason:?}",
            member_name(*member)
        ),
        TrailFact::Delivered {
            record, custodian, ..
        } => format!(
            "record {} delivered by {}",
            short(record),
            member_name(*custodian)
        ),
        other => format!("{other:?}"),
    }
}

fn basis_in_words(basis: &Basis) -> String {
    match basis {
        Basis::Consent(consent) => format!("consent {}", short(consent)),
        Basis::Statute(article) => format!("statute {article:?}"),
        Basis::BreakGlass(opening) => format!("break-glass {}", short(opening)),
    }
}

/// The first digits of an identifier.
fn short(id: impl ToString) -> String {
    id.to_string().chars().take(10).collect::<String>() + "…"
}

fn words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Runs `musubi verify` on a bundle, in a process of its own.
///
/// # Errors
/// What it said.
pub fn verify_apart(spec: &Path, bundle: &Path) -> Result<(), String> {
    let program = std::env::current_exe().map_err(words)?;
    let output = std::process::Command::new(program)
        .arg("verify")
        .arg("--spec")
        .arg(spec)
        .arg(bundle)
        .output()
        .map_err(|error| format!("run musubi verify: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "musubi verify {}: {}",
        bundle.display(),
        String::from_utf8_lossy(&output.stderr)
    ))
}
