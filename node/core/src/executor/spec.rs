//! Which specification of the runtime a state asks for, and whether this program has it.
//!
//! A state names its specification under `:code` as `musubi-native:<id>`. One id means the same bytes on every validator, so a node that
//! lacks the id must stop: any guess would be a fork.

use crate::ports::LocalFault;
use musubi_runtime::spec::{PRODUCTION, Spec, SpecMissing, SpecTable, ensure_supported};
use sp_externalities::Extensions;

/// How a state names its specification, before the number.
const NAME: &str = "musubi-native:";

/// The specifications that this program has.
#[derive(Clone, Copy, Debug)]
pub struct Specs(&'static [Spec]);

impl Default for Specs {
    fn default() -> Self {
        Self(PRODUCTION)
    }
}

/// A state that this program cannot execute on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnsupportedSpec {
    /// The members voted for a specification that this program lacks.
    #[error("{0}")]
    Missing(SpecMissing),
    /// The state names no specification.
    #[error("the state names no specification of Musubi under :code")]
    Unnamed,
}

impl From<UnsupportedSpec> for LocalFault {
    fn from(error: UnsupportedSpec) -> Self {
        Self::new("choose the runtime specification", error)
    }
}

impl Specs {
    /// A table other than the production one; tests bring a specification with a migration.
    pub const fn new(table: &'static [Spec]) -> Self {
        Self(table)
    }

    /// The number of the specification that a state's `:code` names.
    ///
    /// # Errors
    /// See [`UnsupportedSpec`].
    pub fn named(&self, code: Option<&[u8]>) -> Result<u32, UnsupportedSpec> {
        let active = code.and_then(parse_name).ok_or(UnsupportedSpec::Unnamed)?;
        ensure_supported(active, self.0).map_err(UnsupportedSpec::Missing)?;
        Ok(active)
    }

    /// Tells the runtime which specifications there are.
    pub(crate) fn register(&self, extensions: &mut Extensions) {
        extensions.register(SpecTable(self.0));
    }
}

fn parse_name(code: &[u8]) -> Option<u32> {
    std::str::from_utf8(code)
        .ok()?
        .strip_prefix(NAME)?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_of_an_unknown_spec_is_refused_with_what_to_do() {
        let specs = Specs::default();
        let refusal = specs
            .named(Some(b"musubi-native:7"))
            .expect_err("there is no spec 7");
        assert!(refusal.to_string().contains("specification 7"), "{refusal}");
        assert!(refusal.to_string().contains("install"), "{refusal}");
        for code in [
            None,
            Some(&b"\0asm"[..]),
            Some(b"musubi-native:"),
            Some(b"musubi-native:-1"),
        ] {
            assert_eq!(specs.named(code), Err(UnsupportedSpec::Unnamed));
        }
    }
}
