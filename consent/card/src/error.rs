//! Every way a card session can end other than well. Each is its own outcome, and none of them spent a try unknown to us.

use crate::layout::Credential;
use crate::transport::TransportError;

/// What was being attempted when the card answered unexpectedly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// SELECT of an application.
    SelectApplication,
    /// SELECT of an elementary file.
    SelectFile,
    /// READ BINARY.
    Read,
    /// The free query of the retry counter.
    QueryTries,
    /// VERIFY of a secret.
    Verify,
    /// COMPUTE DIGITAL SIGNATURE.
    Sign,
}

/// Which of the card's secrets is meant: people have four and mix them up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl From<Credential> for SecretKind {
    fn from(credential: Credential) -> Self {
        match credential {
            Credential::Signing => Self::SigningPassword,
            Credential::Authentication => Self::AuthenticationPin,
        }
    }
}

/// What to do when few tries are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriesPolicy {
    /// Stop at two or fewer: one slip of the finger would soon mean a walk to the municipal office.
    StopWhenFew,
    /// The person was told the number and insists.
    UseEvenTheLast,
}

/// How a session ended without what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// No response came; the command in flight changed nothing that matters.
    #[error("card session")]
    Transport(#[source] TransportError),
    /// The thing on the reader has no JPKI application.
    #[error("find the JPKI application on this card")]
    NotMyNumberCard,
    /// Child under 15, a card without PIN, or a certificate never asked for. Nothing is locked.
    #[error("find the {0:?} certificate on this card")]
    CertificateAbsent(Credential),
    /// The card has no basic-four file that this secret opens.
    #[error("find the basic four facts on this card")]
    CardFaceAbsent,
    /// The secret did not match.
    #[error("match the {secret:?}: {tries_left} tries left")]
    SecretWrong {
        /// Which secret.
        secret: SecretKind,
        /// Tries left, at least one.
        tries_left: u8,
    },
    /// The secret is blocked; the municipal office can reset it.
    #[error("use the {0:?}: it is blocked")]
    SecretBlocked(SecretKind),
    /// Stopped before VERIFY, under [`TriesPolicy::StopWhenFew`].
    #[error("verify the {secret:?}: only {tries_left} tries left")]
    FewTriesLeft {
        /// Which secret.
        secret: SecretKind,
        /// Tries left, one or two.
        tries_left: u8,
    },
    /// The card left during VERIFY: whether a try was spent is unknown. Never repeated by this crate.
    #[error("learn the outcome of the {0:?} check")]
    SecretOutcomeUnknown(SecretKind),
    /// The card left during signing: no signature came back, and none will be used.
    #[error("receive the signature")]
    SignatureOutcomeUnknown,
    /// A file wants its PIN first (the authentication certificate on an Android phone).
    #[error("read without presenting the {0:?}")]
    SecretRequired(SecretKind),
    /// The card answered something that its specification does not allow here.
    #[error("{attempt:?}: unexpected status {status:04X}")]
    UnexpectedStatus {
        /// What was attempted.
        attempt: Attempt,
        /// ISO 7816 status word.
        status: u16,
    },
    /// Wrong length, broken structure or more data than a card file can hold.
    #[error("{0:?}: malformed answer")]
    Malformed(Attempt),
}

impl CardError {
    /// Name of the outcome for programs; the facts that belong to it are in the variant.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Transport(error) => error.code(),
            Self::NotMyNumberCard => "not-my-number-card",
            Self::CertificateAbsent(_) => "certificate-absent",
            Self::CardFaceAbsent => "card-face-absent",
            Self::SecretWrong { .. } => "secret-wrong",
            Self::SecretBlocked(_) => "secret-blocked",
            Self::FewTriesLeft { .. } => "few-tries-left",
            Self::SecretOutcomeUnknown(_) => "secret-outcome-unknown",
            Self::SignatureOutcomeUnknown => "signature-outcome-unknown",
            Self::SecretRequired(_) => "secret-required",
            Self::UnexpectedStatus { .. } => "unexpected-status",
            Self::Malformed(_) => "malformed-answer",
        }
    }

    /// Tries left of the secret that the outcome is about, where it tells: zero when blocked.
    #[must_use]
    pub const fn tries_left(self) -> Option<u8> {
        match self {
            Self::SecretWrong { tries_left, .. } | Self::FewTriesLeft { tries_left, .. } => {
                Some(tries_left)
            }
            Self::SecretBlocked(_) => Some(0),
            Self::Transport(_)
            | Self::NotMyNumberCard
            | Self::CertificateAbsent(_)
            | Self::CardFaceAbsent
            | Self::SecretOutcomeUnknown(_)
            | Self::SignatureOutcomeUnknown
            | Self::SecretRequired(_)
            | Self::UnexpectedStatus { .. }
            | Self::Malformed(_) => None,
        }
    }
}
