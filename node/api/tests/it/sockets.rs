//! Connections of those who claim to send more than they do: told so, let go, and in nobody's way.

use crate::village::Village;
use musubi_node_api::Limits;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// How long heads and bodies may take in these tests.
const SHORT: Duration = Duration::from_millis(300);
/// No test waits longer than this for something that must happen.
const DEADLINE: Duration = Duration::from_secs(30);

fn impatient() -> Limits {
    Limits {
        head_timeout: SHORT,
        body_timeout: SHORT,
        bodies_max: 2,
        ..Limits::default()
    }
}

async fn send(address: SocketAddr, bytes: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    stream
}

/// Everything that comes until the node closes the connection.
async fn last_words(mut stream: TcpStream) -> String {
    let mut words = Vec::new();
    // A node that has closed with bytes unread ends the connection abruptly; what it said came before.
    let _ = timeout(DEADLINE, stream.read_to_end(&mut words))
        .await
        .expect("the node lets the connection go");
    String::from_utf8(words).unwrap()
}

fn claiming(length: u64, body: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

const CALL: &str = r#"{"jsonrpc":"2.0","id":1,"method":"system_name","params":[]}"#;

async fn is_answered(address: SocketAddr) -> bool {
    let call = claiming(CALL.len() as u64, CALL).replace("host: x", "host: x\r\nconnection: close");
    let words = last_words(send(address, &call).await).await;
    words.starts_with("HTTP/1.1 200")
}

#[tokio::test]
async fn a_body_that_does_not_come_is_answered_and_its_connection_closed() {
    let address = Village::found().listen_within(impatient()).await;
    let words = last_words(send(address, &claiming(4_000, CALL)).await).await;
    assert!(words.starts_with("HTTP/1.1 408"), "{words}");
    assert!(words.contains("urn:musubi:problem:too-slow"), "{words}");
    assert!(is_answered(address).await);
}

#[tokio::test]
async fn bodies_that_do_not_come_take_the_places_of_few_and_not_for_long() {
    let limits = Limits {
        // They go when the test lets them go.
        body_timeout: 10 * DEADLINE,
        ..impatient()
    };
    let address = Village::found().listen_within(limits).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(send(address, &claiming(4_000, "{")).await);
    }
    let heads = streams.iter_mut().map(|stream| {
        Box::pin(async move {
            let mut head = [0; 12];
            stream.read_exact(&mut head).await.unwrap();
            head
        })
    });
    // Two wait for the rest of their bodies; the third hears at once that there is no room.
    let first = timeout(DEADLINE, futures::future::select_all(heads)).await;
    let (head, _, waiting) = first.expect("one of three is answered");
    assert_eq!(&head, b"HTTP/1.1 503");
    drop(waiting);
    assert!(!is_answered(address).await, "there is no room");
    drop(streams);
    let answered = async {
        while !is_answered(address).await {
            tokio::task::yield_now().await;
        }
    };
    let answered = timeout(DEADLINE, answered).await;
    answered.expect("a place is free again");
}

#[tokio::test]
async fn a_head_that_does_not_come_holds_no_connection() {
    let address = Village::found().listen_within(impatient()).await;
    let words = last_words(send(address, "POST / HTTP/1.1\r\nhost").await).await;
    assert!(!words.starts_with("HTTP/1.1 200"), "{words}");
    assert!(is_answered(address).await);
}
