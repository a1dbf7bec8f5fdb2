//! The card as the attacker: answers to whatever our reader asks, a file of the text application, a card image.

use musubi_consent_card::{
    BasicFour, CardFace, JpkiCard, SignPassword, Transport, TransportError, TriesPolicy, UserPin,
    card_face::FaceOpener,
};
use musubi_consent_card_emulator::VirtualCard;

/// Commands that one session may send before the target gives up: our reader must come to an end by itself long before.
const COMMANDS_MAX: usize = 2_000;

/// A card that answers with slices of the input: two bytes of length, big endian, then the answer.
struct ScriptedCard<'a> {
    rest: &'a [u8],
    commands: usize,
}

impl Transport for ScriptedCard<'_> {
    fn transmit(&mut self, _: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.commands += 1;
        assert!(self.commands < COMMANDS_MAX, "the session does not end");
        let (length, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(TransportError::Removed)?;
        let (answer, rest) = rest
            .split_at_checked(usize::from(u16::from_be_bytes(*length)))
            .ok_or(TransportError::Removed)?;
        self.rest = rest;
        Ok(answer.to_vec())
    }
}

/// A whole session with a hostile card: status, signature, check-in, basic four.
pub(crate) fn answers(bytes: &[u8]) -> bool {
    let mut card = ScriptedCard {
        rest: bytes,
        commands: 0,
    };
    let password = SignPassword::parse("MUSUBI2026").expect("a well-formed password");
    let pin = UserPin::parse("1234").expect("a well-formed PIN");
    let policy = TriesPolicy::UseEvenTheLast;
    let signed = JpkiCard::open(&mut card).and_then(|mut jpki| {
        let status = jpki.status();
        let signed = jpki.sign(&password, b"content", policy);
        drop(jpki.authenticate(&pin, b"content", policy));
        status.and(signed)
    });
    let face = CardFace::open(&mut card).and_then(|face| face.read(FaceOpener::Pin(&pin), policy));
    signed.is_ok() || face.is_ok()
}

/// The file with the basic four.
pub(crate) fn face(bytes: &[u8]) -> bool {
    BasicFour::parse(bytes).is_ok()
}

/// A kept card of the emulator, and the commands that follow it: two bytes of length, the image, then commands with one byte of length.
pub(crate) fn image(bytes: &[u8]) -> bool {
    let Some((length, rest)) = bytes.split_first_chunk() else {
        return false;
    };
    let image_bytes = usize::from(u16::from_be_bytes(*length)).min(rest.len());
    let (image, mut commands) = rest.split_at(image_bytes);
    let Ok(mut card) = VirtualCard::parse_bytes(image) else {
        return false;
    };
    while let Some((length, rest)) = commands.split_first() {
        let (command, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        let answer = card.respond(command).unwrap_or_default();
        assert!(2 <= answer.len(), "a card answers with a status word");
        commands = rest;
    }
    true
}
