//! `musubi care export`: one child's record as a FHIR Bundle and as a PDF to print.

use super::{chain, cohort::resources_of};
use crate::{clock::now, printed};
use clap::Args;
use musubi_consent::rendering::japan_date;
use musubi_consent_paper::{Font, copy_pdf};
use musubi_portability::export::ChildRecord;
use musubi_primitives::Language;
use std::{
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// Whose record, and where the copies go.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// FHIR files with the child's Patient and records.
    #[arg(required = true)]
    records: Vec<PathBuf>,
    /// Id of the child's Patient.
    #[arg(long)]
    child: String,
    /// New file for the FHIR Bundle.
    #[arg(long)]
    bundle: PathBuf,
    /// New file for the PDF.
    #[arg(long)]
    pdf: Option<PathBuf>,
    /// A TrueType font with Japanese; one of the usual places without it.
    #[arg(long)]
    font: Option<PathBuf>,
}

/// Writes the copies.
///
/// # Errors
/// What cannot be read, made or written.
pub fn export(arguments: &ExportArguments) -> Result<String, String> {
    let resources = resources_of(&arguments.records, None)?;
    let record =
        ChildRecord::of(&arguments.child, &resources).map_err(|error| error.to_string())?;
    let today = japan_date(now());
    let bundle = record.bundle(&format!("{today}T00:00:00+09:00"));
    write_new(&arguments.bundle, bundle.to_string().as_bytes())?;
    if let Some(path) = &arguments.pdf {
        let font = Font::find(arguments.font.as_deref()).map_err(|error| chain(&error))?;
        let rows = printed::rows(&record, &today);
        let pdf = copy_pdf(&font, &rows, Language::Japanese).map_err(|error| chain(&error))?;
        write_new(path, &pdf)?;
    }
    let entries = bundle["entry"].as_array().map_or(0, Vec::len);
    Ok(format!(
        "{entries} resources written: these files are health records, keep them so"
    ))
}

/// Only the owner may read it, and nothing is written over.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let wrong = |error: std::io::Error| format!("write {}: {error}", path.display());
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(wrong)?;
    file.write_all(bytes).map_err(wrong)
}
