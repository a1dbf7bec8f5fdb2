//! The codes of a receipt: what happened, how far it was checked, on what it rested.

use serde::{Deserialize, Serialize};

/// What happened to the consent; each change of its state has a receipt of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptEvent {
    /// The person consented, and the consent came into force.
    Given,
    /// The same, in place of an earlier consent.
    Renewed,
    /// The person said no.
    Refused,
    /// The municipality could not confirm it: the consent never came into force.
    NotConfirmed,
    /// The person took it back.
    Withdrawn,
    /// Another holder of joint authority objected: the consent is paused.
    Objected,
    /// The objection was taken back: the consent holds again.
    Resumed,
    /// The signer has another card from now on; the consent goes on.
    Rebinding,
    /// Its time is over.
    Expired,
    /// A newer consent took its place.
    Superseded,
}

impl ReceiptEvent {
    /// Every event, for tables and tests.
    pub const ALL: [Self; 10] = [
        Self::Given,
        Self::Renewed,
        Self::Refused,
        Self::NotConfirmed,
        Self::Withdrawn,
        Self::Objected,
        Self::Resumed,
        Self::Rebinding,
        Self::Expired,
        Self::Superseded,
    ];
}

/// How far the certificate was checked. Never the answer of the revocation service itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptStanding {
    /// Everything was checked.
    Verified,
    /// The signature is valid; the revocation answer is pending.
    RevocationPending,
    /// Nothing was signed by card: two officers of the municipality saw the person agree.
    Witnessed,
}

/// Age of the subject, no finer than the law needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgeBand {
    /// Has no signing certificate.
    UnderFifteen,
    /// May have one, and is a minor.
    FifteenToSeventeen,
    /// 成年.
    Adult,
}

/// What the signer's authority was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AuthorityBasis {
    /// The subject signed.
    Own,
    /// The municipality's own register of guardians; on which paper that entry rests, it does not say.
    MunicipalRegister,
    /// 住民基本台帳.
    ResidentRegister,
    /// 戸籍.
    FamilyRegister,
    /// Decision of a court: guardian of a minor or of an adult.
    CourtDecision,
    /// 委任状.
    ProxyLetter,
}

/// Who helped the signer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Helper {
    /// 通訳.
    Interpreter,
    /// 代筆.
    ProxyWriter,
}

/// The article of the APPI under which the data are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LegalBasis {
    /// Art. 69(2)(i): an administrative organ gives with consent of the person.
    ConsentOfThePerson,
    /// Art. 20(2) and 27(1): a private operator acquires and gives sensitive data with consent.
    ConsentToAcquire,
}

/// How the receipt reaches the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Medium {
    /// Printed.
    Paper,
    /// In the person's app.
    App,
}
