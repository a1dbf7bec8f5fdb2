//! Verifying a bundle: every statement in it holds on the chain that the reader trusts, or the bundle is refused whole.

use super::{
    bundle::{Bundle, BundleError},
    follow::{Checkpoint, FollowError},
    header::Header,
    state::{State, StateError},
    statement::Statement,
    trail::{Audit, audit, head_of},
    trie::TrieError,
    wire::PathProof,
};
use musubi_primitives::{BlockHash, Moment, Pseudonym, trail::TrailRow};
use std::collections::BTreeMap;

/// What was proved, and as of when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The newest block followed to, to be kept and trusted from now on.
    pub checkpoint: Checkpoint,
    /// Time of that block. What happened since is not in the bundle; the reader judges whether this is recent enough.
    pub as_of: Moment,
    /// Every statement of the bundle, proved.
    pub statements: Vec<Statement>,
}

/// Why a bundle was refused.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The text is no bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// For another chain than the trusted one.
    #[error("the bundle is for the chain with genesis {found}, trusted is {trusted}")]
    OtherChain {
        /// The bundle's.
        found: BlockHash,
        /// The reader's.
        trusted: BlockHash,
    },
    /// There is no step to a newest block.
    #[error("the bundle leads to no block")]
    NoSteps,
    /// A header is not proved final.
    #[error(transparent)]
    Follow(#[from] FollowError),
    /// Two headers or two read proofs for one height.
    #[error("height {0} is given twice")]
    Twice(u64),
    /// A statement or read proof about a height whose header is not in the bundle.
    #[error("the header of height {0} is missing")]
    NoHeader(u64),
    /// A statement about a state whose read proof is not in the bundle, or no read proof for the newest block.
    #[error("the read proof of height {0} is missing")]
    NoState(u64),
    /// A read proof does not hold.
    #[error("state of height {height}: {source}")]
    State {
        /// Which block's.
        height: u64,
        /// Why.
        source: StateError,
    },
    /// The proofs hold, but show something else.
    #[error("statement {number} is not what the proofs show: {statement}")]
    NotSo {
        /// Its place in the bundle, from 1.
        number: usize,
        /// The statement.
        statement: Box<Statement>,
    },
}

/// Verifies the text of a bundle against what the reader trusts. Opens no socket and reads no clock.
///
/// # Errors
/// See [`VerifyError`]; nothing of a refused bundle is to be believed.
pub fn verify(trusted: &Checkpoint, text: &[u8]) -> Result<Report, VerifyError> {
    let bundle = Bundle::parse(text)?;
    if bundle.genesis != trusted.genesis {
        return Err(VerifyError::OtherChain {
            found: bundle.genesis,
            trusted: trusted.genesis,
        });
    }
    let (checkpoint, headers) = proved_headers(trusted, &bundle)?;
    let mut chain = Proved::open(headers, &bundle)?;
    let as_of = chain.state(checkpoint.height)?.time;
    for (index, statement) in bundle.statements.iter().enumerate() {
        if !chain.shows(statement)? {
            return Err(VerifyError::NotSo {
                number: index.saturating_add(1),
                statement: Box::new(statement.clone()),
            });
        }
    }
    chain.finish()?;
    Ok(Report {
        checkpoint,
        as_of,
        statements: bundle.statements,
    })
}

type Headers = BTreeMap<u64, Header>;

fn proved_headers(
    trusted: &Checkpoint,
    bundle: &Bundle,
) -> Result<(Checkpoint, Headers), VerifyError> {
    let mut headers = Headers::new();
    let mut checkpoint = trusted.clone();
    let mut newest = None;
    for step in &bundle.steps {
        let (next, header) = checkpoint.follow(step)?;
        (checkpoint, newest) = (next, Some(header));
        headers.insert(header.height, header);
    }
    let newest = newest.ok_or(VerifyError::NoSteps)?;
    for ancestor in &bundle.ancestors {
        let header = ancestor.check(&newest)?;
        if headers.insert(header.height, header).is_some() {
            return Err(VerifyError::Twice(header.height));
        }
    }
    Ok((checkpoint, headers))
}

/// What the bundle has proved so far, ready to be held against its statements.
struct Proved<'a> {
    headers: Headers,
    states: BTreeMap<u64, State<'a>>,
    audits: BTreeMap<(u64, Pseudonym), Audit>,
}

