//! The running stack, the cards put into it, and what an operation on a card looks like.

use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use musubi_consent_card::pcsc::{PcscCard, Readers};
use musubi_consent_card::{CardError, JpkiCard, SignPassword, TriesPolicy};
use musubi_consent_card_emulator::folder::{card_validity, demo_person};
use musubi_consent_card_emulator::issue::DEMO_SECRETS;
use musubi_consent_card_emulator::{CardProfile, Fault, PcscStack, TestAuthority, VirtualCard};

/// 2026-11-22T00:00:00Z.
const NOW: u64 = 1_795_305_600;
const PATIENCE: Duration = Duration::from_secs(20);

impl Drop for Bench {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.stack.finish().unwrap();
        }
    }
}

/// The running stack, its readers, and the authority that issues the cards put into it.
pub(crate) struct Bench {
    pub(crate) stack: PcscStack,
    readers: Option<Readers>,
    authority: TestAuthority,
    pub(crate) folder: PathBuf,
    pub(crate) slot: u16,
}

impl Bench {
    pub(crate) fn start(folder: &Path) -> Self {
        let emulator = env!("CARGO_BIN_EXE_musubi-consent-card-emulator");
        let stack = PcscStack::start(folder, &[emulator]).unwrap_or_else(|error| panic!("{error}"));
        let validity = card_validity(NOW);
        let earlier = TestAuthority::generate(validity).unwrap();
        Self {
            stack,
            readers: None,
            authority: TestAuthority::generate(validity).unwrap().after(earlier),
            folder: folder.to_owned(),
            slot: 0,
        }
    }

    /// File of a card of this profile, issued once.
    pub(crate) fn image(&self, profile: CardProfile) -> PathBuf {
        let image = self.folder.join(format!("{}.card", profile.name()));
        if !image.exists() {
            let card = self
                .authority
                .issue_card(&demo_person(), DEMO_SECRETS, profile, card_validity(NOW))
                .unwrap();
            std::fs::write(&image, card.to_bytes().unwrap()).unwrap();
        }
        image
    }

    /// Puts a card of this profile into the reader and lets `act` use it. The stack itself fails the test when a trip-wire was touched, as
    /// soon as the card leaves.
    pub(crate) fn with_card<R>(
        &mut self,
        profile: CardProfile,
        fault: Option<Fault>,
        act: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let image = self.image(profile);
        self.stack.insert(self.slot, &image, fault, 0).unwrap();
        act(self)
    }

    pub(crate) fn remove(&mut self) {
        self.stack.remove(self.slot).unwrap();
        self.wait_until_empty();
    }

    /// The card in the slot with its counters as they are now, beside the reader.
    pub(crate) fn kept(&mut self) -> VirtualCard {
        let image = self.folder.join("kept.card");
        self.stack.keep(self.slot, &image).unwrap();
        VirtualCard::parse_bytes(&std::fs::read(image).unwrap()).unwrap()
    }

    pub(crate) fn wait_until_empty(&mut self) {
        let reader = CString::new(PcscStack::reader(self.slot)).unwrap();
        self.readers().wait_for_removal(&reader, PATIENCE).unwrap();
    }

    /// Connects once `pcscd` runs, which a first card in the reader proves.
    pub(crate) fn readers(&mut self) -> &Readers {
        self.readers
            .get_or_insert_with(|| Readers::connect().unwrap())
    }

    /// Waits for the card in the slot.
    pub(crate) fn find(&mut self) -> CString {
        let name = PcscStack::reader(self.slot);
        self.readers().wait_for_card_on(&name, PATIENCE).unwrap()
    }

    /// Takes the card in the slot for a session.
    pub(crate) fn open(&mut self) -> PcscCard {
        let reader = self.find();
        self.readers().open(&reader).unwrap()
    }
}

pub(crate) fn password() -> SignPassword {
    SignPassword::parse(DEMO_SECRETS.signing_password).unwrap()
}

/// One signature; how long it is.
pub(crate) fn sign(card: PcscCard) -> Result<usize, CardError> {
    let signed = JpkiCard::open(card)?.sign(&password(), b"content", TriesPolicy::StopWhenFew)?;
    Ok(signed.signature.len())
}

/// Secrets and facts that no output may hold: as they are, and as the hexadecimal digits in which APDUs are logged.
pub(crate) fn never_said() -> Vec<String> {
    let person = demo_person();
    let texts = [
        DEMO_SECRETS.signing_password.to_owned(),
        DEMO_SECRETS.printed_number_b.to_owned(),
        person.name,
        person.address,
        person.birth_date,
    ];
    let hex = |separator: &str, text: &String| {
        let digits: Vec<_> = text.bytes().map(|byte| format!("{byte:02X}")).collect();
        digits.join(separator)
    };
    // Four digits occur in any log by chance; their eight hexadecimal ones do not.
    let pins = [DEMO_SECRETS.authentication_pin, DEMO_SECRETS.card_face_pin].map(str::to_owned);
    let logged = texts.iter().chain(&pins).flat_map(|text| {
        [hex("", text), hex(" ", text)]
            .into_iter()
            .flat_map(|upper| [upper.to_lowercase(), upper])
    });
    let logged: Vec<_> = logged.collect();
    texts.into_iter().chain(logged).collect()
}
