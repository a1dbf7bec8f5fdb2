//! The FHIR facade's ports over this node's desks: opened where the member's keys are, and nowhere else.

mod books;
mod files;
mod hooks;
mod rules;

use super::Office;
use crate::{
    commands::{care::chain as words, key::passphrase},
    config::{ClientConfig, NodeConfig},
    key_file::{self, KeyKind},
};
use books::Books;
use files::Files;
pub use hooks::systems;
use musubi_node_facade::{Client, Facade, Ground, IssuerKey, Parts, PortError};
use musubi_node_gateway::DeskError;
use rules::Rules;
use std::sync::Arc;

/// The facade, where the configuration has an origin for it and this node takes records in.
///
/// # Errors
/// A sentence that names the key of the configuration.
pub fn open(config: &NodeConfig, office: &Office) -> Result<Option<Facade>, String> {
    let Some(origin) = &config.facade.origin else {
        return Ok(None);
    };
    let Some(desks) = office.desks.get() else {
        tracing::warn!(
            "the chain does not know this node: the FHIR facade opens with the first start after its admission"
        );
        return Ok(None);
    };
    let Some(intake) = &desks.intake else {
        return Err(
            "facade.origin: the facade needs keys.vault, keys.verifier, keys.hpke and keys.gateway"
                .to_owned(),
        );
    };
    let clients = config.facade.clients.iter().map(client);
    let clients = clients.collect::<Result<Vec<_>, _>>()?;
    let books = Arc::new(Books {
        chain: office.chain.clone(),
        member: intake.member,
        register: desks
            .counter
            .as_ref()
            .map(|counter| Arc::clone(&counter.register)),
    });
    let files = Files {
        intake: intake.clone(),
        books: Arc::clone(&books),
        officer: desks
            .counter
            .as_ref()
            .map(|counter| counter.voice.officer.clone()),
    };
    Ok(Some(Facade::new(Parts {
        origin: origin.clone(),
        clients,
        issuer: issuer(config)?,
        shelf: Arc::new(files),
        people: Arc::clone(&books) as _,
        ledger: books,
        handbook: Arc::new(Rules {
            intake: intake.clone(),
        }),
    })))
}

fn client(config: &ClientConfig) -> Result<Client, String> {
    let fail = |cause: String| format!("facade.clients {:?}: {cause}", config.id);
    let keys = super::keys::bounded("jwks", &config.jwks).map_err(fail)?;
    let keys = String::from_utf8_lossy(&keys);
    let ground = config.purpose.map(|purpose| Ground {
        purpose,
        claim: config.basis,
    });
    let client = Client::new(&config.id, &keys, config.role, &config.scopes, ground);
    let client = client.map_err(|error| fail(words(&error)))?;
    let client = client.in_office_of(config.office);
    Ok(client.issued_by(config.issuer.as_deref()))
}

/// The key that signs health cards, where the configuration has one.
///
/// # Errors
/// A sentence that names the file.
pub fn issuer(config: &NodeConfig) -> Result<Option<IssuerKey>, String> {
    let Some(path) = &config.keys.issuer else {
        return Ok(None);
    };
    let secret = key_file::read(path, KeyKind::P256, passphrase(None)?.as_deref());
    let secret = secret.map_err(|error| error.to_string())?;
    let key = IssuerKey::from_secret(&secret);
    key.map(Some)
        .ok_or_else(|| format!("keys.issuer {}: no key of P-256", path.display()))
}

/// A desk's refusal as the facade's ports say it.
fn port(error: DeskError) -> PortError {
    match error {
        DeskError::Forbidden(text) => PortError::Forbidden(text),
        DeskError::NotFound(text) => PortError::NotFound(text),
        DeskError::Unprocessable(text) => PortError::Unprocessable(text),
        DeskError::Refused(refusal) => PortError::Refused(refusal),
        refused @ (DeskError::RefusedByChain(_) | DeskError::NotTaken(_)) => {
            PortError::Conflict(refused.to_string())
        }
        DeskError::Full(text) => PortError::Conflict(text),
        DeskError::NotOffered(text) => PortError::NotOffered(text),
        DeskError::Unavailable(cause) => PortError::Unavailable(cause),
    }
}
