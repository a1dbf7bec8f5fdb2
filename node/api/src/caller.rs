//! Who is calling: an operator of this node, or a guest.
//!
//! An operator holds the bearer token, or sits at this machine. "At this machine" is believed only of a program that speaks to us directly:
//! a web page from elsewhere (it sends `Origin`), a name that merely resolves here (DNS rebinding, seen in `Host`) and a proxy (it sends `Forwarded`) are guests.

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{
        Request,
        header::{AUTHORIZATION, FORWARDED, HOST, HeaderMap, HeaderName, ORIGIN},
    },
};
use jsonrpsee::Extensions;
use sha2::{Digest, Sha256};
use std::{
    fmt,
    net::{IpAddr, SocketAddr},
};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Who is calling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// May read everything that this node has.
    Operator,
    /// May read what is open to all and submit transactions.
    Guest,
}

/// The operators' shared secret; only its hash is kept, which also makes the comparison's timing say nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl Token {
    /// The least length of a token, in bytes.
    pub const BYTES_MIN: usize = 16;

    /// Keeps the hash of a token; `None` if it is shorter than [`Self::BYTES_MIN`].
    pub fn new(secret: &str) -> Option<Self> {
        (secret.len() >= Self::BYTES_MIN).then(|| Self(Sha256::digest(secret).into()))
    }

    fn opens(&self, offered: &str) -> bool {
        <[u8; 32]>::from(Sha256::digest(offered)) == self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

impl Caller {
    /// Judges a request by its connection and headers. A request of unknown origin is a guest's.
    pub(crate) fn judge(request: &Request<Body>, token: Option<&Token>) -> Self {
        let address = request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| info.0.ip());
        let local = address.is_some_and(|address| address.to_canonical().is_loopback())
            && speaks_directly(request.headers());
        let holds_token = token
            .zip(bearer(request.headers()))
            .is_some_and(|(token, offered)| token.opens(offered));
        if local || holds_token {
            Self::Operator
        } else {
            Self::Guest
        }
    }

    /// The caller noted in a request's extensions.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or(Self::Guest)
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, secret) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

fn speaks_directly(headers: &HeaderMap) -> bool {
    let relayed = [FORWARDED, X_FORWARDED_FOR]
        .iter()
        .any(|name| headers.contains_key(name));
    let host = headers.get(HOST).map(|host| host.to_str().unwrap_or(""));
    !relayed && is_own_origin(headers, host) && host.is_none_or(names_this_machine)
}

/// No page at all, or one that this very address served; some WebSocket libraries write the latter by themselves.
fn is_own_origin(headers: &HeaderMap, host: Option<&str>) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return true;
    };
    let authority = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"))
        .map(|(_, authority)| authority);
    authority.is_some() && authority == host
}

fn names_this_machine(host: &str) -> bool {
    let name = host
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(host, |(name, _)| name);
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(from: &str, headers: &[(&str, &str)]) -> Caller {
        let mut request = Request::new(Body::empty());
        request
            .extensions_mut()
            .insert(ConnectInfo(SocketAddr::new(from.parse().unwrap(), 5000)));
        for (name, value) in headers {
            request
                .headers_mut()
                .insert(HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
        }
        Caller::judge(&request, Token::new("a long enough secret").as_ref())
    }

    #[test]
    fn a_program_on_this_machine_is_an_operator() {
        assert_eq!(
            judge("127.0.0.1", &[("host", "127.0.0.1:9944")]),
            Caller::Operator
        );
        assert_eq!(judge("::1", &[("host", "[::1]:9944")]), Caller::Operator);
        assert_eq!(
            judge("::ffff:127.0.0.1", &[("host", "localhost")]),
            Caller::Operator
        );
    }

    #[test]
    fn a_library_that_names_the_node_itself_as_origin_is_no_web_page() {
        let host = ("host", "127.0.0.1:9944");
        let judged = |origin| judge("127.0.0.1", &[host, ("origin", origin)]);
        assert_eq!(judged("http://127.0.0.1:9944"), Caller::Operator);
        assert_eq!(judged("http://127.0.0.1:3000"), Caller::Guest);
        assert_eq!(judged("null"), Caller::Guest);
        let rebound = [
            ("host", "evil.example:9944"),
            ("origin", "http://evil.example:9944"),
        ];
        assert_eq!(judge("127.0.0.1", &rebound), Caller::Guest);
    }

    #[test]
    fn a_web_page_a_rebound_name_and_a_proxy_are_guests() {
        assert_eq!(
            judge("127.0.0.1", &[("origin", "https://example.org")]),
            Caller::Guest
        );
        assert_eq!(
            judge("127.0.0.1", &[("host", "rebound.example.org:9944")]),
            Caller::Guest
        );
        assert_eq!(
            judge("127.0.0.1", &[("x-forwarded-for", "192.0.2.1")]),
            Caller::Guest
        );
    }

    #[test]
    fn a_stranger_needs_the_token() {
        assert_eq!(judge("192.0.2.1", &[]), Caller::Guest);
        assert_eq!(
            judge(
                "192.0.2.1",
                &[("authorization", "Bearer a long enough secret")]
            ),
            Caller::Operator
        );
        assert_eq!(
            judge(
                "192.0.2.1",
                &[("authorization", "Bearer a long enough secreT")]
            ),
            Caller::Guest
        );
        assert_eq!(
            judge(
                "192.0.2.1",
                &[("authorization", "Basic a long enough secret")]
            ),
            Caller::Guest
        );
        assert_eq!(Token::new("short"), None);
    }

    #[test]
    fn a_request_without_a_connection_is_a_guest() {
        assert_eq!(
            Caller::judge(&Request::new(Body::empty()), None),
            Caller::Guest
        );
    }
}
