//! A real PC/SC stack with virtual readers, shut away from the network: `pcscd`, `vpcd` and the emulator in namespaces of their own.
//!
//! `vpcd` listens on all addresses, and whoever reaches it can insert a card; so it lives in a network namespace that holds
//! nothing but a loopback device. Clients reach `pcscd` by its Unix socket: they run with `PCSCLITE_CSOCK_NAME` set to [`PcscStack::socket`].
//! libpcsclite reads that variable once, so a program that needs the stack starts its card sessions as child processes:
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use musubi_consent_card_emulator::{CardProfile, PcscStack, TestFolder, stack};
//! use std::{path::Path, process::Command};
//!
//! let cards = TestFolder::open(Path::new("cards"))?;
//! let program = std::env::current_exe()?;
//! // Any command line whose process runs `console::run`; the musubi binary has `card emulator-console`.
//! let emulator = [program.to_str().unwrap_or_default(), "card", "emulator-console"];
//! let mut stack = PcscStack::start(Path::new("socket-folder"), &emulator)?;
//! stack.insert(0, &cards.card_path(CardProfile::Adult), None, 0)?;
//! Command::new(program)
//!     .args(["card", "status", "--reader", &PcscStack::reader(0)])
//!     .env(stack::SOCKET_VARIABLE, stack.socket())
//!     .status()?;
//! # Ok(())
//! # }
//! ```
//!
//! Where a package is missing or the machine grants no namespaces, [`PcscStack::start`] says so in one sentence
//! ([`StackError`]); a demonstration then uses the card in-process, and a test fails.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::card::{Fault, Tripwire};
use crate::console::READY;

/// Environment variable that leads libpcsclite to another socket.
pub const SOCKET_VARIABLE: &str = "PCSCLITE_CSOCK_NAME";

/// Where Debian's `vpcd` is configured; its absence means that the package is missing.
const READER_CONFIGURATION: &str = "/etc/reader.conf.d/vpcd";

/// Runs as the first process of the namespaces: `$1` is the folder of the socket, the rest is the emulator's command line.
const SCRIPT: &str = r#"
set -e
PATH="$PATH:/usr/sbin:/sbin"
folder=$1
shift
ip link set lo up
mount -t tmpfs none /run
mkdir /run/pcscd
mount --bind "$folder" /run/pcscd
pcscd --foreground --critical >"$folder/pcscd.log" 2>&1 </dev/null &
exec "$@"
"#;

/// Why there is no stack.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// A program or package of the operating system is not installed.
    #[error("{what} is not installed (Debian: apt-get install {package})")]
    Missing {
        /// What was looked for.
        what: &'static str,
        /// Package that holds it.
        package: &'static str,
    },
    /// The stack ended before it was up: above all, no namespaces for this user.
    #[error(
        "start pcscd in namespaces of its own (needs root or unprivileged user namespaces): {detail}"
    )]
    NotStarted {
        /// What the system said.
        detail: String,
    },
    /// A process could not be started, or its pipes broke.
    #[error("run the PC/SC stack: {what}")]
    Io {
        /// What was being done.
        what: &'static str,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The emulator said something else than expected.
    #[error("the emulator answered {answer:?} where {expected:?} was expected")]
    Answer {
        /// What it said; empty if it ended.
        answer: String,
        /// What was expected.
        expected: String,
    },
    /// Something was done to the card that no Musubi code may ever do: a defect of the program that used the reader.
    #[error("the card in slot {slot} saw what is forbidden: {wires:?}")]
    Tripped {
        /// Where the card lies, or lay.
        slot: u16,
        /// What was done to it.
        wires: BTreeSet<Tripwire>,
    },
}

/// Running `pcscd`, `vpcd` and emulator. Dropping it ends all three.
///
/// Each card is asked for its trip-wires once, when it goes: by [`PcscStack::remove`], by [`PcscStack::wait_for_removal`], when another
/// card takes its slot, or at the end by [`PcscStack::finish`].
#[derive(Debug)]
pub struct PcscStack {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    folder: PathBuf,
    /// Slots whose card left by a fault, and nobody asked yet.
    gone: BTreeSet<u16>,
    /// Slots whose last card was not asked for its trip-wires yet.
    unasked: BTreeSet<u16>,
}

