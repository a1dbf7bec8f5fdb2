//! Every way a card session can end other than well, each a type of its own with the sentence that the person reads.

use musubi_consent_card::{self as card, PinError, TransportError, error::SecretKind};
use musubi_primitives::Language;
use std::fmt::Display;

/// What the person reads, which says what to do next.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Sentence {
    /// 日本語.
    pub japanese: String,
    /// やさしい日本語, readings in brackets.
    pub plain_japanese: String,
    /// English.
    pub english: String,
}

impl Sentence {
    fn of(say: impl Fn(Language) -> String) -> Self {
        Self {
            japanese: say(Language::Japanese),
            plain_japanese: say(Language::PlainJapanese),
            english: say(Language::English),
        }
    }
}

/// Which of the card's secrets is meant: people have four and mix them up.
#[uniffi::remote(Enum)]
pub enum SecretKind {
    /// 署名用パスワード, 6 to 16 characters.
    SigningPassword,
    /// 利用者証明用暗証番号, 4 digits.
    AuthenticationPin,
    /// 券面事項入力補助用暗証番号, 4 digits.
    CardFacePin,
    /// 照合番号B, 14 digits printed on the card.
    PrintedNumberB,
}

/// How a session ended without what was asked for. Where a try may have been spent, the variant says so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum CardError {
    /// What the app gave does not fit: the wrong kind of document, a genesis that is no hash. The card was not asked.
    #[error("{reason}")]
    DocumentRefused {
        /// What does not fit.
        reason: String,
    },
    /// The secret cannot be right. The card was not asked, no try was spent.
    #[error("{}", sentence.english)]
    SecretMalformed {
        /// What the person reads beside the field.
        sentence: Sentence,
    },
    /// No reader, or its service does not run.
    #[error("{}", sentence.english)]
    ReaderUnavailable {
        /// What the person reads.
        sentence: Sentence,
    },
    /// There is no card in the field.
    #[error("{}", sentence.english)]
    NoCard {
        /// What the person reads.
        sentence: Sentence,
    },
    /// The card left; nothing was signed and no try was spent.
    #[error("{}", sentence.english)]
    Removed {
        /// What the person reads.
        sentence: Sentence,
    },
    /// A card is there and does not answer.
    #[error("{}", sentence.english)]
    Unresponsive {
        /// What the person reads.
        sentence: Sentence,
    },
    /// Another program holds the card.
    #[error("{}", sentence.english)]
    Busy {
        /// What the person reads.
        sentence: Sentence,
    },
    /// The transport failed.
    #[error("{}", sentence.english)]
    ReaderFailed {
        /// What the person reads.
        sentence: Sentence,
        /// The platform's code; 0 without one.
        code: u32,
    },
    /// The thing in the field has no JPKI application.
    #[error("{}", sentence.english)]
    NotMyNumberCard {
        /// What the person reads.
        sentence: Sentence,
    },
    /// Child under 15, a card without PIN, or a certificate never asked for. Nothing is locked.
    #[error("{}", sentence.english)]
    CertificateAbsent {
        /// What the person reads.
        sentence: Sentence,
    },
    /// The card has no basic four facts that this secret opens.
    #[error("{}", sentence.english)]
    CardFaceAbsent {
        /// What the person reads.
        sentence: Sentence,
    },
    /// The secret did not match; one try was spent.
    #[error("{}", sentence.english)]
    SecretWrong {
        /// What the person reads.
        sentence: Sentence,
        /// Which secret.
        secret: SecretKind,
        /// Tries left, at least one.
        tries_left: u8,
    },
    /// The secret is blocked; the municipal office can reset it.
    #[error("{}", sentence.english)]
    SecretBlocked {
        /// What the person reads.
        sentence: Sentence,
        /// Which secret.
        secret: SecretKind,
    },
    /// Stopped before a try was spent, because few are left ([`crate::card::TriesPolicy`]).
    #[error("{}", sentence.english)]
    FewTriesLeft {
        /// What the person reads.
        sentence: Sentence,
        /// Which secret.
        secret: SecretKind,
        /// Tries left, one or two.
        tries_left: u8,
    },
    /// The card left while it judged the secret: whether a try was spent is unknown. Look at the status; never repeat by yourself.
    #[error("{}", sentence.english)]
    SecretOutcomeUnknown {
        /// What the person reads.
        sentence: Sentence,
        /// Which secret.
        secret: SecretKind,
    },
    /// The card left while it signed: no signature came back, and none counts.
    #[error("{}", sentence.english)]
    SignatureOutcomeUnknown {
        /// What the person reads.
        sentence: Sentence,
    },
    /// A file wants its PIN first (the authentication certificate on an Android phone).
    #[error("{}", sentence.english)]
    SecretRequired {
        /// What the person reads.
        sentence: Sentence,
        /// Which secret.
        secret: SecretKind,
    },
    /// The card answered something that its specification does not allow here.
    #[error("{}", sentence.english)]
    UnexpectedAnswer {
        /// What the person reads.
        sentence: Sentence,
        /// ISO 7816 status word; 0 when the answer was malformed.
        status: u16,
    },
}

impl CardError {
    pub(crate) fn refused(reason: impl Display) -> Self {
        Self::DocumentRefused {
            reason: reason.to_string(),
        }
    }
}

impl From<PinError> for CardError {
    fn from(error: PinError) -> Self {
        Self::SecretMalformed {
            sentence: Sentence::of(|language| error.sentence(language)),
        }
    }
}

impl From<card::CardError> for CardError {
    fn from(error: card::CardError) -> Self {
        use card::CardError as Card;
        let sentence = Sentence::of(|language| error.sentence(language));
        match error {
            Card::Transport(error) => of_transport(error, sentence),
            Card::NotMyNumberCard => Self::NotMyNumberCard { sentence },
            Card::CertificateAbsent(_) => Self::CertificateAbsent { sentence },
            Card::CardFaceAbsent => Self::CardFaceAbsent { sentence },
            Card::SecretWrong { secret, tries_left } => Self::SecretWrong {
                sentence,
                secret,
                tries_left,
            },
            Card::SecretBlocked(secret) => Self::SecretBlocked { sentence, secret },
            Card::FewTriesLeft { secret, tries_left } => Self::FewTriesLeft {
                sentence,
                secret,
                tries_left,
            },
            Card::SecretOutcomeUnknown(secret) => Self::SecretOutcomeUnknown { sentence, secret },
            Card::SignatureOutcomeUnknown => Self::SignatureOutcomeUnknown { sentence },
            Card::SecretRequired(secret) => Self::SecretRequired { sentence, secret },
            Card::UnexpectedStatus { status, .. } => Self::UnexpectedAnswer { sentence, status },
            Card::Malformed(_) => Self::UnexpectedAnswer {
                sentence,
                status: 0,
            },
        }
    }
}

fn of_transport(error: TransportError, sentence: Sentence) -> CardError {
    match error {
        TransportError::ServiceUnavailable | TransportError::NoReader => {
            CardError::ReaderUnavailable { sentence }
        }
        TransportError::NoCard => CardError::NoCard { sentence },
        TransportError::Removed => CardError::Removed { sentence },
        TransportError::Unresponsive => CardError::Unresponsive { sentence },
        TransportError::Busy => CardError::Busy { sentence },
        TransportError::Failed { code } => CardError::ReaderFailed { sentence, code },
    }
}
