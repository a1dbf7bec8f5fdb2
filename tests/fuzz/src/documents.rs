//! The documents a card signs: accepted in exactly one form, and shown in words without a failure.

use musubi_consent::{
    BindingFields, CheckInFields, Document, DocumentFields, Statement, WithdrawalFields,
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

fn keeps_its_form<F: DocumentFields>(bytes: &[u8]) -> bool {
    Document::<F>::parse(bytes).is_ok_and(|document| {
        assert_eq!(document.canonical_bytes(), bytes, "a document has one form");
        true
    })
}