impl<'a> Proved<'a> {
    fn open(headers: Headers, bundle: &'a Bundle) -> Result<Self, VerifyError> {
        let mut states = BTreeMap::new();
        for proof in &bundle.states {
            let height = proof.height;
            let header = headers.get(&height).ok_or(VerifyError::NoHeader(height))?;
            let state = State::open(header, proof)
                .map_err(|source| VerifyError::State { height, source })?;
            if states.insert(height, state).is_some() {
                return Err(VerifyError::Twice(height));
            }
        }
        Ok(Self {
            headers,
            states,
            audits: BTreeMap::new(),
        })
    }

    fn state(&mut self, height: u64) -> Result<&mut State<'a>, VerifyError> {
        self.states
            .get_mut(&height)
            .ok_or(VerifyError::NoState(height))
    }

    /// Whether the proofs show exactly this statement.
    fn shows(&mut self, statement: &Statement) -> Result<bool, VerifyError> {
        match statement {
            Statement::RecordExisted { .. } => self.shows_record(statement),
            Statement::ConsentHeld { .. } => self.shows_consent(statement),
            Statement::RowWritten { height, row, proof } => self.shows_row(*height, row, proof),
            Statement::WholeTrail {
                height,
                subject,
                rows,
            } => self.shows_trail(*height, subject, rows),
            Statement::ReadsWithoutGrant {
                height,
                subject,
                permits,
                without_grant,
            } => {
                let claimed = Audit {
                    permits: *permits,
                    without_grant: without_grant.clone(),
                };
                Ok(self.audits.get(&(*height, *subject)) == Some(&claimed))
            }
        }
    }

    fn shows_record(&mut self, statement: &Statement) -> Result<bool, VerifyError> {
        let Statement::RecordExisted { height, record, .. } = *statement else {
            return Ok(false);
        };
        let entry = self
            .state(height)?
            .record(&record)
            .map_err(|source| VerifyError::State { height, source })?;
        let shown = entry.map(|entry| Statement::RecordExisted {
            height,
            record,
            subject: entry.subject,
            category: entry.category,
            author: entry.author,
            commitment: entry.commitment,
            ciphertext: entry.ciphertext,
        });
        Ok(shown.as_ref() == Some(statement))
    }

    fn shows_consent(&mut self, statement: &Statement) -> Result<bool, VerifyError> {
        let Statement::ConsentHeld {
            height, consent, ..
        } = *statement
        else {
            return Ok(false);
        };
        let state = self.state(height)?;
        let at = state.time;
        let entry = state
            .consent(&consent)
            .map_err(|source| VerifyError::State { height, source })?;
        let shown = entry
            .filter(|entry| entry.holds_at(at))
            .map(|entry| Statement::ConsentHeld {
                height,
                at,
                consent,
                subject: entry.terms.subject,
                recipient: entry.terms.recipient,
                purpose: entry.terms.purpose,
                categories: entry.terms.categories,
            });
        Ok(shown.as_ref() == Some(statement))
    }

    fn shows_row(
        &self,
        height: u64,
        row: &TrailRow,
        PathProof(proof): &PathProof,
    ) -> Result<bool, VerifyError> {
        let header = self
            .headers
            .get(&height)
            .ok_or(VerifyError::NoHeader(height))?;
        let all_rows = proof.leaves == u64::from(header.anchor.trail_rows);
        Ok(all_rows && proof.verifies(&header.anchor.trail_root, &row.leaf()))
    }

    fn shows_trail(
        &mut self,
        height: u64,
        subject: &Pseudonym,
        rows: &[TrailRow],
    ) -> Result<bool, VerifyError> {
        let head = self
            .state(height)?
            .trail_head(subject)
            .map_err(|source| VerifyError::State { height, source })?;
        self.audits.insert((height, *subject), audit(rows));
        Ok(head_of(subject, rows) == Some(head))
    }

    fn finish(self) -> Result<(), VerifyError> {
        for (height, state) in self.states {
            state
                .finish()
                .map_err(|source: TrieError| VerifyError::State {
                    height,
                    source: source.into(),
                })?;
        }
        Ok(())
    }
}
