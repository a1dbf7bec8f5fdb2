//! A guardian's card: an emulated My Number Card with real keys, on a real PC/SC service where the machine has one.
//!
//! libpcsclite reads the address of its service once in the life of a process, so each signature is a run of `musubi card sign`, as at
//! a counter. Without pcscd the same card signs inside this process, and the demonstration says so.

use super::cards;
use musubi_consent::{Document, DocumentFields, Evidence, SignedCms, SignedContent};
use musubi_consent_card::{JpkiCard, SignPassword, TriesPolicy, card_face::Sex};
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
    stack: Option<PcscStack>,
    folder: PathBuf,
}

/// A card that can sign.
pub struct Wallet {
    image: PathBuf,
    folder: PathBuf,
}

impl Readers {
    /// Starts pcscd with a virtual reader in namespaces of their own; else says why the card signs in this process. Socket and logs
    /// lie in `folder`.
    ///
    /// # Errors
    /// When the folder cannot be made, or `must` be there and is not.
    pub fn start(folder: &Path, must: bool) -> Result<(Self, String), String> {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        let folder = folder
            .canonicalize()
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let program = program.to_string_lossy().into_owned();
        let started = PcscStack::start(&folder, &[&program, "card", "emulator-console"]);
        match started {
            Ok(stack) => {
                let said = format!(
                    "cards sign through PC/SC (pcscd at {})",
                    stack.socket().display()
                );
                Ok((
                    Self {
                        stack: Some(stack),
                        folder,
                    },
                    said,
                ))
            }
            Err(error) if must => Err(error.to_string()),
            Err(error) => {
                let said = format!("cards sign inside this process: {error}");
                Ok((
                    Self {
                        stack: None,
                        folder,
                    },
                    said,
                ))
            }
        }
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

    /// Signs a document with the signing certificate and seals the evidence to a municipality. Gives the evidence too, for its
    /// commitment.
    ///
    /// # Errors
    /// What the card refused, in its words for people.
    pub fn sign<F: DocumentFields>(
        &mut self,
        wallet: &Wallet,
        document: &Document<F>,
        genesis: BlockHash,
        now: u64,
    ) -> Result<Evidence, String> {
        let cms = match &mut self.stack {
            Some(stack) => wallet.sign_on_reader(stack, document, genesis)?,
            None => wallet.sign_here(document, genesis)?,
        };
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).map_err(|error| error.to_string())?;
        Ok(Evidence {
            document: document.canonical_bytes().to_vec(),
            salt: Salt(salt),
            cms,
            signed_at: now,
        })
    }
}

impl Wallet {
    fn sign_on_reader<F: DocumentFields>(
        &self,
        stack: &mut PcscStack,
        document: &Document<F>,
        genesis: BlockHash,
    ) -> Result<Vec<u8>, String> {
        let (statement, out) = (
            self.folder.join("statement.json"),
            self.folder.join("signature.cms"),
        );
        std::fs::write(&statement, document.canonical_bytes())
            .map_err(|error| format!("{}: {error}", statement.display()))?;
        // A signature of an earlier document must not be in the way.
        let _ = std::fs::remove_file(&out);
        stack
            .insert(0, &self.image, None, 0)
            .map_err(|error| error.to_string())?;
        let signed = self.run_sign(stack, &statement, &out, genesis);
        stack.remove(0).map_err(|error| error.to_string())?;
        signed?;
        std::fs::read(&out).map_err(|error| format!("{}: {error}", out.display()))
    }

    fn run_sign(
        &self,
        stack: &PcscStack,
        statement: &Path,
        out: &Path,
        genesis: BlockHash,
    ) -> Result<(), String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut child = Command::new(program)
            .args(["card", "sign", "--json", "--secret-fd", "0", "--reader"])
            .arg(PcscStack::reader(0))
            .args(["--genesis", &genesis.to_string(), "--statement"])
            .arg(statement)
            .arg("--out")
            .arg(out)
            .env(stack::SOCKET_VARIABLE, stack.socket())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("run musubi card sign: {error}"))?;
        let password = format!("{}\n", DEMO_SECRETS.signing_password);
        if let Some(mut input) = child.stdin.take() {
            input
                .write_all(password.as_bytes())
                .map_err(|error| format!("give the password to musubi card sign: {error}"))?;
        }
        let output = child
            .wait_with_output()
            .map_err(|error| format!("run musubi card sign: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!(
            "musubi card sign: {}",
            String::from_utf8_lossy(&output.stderr)
        ))
    }

    fn sign_here<F: DocumentFields>(
        &self,
        document: &Document<F>,
        genesis: BlockHash,
    ) -> Result<Vec<u8>, String> {
        let bytes = std::fs::read(&self.image).map_err(|error| error.to_string())?;
        let card = VirtualCard::parse_bytes(&bytes).map_err(|error| error.to_string())?;
        let password = SignPassword::parse(DEMO_SECRETS.signing_password)
            .map_err(|error| error.to_string())?;
        let content = SignedContent::of(document, genesis).to_bytes();
        let signed = JpkiCard::open(card)
            .and_then(|mut card| card.sign(&password, &content, TriesPolicy::StopWhenFew))
            .map_err(|error| error.to_string())?;
        let cms = SignedCms {
            certificate: signed.certificate,
            signature: signed.signature,
        };
        cms.to_der().map_err(|error| error.to_string())
    }
}
