//! What this validator has voted at the newest height, in a file of its own beside the engine's write-ahead log.
//!
//! A restart goes by the log. Where the disk lost the end of that log, or a record of it, the engine would vote again where it voted before,
//! and perhaps otherwise: it would vote twice. So every vote is noted here before it is signed, and where one was cast already that one is
//! repeated. The note is written, not flushed: it survives kill -9 with certainty, and a power cut as far as the disk had it; the log is what
//! is flushed.

use crate::vote::Vote;
use codec::{Decode, Encode};
use musubi_primitives::{
    BlockHash,
    finality::{self, VoteKind},
};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

/// Name of the file, in the folder of the write-ahead log.
pub(crate) const FILE: &str = "consensus.votes";
/// Bytes of one note, padded.
const NOTE_BYTES: usize = 48;
/// Each note stands twice: one that is not equal to its twin was not written to its end, or has changed since.
const TWIN_BYTES: usize = 2 * NOTE_BYTES;

/// Height, round, whether it is a precommit, and the block.
type Note = (u64, u32, bool, Option<BlockHash>);

/// The votes of the newest height.
#[derive(Debug)]
pub(crate) struct Ballots {
    file: File,
    height: u64,
    cast: BTreeMap<(u32, bool), Option<BlockHash>>,
}

/// A vote that must not be cast.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BallotError {
    /// The engine is behind what it voted on before.
    #[error("a vote at height {0}, after votes at height {1}: it is not cast")]
    Behind(u64, u64),
    /// The disk refused the note.
    #[error("note a vote before it is cast: {0}")]
    Disk(#[from] io::Error),
}

impl Ballots {
    /// Opens the notes in a folder, which is made where there is none; those that are damaged, and what follows them, are dropped.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(folder.join(FILE))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut ballots = Self {
            file,
            height: 0,
            cast: BTreeMap::new(),
        };
        let mut whole = 0;
        for (height, round, is_precommit, block) in bytes.chunks(TWIN_BYTES).map_while(read) {
            if height > ballots.height {
                ballots.height = height;
                ballots.cast.clear();
            }
            ballots.cast.insert((round, is_precommit), block);
            whole += TWIN_BYTES;
        }
        ballots
            .file
            .set_len(u64::try_from(whole).map_err(io::Error::other)?)?;
        ballots.file.seek(SeekFrom::End(0))?;
        Ok(ballots)
    }

    /// The vote to cast: the given one, noted before, or the one that was cast in its place already.
    pub(crate) fn settle(&mut self, vote: &Vote) -> Result<Vote, BallotError> {
        let mut vote = vote.plain();
        if vote.height < self.height {
            return Err(BallotError::Behind(vote.height, self.height));
        }
        if vote.height > self.height {
            // Older votes can no longer be contradicted: the chain has passed them.
            self.file.set_len(0)?;
            self.file.seek(SeekFrom::Start(0))?;
            self.height = vote.height;
            self.cast.clear();
        }
        let place = (vote.round, vote.kind == VoteKind::Precommit);
        match self.cast.get(&place) {
            None => self.note(place, &vote)?,
            Some(block) if *block == vote.block => {}
            Some(block) => {
                let (height, round) = (vote.height, vote.round);
                tracing::warn!(
                    height,
                    round,
                    "voted otherwise here before this start: the earlier vote is repeated"
                );
                vote.block = *block;
            }
        }
        Ok(vote.into())
    }

    fn note(&mut self, place: (u32, bool), vote: &finality::Vote) -> io::Result<()> {
        let note: Note = (vote.height, place.0, place.1, vote.block);
        let mut bytes = note.encode();
        bytes.resize(NOTE_BYTES, 0);
        self.file.write_all(&bytes.repeat(2))?;
        self.cast.insert(place, vote.block);
        Ok(())
    }
}

/// A note that is whole.
fn read(bytes: &[u8]) -> Option<Note> {
    let (one, other) = bytes.split_at_checked(NOTE_BYTES)?;
    let mut note = (one == other).then_some(one)?;
    Note::decode(&mut note).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use musubi_primitives::VerifyingKey;

    fn vote(height: u64, round: u32, kind: VoteKind, block: Option<u8>) -> Vote {
        let plain = finality::Vote {
            kind,
            height,
            round,
            block: block.map(|byte| BlockHash([byte; 32])),
            validator: VerifyingKey([7; 32]),
        };
        plain.into()
    }

    fn prevote(height: u64, round: u32, block: Option<u8>) -> Vote {
        vote(height, round, VoteKind::Prevote, block)
    }

    #[test]
    fn a_vote_that_was_cast_is_repeated_after_a_restart_and_never_contradicted() {
        let folder = tempfile::tempdir().unwrap();
        let mut ballots = Ballots::open(folder.path()).unwrap();
        for cast in [prevote(5, 0, Some(1)), prevote(5, 1, None)] {
            assert_eq!(ballots.settle(&cast).unwrap(), cast);
        }
        let mut again = Ballots::open(folder.path()).unwrap();
        let settled = again.settle(&prevote(5, 0, None)).unwrap();
        assert_eq!(settled, prevote(5, 0, Some(1)));
        let settled = again.settle(&prevote(5, 1, Some(1))).unwrap();
        assert_eq!(settled, prevote(5, 1, None));
        // The same place with another kind of vote is another place.
        let precommit = vote(5, 0, VoteKind::Precommit, None);
        assert_eq!(again.settle(&precommit).unwrap(), precommit);
        assert_eq!(
            again.settle(&prevote(6, 0, None)).unwrap(),
            prevote(6, 0, None)
        );
        let behind = again.settle(&prevote(5, 0, Some(1)));
        assert!(matches!(behind, Err(BallotError::Behind(5, 6))));
    }

    #[test]
    fn notes_that_are_cut_short_or_bent_are_dropped_and_the_others_hold() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let mut ballots = Ballots::open(folder.path()).unwrap();
        for round in 0..3 {
            ballots.settle(&prevote(5, round, Some(1))).unwrap();
        }
        let whole = std::fs::read(&path).unwrap();
        assert_eq!(whole.len(), 3 * TWIN_BYTES);
        for place in 0..whole.len() {
            let cut = whole[..place].to_vec();
            let mut bent = whole.clone();
            bent[place] ^= 1;
            for damaged in [cut, bent] {
                std::fs::write(&path, damaged).unwrap();
                let mut ballots = Ballots::open(folder.path()).unwrap();
                let held = place / TWIN_BYTES;
                assert_eq!(ballots.cast.len(), held, "damaged at {place}");
                // What comes next is noted behind what holds.
                ballots.settle(&prevote(5, 9, None)).unwrap();
                assert_eq!(Ballots::open(folder.path()).unwrap().cast.len(), held + 1);
            }
        }
    }
}
