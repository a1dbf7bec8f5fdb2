//! Key files: PKCS#8 (RFC 5958, RFC 8410, RFC 5915) in PEM, readable by their owner alone, encrypted (PBES2, scrypt) where a passphrase is given.

use pkcs8::{
    AlgorithmIdentifierRef, EncryptedPrivateKeyInfoRef, ObjectIdentifier, PrivateKeyInfoRef,
    SecretDocument,
    der::{
        asn1::{AnyRef, OctetStringRef},
        pem::{LineEnding, PemLabel},
    },
};
use std::{
    fs::OpenOptions,
    io::Write,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// The curves that a key file may hold a key of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// Signs: accounts, votes, network identities, receipts.
    Ed25519,
    /// Opens what is sealed to it (HPKE).
    X25519,
    /// Signs health cards (ES256).
    P256,
}

/// The curve P-256 (RFC 5480 section 2.1.1.1).
const P256_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

impl KeyKind {
    /// RFC 8410 section 3; RFC 5480 section 2.1.1.
    fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Ed25519 => ObjectIdentifier::new_unwrap("1.3.101.112"),
            Self::X25519 => ObjectIdentifier::new_unwrap("1.3.101.110"),
            Self::P256 => ObjectIdentifier::new_unwrap("1.2.840.10045.2.1"),
        }
    }

    /// What stands before the 32 bytes of the secret: an OCTET STRING (RFC 8410 section 7), or an ECPrivateKey of version 1 without
    /// the parts that may be left out (RFC 5915 section 3).
    fn prefix(self) -> &'static [u8] {
        match self {
            Self::Ed25519 | Self::X25519 => &[0x04, 0x20],
            Self::P256 => &[0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20],
        }
    }
}

/// Why a key file could not be written or read; always names the file.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file system said no.
    #[error("key file {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Others on this machine can read it.
    #[error("key file {path} has mode {mode:03o}: others could read it; run  chmod 600 {path}")]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Not a key, or damaged.
    #[error("key file {path} holds no PKCS#8 {kind:?} key in PEM: {cause}")]
    NotAKey {
        /// The file.
        path: PathBuf,
        /// What was expected.
        kind: KeyKind,
        /// What the decoder said.
        cause: String,
    },
    /// Encrypted, and no passphrase was given.
    #[error(
        "key file {0} is encrypted: give its passphrase by MUSUBI_KEY_PASSPHRASE or --passphrase-file"
    )]
    PassphraseNeeded(PathBuf),
    /// The passphrase does not open it.
    #[error("the passphrase does not open key file {0}")]
    WrongPassphrase(PathBuf),
}

/// Draws a new secret from the system's random source.
///
/// # Errors
/// When the system has no randomness to give.
pub fn new_secret() -> Result<Zeroizing<[u8; 32]>, getrandom::Error> {
    let mut secret = Zeroizing::new([0; 32]);
    getrandom::fill(secret.as_mut())?;
    Ok(secret)
}

/// Writes a new key file with mode 600; never replaces one that is there.
///
/// # Errors
/// When the file exists or cannot be written whole.
pub fn write(
    path: &Path,
    kind: KeyKind,
    secret: &[u8; 32],
    passphrase: Option<&str>,
) -> Result<(), KeyFileError> {
    let io = |source| KeyFileError::Io {
        path: path.to_path_buf(),
        source,
    };
    let pem = encode(kind, secret, passphrase).map_err(|error| not_a_key(path, kind, error))?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(io)?;
    file.write_all(pem.as_bytes()).map_err(io)?;
    file.sync_all().map_err(io)
}

/// Reads a key file, after checking that nobody but its owner can.
///
/// # Errors
/// See [`KeyFileError`].
pub fn read(
    path: &Path,
    kind: KeyKind,
    passphrase: Option<&str>,
) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
    let io = |source| KeyFileError::Io {
        path: path.to_path_buf(),
        source,
    };
    let mode = std::fs::metadata(path).map_err(io)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::OpenToOthers {
            path: path.to_path_buf(),
            mode,
        });
    }
    let pem = Zeroizing::new(std::fs::read_to_string(path).map_err(io)?);
    let (label, document) =
        SecretDocument::from_pem(&pem).map_err(|error| not_a_key(path, kind, error))?;
    let document = if label == EncryptedPrivateKeyInfoRef::PEM_LABEL {
        decrypt(path, kind, &document, passphrase)?
    } else {
        document
    };
    decode(kind, &document).map_err(|cause| not_a_key(path, kind, cause))
}

