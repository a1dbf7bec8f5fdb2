//! What one caller can take from the others: little memory, little time, few calls; and how it is told.

use crate::world::{Outgoing, Village, answer, doctor, guardian};
use axum::{
    body::{Body, Bytes},
    http::{Request, StatusCode, header::RETRY_AFTER},
};
use ed25519_dalek::SigningKey;
use musubi_node_gateway::BURST;
use musubi_node_listener::{Bounds, serve};
use std::{convert::Infallible, future::pending, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tower::ServiceExt as _;

const SHORT: Duration = Duration::from_millis(20);

/// A body that a server must not even begin to read.
struct Untouchable;

impl futures::Stream for Untouchable {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        panic!("the body was read");
    }
}

fn with_body(request: Request<Body>, body: Body) -> Request<Body> {
    let (parts, _) = request.into_parts();
    Request::from_parts(parts, body)
}

#[tokio::test]
async fn no_byte_of_a_body_is_read_before_the_caller_is_known() {
    let call = Outgoing::post("/v1/evidence", "a body");
    let stranger = call.signed_by(&SigningKey::from_bytes(&[99; 32]));
    let mut unsigned = call.signed_by(&doctor());
    unsigned.headers_mut().remove("musubi-signature");
    let late = Outgoing { time: 0, ..call }.signed_by(&doctor());
    let expected = [
        (stranger, StatusCode::FORBIDDEN),
        (unsigned, StatusCode::UNAUTHORIZED),
        (late, StatusCode::UNAUTHORIZED),
    ];
    for (request, status) in expected {
        let request = with_body(request, Body::from_stream(Untouchable));
        assert_eq!(answer(Village::default().routes(), request).await.0, status);
    }
}

#[tokio::test]
async fn a_body_beyond_its_route_s_limit_is_a_problem_that_names_the_limit() {
    for (path, limit) in [
        ("/v1/nonces", 1024),
        ("/v1/evidence", 128 * 1024),
        ("/fhir/Immunization", 2 * 1024 * 1024),
        ("/v1/vault?custodian=0", 6 * 1024 * 1024),
    ] {
        let village = Village::default();
        let call = Outgoing::post(path, vec![b' '; limit + 1]).signed_by(&doctor());
        let (status, body) = village.send(call).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
        let detail = if path.starts_with("/fhir/") {
            assert_eq!(body["issue"][0]["code"], "too-long");
            body["issue"][0]["diagnostics"].as_str().unwrap()
        } else {
            assert_eq!(body["type"], "urn:musubi:problem:too-large");
            body["detail"].as_str().unwrap()
        };
        assert!(detail.contains(&limit.to_string()), "{detail}");
        assert!(village.is_untouched());
    }
    // A length that is announced is believed.
    let mut announced = Outgoing::post("/v1/nonces", "").signed_by(&doctor());
    announced
        .headers_mut()
        .insert("content-length", "2048".parse().unwrap());
    let request = with_body(announced, Body::from_stream(Untouchable));
    let (status, _) = answer(Village::default().routes(), request).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    struct Never;
    impl futures::Stream for Never {
        type Item = Result<Bytes, Infallible>;

        fn poll_next(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Self::Item>> {
            std::task::Poll::Pending
        }
    }
    let call = Outgoing::post("/v1/evidence", "").signed_by(&doctor());
    let request = with_body(call, Body::from_stream(Never));
    let routes = Village::default().routes_within(SHORT);
    let (status, body) = answer(routes, request).await;
    assert_eq!(status, StatusCode::REQUEST_TIMEOUT);
    assert_eq!(body["type"], "urn:musubi:problem:too-slow");
}

#[tokio::test]
async fn a_head_that_does_not_come_holds_no_connection() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Village::default().routes();
    let bounds = Bounds {
        head_time: SHORT,
        ..Bounds::default()
    };
    tokio::spawn(serve(listener, routes, bounds, pending()));
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection
        .write_all(b"GET /v1/signing-context HTTP/1.1\r\nhost")
        .await
        .unwrap();
    let mut rest = Vec::new();
    // Ends when the server has closed: the test hangs if it never does.
    connection.read_to_end(&mut rest).await.unwrap();
    assert!(!rest.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn calls_are_answered_over_a_connection_and_the_server_stops_when_it_is_told() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let told = async {
        stopped.await.unwrap();
    };
    let routes = Village::default().routes();
    let serving = tokio::spawn(serve(listener, routes, Bounds::default(), told));
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection
        .write_all(b"GET /v1/nonces HTTP/1.1\r\nhost: here\r\n\r\n")
        .await
        .unwrap();
    let mut head = [0; 12];
    connection.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 405");
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_wrong_method_is_a_problem_too() {
    let (status, body) = Village::default()
        .send(Outgoing::get("/v1/evidence").signed_by(&doctor()))
        .await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(body["type"], "urn:musubi:problem:no-such-method");
}

#[tokio::test]
async fn an_account_that_calls_too_often_is_told_when_to_come_back_and_no_other_is() {
    let routes = Village::default().routes();
    let call = Outgoing::get("/v1/signing-context");
    for _ in 0..BURST {
        let (status, _) = answer(routes.clone(), call.signed_by(&doctor())).await;
        assert_eq!(status, StatusCode::OK);
    }
    let refused = routes
        .clone()
        .oneshot(call.signed_by(&doctor()))
        .await
        .unwrap();
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()[RETRY_AFTER], "1");
    let (_, body) = answer(routes.clone(), call.signed_by(&doctor())).await;
    assert_eq!(body["type"], "urn:musubi:problem:too-many-calls");
    let (status, _) = answer(routes, call.signed_by(&guardian())).await;
    assert_eq!(status, StatusCode::OK);
}

/// Whoever signs wrongly in somebody's name uses up none of that account's calls.
#[tokio::test]
async fn a_forged_call_costs_its_victim_nothing() {
    let routes = Village::default().routes();
    let call = Outgoing::get("/v1/signing-context");
    let account = musubi_primitives::AccountId(doctor().verifying_key().to_bytes());
    let forged = "00".repeat(64);
    for _ in 0..=BURST {
        let request = call.with_signature(&account, &forged);
        assert_eq!(
            answer(routes.clone(), request).await.0,
            StatusCode::UNAUTHORIZED
        );
    }
    let (status, _) = answer(routes, call.signed_by(&doctor())).await;
    assert_eq!(status, StatusCode::OK);
}
