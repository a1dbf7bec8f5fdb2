//! The forms, flags and scales that ship with the product, as text.

macro_rules! form {
    ($name:literal) => {
        include_str!(concat!("../../../../chain-spec/presets/forms/", $name))
    };
}

/// 予診票, checkup forms and a survey: FHIR R4 Questionnaires.
pub const FORMS: [&str; 9] = [
    form!("yoshinhyo-infant.json"),
    form!("checkup-1m.json"),
    form!("checkup-3-4m.json"),
    form!("checkup-3-4m-family.json"),
    form!("checkup-9-10m.json"),
    form!("checkup-18m.json"),
    form!("checkup-3y.json"),
    form!("checkup-5y.json"),
    form!("survey-checkup.json"),
];

/// Where each form comes from, and how well that is known.
pub const SOURCES: &str = form!("sources.json");

/// What in the answers the physician should look at, 2026.
pub const FLAGS_2026: &str = form!("flags.json");

/// Who answers which form, and at which age, 2026.
pub const OFFERS_2026: &str = form!("offers.json");

/// Scales: two whose wording is licensed and therefore not here, and one that everybody may use.
pub const SCALES: [&str; 3] = [
    form!("scales/epds.json"),
    form!("scales/m-chat-r.json"),
    form!("scales/everyday-load.json"),
];