fn encode(
    kind: KeyKind,
    secret: &[u8; 32],
    passphrase: Option<&str>,
) -> Result<Zeroizing<String>, pkcs8::Error> {
    let wrapped = Zeroizing::new([kind.prefix(), secret].concat());
    let algorithm = AlgorithmIdentifierRef {
        oid: kind.oid(),
        parameters: (kind == KeyKind::P256).then(|| AnyRef::from(&P256_CURVE)),
    };
    let info = PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(wrapped.as_slice())?);
    match passphrase {
        None => Ok(SecretDocument::encode_msg(&info)?
            .to_pem(PrivateKeyInfoRef::PEM_LABEL, LineEnding::LF)?),
        Some(passphrase) => Ok(info
            .encrypt(passphrase)?
            .to_pem(EncryptedPrivateKeyInfoRef::PEM_LABEL, LineEnding::LF)?),
    }
}

fn decrypt(
    path: &Path,
    kind: KeyKind,
    document: &SecretDocument,
    passphrase: Option<&str>,
) -> Result<SecretDocument, KeyFileError> {
    let passphrase =
        passphrase.ok_or_else(|| KeyFileError::PassphraseNeeded(path.to_path_buf()))?;
    let info = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes())
        .map_err(|error| not_a_key(path, kind, error))?;
    info.decrypt(passphrase)
        .map_err(|_| KeyFileError::WrongPassphrase(path.to_path_buf()))
}

fn decode(kind: KeyKind, document: &SecretDocument) -> Result<Zeroizing<[u8; 32]>, String> {
    let info: PrivateKeyInfoRef<'_> = document
        .decode_msg()
        .map_err(|error: pkcs8::der::Error| error.to_string())?;
    if info.algorithm.oid != kind.oid() {
        return Err(format!("its algorithm is {}", info.algorithm.oid));
    }
    // An ECPrivateKey may have its public key behind the secret: it follows from the secret.
    let secret = info
        .private_key
        .as_bytes()
        .split_at_checked(kind.prefix().len());
    let secret = secret.filter(|(prefix, _)| kind == KeyKind::P256 || *prefix == kind.prefix());
    secret
        .and_then(|(_, secret)| match kind {
            KeyKind::P256 => secret.first_chunk(),
            KeyKind::Ed25519 | KeyKind::X25519 => secret.try_into().ok(),
        })
        .map(|secret| Zeroizing::new(*secret))
        .ok_or_else(|| "the key has not 32 bytes".to_owned())
}

fn not_a_key(path: &Path, kind: KeyKind, cause: impl ToString) -> KeyFileError {
    KeyFileError::NotAKey {
        path: path.to_path_buf(),
        kind,
        cause: cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_reads_back_plain_and_encrypted() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, passphrase) in [("plain", None), ("locked", Some("正しい馬"))] {
            let path = folder.path().join(name);
            write(&path, KeyKind::Ed25519, &[7; 32], passphrase).expect("writes");
            assert_eq!(
                *read(&path, KeyKind::Ed25519, passphrase).expect("reads"),
                [7; 32]
            );
        }
        let path = folder.path().join("curve");
        write(&path, KeyKind::P256, &[7; 32], None).expect("writes");
        assert_eq!(*read(&path, KeyKind::P256, None).expect("reads"), [7; 32]);
        assert!(read(&path, KeyKind::Ed25519, None).is_err());
        assert!(matches!(
            read(&folder.path().join("locked"), KeyKind::Ed25519, None),
            Err(KeyFileError::PassphraseNeeded(_))
        ));
        assert!(matches!(
            read(&folder.path().join("locked"), KeyKind::Ed25519, Some("no")),
            Err(KeyFileError::WrongPassphrase(_))
        ));
    }

    #[test]
    fn an_existing_file_is_never_replaced() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("key");
        write(&path, KeyKind::X25519, &[1; 32], None).expect("writes");
        assert!(write(&path, KeyKind::X25519, &[2; 32], None).is_err());
        assert_eq!(*read(&path, KeyKind::X25519, None).expect("reads"), [1; 32]);
    }

    #[test]
    fn a_file_that_others_can_read_or_of_another_kind_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("key");
        write(&path, KeyKind::X25519, &[1; 32], None).expect("writes");
        assert!(matches!(
            read(&path, KeyKind::Ed25519, None),
            Err(KeyFileError::NotAKey { .. })
        ));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("chmod");
        assert!(matches!(
            read(&path, KeyKind::X25519, None),
            Err(KeyFileError::OpenToOthers { mode: 0o644, .. })
        ));
    }
}
