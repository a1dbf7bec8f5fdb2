//! The paper says what the rows say, its code can be scanned, and the same bytes make the same paper.

use musubi_consent::receipt_rendering::receipt_rows;
use musubi_consent::rendering::{Row, rows, short_reference};
use musubi_consent_paper::{PaperError, receipt_pdf, statement_pdf};
use musubi_primitives::Language;

use crate::world::{FONT, folder_with, judge, receipt, statement};

const CLINIC: &str = "二つ山こども診療所";

/// The text without white space, since a line may break anywhere.
fn squeezed(text: &str) -> String {
    text.chars().filter(|one| !one.is_whitespace()).collect()
}

fn texts(row: &Row) -> Vec<&str> {
    match row {
        Row::Title(text) | Row::Heading(text) | Row::Note(text) => vec![text],
        Row::Field { label, value } => vec![label, value],
        Row::Gap => Vec::new(),
    }
}

/// Every text of every row is on the paper, and nothing of the paper is unreadable.
fn says(pdf: &[u8], rows: &[Row]) {
    let folder = folder_with(pdf);
    // In the order in which the marks were made: a cell's lines stay together.
    let read = judge(folder.path(), "pdftotext", &["-raw", "form.pdf", "-"]);
    let read = squeezed(&read);
    for text in rows.iter().flat_map(texts) {
        assert!(read.contains(&squeezed(text)), "{text:?} in {read}");
    }
    assert!(!read.contains('\u{FFFD}'));
}

/// What a scanner reads off the printed first page.
fn scanned(pdf: &[u8]) -> String {
    let folder = folder_with(pdf);
    let draw = [
        "-r",
        "150",
        "-png",
        "-f",
        "1",
        "-l",
        "1",
        "-singlefile",
        "form.pdf",
        "form",
    ];
    judge(folder.path(), "pdftoppm", &draw);
    let read = judge(
        folder.path(),
        "zbarimg",
        &["-q", "--nodbus", "--raw", "form.png"],
    );
    read.trim_end().to_owned()
}

#[test]
fn the_receipt_says_in_each_language_what_its_rows_say() {
    for language in Language::ALL.iter().copied() {
        let statement = statement(language, CLINIC);
        let (bytes, receipt) = (statement.canonical_bytes(), receipt(&statement));
        let pdf = receipt_pdf(&FONT, receipt.canonical_bytes(), bytes, language).unwrap();
        says(
            &pdf,
            &receipt_rows(receipt.canonical_bytes(), bytes, language).unwrap(),
        );
    }
}

#[test]
fn the_statement_says_in_each_language_what_its_rows_say() {
    for language in Language::ALL.iter().copied() {
        let statement = statement(language, CLINIC);
        let pdf = statement_pdf(&FONT, statement.canonical_bytes(), language).unwrap();
        says(&pdf, &rows(statement.canonical_bytes(), language).unwrap());
    }
}

#[test]
fn the_code_of_a_receipt_holds_consent_and_digest() {
    let statement = statement(Language::Japanese, CLINIC);
    let receipt = receipt(&statement);
    let pdf = receipt_pdf(
        &FONT,
        receipt.canonical_bytes(),
        statement.canonical_bytes(),
        Language::Japanese,
    )
    .unwrap();
    let read = scanned(&pdf);
    assert_eq!(read, receipt.qr_text());
    let hexadecimal =
        |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02X}")).collect() };
    assert!(read.contains(&hexadecimal(&statement.fields().consent.0)));
    assert!(read.contains(&hexadecimal(&receipt.digest())));
}

#[test]
fn the_code_of_a_statement_holds_its_reference() {
    let statement = statement(Language::English, CLINIC);
    let pdf = statement_pdf(&FONT, statement.canonical_bytes(), Language::English).unwrap();
    let reference = short_reference(&statement).to_uppercase();
    assert_eq!(scanned(&pdf), format!("MUSUBI:S1:{reference}"));
}

#[test]
fn it_is_a4_with_one_embedded_font_and_the_same_every_time() {
    let statement = statement(Language::Japanese, CLINIC);
    let print = || statement_pdf(&FONT, statement.canonical_bytes(), Language::Japanese).unwrap();
    let pdf = print();
    assert_eq!(pdf, print());
    let folder = folder_with(&pdf);
    let about = judge(folder.path(), "pdfinfo", &["form.pdf"]);
    assert!(about.contains("(A4)"), "{about}");
    let fonts = judge(folder.path(), "pdffonts", &["form.pdf"]);
    let [_, _, font] = fonts.lines().collect::<Vec<_>>().try_into().unwrap();
    assert!(font.contains("CID TrueType"), "{font}");
    assert!(
        font.contains("yes yes yes"),
        "embedded, part, searchable: {font}"
    );
}

#[test]
fn a_receipt_is_not_printed_over_another_statement() {
    let one = statement(Language::Japanese, CLINIC);
    let other = statement(Language::Japanese, "三つ山こども診療所");
    let receipt = receipt(&one);
    let refused = receipt_pdf(
        &FONT,
        receipt.canonical_bytes(),
        other.canonical_bytes(),
        Language::Japanese,
    );
    assert!(matches!(refused, Err(PaperError::Render(_))));
}

#[test]
fn a_character_that_the_font_lacks_is_named_and_not_left_blank() {
    let statement = statement(Language::Japanese, "\u{1F3E5}診療所");
    let refused = statement_pdf(&FONT, statement.canonical_bytes(), Language::Japanese);
    assert!(matches!(
        refused,
        Err(PaperError::MissingGlyph('\u{1F3E5}'))
    ));
}
