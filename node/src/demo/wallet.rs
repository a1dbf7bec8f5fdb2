//! A guardian's card: an emulated My Number Card with real keys, on a real PC/SC service where the machine has one.
//!
//! libpcsclite reads the address of its service once in the life of a process, so each signature is a run of `musubi card sign`, as at
//! a counter. Without pcscd the same card signs inside this process, and the demonstration says so.

use super::cards;
use crate::random::random;
use musubi_consent::{Document, DocumentFields, Evidence, SignedCms, SignedContent};
use musubi_consent_card::{JpkiCard, SignPassword, TriesPolicy, UserPin, card_face::Sex};
use musubi_consent_card_emulator::{
    CardProfile, PcscStack, PersonFacts, VirtualCard, issue::DEMO_SECRETS, stack,
};
use musubi_fhir::Identity;
use musubi_primitives::{BlockHash, Salt};
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A machine's card readers, or what stands in for them.
pub struct Readers {
    pub(super) stack: Option<PcscStack>,
    folder: PathBuf,
}

/// Where the cards of a demonstration may sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Through PC/SC, or nowhere.
    Pcsc,
    /// Through PC/SC where the machine has it; else inside this process.
    PcscIfThere,
    /// Inside this process.
    InProcess,
}

/// A card that can sign.
pub struct Wallet {
    pub(super) image: PathBuf,
    pub(super) folder: PathBuf,
}

/// Which of the card's keys signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardKey {
    /// 署名用, by password.
    Signing,
    /// 利用者証明用, by the 4-digit PIN: for the binding of the card that checks in.
    Authentication,
}

impl Readers {
    /// Starts pcscd with a virtual reader in namespaces of its own; else says why the card signs in this process. Socket and logs lie in
    /// `folder`.
    ///
    /// # Errors
    /// When the folder cannot be made, or the service must be there and is not.
    pub fn start(folder: &Path, service: Service) -> Result<(Self, String), String> {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        let folder = folder
            .canonicalize()
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        let (stack, said) = match service {
            Service::InProcess => (None, format!("{HERE}: --in-process")),
            Service::Pcsc | Service::PcscIfThere => match start_stack(&folder) {
                Ok(stack) => {
                    let socket = stack.socket();
                    let said = format!("cards sign through PC/SC (pcscd at {})", socket.display());
                    (Some(stack), said)
                }
                Err(error) if service == Service::Pcsc => return Err(error),
                Err(error) => (None, format!("{HERE}: {error}")),
            },
        };
        Ok((Self { stack, folder }, said))
    }

    /// True when cards sign through PC/SC.
    pub fn has_service(&self) -> bool {
        self.stack.is_some()
    }

    /// Issues a card to a person.
    ///
    /// # Errors
    /// What could not be made or written.
    pub fn issue(
        &self,
        authority: &Path,
        name: &str,
        identity: &Identity,
    ) -> Result<Wallet, String> {
        let person = PersonFacts {
            name: identity.name.clone(),
            address: "北海道虻田郡留寿都村字留寿都".to_owned(),
            birth_date: identity.born.replace('-', ""),
            sex: Sex::Unknown,
            municipality_code: cards::MUNICIPALITY_CODE.to_owned(),
        };
        let card = cards::authority(authority)?
            .issue_card(
                &person,
                DEMO_SECRETS,
                CardProfile::Adult,
                cards::card_validity(),
            )
            .map_err(|error| format!("issue a card: {error}"))?;
        let image = self.folder.join(format!("{name}.card"));
        let bytes = card.to_bytes().map_err(|error| error.to_string())?;
        std::fs::write(&image, bytes).map_err(|error| format!("{}: {error}", image.display()))?;
        Ok(Wallet {
            image,
            folder: self.folder.clone(),
        })
    }

    /// Signs a document with one of the card's keys.
    ///
    /// # Errors
    /// What the card refused, in its words for people.
    pub fn sign<F: DocumentFields>(
        &mut self,
        wallet: &Wallet,
        key: CardKey,
        document: &Document<F>,
        genesis: BlockHash,
        now: u64,
    ) -> Result<Evidence, String> {
        let cms = match &mut self.stack {
            Some(stack) => wallet.sign_on_reader(stack, key, document, genesis)?,
            None => wallet.sign_here(key, &SignedContent::of(document, genesis))?,
        };
        Ok(Evidence {
            document: document.canonical_bytes().to_vec(),
            salt: Salt(random()?),
            cms,
            signed_at: now,
        })
    }
}

