//! What a session leaves behind, how long it takes, and what the service says before one begins.

use std::time::Instant;

use musubi_consent_card::error::SecretKind;
use musubi_consent_card::pcsc::Presence;
use musubi_consent_card::{CardError, JpkiCard, TransportError, TriesPolicy, UserPin};
use musubi_consent_card_emulator::issue::DEMO_SECRETS;
use musubi_consent_card_emulator::{CardProfile, PcscStack};

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
