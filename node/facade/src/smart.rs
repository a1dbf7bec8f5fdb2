//! SMART App Launch 2, backend services: where the token endpoint is, and the exchange of a client assertion for a short-lived token.

use crate::{
    assertion::AssertionError, call::Call, client::Client, parts::Facade, scope::Scopes,
    tokens::LIFE,
};
use axum::{
    Json,
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use serde_json::{Value, json};

/// Path of the token endpoint.
pub const TOKEN_PATH: &str = "/auth/token";

/// The only kind of assertion (RFC 7523).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A refusal as OAuth says it (RFC 6749, section 5.2).
#[derive(Debug)]
pub(crate) struct OauthError {
    status: StatusCode,
    error: &'static str,
    description: String,
}

impl OauthError {
    fn request(description: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error: "invalid_request",
            description: description.into(),
        }
    }

    fn client(error: &AssertionError) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            error: "invalid_client",
            description: error.to_string(),
        }
    }

    fn scope(description: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            error: "invalid_scope",
            description: description.into(),
        }
    }
}

impl IntoResponse for OauthError {
    fn into_response(self) -> Response<Body> {
        let body = json!({"error": self.error, "error_description": self.description});
        no_store((self.status, Json(body)).into_response())
    }
}

impl Facade {
    /// What `/.well-known/smart-configuration` says.
    pub(crate) fn smart_configuration(&self) -> Value {
        json!({
            "issuer": self.origin,
            "jwks_uri": format!("{}/.well-known/jwks.json", self.origin),
            "token_endpoint": self.token_endpoint,
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["ES384", "RS384"],
            "grant_types_supported": ["client_credentials"],
            "scopes_supported": self.scopes_supported(),
            "capabilities": ["client-confidential-asymmetric", "permission-v2", "permission-v1"],
        })
    }

    fn scopes_supported(&self) -> Vec<String> {
        let all = self
            .systems
            .clients
            .iter()
            .map(|client| client.scopes.to_string());
        let mut scopes: Vec<String> = all
            .flat_map(|text| text.split(' ').map(str::to_owned).collect::<Vec<_>>())
            .collect();
        scopes.sort();
        scopes.dedup();
        scopes
    }

    /// A token for whoever proves to be a registered client.
    pub(crate) fn token(&self, call: &Call) -> Result<Value, OauthError> {
        let form = call
            .form()
            .map_err(|_| OauthError::request("expected application/x-www-form-urlencoded"))?;
        let field = |name: &str| {
            let mut values = form.iter().filter(|(field, _)| field == name);
            let (_, value) = values.next()?;
            // RFC 6749, section 3.2: no parameter twice.
            values.next().is_none().then_some(value.as_str())
        };
        if field("grant_type") != Some("client_credentials") {
            return Err(OauthError {
                error: "unsupported_grant_type",
                ..OauthError::request("expected grant_type=client_credentials")
            });
        }
        if field("client_assertion_type") != Some(ASSERTION_TYPE) {
            return Err(OauthError::request(format!(
                "expected client_assertion_type={ASSERTION_TYPE}"
            )));
        }
        let assertion = field("client_assertion")
            .ok_or_else(|| OauthError::request("expected client_assertion, a signed JWT"))?;
        let wanted = Scopes::parse(field("scope").unwrap_or_default())
            .map_err(|error| OauthError::scope(error.to_string()))?;
        let client = self
            .systems
            .assertions
            .prove(&self.systems.clients, assertion, self.ledger.now())
            .map_err(|error| OauthError::client(&error))?;
        self.grant(client, &wanted)
    }

    fn grant(&self, client: &Client, wanted: &Scopes) -> Result<Value, OauthError> {
        let scopes = wanted.and(&client.scopes);
        if scopes.is_empty() {
            return Err(OauthError::scope(
                "none of these scopes is registered for this client",
            ));
        }
        let scope = scopes.to_string();
        let token = self
            .systems
            .tokens
            .give(client.agent(), scopes, self.ledger.now())
            .map_err(|_| OauthError {
                status: StatusCode::SERVICE_UNAVAILABLE,
                error: "temporarily_unavailable",
                description: "this machine gives no randomness".to_owned(),
            })?;
        tracing::info!(client = %client.id, "access token given");
        Ok(json!({
            "access_token": token, "token_type": "bearer", "expires_in": LIFE / 1000, "scope": scope,
        }))
    }
}

/// A response that nobody may keep (RFC 6749, section 5.1).
pub(crate) fn no_store(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
