//! The demonstration's certificate authority on disk: shaped like JPKI's, named so that nobody takes it for that.
//!
//! ```text
//! authority.bin              the authority with its private keys (mode 600)
//! signing-root.der, authentication-root.der
//! signing-list.der, authentication-list.der    revocation lists, nobody on them
//! ```

use musubi_consent_card::Credential;
use musubi_consent_card_emulator::{EmulatorError, TestAuthority, Validity};
use std::{
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

/// 全国地方公共団体コード of the village whose residents the demonstration plays: 留寿都村, without its check digit.
pub const MUNICIPALITY_CODE: &str = "01396";

const YEAR_SECONDS: u64 = 365 * 24 * 3600;

const CREDENTIALS: [(Credential, &str); 2] = [
    (Credential::Signing, "signing"),
    (Credential::Authentication, "authentication"),
];

/// Makes the authority.
///
/// # Errors
/// A sentence that names what could not be made or written.
pub fn lay_out(folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let now = now_seconds();
    let roots = Validity {
        not_before: now.saturating_sub(YEAR_SECONDS),
        not_after: now.saturating_add(10 * YEAR_SECONDS),
    };
    let authority = TestAuthority::generate(roots).map_err(|error| made(&error))?;
    let bytes = authority.to_bytes().map_err(|error| made(&error))?;
    write(&folder.join("authority.bin"), &bytes)?;
    let lists = Validity {
        not_before: now,
        not_after: now.saturating_add(YEAR_SECONDS),
    };
    for (credential, name) in CREDENTIALS {
        let list = authority
            .revocation_list(credential, MUNICIPALITY_CODE, &[], lists)
            .map_err(|error| made(&error))?;
        write(
            &folder.join(format!("{name}-root.der")),
            authority.root(credential),
        )?;
        write(&folder.join(format!("{name}-list.der")), &list)?;
    }
    Ok(())
}

/// The `[cards]` table of a village that pins this authority.
pub fn config(folder: &str) -> toml::Table {
    let files = |kind: &str| -> toml::Value {
        let file = |(_, name)| toml::Value::from(format!("{folder}/{name}-{kind}.der"));
        CREDENTIALS.map(file).to_vec().into()
    };
    toml::Table::from_iter([
        ("environment".to_owned(), "emulated".into()),
        ("roots".to_owned(), files("root")),
        ("revocation_lists".to_owned(), files("list")),
    ])
}

/// The authority that [`lay_out`] made.
///
/// # Errors
/// A sentence that names the file.
pub fn authority(folder: &Path) -> Result<TestAuthority, String> {
    let path = folder.join("authority.bin");
    let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    TestAuthority::parse_bytes(&bytes).map_err(|error| format!("{}: {error}", path.display()))
}

/// How long a card's certificates hold: five years, a year of them gone.
pub fn card_validity() -> Validity {
    let now = now_seconds();
    Validity {
        not_before: now.saturating_sub(YEAR_SECONDS),
        not_after: now.saturating_add(4 * YEAR_SECONDS),
    }
}

fn now_seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

fn made(error: &EmulatorError) -> String {
    format!("make the demonstration's card authority: {error}")
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let file = std::fs::File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path);
    file.and_then(|mut file| file.write_all(bytes))
        .map_err(|error| format!("{}: {error}", path.display()))
}
