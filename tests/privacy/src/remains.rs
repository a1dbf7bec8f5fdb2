//! What is left of a consortium when its test is over: folders with databases, blocks and logs, and what was shown and traced meanwhile.
//! Nothing in it may tell who was there; and a look at it that finds nothing must be able to find something.

use crate::{
    Facts, Scanner, needle, plant,
    sink::{self, Look, Result},
};
use musubi_tests_support::{Consortium, told};
use serde_json::Value;
use std::path::PathBuf;

/// A name that nobody has: the leak that is planted is known also where a test told no name.
const NOBODY: &str = "見本　植木";
/// Entries of databases that even a short test leaves in each node.
const ENTRIES_MIN: usize = 100;

/// Everything that is looked through.
#[derive(Clone, Debug, Default)]
pub struct Remains {
    /// Folders of nodes that have stopped.
    pub folders: Vec<PathBuf>,
    /// What nodes showed: metrics, by a word for the place.
    pub shown: Vec<(String, Vec<u8>)>,
    /// What nodes told a collector.
    pub traces: Vec<Value>,
}

impl Remains {
    /// Takes what the nodes show, ends them, and takes what they leave.
    ///
    /// # Panics
    /// When a running node shows no metrics, or the consortium is not traced.
    pub async fn gather(consortium: &mut Consortium) -> Self {
        let mut remains = Self::default();
        for place in 0..consortium.size() {
            let node = consortium.node(place);
            if node.process.pid().is_some() {
                let address = node.rpc.clone();
                remains.take_metrics(&address).await;
            }
        }
        for place in 0..consortium.size() {
            consortium.node(place).process.kill();
            let folder = consortium.config(place).with_file_name("");
            // One that never ran has left nothing.
            if folder.join("log").is_file() {
                remains.folders.push(folder);
            }
        }
        let traces = consortium.traces().expect("the consortium is traced");
        remains.traces = traces.messages();
        remains
    }

    /// Takes the metrics that a running node shows at its JSON-RPC's address.
    ///
    /// # Panics
    /// When it shows none.
    pub async fn take_metrics(&mut self, address: &str) {
        let shown = reqwest::get(format!("http://{address}/metrics")).await;
        let metrics = shown.expect("a node shows its metrics").bytes().await;
        let metrics = metrics.expect("to their end").to_vec();
        assert!(!metrics.is_empty(), "{address} has metrics");
        self.shown.push((format!("metrics of {address}"), metrics));
    }

    /// Looks through everything.
    ///
    /// # Errors
    /// What cannot be opened.
    pub async fn look(&self, scanner: &Scanner) -> Result<Look> {
        let mut look = Look::default();
        for folder in &self.folders {
            look.add(sink::look_through(scanner, folder).await?);
        }
        for (place, text) in &self.shown {
            look.findings.extend(scanner.look_at_text(place, text));
        }
        for message in &self.traces {
            let text = message.to_string();
            let found = scanner.look_at_text("traces", text.as_bytes());
            look.findings.extend(found);
        }
        Ok(look)
    }
}

/// The end of a test whose nodes were told about people: they stop, and nothing of it lies readable in what they kept, said or showed (I3). A
/// leak that is then put into each kind of sink is found.
///
/// # Panics
/// When something is found that must not be there, or something is not found that is.
pub async fn tells_nothing(consortium: &mut Consortium) {
    let mut facts = Facts::default();
    facts.take_told(&told::so_far());
    let remains = Remains::gather(consortium).await;
    has_nothing_of(&remains, &facts).await;
}

/// The same of remains and facts that were gathered otherwise.
///
/// # Panics
/// Like [`tells_nothing`].
pub async fn has_nothing_of(remains: &Remains, facts: &Facts) {
    let mut facts = facts.clone();
    facts.take_text(NOBODY);
    let scanner = Scanner::new(&facts).expect("a scanner for some hundred facts");
    let look = remains.look(&scanner).await.expect("all of it opens");
    let told: Vec<String> = look.findings.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "told:\n{}", told.join("\n"));
    assert!(
        remains.folders.len() <= look.databases
            && ENTRIES_MIN * remains.folders.len() < look.entries,
        "{look:?}"
    );
    assert!(
        !remains.shown.is_empty() && !remains.traces.is_empty(),
        "something was shown and traced"
    );
    a_leak_in_each_kind_of_sink_is_found(remains, &facts, &scanner).await;
}

async fn a_leak_in_each_kind_of_sink_is_found(remains: &Remains, facts: &Facts, scanner: &Scanner) {
    let code = facts.texts.iter().find(|text| needle::is_word(text));
    let copy = tempfile::tempdir().expect("a temporary folder");
    let code = code.map_or(NOBODY, String::as_str);
    let planted = plant::everywhere(remains, copy.path(), NOBODY, code);
    let planted = planted.await.expect("leaks are planted in a copy");
    let look = planted.remains.look(scanner).await.expect("it opens");
    for (sink, place) in &planted.places {
        let is_found = look
            .findings
            .iter()
            .any(|found| found.place.ends_with(place));
        assert!(is_found, "a leak in {sink} is found at {place}: {look:?}");
    }
}
