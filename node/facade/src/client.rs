//! Registered clients: systems of this member that prove themselves with a key of their own (SMART backend services).

use crate::{
    ports::{Agent, Ground},
    scope::{ScopeError, Scopes},
};
use jsonwebtoken::{
    Algorithm,
    jwk::{Jwk, JwkSet, KeyAlgorithm},
};
use musubi_primitives::{AccountId, Role};
use std::sync::Arc;

/// The algorithms that SMART App Launch 2 asks a server for.
pub const ALGORITHMS: [Algorithm; 2] = [Algorithm::ES384, Algorithm::RS384];

/// One registered client.
#[derive(Clone, Debug)]
pub struct Client {
    /// `client_id`: what it calls itself.
    pub id: Arc<str>,
    /// The role that its acts on chain are done in.
    pub role: Role,
    /// The staff key on the chain that the role rests on, if one is named.
    pub office: Option<AccountId>,
    /// What it may ask for at most.
    pub scopes: Scopes,
    /// On what it reads what others wrote.
    pub ground: Option<Ground>,
    /// What it calls itself as `iss` of the JWT of a CDS Hooks call, where that is another name, such as its address.
    pub issuer: Option<Arc<str>>,
    keys: JwkSet,
}

/// A registration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Not a JWK set.
    #[error("expected a JWK set, {{\"keys\": […]}}: {0}")]
    Keys(serde_json::Error),
    /// A key that cannot serve.
    #[error("key {place}: expected a kid and a public key for ES384 (P-384) or RS384")]
    Key {
        /// Its place in the set, from 0.
        place: usize,
    },
    /// No key at all.
    #[error("the JWK set has no key")]
    NoKey,
    /// Scopes that are not understood, or that the role may not have.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// Nothing of the scopes is left for the role.
    #[error("the role {0:?} may do nothing of these scopes")]
    Nothing(Role),
}

impl Client {
    /// Registers a client with the text of its JWK set.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn new(
        id: &str,
        keys: &str,
        role: Role,
        scopes: &str,
        ground: Option<Ground>,
    ) -> Result<Self, ClientError> {
        let keys: JwkSet = serde_json::from_str(keys).map_err(ClientError::Keys)?;
        if keys.keys.is_empty() {
            return Err(ClientError::NoKey);
        }
        if let Some(place) = keys.keys.iter().position(|key| !serves(key)) {
            return Err(ClientError::Key { place });
        }
        let scopes = Scopes::parse(scopes)?.and(&Scopes::of_role(role));
        if scopes.is_empty() {
            return Err(ClientError::Nothing(role));
        }
        Ok(Self {
            id: id.into(),
            role,
            office: None,
            scopes,
            ground,
            issuer: None,
            keys,
        })
    }

    /// The same client, known by another name as `iss` of a CDS Hooks call.
    #[must_use]
    pub fn issued_by(self, issuer: Option<&str>) -> Self {
        Self {
            issuer: issuer.map(Arc::from),
            ..self
        }
    }

    /// The same client, whose role rests on a staff key of the chain.
    #[must_use]
    pub fn in_office_of(self, office: Option<AccountId>) -> Self {
        Self { office, ..self }
    }

    /// The client as its acts are done.
    pub(crate) fn agent(&self) -> Agent {
        Agent {
            client: Arc::clone(&self.id),
            role: self.role,
            office: self.office,
            ground: self.ground,
        }
    }

    /// Whether it goes by this name.
    pub(crate) fn is_called(&self, issuer: &str) -> bool {
        *issuer == *self.id || self.issuer.as_deref() == Some(issuer)
    }

    /// The key with this id, if it serves this algorithm.
    pub(crate) fn key(&self, kid: &str, algorithm: Algorithm) -> Option<&Jwk> {
        let key = self.keys.find(kid)?;
        (algorithm_of(key) == Some(algorithm)).then_some(key)
    }
}

fn serves(key: &Jwk) -> bool {
    key.common.key_id.is_some()
        && algorithm_of(key).is_some()
        && jsonwebtoken::DecodingKey::from_jwk(key).is_ok()
}

/// What a key serves for, by its kind; one that states another algorithm serves for nothing.
fn algorithm_of(key: &Jwk) -> Option<Algorithm> {
    use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve};
    let (by_kind, stated) = match &key.algorithm {
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P384 => {
            (Algorithm::ES384, KeyAlgorithm::ES384)
        }
        AlgorithmParameters::RSA(_) => (Algorithm::RS384, KeyAlgorithm::RS384),
        _ => return None,
    };
    key.common
        .key_algorithm
        .is_none_or(|algorithm| algorithm == stated)
        .then_some(by_kind)
}
