//! The demonstration's certificate authority on disk: shaped like JPKI's, named so that nobody takes it for that.
//!
//! ```text
//! authority.bin              the authority with its private keys (mode 600)
//! signing-root.der, authentication-root.der
//! signing-list.der, authentication-list.der    revocation lists, nobody on them
//! ```
//!
//! While `musubi demo` runs it also answers by OCSP which signing certificates were revoked ([`answer`]): nobody's.

use musubi_consent_card::Credential;
use musubi_consent_card_emulator::{EmulatorError, Responder, TestAuthority, Validity};
use std::{
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::net::TcpListener;

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

/// The `[cards]` table of a village that pins this authority, and asks about signing certificates at a port of this machine where there
/// is one.
pub fn config(folder: &str, responder: Option<u16>) -> toml::Table {
    let file = |name: &str, kind: &str| toml::Value::from(format!("{folder}/{name}-{kind}.der"));
    let roots = CREDENTIALS.map(|(_, name)| file(name, "root"));
    let mut table = toml::Table::from_iter([
        ("environment".to_owned(), "emulated".into()),
        ("roots".to_owned(), roots.to_vec().into()),
    ]);
    let mut lists = vec![file("authentication", "list")];
    match responder {
        None => lists.push(file("signing", "list")),
        Some(port) => {
            table.insert("revocation".to_owned(), revocation(port).into());
        }
    }
    table.insert("revocation_lists".to_owned(), lists.into());
    table
}

fn revocation(port: u16) -> toml::Table {
    let responder = toml::Table::from_iter([
        ("certificate_use".to_owned(), "signing".into()),
        (
            "address".to_owned(),
            format!("http://127.0.0.1:{port}/ocsp").into(),
        ),
    ]);
    let responders = toml::Value::from(vec![responder]);
    toml::Table::from_iter([("responders".to_owned(), responders)])
}

/// Answers for the authority that [`lay_out`] made, on loopback, until the process ends.
///
/// # Errors
/// A sentence that names the file or port.
pub async fn answer(folder: &Path, port: u16) -> Result<(), String> {
    let authority = Arc::new(authority(folder)?);
    let responder =
        Responder::new(authority, Arc::new(now_seconds)).map_err(|error| made(&error))?;
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| format!("the card authority's port {port}: {error}"))?;
    tokio::spawn(async move {
        if let Err(error) = Arc::new(responder).serve(listener).await {
            eprintln!("the card authority no longer answers: {error}");
        }
    });
    Ok(())
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
