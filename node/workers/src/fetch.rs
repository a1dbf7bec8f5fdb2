//! One HTTP exchange with a configured address: bounded in time and size, with no redirect, proxy or cookie.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode};

use crate::settings::Address;

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// No connection, or it broke, or it took too long.
    #[error("reach the configured address")]
    Unreachable(#[source] reqwest::Error),
    /// Another status than 200, a redirect among them.
    #[error("status {0}")]
    Status(StatusCode),
    /// Another media type than this exchange has.
    #[error("another media type than {0}")]
    MediaType(&'static str),
    /// More bytes than such an answer has.
    #[error("an answer of more than {0} bytes")]
    TooLong(usize),
}

/// What kind of answer is expected.
pub(crate) struct Expected {
    pub(crate) media_type: &'static str,
    pub(crate) bytes_max: usize,
}

/// The client for all exchanges.
#[derive(Debug)]
pub(crate) struct Fetcher {
    client: Client,
}

impl Fetcher {
    pub(crate) fn new(timeout: Duration) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(timeout)
            .build()?;
        Ok(Self { client })
    }

    pub(crate) async fn post(
        &self,
        address: &Address,
        media_type: &'static str,
        body: Vec<u8>,
        expected: Expected,
    ) -> Result<Vec<u8>, FetchError> {
        let request = self.client.post(address.url().clone());
        let request = request.header(CONTENT_TYPE, media_type).body(body);
        exchange(request, expected).await
    }

    pub(crate) async fn get(
        &self,
        address: &Address,
        expected: Expected,
    ) -> Result<Vec<u8>, FetchError> {
        exchange(self.client.get(address.url().clone()), expected).await
    }
}

async fn exchange(request: RequestBuilder, expected: Expected) -> Result<Vec<u8>, FetchError> {
    let response = request.send().await.map_err(FetchError::Unreachable)?;
    if response.status() != StatusCode::OK {
        return Err(FetchError::Status(response.status()));
    }
    if !has_type(&response, expected.media_type) {
        return Err(FetchError::MediaType(expected.media_type));
    }
    bounded(response, expected.bytes_max).await
}

fn has_type(response: &Response, expected: &str) -> bool {
    let found = response.headers().get(CONTENT_TYPE);
    let found = found
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = found.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(expected)
}

/// The body, given up as soon as it is longer than allowed, whatever length was announced.
async fn bounded(mut response: Response, bytes_max: usize) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(FetchError::Unreachable)? {
        if bytes_max < body.len().saturating_add(chunk.len()) {
            return Err(FetchError::TooLong(bytes_max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
