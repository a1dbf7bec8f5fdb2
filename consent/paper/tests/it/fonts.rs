//! Without a font of use there is an error that says what to do.

use std::fs;
use std::path::Path;

use musubi_consent_paper::{Font, FontError};

#[test]
fn a_configured_font_that_is_not_there_is_named() {
    let path = Path::new("/nowhere/font.ttf");
    let error = Font::find(Some(path)).unwrap_err();
    assert!(matches!(&error, FontError::Unreadable { path: named, .. } if named == path));
}

#[test]
fn what_is_no_true_type_font_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("font.ttf");
    fs::write(&path, b"not a font").unwrap();
    assert!(matches!(
        Font::load(&path),
        Err(FontError::NotTrueType { .. })
    ));
}

#[test]
fn the_advice_names_the_package() {
    assert!(
        FontError::NotFound
            .to_string()
            .contains("fonts-ipafont-gothic")
    );
}
