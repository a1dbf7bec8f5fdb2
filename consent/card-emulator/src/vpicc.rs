//! The vpicc protocol: the card as a TCP client of `vpcd`, which shows it to PC/SC as a card in a reader.
//!
//! Every message is a 2-byte big-endian length and that many bytes. Length 1 is a control byte: 00 power off, 01 power
//! on, 02 reset (none of them answered), 04 send the ATR. Anything longer is a command APDU. Closing the connection
//! takes the card off the reader.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::os::linux::net::TcpStreamExt as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::card::VirtualCard;

/// Port of the first slot that Debian's `vpcd` offers; the second is the next one.
pub const FIRST_PORT: u16 = 35_963;

const POWER_OFF: u8 = 0x00;
const SEND_ATR: u8 = 0x04;

/// Serves one card until `vpcd` closes the connection, it is shut down, or a fault takes the card away.
///
/// `seen` is called once, when `vpcd` first asks for the ATR. `pace` delays every answer to a command, as real cards do.
///
/// # Errors
///
/// What the connection did, other than ending.
pub fn serve(
    mut stream: TcpStream,
    card: &Mutex<VirtualCard>,
    pace: Duration,
    seen: impl FnOnce(),
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut seen = Some(seen);
    while let Some(message) = receive(&mut stream)? {
        let answer = match message.as_slice() {
            [POWER_OFF] => {
                lock(card).power_off();
                continue;
            }
            [SEND_ATR] => {
                if let Some(seen) = seen.take() {
                    seen();
                }
                lock(card).atr().to_vec()
            }
            // Power on and reset: VERIFY state outlives a reset, as on real cards.
            [_] | [] => continue,
            command => {
                std::thread::park_timeout(pace);
                let Some(answer) = lock(card).respond(command) else {
                    return Ok(());
                };
                answer
            }
        };
        send(&mut stream, &answer)?;
    }
    Ok(())
}

/// The next message, or none when the other side is gone.
fn receive(stream: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 2];
    if !read_exactly(stream, &mut length)? {
        return Ok(None);
    }
    let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
    Ok(read_exactly(stream, &mut message)?.then_some(message))
}

/// Without quick acknowledgement before and after every read, `vpcd`'s two small writes cost 50 ms each (Nagle's
/// algorithm against delayed acknowledgement).
fn read_exactly(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<bool> {
    stream.set_quickack(true)?;
    let outcome = stream.read_exact(buffer);
    match outcome {
        Ok(()) => {
            stream.set_quickack(true)?;
            Ok(true)
        }
        Err(error) if is_end(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

fn send(stream: &mut TcpStream, answer: &[u8]) -> io::Result<()> {
    let length = u16::try_from(answer.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes()[..], answer].concat())
}

fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset
    )
}

fn lock(card: &Mutex<VirtualCard>) -> std::sync::MutexGuard<'_, VirtualCard> {
    card.lock().unwrap_or_else(PoisonError::into_inner)
}
