//! `musubi card sign`: the document in words first, then the password, then one signature as a detached CMS.

use super::{
    CardArguments, SecretArguments,
    answer::{Answer, Refusal},
    document::{Signable, require_in_time},
    place::{Place, now_seconds},
    secret,
    trust::{TrustArguments, is_test_certificate},
    words,
};
use clap::Args;
use musubi_consent::{CertificateUse, SignedCms};
use musubi_consent_card::{CardSignature, Credential, SignPassword, UserPin, error::SecretKind};
use musubi_primitives::BlockHash;
use serde_json::json;
use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
};

/// What to sign, and where the signature goes.
#[derive(Debug, Args)]
pub struct SignArguments {
    /// File with the canonical bytes of a consent statement, a binding statement or a withdrawal.
    #[arg(long)]
    statement: PathBuf,
    /// Hash of the chain's first block (0x and 64 digits): the signature counts on no other chain.
    #[arg(long)]
    genesis: BlockHash,
    /// New file for the detached CMS (DER).
    #[arg(long)]
    out: PathBuf,
    /// Sign a binding statement with the authentication certificate and its 4-digit PIN: it becomes the card that the person checks in
    /// with.
    #[arg(long)]
    check_in_card: bool,
    #[command(flatten)]
    trust: TrustArguments,
    #[command(flatten)]
    secret: SecretArguments,
    #[command(flatten)]
    pub(super) card: CardArguments,
}

/// Shows, asks, signs, checks, writes.
pub fn run(arguments: &SignArguments) -> Result<Answer, Refusal> {
    let document = Signable::read(&arguments.statement)?;
    let content = document.content(arguments.genesis);
    require_in_time(&content, now_seconds() * 1000)?;
    require_new(&arguments.out)?;
    require_fit(arguments, &document)?;
    let trust = arguments.trust.load(
        arguments.certificate_use(),
        arguments.card.emulated.is_some(),
    )?;
    let reading = arguments.card.voice.language;
    show(&document.show(reading.unwrap_or_else(|| document.language()))?);

    let mut place = Place::find(&arguments.card)?;
    let signed = touch(&mut place, arguments, &content.to_bytes())?;
    let is_test = is_test_certificate(&signed.certificate);
    let cms = cms_of(signed)?;
    let judged = trust.judge(&cms, &content)?;
    write_new(&arguments.out, &cms)?;

    let language = arguments.card.voice.language();
    let text = words::done(&words::SIGNED, &judged, is_test, language);
    Ok(Answer::new("signed", text)
        .with("document", json!(document.kind()))
        .with("reference", json!(document.reference()))
        .with("out", json!(arguments.out))
        .with("revocation", json!(judged.revocation))
        .with("not_checked", json!(judged.not_checked))
        .with("test_card", json!(is_test)))
}

impl SignArguments {
    fn certificate_use(&self) -> CertificateUse {
        if self.check_in_card {
            CertificateUse::Authentication
        } else {
            CertificateUse::Signing
        }
    }
}

/// The 4-digit PIN consents to nothing.
fn require_fit(arguments: &SignArguments, document: &Signable) -> Result<(), Refusal> {
    if !arguments.check_in_card || matches!(document, Signable::Binding(_)) {
        return Ok(());
    }
    Err(Refusal::Other(
        "--check-in-card: expected a binding statement; everything else is signed with the signing password"
            .to_owned(),
    ))
}

/// Two short sessions: one to learn whether to ask at all, one to sign.
fn touch(
    place: &mut Place,
    arguments: &SignArguments,
    content: &[u8],
) -> Result<CardSignature, Refusal> {
    let policy = arguments.secret.policy();
    let (credential, kind) = match arguments.certificate_use() {
        CertificateUse::Signing => (Credential::Signing, SecretKind::SigningPassword),
        CertificateUse::Authentication => {
            (Credential::Authentication, SecretKind::AuthenticationPin)
        }
    };
    place.session(|card| {
        Ok(arguments
            .card
            .jpki(card)?
            .require_ready(credential, policy)?)
    })?;
    let language = arguments.card.voice.language();
    let secret = secret::ask(&arguments.secret, kind, language)?;
    if arguments.check_in_card {
        let pin = secret.parse(UserPin::parse)?;
        return place.session(|card| {
            Ok(arguments
                .card
                .jpki(card)?
                .authenticate(&pin, content, policy)?)
        });
    }
    let password = secret.parse(SignPassword::parse)?;
    place.session(|card| {
        Ok(arguments
            .card
            .jpki(card)?
            .sign(&password, content, policy)?)
    })
}

/// The signature in the form that travels.
pub fn cms_of(signed: CardSignature) -> Result<Vec<u8>, Refusal> {
    let cms = SignedCms {
        certificate: signed.certificate,
        signature: signed.signature,
    };
    cms.to_der().map_err(|error| Refusal::Verdict(error.into()))
}

/// What the person reads before the PIN is asked goes to the terminal, not into the answer.
fn show(text: &str) {
    eprintln!("{text}");
}

/// Refuses before anything is asked of a person what could only fail afterwards.
pub fn require_new(path: &Path) -> Result<(), Refusal> {
    if path.exists() {
        return Err(Refusal::Other(format!(
            "{}: there is a file already",
            path.display()
        )));
    }
    Ok(())
}

/// Writes a file that is not there yet.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Refusal> {
    File::create_new(path)
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|error| Refusal::Other(format!("{}: {error}", path.display())))
}
