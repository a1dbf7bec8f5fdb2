//! Offers: which form somebody is asked to answer, by whom, and at which age; data with sources, since a municipality sets its own.

use crate::age::age_reached;
use crate::civil::Date;
use crate::rules::Confidence;
use serde::{Deserialize, Serialize};

/// The format this module reads.
pub const FORMAT: &str = "musubi/form-offers/1";
/// No form is for people older than this, in months.
const MONTHS_MAX: u16 = 1_440;

/// Who answers a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnsweredBy {
    /// A guardian, on the own device or at the counter.
    Family,
    /// Those who examine the child; the family is asked there.
    Staff,
}

/// One form's offer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// Last part of the form's address.
    pub form: String,
    /// Who answers it.
    pub by: AnsweredBy,
    /// From which age on, in completed months.
    pub from_months: u16,
    /// Until which age, in completed months; on the day itself it is over.
    pub until_months: u16,
    /// Ids of sources (`sources.json`).
    pub sources: Vec<String>,
    /// How well it is known.
    pub confidence: Confidence,
}

/// Every offer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offers {
    format: String,
    /// How they are meant.
    pub status: String,
    /// In the order of the file.
    pub offers: Vec<Offer>,
}

/// Why a text is no list of offers.
#[derive(Debug, thiserror::Error)]
pub enum OffersError {
    /// Not JSON of this shape.
    #[error("read form offers")]
    Shape(#[from] serde_json::Error),
    /// Another format.
    #[error("read form offers: format is {0:?}, expected {FORMAT:?}")]
    Format(String),
    /// An offer that cannot be trusted.
    #[error("read form offers: {form}: {what}")]
    Offer {
        /// Of which form.
        form: String,
        /// What is wrong with it.
        what: &'static str,
    },
}

/// Days on which a form is offered to one child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Period {
    /// First day.
    pub from: Date,
    /// First day on which it no longer is.
    pub until: Date,
}

impl Period {
    /// Whether it is offered on this day.
    pub fn has(&self, day: Date) -> bool {
        self.from <= day && day < self.until
    }
}

impl Offer {
    /// When it is for a child born on this day.
    pub fn period(&self, birth: Date) -> Period {
        let from = match self.from_months {
            0 => birth,
            months => age_reached(birth, months),
        };
        Period {
            from,
            until: age_reached(birth, self.until_months),
        }
    }

    fn complaint(&self) -> Option<&'static str> {
        if self.until_months <= self.from_months || MONTHS_MAX < self.until_months {
            return Some("expected from_months below until_months, and at most 1440");
        }
        self.sources.is_empty().then_some("no source")
    }
}

impl Offers {
    /// Reads offers.
    ///
    /// # Errors
    /// When the text has another shape, an offer has no period or no source, or a form stands twice.
    pub fn parse(text: &str) -> Result<Self, OffersError> {
        let offers: Self = serde_json::from_str(text)?;
        if offers.format != FORMAT {
            return Err(OffersError::Format(offers.format));
        }
        for (at, offer) in offers.offers.iter().enumerate() {
            let is_again = offers
                .offers
                .iter()
                .take(at)
                .any(|other| other.form == offer.form);
            let what = if is_again {
                Some("stands twice")
            } else {
                offer.complaint()
            };
            if let Some(what) = what {
                return Err(OffersError::Offer {
                    form: offer.form.clone(),
                    what,
                });
            }
        }
        Ok(offers)
    }

    /// The offer of the form with this address; none for forms that nobody is asked to answer here.
    pub fn of(&self, url: &str) -> Option<&Offer> {
        let name = url.rsplit('/').next().unwrap_or_default();
        self.offers.iter().find(|offer| offer.form == name)
    }
}
