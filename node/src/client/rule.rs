//! The runtime's refusals by name: which rule of which pallet, in the words of the pallet's own documentation.

use musubi_runtime::RuntimeError;
use scale_info::{MetaType, TypeDef, Variant, form::MetaForm};
use serde::Serialize;
use sp_runtime::{DispatchError, ModuleError};
use std::fmt;

/// A rule that a call broke.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// The pallet, as metadata names it.
    pub pallet: String,
    /// The error, as metadata names it.
    pub name: String,
    /// Number and sense of the rule, as the pallet's documentation has it.
    pub text: String,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}: {}", self.pallet, self.name, self.text)
    }
}

impl From<&DispatchError> for Rule {
    fn from(error: &DispatchError) -> Self {
        let of_module = match error {
            DispatchError::Module(module) => described(module),
            _ => None,
        };
        of_module.unwrap_or_else(|| Self {
            pallet: "Runtime".to_owned(),
            name: format!("{error:?}"),
            text: <&'static str>::from(*error).to_owned(),
        })
    }
}

impl Rule {
    /// The rule behind one of a pallet's errors.
    pub fn of(error: impl Into<DispatchError>) -> Self {
        Self::from(&error.into())
    }
}

/// Looks the error up where metadata comes from: the types of the runtime.
fn described(module: &ModuleError) -> Option<Rule> {
    let pallet = variant(MetaType::new::<RuntimeError>(), module.index)?;
    let [number, ..] = module.error;
    let error = variant(pallet.fields.first()?.ty, number)?;
    Some(Rule {
        pallet: pallet.name.to_owned(),
        name: error.name.to_owned(),
        text: error.docs.join(" ").trim().to_owned(),
    })
}

fn variant(of: MetaType, index: u8) -> Option<Variant<MetaForm>> {
    match of.type_info().type_def {
        TypeDef::Variant(variants) => variants
            .variants
            .into_iter()
            .find(|variant| variant.index == index),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use musubi_runtime::Runtime;
    use pallet_consortium::Error;
    use scale_info::TypeInfo;

    #[test]
    fn a_pallets_error_is_told_by_name_and_rule() {
        let rule = Rule::of(Error::<Runtime>::NotMunicipalityOperator);
        assert_eq!(
            (rule.pallet.as_str(), rule.name.as_str()),
            ("Consortium", "NotMunicipalityOperator")
        );
        assert!(
            rule.text
                .starts_with("C1: only the operator of a municipality"),
            "{rule}"
        );
    }

    #[test]
    fn an_error_of_no_pallet_is_told_too() {
        assert_eq!(Rule::of(DispatchError::BadOrigin).name, "BadOrigin");
    }

    #[test]
    fn every_pallets_every_error_has_its_words() {
        let TypeDef::Variant(pallets) = RuntimeError::type_info().type_def else {
            panic!("the runtime's errors are an enum");
        };
        let ours = pallets
            .variants
            .iter()
            .filter(|pallet| pallet.name != "System");
        for pallet in ours {
            let TypeDef::Variant(errors) = pallet.fields[0].ty.type_info().type_def else {
                panic!("a pallet's errors are an enum");
            };
            for error in errors.variants {
                assert!(
                    !error.docs.join("").trim().is_empty(),
                    "{}.{}",
                    pallet.name,
                    error.name
                );
            }
        }
    }
}
