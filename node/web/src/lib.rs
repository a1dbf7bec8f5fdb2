//! The web pages inside the binary: the faces, as `./dev web` built them, or a page that says how to get them.
//!
//! [`Face`] is the table of them. Pages call only the origin that they come from, so each is served where what it calls is: the explorer
//! beside the operators' API, the guardian app and the counter console beside the gateway.
//!
//! **Invariants.** Nothing is read from disk while the node runs. Every page comes with a policy that lets it run its own scripts and talk to
//! its own node and nobody else; names with a hash in them are cached for ever, everything else is asked for again by its ETag.

mod placeholder;

use axum::{
    Router,
    extract::Request,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION,
            REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::{EmbeddedFile, RustEmbed};

/// What a page may do: run this node's own scripts and modules, talk to this node, and never stand inside another page.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// For a year: the name changes with the content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

/// One of the faces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// The audit explorer, for operators.
    Explorer,
    /// The guardian app, for families' phones.
    App,
    /// The counter and clinic console, for staff.
    Counter,
}

#[derive(RustEmbed)]
#[folder = "pages/explorer"]
#[allow_missing = true]
struct ExplorerPages;

#[derive(RustEmbed)]
#[folder = "pages/app"]
#[allow_missing = true]
struct AppPages;

#[derive(RustEmbed)]
#[folder = "pages/counter"]
#[allow_missing = true]
struct CounterPages;

impl Face {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Explorer, Self::App, Self::Counter];

    /// The path that it is served under, without a slash at its end.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Explorer => "/explorer",
            Self::App => "/app",
            Self::Counter => "/counter",
        }
    }

    /// Whether its pages are in this binary.
    pub fn is_here(self) -> bool {
        self.file("index.html").is_some()
    }

    /// Routes of its pages: assets by their name, every other path below is the page itself, which reads the path on its own.
    pub fn routes(self) -> Router {
        self.calling(&[])
    }

    /// As [`Self::routes`], for pages that may also call these origins: a card agent on the reader's machine, a neighbour's gateway.
    /// The origins are the configuration's, which has checked that they are nothing else.
    pub fn calling(self, origins: &[String]) -> Router {
        let path = self.path();
        let allowed = format!("connect-src 'self' {}", origins.join(" "));
        let policy = POLICY.replace("connect-src 'self'", allowed.trim_end());
        // Where an origin holds what no header may hold, pages call nobody but their own.
        let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(POLICY));
        let page = move |request: Request| {
            let policy = policy.clone();
            async move {
                let mut response = self.page(&request);
                response
                    .headers_mut()
                    .insert(CONTENT_SECURITY_POLICY, policy);
                response
            }
        };
        Router::new()
            .route(path, get(move || async move { to_folder(path) }))
            .route(&format!("{path}/"), get(page.clone()))
            .route(&format!("{path}/{{*path}}"), get(page))
    }

    fn file(self, name: &str) -> Option<EmbeddedFile> {
        match self {
            Self::Explorer => ExplorerPages::get(name),
            Self::App => AppPages::get(name),
            Self::Counter => CounterPages::get(name),
        }
    }

    fn page(self, request: &Request) -> Response {
        let path = request.uri().path();
        let path = path.strip_prefix(self.path()).unwrap_or(path);
        let path = path.trim_start_matches('/');
        let is_asset = path
            .rsplit('/')
            .next()
            .is_some_and(|name| name.contains('.'));
        let name = if is_asset { path } else { "index.html" };
        match self.file(name) {
            Some(file) => answer(request.method(), request.headers(), name, &file),
            None if is_asset => guarded(StatusCode::NOT_FOUND.into_response()),
            None => guarded(placeholder::page(self).into_response()),
        }
    }
}

fn to_folder(path: &str) -> Response {
    let folder = [(LOCATION, format!("{path}/"))];
    (StatusCode::PERMANENT_REDIRECT, folder).into_response()
}

fn answer(method: &Method, headers: &HeaderMap, name: &str, file: &EmbeddedFile) -> Response {
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
    let known = headers
        .get(IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    let caching = if name.starts_with("assets/") {
        FOR_EVER
    } else {
        ASK_AGAIN
    };
    let described = [
        (CACHE_CONTROL, caching.to_owned()),
        (ETAG, tag.clone()),
        (CONTENT_TYPE, media_type(file)),
    ];
    let response = if known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag)) {
        (StatusCode::NOT_MODIFIED, described).into_response()
    } else if method == Method::HEAD {
        described.into_response()
    } else {
        (described, file.data.clone().into_owned()).into_response()
    };
    guarded(response)
}

/// Text is UTF-8, which the list of media types leaves open.
fn media_type(file: &EmbeddedFile) -> String {
    let media_type = file.metadata.mimetype();
    if media_type.starts_with("text/") {
        format!("{media_type}; charset=utf-8")
    } else {
        media_type.to_owned()
    }
}

fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        "cross-origin-opener-policy",
        HeaderValue::from_static("same-origin"),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    async fn ask(face: Face, path: &str, known: Option<&str>) -> Response {
        let mut request = Request::get(format!("{}{path}", face.path()));
        if let Some(known) = known {
            request = request.header(IF_NONE_MATCH, known);
        }
        let request = request.body(Body::empty()).unwrap();
        face.routes().oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn every_answer_is_guarded_and_every_path_without_a_dot_is_the_page() {
        for face in Face::ALL {
            for path in ["/", "/events", "/events/12-3"] {
                let response = ask(face, path, None).await;
                assert_eq!(response.status(), StatusCode::OK, "{face:?} {path}");
                let policy = response.headers()[CONTENT_SECURITY_POLICY]
                    .to_str()
                    .unwrap();
                assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe-inline"));
                let body = response.into_body().collect().await.unwrap().to_bytes();
                let text = String::from_utf8(body.to_vec()).unwrap();
                assert!(text.contains("<title>"), "{face:?} {path}");
            }
        }
    }

    #[tokio::test]
    async fn the_path_without_a_slash_leads_to_the_page() {
        for face in Face::ALL {
            let response = ask(face, "", None).await;
            assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT);
            assert_eq!(
                response.headers()[LOCATION].to_str().unwrap(),
                format!("{}/", face.path())
            );
        }
    }

    #[tokio::test]
    async fn what_else_a_page_may_call_stands_in_its_policy_and_nowhere_else() {
        let origins = [
            "http://127.0.0.1:8937".to_owned(),
            "https://village.example".to_owned(),
        ];
        let request = Request::get("/counter/").body(Body::empty()).unwrap();
        let response = Face::Counter.calling(&origins).oneshot(request);
        let response = response.await.unwrap();
        let policy = response.headers()[CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap();
        assert!(policy.contains(
            "connect-src 'self' http://127.0.0.1:8937 https://village.example; manifest-src"
        ));
        let response = ask(Face::App, "/", None).await;
        let policy = response.headers()[CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap();
        assert!(policy.contains("connect-src 'self'; manifest-src"));
    }

    #[tokio::test]
    async fn an_asset_that_is_not_there_is_no_page() {
        for face in Face::ALL {
            let response = ask(face, "/assets/none.js", None).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND);
        }
    }

    #[tokio::test]
    async fn what_is_known_is_not_sent_again() {
        for face in Face::ALL.into_iter().filter(|face| face.is_here()) {
            let first = ask(face, "/", None).await;
            let tag = first.headers()[ETAG].to_str().unwrap();
            assert_eq!(
                ask(face, "/", Some(tag)).await.status(),
                StatusCode::NOT_MODIFIED
            );
        }
    }
}
