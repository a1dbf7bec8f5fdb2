//! What became of each line: converted, known, or refused with what, where and what to do. Nothing personal is repeated.

use serde_json::Value;
use std::fmt;

/// One thing that is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Column, pointer or FHIRPath.
    pub place: String,
    /// What is wrong, and what to do.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.place, self.what)
    }
}

/// What became of a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Resources about one person, ready to be posted.
    Converted {
        /// The person's number in the source; none where a FHIR file names the person by reference alone.
        person: String,
        /// The Patient, where the source says enough of the person.
        patient: Option<Value>,
        /// The records.
        resources: Vec<Value>,
        /// What was read in another form than it was written.
        notes: Vec<Fault>,
    },
    /// Nothing to import; says why.
    Nothing(&'static str),
    /// Not taken in.
    Refused(Vec<Fault>),
}

/// A line, or an entry of a list, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// `line 12`, `entry 3`.
    pub place: String,
    /// What became of it.
    pub outcome: Outcome,
}

impl fmt::Display for Line {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |faults: &[Fault]| {
            let all: Vec<String> = faults.iter().map(ToString::to_string).collect();
            all.join("; ")
        };
        match &self.outcome {
            Outcome::Converted {
                resources, notes, ..
            } if notes.is_empty() => {
                write!(out, "{}\tok\t{} records", self.place, resources.len())
            }
            Outcome::Converted {
                resources, notes, ..
            } => write!(
                out,
                "{}\tok\t{} records; {}",
                self.place,
                resources.len(),
                joined(notes)
            ),
            Outcome::Nothing(why) => write!(out, "{}\tnothing\t{why}", self.place),
            Outcome::Refused(faults) => write!(out, "{}\trefused\t{}", self.place, joined(faults)),
        }
    }
}