impl PcscStack {
    /// Starts the stack with its socket in `folder`, which must exist. `emulator` is the command line of a process that runs
    /// [`crate::console::run`].
    ///
    /// # Errors
    ///
    /// [`StackError::Missing`] naming the package when something is not installed.
    pub fn start(folder: &Path, emulator: &[&str]) -> Result<Self, StackError> {
        require_installed()?;
        let complaints = folder.join("stack.log");
        let mut process = isolated(folder, emulator)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&complaints).map_err(io_error("write stack.log"))?)
            .spawn()
            .map_err(io_error("start unshare"))?;
        let input = process.stdin.take();
        let output = process.stdout.take().ok_or_else(|| StackError::Io {
            what: "open the emulator's output",
            source: io::ErrorKind::BrokenPipe.into(),
        })?;
        let mut stack = Self {
            process,
            input,
            output: BufReader::new(output),
            folder: folder.to_owned(),
            gone: BTreeSet::new(),
            unasked: BTreeSet::new(),
        };
        match stack.expect(READY) {
            Ok(_) => Ok(stack),
            Err(_) => Err(StackError::NotStarted {
                detail: last_line(&complaints),
            }),
        }
    }

    /// Name of the reader of a slot, as PC/SC lists it.
    #[must_use]
    pub fn reader(slot: u16) -> String {
        format!("Virtual PCD 00 {slot:02X}")
    }

    /// The Unix socket of `pcscd`.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.join("pcscd.comm")
    }

    /// Puts the card with this image into a slot and waits until the reader has seen it.
    ///
    /// # Errors
    ///
    /// [`StackError::Answer`] with the emulator's words when the image is refused or the reader never came; [`StackError::Tripped`] when
    /// the slot's last card saw something forbidden.
    pub fn insert(
        &mut self,
        slot: u16,
        image: &Path,
        fault: Option<Fault>,
        pace_ms: u64,
    ) -> Result<(), StackError> {
        self.require_untripped(slot)?;
        self.gone.remove(&slot);
        let fault = fault.map_or("none", Fault::name);
        self.ask(
            &format!("insert {slot} {fault} {pace_ms} {}", image.display()),
            &format!("inserted {slot}"),
        )?;
        self.unasked.insert(slot);
        Ok(())
    }

    /// Takes the card out of a slot.
    ///
    /// # Errors
    ///
    /// [`StackError::Answer`] when there was none; [`StackError::Tripped`] when it is out and had seen something forbidden.
    pub fn remove(&mut self, slot: u16) -> Result<(), StackError> {
        if !self.gone.remove(&slot) {
            self.ask(&format!("remove {slot}"), &format!("removed {slot}"))?;
        }
        self.require_untripped(slot)
    }

    /// Asks every card that was not taken out yet for its trip-wires. Dropping the stack asks too, and can only print the answer.
    ///
    /// # Errors
    ///
    /// [`StackError::Tripped`] for the first card that saw something forbidden.
    pub fn finish(&mut self) -> Result<(), StackError> {
        while let Some(slot) = self.unasked.first().copied() {
            self.require_untripped(slot)?;
        }
        Ok(())
    }

    /// Writes the last card of a slot, with its counters as they are now, to a file.
    ///
    /// # Errors
    ///
    /// [`StackError::Answer`] when there never was a card, or the file cannot be written.
    pub fn keep(&mut self, slot: u16, image: &Path) -> Result<(), StackError> {
        self.ask(
            &format!("keep {slot} {}", image.display()),
            &format!("kept {slot}"),
        )
        .map(drop)
    }

    /// Waits until a card that leaves by a fault has left.
    ///
    /// # Errors
    ///
    /// [`StackError::Answer`] when something else happened; [`StackError::Tripped`] when it had seen something forbidden.
    pub fn wait_for_removal(&mut self, slot: u16) -> Result<(), StackError> {
        if !self.gone.remove(&slot) {
            self.expect(&format!("removed {slot}"))?;
        }
        self.require_untripped(slot)
    }

    /// How many VERIFYs with data the last card of a slot has received since it was put there.
    ///
    /// # Errors
    ///
    /// [`StackError::Answer`] when there never was a card.
    pub fn verifies(&mut self, slot: u16) -> Result<u32, StackError> {
        let expected = format!("verifies {slot}");
        let answer = self.ask(&expected, &expected)?;
        answer
            .trim()
            .parse()
            .map_err(|_| StackError::Answer { answer, expected })
    }

    /// Trip-wires that the last card of a slot has seen.
    ///
    /// # Errors
    ///
    /// [`StackError::Answer`] when there never was a card.
    pub fn tripped(&mut self, slot: u16) -> Result<BTreeSet<Tripwire>, StackError> {
        let expected = format!("tripped {slot}");
        let names = self.ask(&expected.clone(), &expected)?;
        let is_named = |wire: &Tripwire| {
            names
                .split(',')
                .any(|name| name.trim() == format!("{wire:?}"))
        };
        Ok(Tripwire::ALL.into_iter().filter(is_named).collect())
    }

    /// Asks the last card of a slot for its trip-wires, unless that was done.
    fn require_untripped(&mut self, slot: u16) -> Result<(), StackError> {
        if !self.unasked.remove(&slot) {
            return Ok(());
        }
        let wires = self.tripped(slot)?;
        if wires.is_empty() {
            Ok(())
        } else {
            Err(StackError::Tripped { slot, wires })
        }
    }

    fn ask(&mut self, command: &str, expected: &str) -> Result<String, StackError> {
        let broken = || StackError::Io {
            what: "write to the emulator",
            source: io::ErrorKind::BrokenPipe.into(),
        };
        let input = self.input.as_mut().ok_or_else(broken)?;
        writeln!(input, "{command}")
            .and_then(|()| input.flush())
            .map_err(io_error("write to the emulator"))?;
        self.expect(expected)
    }

    /// Reads one line that must begin with `expected`; returns the rest of it. Cards that left by a fault are noted on the way.
    fn expect(&mut self, expected: &str) -> Result<String, StackError> {
        loop {
            let mut answer = String::new();
            self.output
                .read_line(&mut answer)
                .map_err(io_error("read from the emulator"))?;
            let answer = answer.trim_end();
            if let Some(rest) = answer.strip_prefix(expected) {
                return Ok(rest.to_owned());
            }
            if !self.note_removal(answer) {
                return Err(StackError::Answer {
                    answer: answer.to_owned(),
                    expected: expected.to_owned(),
                });
            }
        }
    }

    fn note_removal(&mut self, answer: &str) -> bool {
        let slot = answer
            .strip_prefix("removed ")
            .and_then(|slot| slot.parse().ok());
        slot.is_some_and(|slot| {
            self.gone.insert(slot);
            true
        })
    }
}

