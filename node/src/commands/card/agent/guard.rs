//! The door: loopback names only, named origins only. What comes from anywhere else learns nothing, not even that a card lies here.
//!
//! `Host` keeps out a page whose name was pointed at this machine after it was loaded (DNS rebinding); `Origin`, which browsers set and
//! pages cannot, keeps out every other page; without CORS headers a page that is kept out reads no answer either.

use super::trouble::Trouble;
use axum::{
    Router,
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
            ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, HOST, ORIGIN, VARY,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use std::{net::SocketAddr, sync::Arc};

/// Who is let in.
#[derive(Clone, Debug)]
pub struct Guard {
    origins: Arc<[String]>,
    hosts: Arc<[String]>,
}

impl Guard {
    /// Pages of these origins, speaking to this address by a loopback name.
    pub fn new(origins: Vec<String>, address: SocketAddr) -> Self {
        let port = address.port();
        let names = ["127.0.0.1", "localhost", "[::1]"];
        Self {
            origins: origins.into(),
            hosts: names.map(|name| format!("{name}:{port}")).into(),
        }
    }

    /// The caller's origin, if it and the name that it used are among those let in.
    fn admit(&self, headers: &HeaderMap) -> Result<HeaderValue, Trouble> {
        let is_ours = |known: &[String], name| {
            let value = headers.get(name);
            value.filter(|value| known.iter().any(|known| *value == known.as_str()))
        };
        if is_ours(&self.hosts, HOST).is_none() {
            return Err(Trouble::ForeignHost);
        }
        let origin = is_ours(&self.origins, ORIGIN);
        origin.cloned().ok_or(Trouble::ForeignOrigin)
    }
}

/// The routes behind the door.
pub fn protect(routes: Router, guard: Guard) -> Router {
    routes.layer(from_fn_with_state(guard, door))
}

async fn door(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let origin = match guard.admit(request.headers()) {
        Ok(origin) => origin,
        Err(trouble) => return trouble.into_response(),
    };
    let mut response = if request.method() == Method::OPTIONS {
        preflight()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(VARY, HeaderValue::from_static("origin"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// What a browser asks before it sends a page's request.
fn preflight() -> Response {
    let allowed = [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
        (ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    let mut response = (StatusCode::NO_CONTENT, allowed).into_response();
    // A page from the internet asks whether this machine wants to be reached; the origins were named by whoever started the agent.
    response.headers_mut().insert(
        "access-control-allow-private-network",
        HeaderValue::from_static("true"),
    );
    response
}

/// Reads an origin as browsers write it: scheme and host, the port unless it is the scheme's own, and nothing after it.
pub fn parse_origin(text: &str) -> Result<String, String> {
    let expected = "expected an origin such as https://counter.village.example.jp, without a path";
    let url = reqwest::Url::parse(text).map_err(|error| format!("{error}: {expected}"))?;
    let origin = url.origin().ascii_serialization();
    let is_local = url.host_str().is_some_and(|host| {
        matches!(host, "127.0.0.1" | "localhost" | "[::1]") || host.ends_with(".localhost")
    });
    match url.scheme() {
        "https" if origin == text => Ok(origin),
        "http" if origin == text && is_local => Ok(origin),
        "http" if !is_local => Err(
            "a page that anybody on the way could change must not use a card: expected https"
                .to_owned(),
        ),
        _ => Err(expected.to_owned()),
    }
}

/// Reads an address on this machine.
pub fn parse_loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| "expected 127.0.0.1:PORT")?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err("the agent serves this machine alone: expected 127.0.0.1 or [::1]".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(host: &'static str, origin: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static(host));
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
        }
        headers
    }

    #[test]
    fn only_named_origins_come_in_and_only_by_a_loopback_name() {
        let address = "127.0.0.1:8937".parse().unwrap();
        let guard = Guard::new(vec!["https://a.example".to_owned()], address);
        let admit = |host, origin| guard.admit(&headers(host, origin)).map(drop);
        assert_eq!(admit("127.0.0.1:8937", Some("https://a.example")), Ok(()));
        assert_eq!(admit("localhost:8937", Some("https://a.example")), Ok(()));
        for origin in [
            None,
            Some("null"),
            Some("https://b.example"),
            Some("http://a.example"),
            Some("https://a.example:8443"),
        ] {
            assert_eq!(admit("127.0.0.1:8937", origin), Err(Trouble::ForeignOrigin));
        }
        for host in ["a.example:8937", "127.0.0.1:80", "rebound.example"] {
            assert_eq!(
                admit(host, Some("https://a.example")),
                Err(Trouble::ForeignHost)
            );
        }
    }

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        assert!(parse_origin("https://a.example").is_ok());
        assert!(parse_origin("http://127.0.0.1:9980").is_ok());
        for wrong in [
            "https://a.example/",
            "https://a.example/counter",
            "https://a.example:443",
            "http://a.example",
            "a.example",
            "null",
            "file:///x",
        ] {
            assert!(parse_origin(wrong).is_err(), "{wrong}");
        }
        assert!(parse_loopback("0.0.0.0:8937").is_err());
    }
}
