//! Secrets on their way in: from the terminal without echo or from a file descriptor; never an argument, never a variable.
//!
//! What was typed lives in one buffer that is wiped on drop, and is never logged, printed or put into an error.

use super::{SecretArguments, answer::Refusal, terminal};
use musubi_consent_card::{PinError, error::SecretKind};
use musubi_primitives::Language;
use std::{
    fs::File,
    io::{ErrorKind, IsTerminal as _, Read},
};
use zeroize::Zeroizing;

/// Most bytes that are read: the longest secret in full-width characters, and some to notice that it is too long.
const TYPED_BYTES_MAX: usize = 96;

/// What was typed, in one place of the heap and wiped on drop: moving the value leaves no copy behind on the stack.
pub struct Typed {
    buffer: Zeroizing<Box<[u8]>>,
    length: usize,
}

impl std::fmt::Debug for Typed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Typed(redacted)")
    }
}

impl Typed {
    /// Takes what was typed elsewhere.
    ///
    /// # Errors
    /// What is longer than any secret.
    pub(super) fn of(text: &str) -> Result<Self, Refusal> {
        let mut typed = Self::empty();
        if text.bytes().all(|byte| typed.push(byte)) {
            return Ok(typed);
        }
        Err(Refusal::Secret(PinError::Length { min: 4, max: 16 }))
    }

    pub(super) fn empty() -> Self {
        Self {
            buffer: Zeroizing::new(Box::from([0; TYPED_BYTES_MAX])),
            length: 0,
        }
    }

    /// Takes one byte; false when there is no more room.
    pub(super) fn push(&mut self, byte: u8) -> bool {
        let Some(slot) = self.buffer.get_mut(self.length) else {
            return false;
        };
        *slot = byte;
        self.length += 1;
        true
    }

    /// Takes back the last character.
    pub(super) fn pop(&mut self) {
        while let Some(last) = self.length.checked_sub(1) {
            self.length = last;
            let byte = std::mem::take(&mut self.buffer[last]);
            if byte & 0xC0 != 0x80 {
                break;
            }
        }
    }

    fn as_str(&self) -> Result<&str, PinError> {
        let typed = self.buffer.get(..self.length).unwrap_or_default();
        std::str::from_utf8(typed).map_err(|_| PinError::NotAlphanumeric)
    }

    /// The secret that was typed, checked before any card sees it.
    pub fn parse<S>(&self, parse: impl FnOnce(&str) -> Result<S, PinError>) -> Result<S, Refusal> {
        self.as_str().and_then(parse).map_err(Refusal::Secret)
    }
}

/// Asks for `secret` as the arguments say.
pub fn ask(
    arguments: &SecretArguments,
    secret: SecretKind,
    language: Language,
) -> Result<Typed, Refusal> {
    match arguments.secret_fd {
        Some(descriptor) => from_descriptor(descriptor),
        None => terminal::ask(&format!("{}: ", secret.name(language))),
    }
}

fn from_descriptor(descriptor: u32) -> Result<Typed, Refusal> {
    let problem =
        |what: &str| Refusal::Other(format!("secret from file descriptor {descriptor}: {what}"));
    let mut file = File::open(format!("/proc/self/fd/{descriptor}"))
        .map_err(|error| problem(&error.to_string()))?;
    if file.is_terminal() {
        return Err(problem(
            "a terminal would echo it; leave the argument out to be asked",
        ));
    }
    read_line(&mut file).map_err(|error| problem(&error.to_string()))
}

/// Reads up to the first line end, byte by byte: no buffer in between keeps a copy.
fn read_line(input: &mut impl Read) -> std::io::Result<Typed> {
    let mut typed = Typed::empty();
    let mut byte = Zeroizing::new([0; 1]);
    loop {
        match input.read(&mut *byte) {
            Ok(0) => return Ok(typed),
            Ok(_) if matches!(*byte, [b'\n' | b'\r']) => return Ok(typed),
            Ok(_) if typed.push(byte[0]) => {}
            Ok(_) => return Err(ErrorKind::InvalidData.into()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(bytes: &[u8]) -> Typed {
        let mut input = bytes;
        read_line(&mut input).unwrap()
    }

    #[test]
    fn a_line_ends_at_its_end_and_nothing_after_it_is_read() {
        let mut input = &b"1234\nrest"[..];
        assert_eq!(read_line(&mut input).unwrap().as_str(), Ok("1234"));
        assert_eq!(input, b"rest");
        assert_eq!(typed(b"1234").as_str(), Ok("1234"));
    }

    #[test]
    fn what_is_longer_than_any_secret_is_refused() {
        let mut input = &[b'1'; TYPED_BYTES_MAX + 1][..];
        assert!(read_line(&mut input).is_err());
    }

    #[test]
    fn backspace_takes_a_whole_character_and_wipes_it() {
        let mut typed = typed("a４".as_bytes());
        typed.pop();
        assert_eq!(typed.as_str(), Ok("a"));
        assert_eq!(typed.buffer[1..4], [0; 3]);
        typed.pop();
        typed.pop();
        assert_eq!(typed.as_str(), Ok(""));
    }

    #[test]
    fn what_was_typed_does_not_print_itself() {
        assert_eq!(format!("{:?}", typed(b"MUSUBI2026")), "Typed(redacted)");
    }
}
