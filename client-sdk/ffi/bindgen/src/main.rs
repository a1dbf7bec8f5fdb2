//! Writes one language's bindings of the SDK: `musubi-ffi-bindgen LIBRARY CONFIG LANGUAGE FOLDER`. `./dev ffi` calls it.
//!
//! The library carries the description of its own surface, so the bindings cannot differ from it.

use std::{env, process::ExitCode};
use uniffi_bindgen::bindings::{GenerateOptions, TargetLanguage, generate};

const USAGE: &str = "usage: musubi-ffi-bindgen LIBRARY CONFIG kotlin|python|swift FOLDER";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [library, config, language, folder] = arguments.as_slice() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let Some(language) = language_of(language) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let options = GenerateOptions {
        languages: vec![language],
        source: library.into(),
        out_dir: folder.into(),
        config_override: Some(config.into()),
        ..GenerateOptions::default()
    };
    match generate(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {library}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn language_of(name: &str) -> Option<TargetLanguage> {
    match name {
        "kotlin" => Some(TargetLanguage::Kotlin),
        "python" => Some(TargetLanguage::Python),
        "swift" => Some(TargetLanguage::Swift),
        _ => None,
    }
}
