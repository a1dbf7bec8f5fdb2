//! The controlling terminal with its echo off, restored whatever happens.
//!
//! Keys arrive one by one, so that Ctrl-C is an answer here and no signal that would leave the terminal silent.

use super::{answer::Refusal, secret::Typed};
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use std::{
    fs::File,
    io::{Read as _, Write as _},
};
use zeroize::Zeroizing;

const END_OF_TEXT: u8 = 0x03;
const END_OF_INPUT: u8 = 0x04;
const BACKSPACE: u8 = 0x08;
const DELETE: u8 = 0x7F;

/// Prints `prompt` and reads one line that nobody sees.
pub fn ask(prompt: &str) -> Result<Typed, Refusal> {
    let mut terminal = HiddenTerminal::open().map_err(|error| {
        Refusal::Other(format!(
            "no terminal to ask for the secret ({error}): use --secret-fd"
        ))
    })?;
    let answer = terminal.ask(prompt);
    drop(writeln!(terminal.file));
    answer.map_err(|error| Refusal::Other(format!("terminal: {error}")))?
}

/// Echo stays off while this lives.
struct HiddenTerminal {
    file: File,
    before: Termios,
}

impl HiddenTerminal {
    fn open() -> std::io::Result<Self> {
        let file = File::options().read(true).write(true).open("/dev/tty")?;
        let before = tcgetattr(&file)?;
        let mut hidden = before.clone();
        hidden.local_modes -=
            LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
        hidden.special_codes[SpecialCodeIndex::VMIN] = 1;
        hidden.special_codes[SpecialCodeIndex::VTIME] = 0;
        // Flush: what was typed before the prompt was echoed, and is no secret.
        tcsetattr(&file, OptionalActions::Flush, &hidden)?;
        Ok(Self { file, before })
    }

    fn ask(&mut self, prompt: &str) -> std::io::Result<Result<Typed, Refusal>> {
        self.file.write_all(prompt.as_bytes())?;
        self.file.flush()?;
        let mut typed = Typed::empty();
        let mut key = Zeroizing::new([0; 1]);
        loop {
            let count = self.file.read(&mut *key)?;
            match key[0] {
                _ if count == 0 => return Ok(Err(Refusal::Stopped)),
                END_OF_TEXT | END_OF_INPUT => return Ok(Err(Refusal::Stopped)),
                b'\n' | b'\r' => return Ok(Ok(typed)),
                BACKSPACE | DELETE => typed.pop(),
                byte => {
                    // A line that is too long is no secret; its form is refused as such.
                    typed.push(byte);
                }
            }
        }
    }
}

impl Drop for HiddenTerminal {
    fn drop(&mut self) {
        // What cannot be restored cannot be reported better than by the terminal itself.
        let _ = tcsetattr(&self.file, OptionalActions::Now, &self.before);
    }
}
