//! What a session leaves behind, how long it takes, and what the service says before one begins.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::Instant;

use musubi_consent_card::error::SecretKind;
use musubi_consent_card::layout::JPKI_APPLICATION;
use musubi_consent_card::pcsc::{PcscCard, Presence};
use musubi_consent_card::{
    CardError, JpkiCard, Transport as _, TransportError, TriesPolicy, UserPin,
};
use musubi_consent_card_emulator::issue::DEMO_SECRETS;
use musubi_consent_card_emulator::vpicc::FIRST_PORT;
use musubi_consent_card_emulator::{CardProfile, PcscStack, StackError, Tripwire};

use crate::bench::{Bench, sign};

fn presence(bench: &mut Bench, slot: u16) -> Presence {
    let readers = bench.readers().list().unwrap();
    let wanted = PcscStack::reader(slot);
    let found = readers.into_iter().find(|reader| reader.name == wanted);
    found.unwrap().presence
}

pub(crate) fn list(bench: &mut Bench) {
    bench.with_card(CardProfile::Adult, None, |bench| {
        bench.find();
        assert_eq!(presence(bench, 0), Presence::Card);
        assert_eq!(presence(bench, 1), Presence::Empty);
        let held = bench.open();
        assert_eq!(presence(bench, 0), Presence::Busy);
        drop(held);
        let nowhere = bench
            .readers()
            .wait_for_card_on("No such reader", std::time::Duration::ZERO);
        assert_eq!(nowhere, Err(TransportError::NoReader));
        let empty = bench
            .readers()
            .wait_for_card_on(&PcscStack::reader(1), std::time::Duration::ZERO);
        assert_eq!(empty, Err(TransportError::NoCard));
        bench.remove();
    });
}

/// Printed, not judged: the machine is shared.
pub(crate) fn touch_to_signature(bench: &mut Bench) {
    bench.with_card(CardProfile::Adult, None, |bench| {
        // The first session also pays for what pcscd and the emulator set up once.
        assert_eq!(sign(bench.open()), Ok(256));
        let mut times: Vec<_> = (0..20)
            .map(|_| {
                let started = Instant::now();
                assert_eq!(sign(bench.open()), Ok(256));
                started.elapsed()
            })
            .collect();
        times.sort();
        println!(
            "real_stack: from touch to signature, 20 sessions: fastest {:?}, median {:?}, slowest {:?}",
            times[0], times[10], times[19]
        );
        bench.remove();
    });
}

/// On an Android phone the authentication certificate tells whether its PIN still counts as presented.
pub(crate) fn nothing_is_left_behind(bench: &mut Bench) {
    bench.with_card(CardProfile::Android, None, |bench| {
        let reader = bench.find();
        let mut phone = JpkiCard::open(bench.open()).unwrap();
        let second = bench.readers().open(&reader).err();
        assert_eq!(second, Some(TransportError::Busy), "held alone");
        let pin = UserPin::parse(DEMO_SECRETS.authentication_pin).unwrap();
        phone
            .authenticate(&pin, b"challenge", TriesPolicy::StopWhenFew)
            .unwrap();
        drop(phone);
        let mut phone = JpkiCard::open(bench.open()).unwrap();
        let refused = Err(CardError::SecretRequired(SecretKind::AuthenticationPin));
        assert_eq!(phone.read_authentication_certificate(), refused);
        drop(phone);
        bench.remove();
    });
}

const OK: [u8; 2] = [0x90, 0x00];
const SECURITY_NOT_SATISFIED: [u8; 2] = [0x69, 0x82];

/// The last two bytes of what the card answers.
fn status_of(card: &mut PcscCard, command: &[u8]) -> [u8; 2] {
    let answer = card.transmit(command).unwrap();
    *answer.last_chunk().unwrap()
}

fn select_jpki(card: &mut PcscCard) {
    let select = [&[0x00, 0xA4, 0x04, 0x0C, 0x0A], &JPKI_APPLICATION[..]].concat();
    assert_eq!(status_of(card, &select), OK);
}

fn select_file(card: &mut PcscCard, identifier: u8) {
    let select = [0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, identifier];
    assert_eq!(status_of(card, &select), OK);
}

fn present_pin(card: &mut PcscCard) -> [u8; 2] {
    select_file(card, 0x18);
    let pin = DEMO_SECRETS.authentication_pin.as_bytes();
    status_of(card, &[&[0x00, 0x20, 0x00, 0x80, 0x04], pin].concat())
}

/// First bytes of the authentication certificate, which on a phone only a presented PIN opens.
fn read_certificate(card: &mut PcscCard) -> [u8; 2] {
    select_file(card, 0x0A);
    status_of(card, &[0x00, 0xB0, 0x00, 0x00, 0x04])
}

/// Commands by hand, so that no courtesy of the card logic above (it leaves the application) hides what the transport promises alone.
pub(crate) fn power_down(bench: &mut Bench) {
    bench.with_card(CardProfile::Android, None, |bench| {
        let mut phone = bench.open();
        select_jpki(&mut phone);
        assert_eq!(read_certificate(&mut phone), SECURITY_NOT_SATISFIED);
        assert_eq!(present_pin(&mut phone), OK);
        assert_eq!(read_certificate(&mut phone), OK);
        drop(phone);
        let mut phone = bench.open();
        select_jpki(&mut phone);
        assert_eq!(read_certificate(&mut phone), SECURITY_NOT_SATISFIED);
        drop(phone);
        bench.remove();
    });
}

/// `vpcd` listens on every address there is, in a namespace where nobody else is.
pub(crate) fn isolation(bench: &mut Bench) {
    bench.with_card(CardProfile::Adult, None, |bench| {
        bench.find();
        for port in [FIRST_PORT, FIRST_PORT + 1] {
            let reached = TcpStream::connect(("127.0.0.1", port)).map(drop);
            let refused = reached.map_err(|error| error.kind());
            assert_eq!(refused, Err(ErrorKind::ConnectionRefused), "{port}");
        }
        bench.remove();
    });
}

/// Whoever does what is forbidden is told when the card leaves or at the end, and once.
pub(crate) fn trip_wires(bench: &mut Bench) {
    let image = bench.image(CardProfile::Adult);
    let trip = |bench: &mut Bench| {
        bench.stack.insert(0, &image, None, 0).unwrap();
        let mut card = bench.open();
        select_jpki(&mut card);
        assert_eq!(present_pin(&mut card), OK);
        assert_eq!(present_pin(&mut card), OK);
    };
    let is_told = |outcome: Result<(), StackError>| {
        let Err(StackError::Tripped { slot: 0, wires }) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(wires, BTreeSet::from([Tripwire::SecondVerify]));
    };
    trip(bench);
    is_told(bench.stack.finish());
    assert!(bench.stack.finish().is_ok());
    bench.remove();
    trip(bench);
    is_told(bench.stack.remove(0));
    bench.wait_until_empty();
}
