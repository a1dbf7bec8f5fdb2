//! The facts a municipality's register gives to the card: basic four and municipality code.

use musubi_consent_card::card_face::Sex;

use crate::error::EmulatorError;

/// Whose card it is. Invented people only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonFacts {
    /// 氏名, family and given name split by U+3000.
    pub name: String,
    /// 住所.
    pub address: String,
    /// 生年月日, YYYYMMDD.
    pub birth_date: String,
    /// 性別.
    pub sex: Sex,
    /// 全国地方公共団体コード without its check digit: five digits.
    pub municipality_code: String,
}

impl PersonFacts {
    /// Checks the facts that have a form.
    ///
    /// # Errors
    ///
    /// [`EmulatorError::PersonFact`] naming the field.
    pub fn check(&self) -> Result<(), EmulatorError> {
        let is_digits = |text: &str, length| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !is_digits(&self.birth_date, 8) {
            return Err(EmulatorError::PersonFact {
                field: "birth_date",
                rule: "eight digits YYYYMMDD",
            });
        }
        if !is_digits(&self.municipality_code, 5) {
            return Err(EmulatorError::PersonFact {
                field: "municipality_code",
                rule: "five digits",
            });
        }
        if self.name.is_empty() || 1000 < self.name.len() + self.address.len() {
            return Err(EmulatorError::PersonFact {
                field: "name",
                rule: "not empty, and short enough for a card",
            });
        }
        Ok(())
    }

    /// 生年月日 as certificates write it: era digit and Gregorian date.
    pub(crate) fn birth_date_with_era(&self) -> String {
        let era = match self.birth_date.as_str() {
            "00000000" => '0',
            date if date < "19120730" => '1',
            date if date < "19261225" => '2',
            date if date < "19890108" => '3',
            date if date < "20190501" => '4',
            _ => '5',
        };
        format!("{era}{}", self.birth_date)
    }

    /// 性別 as one digit.
    pub(crate) fn sex_digit(&self) -> &'static str {
        match self.sex {
            Sex::Unknown => "0",
            Sex::Male => "1",
            Sex::Female => "2",
            Sex::NotApplicable => "9",
        }
    }
}
