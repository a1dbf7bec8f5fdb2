//! The documents a card signs, and the receipt that is given for them: accepted in exactly one form, and shown in words without a
//! failure.

use musubi_consent::{
    BindingFields, CheckInFields, ConsentReceipt, Document, Statement, WithdrawalFields,
    document_rendering::{Shown, render_document},
    rendering::render,
};
use musubi_primitives::Language;

/// Any of the four documents.
pub(crate) fn documents(bytes: &[u8]) -> bool {
    if let Ok(statement) = Statement::parse(bytes) {
        assert_eq!(statement.canonical_bytes(), bytes, "one form");
        for language in Language::ALL {
            drop(render(bytes, language).expect("a statement can be shown"));
        }
        return true;
    }
    keeps_its_form::<BindingFields>(bytes)
        || keeps_its_form::<WithdrawalFields>(bytes)
        || keeps_its_form::<CheckInFields>(bytes)
}

/// A receipt as a person brings it back: whoever altered it, it is refused, and nothing else happens.
pub(crate) fn receipt(bytes: &[u8]) -> bool {
    ConsentReceipt::parse(bytes).is_ok_and(|receipt| {
        assert_eq!(receipt.canonical_bytes(), bytes, "a receipt has one form");
        true
    })
}

fn keeps_its_form<F: Shown>(bytes: &[u8]) -> bool {
    Document::<F>::parse(bytes).is_ok_and(|document| {
        assert_eq!(document.canonical_bytes(), bytes, "a document has one form");
        for language in Language::ALL {
            drop(render_document(&document, language).expect("a document can be shown"));
        }
        true
    })
}
