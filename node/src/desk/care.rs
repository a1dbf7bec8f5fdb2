//! What the schedule check knows: rule sets by the hash of their text, and which product a record system's code means.
//!
//! Which rules apply is said by the chain (version and hash); the text comes with the binary or lies in `care.rules`. A node that
//! lacks the text answers nothing by other rules.

use super::keys::bounded;
use crate::{commands::care::chain as words, config::CareConfig};
use musubi_care::{presets::SCHEDULE_2026, rules::RuleSet};
use musubi_primitives::commitment::hash_parts;
use serde_json::Value;
use std::collections::BTreeMap;

/// Codes of the rules' own products, where a record system uses them.
pub const PRODUCT_SYSTEM: &str = "https://musubi.example/CodeSystem/schedule-product";

/// Rule sets and products.
pub struct Care {
    rules: BTreeMap<[u8; 32], RuleSet>,
    /// `system|code` to the rules' code.
    products: BTreeMap<String, String>,
}

impl Care {
    /// The built-in rules, and what the configuration adds.
    ///
    /// # Errors
    /// A sentence that names the key and the file.
    pub fn open(config: &CareConfig) -> Result<Self, String> {
        let mut rules = BTreeMap::new();
        let built_in = RuleSet::parse(SCHEDULE_2026).map_err(|error| words(&error))?;
        rules.insert(hash_of(SCHEDULE_2026.as_bytes()), built_in);
        for path in &config.rules {
            let bytes = bounded("care.rules", path)?;
            let wrong = |error: String| format!("care.rules {}: {error}", path.display());
            let text = std::str::from_utf8(&bytes).map_err(|error| wrong(error.to_string()))?;
            let parsed = RuleSet::parse(text).map_err(|error| wrong(words(&error)))?;
            rules.insert(hash_of(&bytes), parsed);
        }
        let care = Self {
            rules,
            products: config.products.clone(),
        };
        care.check_products()?;
        Ok(care)
    }

    fn check_products(&self) -> Result<(), String> {
        for (code, product) in &self.products {
            let is_known = self
                .rules
                .values()
                .any(|rules| rules.vaccine(product).is_some());
            if !is_known || !code.contains('|') {
                return Err(format!(
                    "care.products {code:?}: expected \"system|code\" and a product of a rule set, found {product:?}"
                ));
            }
        }
        Ok(())
    }

    /// The rules with this hash.
    pub fn rules(&self, hash: &[u8; 32]) -> Option<&RuleSet> {
        self.rules.get(hash)
    }

    /// The product that a CodeableConcept names; none where no coding is known, or two disagree.
    pub fn product(&self, concept: &Value) -> Option<String> {
        let codings = concept["coding"].as_array().map_or(&[][..], Vec::as_slice);
        let mut products = codings.iter().filter_map(|coding| self.product_of(coding));
        let first = products.next()?;
        products.all(|product| product == first).then_some(first)
    }

    fn product_of(&self, coding: &Value) -> Option<String> {
        let (system, code) = (coding["system"].as_str()?, coding["code"].as_str()?);
        if system == PRODUCT_SYSTEM {
            return Some(code.to_owned());
        }
        self.products.get(&format!("{system}|{code}")).cloned()
    }
}

/// The hash under which rules are published: SHA-256 of their text.
pub fn hash_of(text: &[u8]) -> [u8; 32] {
    hash_parts(&[text])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn care(products: &[(&str, &str)]) -> Result<Care, String> {
        let products = products
            .iter()
            .map(|(code, product)| ((*code).to_owned(), (*product).to_owned()));
        Care::open(&CareConfig {
            rules: Vec::new(),
            products: products.collect(),
        })
    }

    #[test]
    fn a_product_is_known_by_its_own_code_or_by_a_code_of_the_table_and_never_guessed() {
        let hot9 = "http://medis.or.jp/CodeSystem/master-HOT9";
        let care = care(&[(&format!("{hot9}|111501701"), "PCV20")]).expect("a table");
        let product = |codings: Value| care.product(&json!({"coding": codings, "text": "PCV20"}));
        let own = json!({"system": PRODUCT_SYSTEM, "code": "MR"});
        let mapped = json!({"system": hot9, "code": "111501701"});
        assert_eq!(product(json!([own])), Some("MR".to_owned()));
        assert_eq!(product(json!([mapped])), Some("PCV20".to_owned()));
        assert_eq!(product(json!([own, mapped])), None);
        assert_eq!(product(json!([{"system": hot9, "code": "1"}])), None);
        assert_eq!(product(json!([])), None);
    }

    #[test]
    fn a_table_that_names_no_product_of_the_rules_is_refused() {
        let refused = care(&[("system|1", "XYZ")]).err().expect("no such product");
        assert!(refused.contains("system|1") && refused.contains("XYZ"));
    }
}
