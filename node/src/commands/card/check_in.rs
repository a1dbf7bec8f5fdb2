//! `musubi card check-in`: one touch that opens one visit, at this terminal, for this member of staff and purpose, for two minutes.

use super::{
    CardArguments, SecretArguments,
    answer::{Answer, Refusal},
    place::Place,
    secret,
    sign::{cms_of, require_new, write_new},
    trust::{Trust, TrustArguments, is_test_certificate},
    words,
};
use crate::{clock::now, random::random};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::Args;
use musubi_consent::{
    CertificateUse, CheckIn, CheckInFields, Evidence, SignedContent, check_in::PERIOD_MAX,
};
use musubi_consent_card::{CardError, CardSignature, Credential, UserPin, error::SecretKind};
use musubi_primitives::{
    AccountId, BlockHash, Commitment, HpkeKey, MemberId, Pseudonym, Purpose, Salt, SessionId,
};
use serde_json::json;
use std::path::PathBuf;

/// What the check-in says, and where document and signature go.
#[derive(Debug, Args)]
pub struct CheckInArguments {
    /// Hash of the chain's first block.
    #[arg(long)]
    genesis: BlockHash,
    /// The visit; random unless the verifier named it.
    #[arg(long)]
    session: Option<SessionId>,
    /// Whose visit.
    #[arg(long)]
    subject: Pseudonym,
    /// Whose card; the subject's own unless said otherwise.
    #[arg(long)]
    person: Option<Pseudonym>,
    /// Number of the member in the consortium.
    #[arg(long)]
    member: u32,
    /// Key of this terminal.
    #[arg(long)]
    terminal: AccountId,
    /// Key of the member of staff.
    #[arg(long)]
    staff: AccountId,
    /// What for: child-care, checkup, move-in, emergency, statistics, family-sharing or consultation.
    #[arg(long, value_parser = parse_purpose)]
    purpose: Purpose,
    /// Nonce that the verifier issued to this terminal.
    #[arg(long)]
    nonce: Commitment,
    /// New file for the canonical bytes of the document.
    #[arg(long)]
    document: PathBuf,
    /// New file for the detached CMS (DER).
    #[arg(long)]
    out: PathBuf,
    /// New file for the body of `POST /v1/check-ins`: the evidence, sealed to the municipality that issued the nonce.
    #[arg(long, requires = "seal_to")]
    request: Option<PathBuf>,
    /// HPKE key of that municipality (64 hexadecimal digits).
    #[arg(long, value_name = "KEY", requires = "request")]
    seal_to: Option<HpkeKey>,
    #[command(flatten)]
    trust: TrustArguments,
    #[command(flatten)]
    secret: SecretArguments,
    #[command(flatten)]
    pub(super) card: CardArguments,
}

/// Builds, asks, signs, checks, writes.
pub fn run(arguments: &CheckInArguments) -> Result<Answer, Refusal> {
    require_new(&arguments.document)?;
    require_new(&arguments.out)?;
    arguments.request.as_deref().map_or(Ok(()), require_new)?;
    let trust = arguments.trust.load(
        CertificateUse::Authentication,
        arguments.card.emulated.is_some(),
    )?;
    let language = arguments.card.voice.language();
    let mut place = Place::find(&arguments.card)?;
    require_ready(&mut place, arguments, &trust)?;
    let pin = secret::ask(&arguments.secret, SecretKind::AuthenticationPin, language)?
        .parse(UserPin::parse)?;

    // Its two minutes begin now, when the PIN is known.
    let document = document(arguments)?;
    let content = SignedContent::of(&document, arguments.genesis);
    let policy = arguments.secret.policy();
    let signed: CardSignature = place.session(|card| {
        Ok(arguments
            .card
            .jpki(card)?
            .authenticate(&pin, &content.to_bytes(), policy)?)
    })?;
    let is_test = is_test_certificate(&signed.certificate);
    let cms = cms_of(signed)?;
    let judged = trust.judge(&cms, &content)?;
    write_new(&arguments.document, document.canonical_bytes())?;
    write_new(&arguments.out, &cms)?;
    if let Some((path, municipality)) = arguments.request.as_ref().zip(arguments.seal_to) {
        write_new(path, &request(&document, cms, &municipality)?)?;
    }

    let fields = document.fields();
    let text = words::done(&words::CHECKED_IN, &judged, is_test, language);
    Ok(Answer::new("checked-in", text)
        .with("session", json!(fields.session))
        .with("not_after", json!(fields.not_after))
        .with("document", json!(arguments.document))
        .with("out", json!(arguments.out))
        .with("revocation", json!(judged.revocation))
        .with("not_checked", json!(judged.not_checked))
        .with("test_card", json!(is_test)))
}

/// Everything that can be known without the PIN. Plastic cards show their authentication certificate freely: one that will be
/// refused is refused before a person enters anything.
fn require_ready(
    place: &mut Place,
    arguments: &CheckInArguments,
    trust: &Trust,
) -> Result<(), Refusal> {
    let policy = arguments.secret.policy();
    place.session(|card| {
        let mut card = arguments.card.jpki(card)?;
        card.require_ready(Credential::Authentication, policy)?;
        match card.read_authentication_certificate() {
            Ok(certificate) => trust.require_certificate(&certificate),
            Err(CardError::SecretRequired(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    })
}

fn document(arguments: &CheckInArguments) -> Result<CheckIn, Refusal> {
    let now = now();
    let session = match arguments.session {
        Some(session) => session,
        None => SessionId(random().map_err(Refusal::Other)?),
    };
    CheckIn::new(CheckInFields {
        session,
        subject: arguments.subject,
        person: arguments.person.unwrap_or(arguments.subject),
        member: MemberId(arguments.member),
        terminal: arguments.terminal,
        staff: arguments.staff,
        purpose: arguments.purpose,
        not_before: now,
        not_after: now.saturating_add(PERIOD_MAX),
        nonce: arguments.nonce.0,
        language: arguments.card.voice.language(),
    })
    .map_err(|error| Refusal::other(&error))
}

/// The body that the gateway takes: what this terminal wants, and the evidence that only the municipality can open.
pub(super) fn request(document: &CheckIn, cms: Vec<u8>, to: &HpkeKey) -> Result<Vec<u8>, Refusal> {
    let fields = document.fields();
    let evidence = Evidence {
        document: document.canonical_bytes().to_vec(),
        salt: Salt(random().map_err(Refusal::Other)?),
        cms,
        signed_at: now(),
    };
    let sealed = evidence
        .seal(to, &fields.session.0)
        .map_err(|error| Refusal::other(&error))?;
    let body = json!({
        "session": fields.session,
        "subject": fields.subject,
        "staff": fields.staff,
        "purpose": fields.purpose,
        "sealed": STANDARD.encode(sealed.to_bytes()),
    });
    Ok(body.to_string().into_bytes())
}

fn parse_purpose(code: &str) -> Result<Purpose, String> {
    serde_json::from_value(json!(code)).map_err(|error| error.to_string())
}
