//! `musubi card read-face`: the basic four facts, for comparison with what stands before the counter.
//!
//! The 12-digit individual number cannot be asked for: neither this command nor the crate below has a word for it.

use super::{
    CardArguments, SecretArguments,
    answer::{Answer, Refusal},
    place::Place,
    secret, words,
};
use clap::Args;
use musubi_consent_card::{
    BasicFour, CardFace, PrintedNumberB, UserPin,
    card_face::{FaceOpener, Sex},
    error::SecretKind,
};
use musubi_primitives::Language;
use serde_json::json;

/// What opens the facts.
#[derive(Debug, Args)]
pub struct ReadFaceArguments {
    /// Use the 14-digit number printed on the card (照合番号B) instead of the card-face PIN.
    #[arg(long)]
    printed_number: bool,
    #[command(flatten)]
    secret: SecretArguments,
    #[command(flatten)]
    pub(super) card: CardArguments,
}

/// Asks, reads, says.
pub fn run(arguments: &ReadFaceArguments) -> Result<Answer, Refusal> {
    let language = arguments.card.voice.language();
    let mut place = Place::find(&arguments.card)?;
    // A card without these facts is no reason to ask for a PIN.
    place.session(|card| Ok(CardFace::open(card).map(drop)?))?;
    let face = if arguments.printed_number {
        let typed = secret::ask(&arguments.secret, SecretKind::PrintedNumberB, language)?;
        let number = typed.parse(PrintedNumberB::parse)?;
        read(&mut place, arguments, FaceOpener::PrintedNumber(&number))?
    } else {
        let typed = secret::ask(&arguments.secret, SecretKind::CardFacePin, language)?;
        let pin = typed.parse(UserPin::parse)?;
        read(&mut place, arguments, FaceOpener::Pin(&pin))?
    };
    Ok(answer(&face, place.is_emulated(), language))
}

fn read(
    place: &mut Place,
    arguments: &ReadFaceArguments,
    opener: FaceOpener<'_>,
) -> Result<BasicFour, Refusal> {
    let policy = arguments.secret.policy();
    place.session(|card| Ok(CardFace::open(card)?.read(opener, policy)?))
}

fn answer(face: &BasicFour, is_emulated: bool, language: Language) -> Answer {
    let sex = match face.sex {
        Sex::Unknown => &words::SEX_UNKNOWN,
        Sex::Male => &words::MALE,
        Sex::Female => &words::FEMALE,
        Sex::NotApplicable => &words::SEX_NOT_APPLICABLE,
    };
    let lines = [
        (&words::NAME, face.name.as_str()),
        (&words::ADDRESS, &face.address),
        (&words::BIRTH_DATE, &face.birth_date),
        (&words::SEX, words::pick(sex, language)),
    ];
    let text = lines.map(|(word, value)| format!("{}: {value}", words::pick(word, language)));
    Answer::new(
        "face-read",
        words::marked(&text.join("\n"), is_emulated, language),
    )
    .with("name", json!(face.name))
    .with("address", json!(face.address))
    .with("birth_date", json!(face.birth_date))
    .with("sex", json!(sex_code(face.sex)))
    .with("test_card", json!(is_emulated))
}

/// What programs call it.
pub(super) fn sex_code(sex: Sex) -> &'static str {
    match sex {
        Sex::Unknown => "unknown",
        Sex::Male => "male",
        Sex::Female => "female",
        Sex::NotApplicable => "not applicable",
    }
}