impl Drop for PcscStack {
    fn drop(&mut self) {
        if let Err(tripped @ StackError::Tripped { .. }) = self.finish() {
            drop(writeln!(io::stderr(), "{tripped}"));
        }
        // The end of its input ends the emulator, and with it, as the first process of its namespace, pcscd.
        drop(self.input.take());
        drop(self.process.wait());
    }
}

/// The command that runs `emulator` beside `pcscd`, cut off from every network.
fn isolated(folder: &Path, emulator: &[&str]) -> Command {
    let mut command = Command::new("unshare");
    if !is_root() {
        command.arg("--map-root-user");
    }
    // In a process group of its own: Ctrl-C is for the program that started it, which then ends it in order.
    command
        .process_group(0)
        .args(["--net", "--mount", "--pid", "--fork", "--kill-child"])
        .args(["sh", "-c", SCRIPT, "sh"])
        .arg(folder)
        .args(emulator);
    command
}

fn last_line(file: &Path) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().last().unwrap_or("no reason given").to_owned()
}

fn require_installed() -> Result<(), StackError> {
    let missing = |what, package| Err(StackError::Missing { what, package });
    if !is_installed("pcscd") {
        return missing("pcscd", "pcscd");
    }
    if !Path::new(READER_CONFIGURATION).exists() {
        return missing("the vpcd reader driver", "vsmartcard-vpcd");
    }
    if !is_installed("ip") {
        return missing("ip", "iproute2");
    }
    if is_installed("unshare") {
        Ok(())
    } else {
        missing("unshare", "util-linux")
    }
}

fn is_installed(program: &str) -> bool {
    let folders = [
        "/usr/sbin",
        "/usr/bin",
        "/sbin",
        "/bin",
        "/usr/local/sbin",
        "/usr/local/bin",
    ];
    folders
        .iter()
        .any(|folder| Path::new(folder).join(program).exists())
}

/// The owner of this process' entry in `/proc` is its effective user.
fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn io_error(what: &'static str) -> impl FnOnce(io::Error) -> StackError {
    move |source| StackError::Io { what, source }
}
