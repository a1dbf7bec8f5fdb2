//! A request as the handlers see it: bounded, in a form that both sides speak, from somebody with a token.

use crate::{
    outcome::{FHIR_JSON, Outcome},
    parts::Facade,
    ports::{Agent, NOT_IN_OFFICE},
    served::{Interaction, Type},
    tokens::Session,
};
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, StatusCode, Uri, header},
};
use serde_json::Value;

/// The most bytes of one request body: a transaction of a few hundred resources.
pub(crate) const BODY_BYTES_MAX: usize = 4 << 20;

/// What the client wants back of a resource that it wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Return {
    /// Headers only.
    Minimal,
    /// The resource.
    Representation,
    /// An `OperationOutcome`.
    Outcome,
}

/// A request.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Call {
    /// Takes the request in, if it is not too long and asks for JSON.
    pub(crate) async fn take(request: Request<Body>) -> Result<Self, Outcome> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| {
            Outcome::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-long",
                format!("a body has at most {BODY_BYTES_MAX} bytes"),
            )
        })?;
        let call = Self {
            uri: parts.uri,
            headers: parts.headers,
            body: body.to_vec(),
        };
        call.check_accepted()?;
        Ok(call)
    }

    /// A header's text; none for one that is missing or not visible ASCII.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Name and value of each query parameter, in order.
    pub(crate) fn query(&self) -> Result<Vec<(String, String)>, Outcome> {
        pairs(&self.uri)
    }

    /// Name and value of each field of a form.
    pub(crate) fn form(&self) -> Result<Vec<(String, String)>, Outcome> {
        self.check_content_type(&["application/x-www-form-urlencoded"])?;
        pairs_of(std::str::from_utf8(&self.body).unwrap_or("%"))
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<Value, Outcome> {
        self.check_content_type(&[FHIR_JSON, "application/json"])?;
        serde_json::from_slice(&self.body).map_err(|error| {
            let place = format!(
                "JSON, but line {} column {} is not",
                error.line(),
                error.column()
            );
            Outcome::invalid(format!("expected {place}"))
        })
    }

    /// `Prefer: return=…`
    pub(crate) fn wanted(&self) -> Return {
        let prefer = self.header("prefer").unwrap_or_default();
        if prefer.contains("return=minimal") {
            Return::Minimal
        } else if prefer.contains("return=OperationOutcome") {
            Return::Outcome
        } else {
            Return::Representation
        }
    }

    /// `Prefer: handling=lenient`: search parameters that are not known may be passed over.
    pub(crate) fn is_lenient(&self) -> bool {
        self.header("prefer")
            .is_some_and(|prefer| prefer.contains("handling=lenient"))
    }

    fn check_content_type(&self, allowed: &[&str]) -> Result<(), Outcome> {
        let text = self.header(header::CONTENT_TYPE.as_str());
        if text.is_some_and(|text| allowed.contains(&media_type(text).as_str())) {
            return Ok(());
        }
        Err(Outcome::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not-supported",
            format!("expected Content-Type {}", allowed.join(" or ")),
        ))
    }

    fn check_accepted(&self) -> Result<(), Outcome> {
        let speaks = |text: &str| {
            let kinds = [
                "application/fhir+json",
                "application/json",
                "application/*",
                "*/*",
                "json",
            ];
            text.is_empty()
                || text
                    .split(',')
                    .any(|one| kinds.contains(&media_type(one).as_str()))
        };
        let format = self
            .query()?
            .into_iter()
            .find(|(name, _)| name == "_format");
        let wanted = match &format {
            // A plus sign in a query stands for a space.
            Some((_, format)) => format.replace(' ', "+"),
            None => self
                .header(header::ACCEPT.as_str())
                .unwrap_or_default()
                .to_owned(),
        };
        if speaks(&wanted) {
            return Ok(());
        }
        Err(Outcome::new(
            StatusCode::NOT_ACCEPTABLE,
            "not-supported",
            format!("only {FHIR_JSON} is spoken here"),
        ))
    }
}

fn media_type(text: &str) -> String {
    let name = text.split(';').next().unwrap_or_default();
    name.trim().to_ascii_lowercase()
}

/// Name and value of each pair of a text such as `name=value&name=value`.
pub(crate) fn pairs_of(text: &str) -> Result<Vec<(String, String)>, Outcome> {
    let uri = format!("/?{}", text.trim_start_matches('?')).parse::<Uri>();
    pairs(&uri.map_err(|_| Outcome::invalid("expected name=value pairs, percent-encoded"))?)
}

fn pairs(uri: &Uri) -> Result<Vec<(String, String)>, Outcome> {
    axum::extract::Query::try_from_uri(uri)
        .map(|axum::extract::Query(pairs)| pairs)
        .map_err(|_| Outcome::invalid("expected name=value pairs, percent-encoded"))
}

impl Facade {
    /// Who calls, if the token is good and the chain still has the role that it was given for.
    pub(crate) async fn session(&self, call: &Call) -> Result<Session, Outcome> {
        let token = call
            .header(header::AUTHORIZATION.as_str())
            .and_then(|text| text.strip_prefix("Bearer "));
        let session = token.and_then(|token| self.systems.session(token, self.ledger.now()));
        let session = session.ok_or_else(|| {
            Outcome::new(
                StatusCode::UNAUTHORIZED,
                "login",
                "send Authorization: Bearer with a token from the token endpoint of /.well-known/smart-configuration",
            )
        })?;
        self.check_office(&session.agent).await?;
        Ok(session)
    }

    async fn check_office(&self, agent: &Agent) -> Result<(), Outcome> {
        let Some(key) = agent.office else {
            return Ok(());
        };
        if self.ledger.role(key).await? == Some(agent.role) {
            return Ok(());
        }
        Err(Outcome::new(
            StatusCode::FORBIDDEN,
            "forbidden",
            NOT_IN_OFFICE,
        ))
    }

    /// Who calls, if the token also allows this.
    pub(crate) async fn admitted(
        &self,
        call: &Call,
        of: Type,
        interaction: Interaction,
    ) -> Result<Session, Outcome> {
        let session = self.session(call).await?;
        allow(&session, of, interaction)?;
        Ok(session)
    }
}

/// Whether a token allows an interaction.
pub(crate) fn allow(session: &Session, of: Type, interaction: Interaction) -> Result<(), Outcome> {
    if session.scopes.allows(of, interaction) {
        return Ok(());
    }
    let needed = format!("system/{}.{}", of.as_str(), interaction.letter());
    Err(Outcome::new(
        StatusCode::FORBIDDEN,
        "forbidden",
        format!("this needs the scope {needed}, which the token does not have"),
    ))
}