/// What is said where there is no PC/SC service, before the reason.
const HERE: &str = "no card reader service; cards sign inside this process";

fn start_stack(folder: &Path) -> Result<PcscStack, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let program = program.to_string_lossy().into_owned();
    PcscStack::start(folder, &[&program, "card", "emulator-console"])
        .map_err(|error| error.to_string())
}

impl CardKey {
    fn secret(self) -> &'static str {
        match self {
            Self::Signing => DEMO_SECRETS.signing_password,
            Self::Authentication => DEMO_SECRETS.authentication_pin,
        }
    }
}

impl Wallet {
    fn sign_on_reader<F: DocumentFields>(
        &self,
        stack: &mut PcscStack,
        key: CardKey,
        document: &Document<F>,
        genesis: BlockHash,
    ) -> Result<Vec<u8>, String> {
        let statement = self.folder.join("statement.json");
        let out = self.new_file("signature.cms");
        std::fs::write(&statement, document.canonical_bytes())
            .map_err(|error| format!("{}: {error}", statement.display()))?;
        let mut arguments = vec![
            "sign".to_owned(),
            "--genesis".to_owned(),
            genesis.to_string(),
            "--statement".to_owned(),
            statement.display().to_string(),
            "--out".to_owned(),
            out.display().to_string(),
        ];
        if key == CardKey::Authentication {
            arguments.push("--check-in-card".to_owned());
        }
        self.touch(stack, &arguments, key)?;
        read(&out)
    }

    /// Name of a file that is not there: one of an earlier document must not be in the way.
    pub(super) fn new_file(&self, name: &str) -> PathBuf {
        let path = self.folder.join(name);
        let _ = std::fs::remove_file(&path);
        path
    }

    /// The card lies on the reader while `musubi card …` runs. A card to which something forbidden was done stops the story.
    pub(super) fn touch(
        &self,
        stack: &mut PcscStack,
        arguments: &[String],
        key: CardKey,
    ) -> Result<(), String> {
        stack
            .insert(0, &self.image, None, 0)
            .map_err(|error| error.to_string())?;
        let done = run(stack, arguments, key.secret());
        let removed = stack.remove(0).map_err(|error| error.to_string());
        removed.and(done)
    }

    /// The same card inside this process.
    pub(super) fn sign_here(
        &self,
        key: CardKey,
        content: &SignedContent,
    ) -> Result<Vec<u8>, String> {
        let mut image =
            VirtualCard::parse_bytes(&read(&self.image)?).map_err(|error| error.to_string())?;
        let mut card = JpkiCard::open(&mut image).map_err(|error| error.to_string())?;
        let (content, policy) = (content.to_bytes(), TriesPolicy::StopWhenFew);
        let signed = match key {
            CardKey::Signing => {
                let password =
                    SignPassword::parse(key.secret()).map_err(|error| error.to_string())?;
                card.sign(&password, &content, policy)
            }
            CardKey::Authentication => {
                let pin = UserPin::parse(key.secret()).map_err(|error| error.to_string())?;
                card.authenticate(&pin, &content, policy)
            }
        };
        drop(card);
        if !image.tripped().is_empty() {
            return Err(format!(
                "the card saw what is forbidden: {:?}",
                image.tripped()
            ));
        }
        let signed = signed.map_err(|error| error.to_string())?;
        let cms = SignedCms {
            certificate: signed.certificate,
            signature: signed.signature,
        };
        cms.to_der().map_err(|error| error.to_string())
    }
}

/// Runs `musubi card …` against the stack's first reader, as at a counter.
fn run(stack: &PcscStack, arguments: &[String], secret: &str) -> Result<(), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut child = Command::new(program)
        .arg("card")
        .args(arguments)
        .args(["--json", "--secret-fd", "0", "--reader"])
        .arg(PcscStack::reader(0))
        .env(stack::SOCKET_VARIABLE, stack.socket())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("run musubi card: {error}"))?;
    if let Some(mut input) = child.stdin.take() {
        input
            .write_all(format!("{secret}\n").as_bytes())
            .map_err(|error| format!("give the secret to musubi card: {error}"))?;
    }
    let output = child
        .wait_with_output()
        .map_err(|error| format!("run musubi card: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "musubi card: {}",
        String::from_utf8_lossy(&output.stderr)
    ))
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}
