//! What the emulator refuses or could not do.

/// Failure of the emulator; never of the card it plays, which answers with status words.
#[derive(Debug, thiserror::Error)]
pub enum EmulatorError {
    /// A certificate whose issuer is not our own test authority: this emulator never acts for anyone else.
    #[error(
        "REFUSED: a certificate of {found:?} in a test emulator, which acts only for {expected:?}"
    )]
    ForeignIssuer {
        /// Organisation in the issuer's name, empty if there is none.
        found: String,
        /// The only organisation the emulator acts for.
        expected: &'static str,
    },
    /// A card of earlier roots was asked of an authority that has none.
    #[error("issue a card of earlier roots: this authority is the first generation")]
    NoEarlierGeneration,
    /// A file of a test folder could not be read or written.
    #[error("use {path}", path = path.display())]
    File {
        /// Which file.
        path: std::path::PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A fact of the person that no certificate can carry.
    #[error("person fact {field}: {rule}")]
    PersonFact {
        /// Name of the field.
        field: &'static str,
        /// What it must be.
        rule: &'static str,
    },
    /// DER encoding or decoding.
    #[error("encode or decode {what}")]
    Der {
        /// What was being encoded or decoded.
        what: &'static str,
        /// The cause.
        #[source]
        source: der::Error,
    },
    /// Key generation, loading or signing.
    #[error("use an RSA or EC key: {what}")]
    Key {
        /// What was being done.
        what: &'static str,
    },
    /// The operating system gave no random bytes.
    #[error("get random bytes")]
    Random,
}

impl EmulatorError {
    pub(crate) fn file(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }

    pub(crate) fn der(what: &'static str) -> impl FnOnce(der::Error) -> Self {
        move |source| Self::Der { what, source }
    }
}
