//! What a facade is made of: its addresses, its clients, its keys, and the ports to the node behind it.

use crate::{
    assertion::Assertions,
    client::Client,
    health_card::IssuerKey,
    ports::{Handbook, Ledger, People, Shelf},
    router::BASE_PATH,
    smart::TOKEN_PATH,
    systems::Systems,
    tokens::Tokens,
};
use musubi_primitives::Moment;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The facade of one member.
#[derive(Debug)]
pub struct Facade {
    /// Scheme, host and port, without a slash at the end.
    pub(crate) origin: String,
    /// The FHIR base: origin and [`BASE_PATH`].
    pub(crate) base: String,
    pub(crate) token_endpoint: String,
    pub(crate) systems: Arc<Systems>,
    /// When this process began.
    pub(crate) began: Moment,
    pub(crate) shelf: Port<dyn Shelf>,
    pub(crate) people: Port<dyn People>,
    pub(crate) ledger: Port<dyn Ledger>,
    pub(crate) handbook: Port<dyn Handbook>,
    pub(crate) issuer: Option<IssuerKey>,
    /// Held from the check of a version or of what exists until it is written, so that no two corrections follow one version.
    pub(crate) writing: Mutex<()>,
}

/// What a facade is made of.
#[allow(missing_debug_implementations, reason = "ports have nothing to print")]
pub struct Parts {
    /// Scheme, host and port under which clients know it, such as `https://clinic.example.jp`.
    pub origin: String,
    /// Registered clients.
    pub clients: Vec<Client>,
    /// Signs health cards.
    pub issuer: Option<IssuerKey>,
    /// Records.
    pub shelf: Arc<dyn Shelf>,
    /// The register.
    pub people: Arc<dyn People>,
    /// The chain.
    pub ledger: Arc<dyn Ledger>,
    /// Rules and forms.
    pub handbook: Arc<dyn Handbook>,
}

/// A port, which has nothing to print.
pub(crate) struct Port<T: ?Sized>(Arc<T>);

impl<T: ?Sized> std::ops::Deref for Port<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized> std::fmt::Debug for Port<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Port")
    }
}

impl Facade {
    /// A facade of these parts.
    pub fn new(parts: Parts) -> Self {
        let origin = parts.origin.trim_end_matches('/').to_owned();
        let token_endpoint = format!("{origin}{TOKEN_PATH}");
        let began = parts.ledger.now();
        Self {
            base: format!("{origin}{BASE_PATH}"),
            systems: Arc::new(Systems {
                origin: origin.clone(),
                clients: parts.clients,
                assertions: Assertions::new(token_endpoint.clone(), began),
                tokens: Tokens::default(),
            }),
            token_endpoint,
            origin,
            began,
            shelf: Port(parts.shelf),
            people: Port(parts.people),
            ledger: Port(parts.ledger),
            handbook: Port(parts.handbook),
            issuer: parts.issuer,
            writing: Mutex::default(),
        }
    }

    /// The registered systems, for the other services of this node that they may call.
    pub fn systems(&self) -> Arc<Systems> {
        Arc::clone(&self.systems)
    }
}
