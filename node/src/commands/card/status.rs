//! `musubi card list` and `musubi card status`: what can be known without a secret.

use super::{
    CardArguments,
    answer::{Answer, Refusal},
    place::Place,
    words,
};
use musubi_consent_card::{
    CardStatus, Credential, TokenKind, Tries,
    error::SecretKind,
    pcsc::{Presence, ReaderFacts, Readers},
};
use musubi_consent_card_emulator::CardProfile;
use musubi_primitives::Language;
use serde_json::{Value, json};

/// Every reader, one a line; or the place of an emulated card, which is no reader and says so.
pub fn list(emulated: Option<CardProfile>, language: Language) -> Result<Answer, Refusal> {
    let readers = match emulated {
        Some(profile) => vec![ReaderFacts {
            name: format!("inside this process: TEST card {}", profile.name()),
            presence: Presence::Card,
        }],
        None => Readers::connect()?.list()?,
    };
    let line = |reader: &ReaderFacts| {
        let presence = words::pick(presence_words(reader.presence), language);
        format!("{}: {presence}", reader.name)
    };
    let text = if readers.is_empty() {
        words::pick(&words::NO_READERS, language).to_owned()
    } else {
        readers.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    let facts = readers
        .iter()
        .map(|reader| json!({ "name": reader.name, "presence": presence_code(reader.presence) }));
    let text = words::marked(&text, emulated.is_some(), language);
    Ok(Answer::new("listed", text).with("readers", facts.collect()))
}

/// One card.
pub fn status(arguments: &CardArguments) -> Result<Answer, Refusal> {
    let language = arguments.voice.language();
    let mut place = Place::find(arguments)?;
    let status = place.session(|card| Ok(arguments.jpki(card)?.status()?))?;
    let lines = [
        words::pick(token_words(status.token), language).to_owned(),
        credential_line(&status, Credential::Signing, language),
        credential_line(&status, Credential::Authentication, language),
    ];
    let text = words::marked(&lines.join("\n"), place.is_emulated(), language);
    Ok(Answer::new("status", text)
        .with("token", json!(token_code(status.token)))
        .with("signing", credential_facts(&status, Credential::Signing))
        .with(
            "authentication",
            credential_facts(&status, Credential::Authentication),
        )
        .with("test_card", json!(place.is_emulated())))
}

/// Presence of the certificate and what its counter says.
fn of(status: &CardStatus, credential: Credential) -> (bool, Tries) {
    match credential {
        Credential::Signing => (status.availability.signing, status.signing),
        Credential::Authentication => (status.availability.authentication, status.authentication),
    }
}

/// A card without the certificate is never called locked, whatever its counter answers.
fn credential_line(status: &CardStatus, credential: Credential, language: Language) -> String {
    let name = SecretKind::from(credential).name(language);
    let state = match of(status, credential) {
        (false, _) | (true, Tries::Absent) => words::pick(&words::ABSENT, language).to_owned(),
        (true, Tries::Blocked) => words::pick(&words::LOCKED, language).to_owned(),
        (true, Tries::Left(tries)) => {
            words::pick(&words::TRIES, language).replace("{tries}", &tries.to_string())
        }
    };
    format!("{name}: {state}")
}

pub(super) fn credential_facts(status: &CardStatus, credential: Credential) -> Value {
    match of(status, credential) {
        (false, _) | (true, Tries::Absent) => json!({ "present": false }),
        (true, Tries::Blocked) => json!({ "present": true, "tries_left": 0 }),
        (true, Tries::Left(tries)) => json!({ "present": true, "tries_left": tries }),
    }
}

fn token_words(token: Option<TokenKind>) -> &'static words::Sentence {
    match token {
        Some(TokenKind::Plastic) => &words::PLASTIC,
        Some(TokenKind::Android) => &words::ANDROID,
        Some(TokenKind::IPhone) => &words::IPHONE,
        None => &words::UNKNOWN_TOKEN,
    }
}

pub(super) fn token_code(token: Option<TokenKind>) -> &'static str {
    match token {
        Some(TokenKind::Plastic) => "plastic",
        Some(TokenKind::Android) => "android",
        Some(TokenKind::IPhone) => "iphone",
        None => "unknown",
    }
}

fn presence_words(presence: Presence) -> &'static words::Sentence {
    match presence {
        Presence::Empty => &words::EMPTY,
        Presence::Card => &words::CARD,
        Presence::Busy => &words::CARD_IN_USE,
        Presence::Mute => &words::MUTE,
    }
}

pub(super) fn presence_code(presence: Presence) -> &'static str {
    match presence {
        Presence::Empty => "empty",
        Presence::Card => "card",
        Presence::Busy => "busy",
        Presence::Mute => "mute",
    }
}
