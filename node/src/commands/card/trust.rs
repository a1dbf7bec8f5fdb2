//! Whether the certificate behind a signature counts: pinned roots of one environment, and a revocation list where there is one.
//!
//! Without roots only the signature is held against the card's own certificate, and the answer says what was not checked: the
//! municipality's node judges in any case.

use super::{answer::Refusal, place::now_seconds};
use clap::{Args, ValueEnum};
use musubi_consent::{
    CertificateUse, Environment, Revocation, RevocationList, RevocationSource, SignedContent,
    SignerCertificate, TrustedRoots,
    validator::{NoRevocationSource, verify, verify_own_signature},
};
use musubi_consent_card_emulator::certificate::require_test_issuer;
use std::path::{Path, PathBuf};

/// What to check certificates against.
#[derive(Clone, Debug, Args)]
pub struct TrustArguments {
    /// Folder with the roots to pin (*.der). With it, a signature that would not count is refused here and not written.
    #[arg(long, value_name = "FOLDER")]
    roots: Option<PathBuf>,
    /// World that the roots belong to. Test cards are refused in production.
    #[arg(long, value_enum, default_value = "production", requires = "roots")]
    environment: CliEnvironment,
    /// Revocation list (DER) of the holder's municipality, where this office may have one.
    #[arg(long, value_name = "FILE", requires = "roots")]
    revocation_list: Option<PathBuf>,
}

/// The worlds, as flags name them.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum CliEnvironment {
    /// Real cards.
    Production,
    /// JPKI-TEST cards.
    JpkiTest,
    /// Cards of the emulator.
    Emulated,
}

impl From<CliEnvironment> for Environment {
    fn from(environment: CliEnvironment) -> Self {
        match environment {
            CliEnvironment::Production => Self::Production,
            CliEnvironment::JpkiTest => Self::JpkiTest,
            CliEnvironment::Emulated => Self::Emulated,
        }
    }
}

/// Roots and revocations for one use, or nothing to check against.
pub struct Trust {
    certificate_use: CertificateUse,
    against: Option<(TrustedRoots, Box<dyn RevocationSource>)>,
}

impl TrustArguments {
    /// Reads roots and list. An emulated card never meets production roots.
    pub fn load(
        &self,
        certificate_use: CertificateUse,
        is_emulated: bool,
    ) -> Result<Trust, Refusal> {
        let Some(folder) = &self.roots else {
            return Ok(Trust {
                certificate_use,
                against: None,
            });
        };
        let environment = self.environment.into();
        if is_emulated && environment != Environment::Emulated {
            return Err(Refusal::TestCard);
        }
        let roots = TrustedRoots::new(environment, &root_files(folder)?)
            .map_err(|error| Refusal::other(&error))?;
        let revocations = self.revocations(&roots, certificate_use)?;
        Ok(Trust {
            certificate_use,
            against: Some((roots, revocations)),
        })
    }

    fn revocations(
        &self,
        roots: &TrustedRoots,
        certificate_use: CertificateUse,
    ) -> Result<Box<dyn RevocationSource>, Refusal> {
        let Some(path) = &self.revocation_list else {
            return Ok(Box::new(NoRevocationSource));
        };
        let list = RevocationList::parse(roots, certificate_use, &read(path)?)
            .map_err(|error| Refusal::other(&error))?;
        Ok(Box::new(list))
    }
}

impl Trust {
    /// Refuses a certificate that was read before any PIN was asked for.
    pub fn require_certificate(&self, certificate: &[u8]) -> Result<(), Refusal> {
        let Some((roots, _)) = &self.against else {
            return Ok(());
        };
        let now = now_seconds() * 1000;
        SignerCertificate::validate(roots, self.certificate_use, certificate, now)
            .map(drop)
            .map_err(|error| Refusal::Verdict(error.into()))
    }

    /// Judges a signature; says what is known about revocation, and what nobody looked at.
    pub fn judge(&self, cms: &[u8], content: &SignedContent) -> Result<Judged, Refusal> {
        let Some((roots, revocations)) = &self.against else {
            verify_own_signature(cms, content).map_err(Refusal::Verdict)?;
            return Ok(Judged {
                revocation: "not-verified",
                not_checked: &["issuer", "validity", "use", "revocation"],
            });
        };
        let now = now_seconds() * 1000;
        let verification = verify(
            roots,
            revocations.as_ref(),
            self.certificate_use,
            cms,
            content,
            now,
        )
        .map_err(Refusal::Verdict)?;
        let (revocation, not_checked): (_, &[_]) = match verification.revocation {
            Revocation::Good => ("good", &[]),
            Revocation::Revoked { .. } => ("revoked-later", &[]),
            Revocation::Unknown => ("unknown", &[]),
            Revocation::NotChecked => ("not-checked", &["revocation"]),
        };
        Ok(Judged {
            revocation,
            not_checked,
        })
    }
}

/// A signature that fits its certificate.
#[derive(Clone, Copy, Debug)]
pub struct Judged {
    /// What is known about revocation.
    pub revocation: &'static str,
    /// What was not looked at, by name.
    pub not_checked: &'static [&'static str],
}

impl Judged {
    /// True when it was held against nothing but the card's own certificate.
    pub fn is_of_signature_alone(&self) -> bool {
        self.not_checked.contains(&"issuer")
    }
}

/// True for a certificate of the emulator's authority, which also reaches a reader through `vpcd`.
pub fn is_test_certificate(certificate: &[u8]) -> bool {
    require_test_issuer(certificate).is_ok()
}

fn root_files(folder: &Path) -> Result<Vec<Vec<u8>>, Refusal> {
    let problem = |error: std::io::Error| Refusal::Other(format!("{}: {error}", folder.display()));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(problem)? {
        let path = entry.map_err(problem)?.path();
        if path.extension().is_some_and(|extension| extension == "der") {
            paths.push(path);
        }
    }
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<Vec<u8>, Refusal> {
    std::fs::read(path).map_err(|error| Refusal::Other(format!("{}: {error}", path.display())))
}
