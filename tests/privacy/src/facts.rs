//! What went into the consortium and must not come out: everything that callers told about people, and their cards.

use musubi_tests_support::told::Told;
use serde_json::Value;
use std::{collections::BTreeSet, fs, io, path::Path};
use x509_cert::{
    Certificate,
    der::{Decode as _, Header, Reader as _, SliceReader},
};

/// Elements of a FHIR resource, members of a form and parameters of a query whose text tells something about a person or about the
/// person's health. Text beyond ASCII tells something wherever it stands: no word of a machine is written so.
const TELLING: [&str; 24] = [
    "about",
    "birth",
    "birthDate",
    "birthdate",
    "city",
    "code",
    "conditions",
    "deceasedDateTime",
    "display",
    "district",
    "family",
    "given",
    "identifier",
    "line",
    "lot",
    "lotNumber",
    "measures",
    "postalCode",
    "product",
    "text",
    "userComment",
    "vaccine-code",
    "value",
    "valueString",
];
/// Of these, those that are dates of birth.
const BIRTH: [&str; 3] = ["birth", "birthDate", "birthdate"];

/// Codes of administration, not of health, which the words of any log may contain.
const HARMLESS: [&str; 3] = ["vital-signs", "official", "completed"];

/// Facts of the input, each with a word for what it is.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Words and numbers.
    pub texts: BTreeSet<String>,
    /// Stretches of certificates and signatures.
    pub bytes: BTreeSet<Vec<u8>>,
}

impl Facts {
    /// Takes every telling text of the JSON files in a family's folder.
    ///
    /// # Errors
    /// When the folder cannot be read; a file that is not JSON is an error too.
    pub fn take_family(&mut self, folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                let resource: Value = serde_json::from_slice(&fs::read(&path)?)?;
                self.take_value("", &resource);
            }
        }
        Ok(())
    }

    /// Takes every telling text of a resource, or of a form with resources in it.
    pub fn take_resource(&mut self, resource: &Value) {
        self.take_value("", resource);
    }

    /// Takes everything that a test has told nodes.
    pub fn take_told(&mut self, told: &Told) {
        told.bodies
            .iter()
            .for_each(|body| self.take_value("", body));
        for (name, value) in &told.queries {
            self.take_value(name, &Value::from(value.as_str()));
        }
        told.words.iter().for_each(|word| self.take_text(word));
        for card in &told.cards {
            self.take_certificates_in(card);
        }
    }

    fn take_value(&mut self, name: &str, value: &Value) {
        match value {
            Value::String(text) if BIRTH.contains(&name) => self.take_birth_date(text),
            Value::String(text) if TELLING.contains(&name) || !text.is_ascii() => {
                self.take_text(text);
            }
            Value::Array(items) => items.iter().for_each(|item| self.take_value(name, item)),
            // Why a physician goes on stands on the chain, as a code.
            Value::Object(_) if name == "reason" => {}
            Value::Object(fields) => fields
                .iter()
                .for_each(|(name, field)| self.take_value(name, field)),
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Takes a word, unless it is one of administration or an identifier that is on the chain.
    pub fn take_text(&mut self, text: &str) {
        if !HARMLESS.contains(&text) && !is_identifier(text) {
            self.texts.insert(text.to_owned());
        }
    }

    /// Takes a date `YYYY-MM-DD` in the ways it is written: ISO, compact, with slashes, in Japanese, and in 和暦 from 令和 on.
    pub fn take_birth_date(&mut self, date: &str) {
        let parts: Vec<&str> = date.split('-').collect();
        let [year, month, day] = parts[..] else {
            return self.take_text(date);
        };
        let number = |part: &str| part.parse::<u32>().unwrap_or_default();
        let (y, m, d) = (number(year), number(month), number(day));
        self.take_text(date);
        self.take_text(&format!("{year}{month}{day}"));
        self.take_text(&format!("{year}/{month}/{day}"));
        self.take_text(&format!("{y}年{m}月{d}日"));
        if let Some(reiwa) = y.checked_sub(2018).filter(|year| 0 < *year) {
            self.take_text(&format!("令和{reiwa}年{m}月{d}日"));
        }
    }

    /// Takes from a card's contents every certificate that lies in them, whatever their form: serial number, key, signature, and the
    /// bytes themselves in stretches.
    pub fn take_certificates_in(&mut self, bytes: &[u8]) {
        for at in 0..bytes.len() {
            if let Some(certificate) = certificate_at(&bytes[at..]) {
                self.take_certificate(&certificate);
            }
        }
    }

    fn take_certificate(&mut self, certificate: &Certificate) {
        let body = &certificate.tbs_certificate;
        self.take_stretch(body.serial_number.as_bytes());
        let key = body.subject_public_key_info.subject_public_key.raw_bytes();
        key.chunks_exact(32)
            .for_each(|part| self.take_stretch(part));
        let signature = certificate.signature.raw_bytes();
        signature
            .chunks_exact(32)
            .for_each(|part| self.take_stretch(part));
    }

    /// Takes a stretch of bytes that identify.
    pub fn take_stretch(&mut self, bytes: &[u8]) {
        self.bytes.insert(bytes.to_vec());
    }
}

/// Whether a text is a random identifier: 32 bytes in hexadecimal, as pseudonyms and records are named.
fn is_identifier(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// The certificate that begins here, if one does.
fn certificate_at(bytes: &[u8]) -> Option<Certificate> {
    if !bytes.starts_with(&[0x30, 0x82]) {
        return None;
    }
    let mut reader = SliceReader::new(bytes).ok()?;
    let header = Header::decode(&mut reader).ok()?;
    let whole = (reader.position() + header.length).ok()?;
    Certificate::from_der(bytes.get(..usize::try_from(whole).ok()?)?).ok()
}
