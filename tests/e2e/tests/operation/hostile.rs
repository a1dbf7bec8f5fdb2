//! Strangers at every door of a running node: nothing crashes, memory stays bounded, and blocks go on. `./dev soak hostile` sends a million messages,
//! this test a small share of them. A stranger who is a member, and speaks as one, is next door (`liar.rs`).

use crate::practice::Practice;
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

/// Messages, unless `SOAK_MESSAGES` says otherwise.
const MESSAGES: u64 = 6_000;
/// What a node's memory may grow by under the flood, in bytes.
const GROWTH_MAX: u64 = 400 << 20;
/// Messages on one connection.
const PER_CONNECTION: u64 = 50;

/// How many messages a test hands over.
pub(crate) fn messages() -> u64 {
    let messages = std::env::var("SOAK_MESSAGES");
    messages.map_or(MESSAGES, |count| count.parse().expect("a number"))
}

/// A small deterministic source of noise (xorshift).
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let byte = |noise: &mut Self| u8::try_from(noise.next() % 256).unwrap();
        (0..length).map(|_| byte(self)).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_messages_at_every_door_crash_nothing_and_memory_stays_bounded() {
    let messages = messages();
    let mut practice = Practice::begin().await;
    let doors = doors(&practice);
    let before = practice.peak_memory(0);
    let floods = doors.into_iter().zip(1..).map(|((address, kind), seed)| {
        std::thread::spawn(move || flood(&address, kind, messages / 4, seed))
    });
    let floods: Vec<_> = floods.collect();
    let sent: u64 = floods
        .into_iter()
        .map(|flood| flood.join().expect("a flood ends"))
        .sum();
    let after = practice.peak_memory(0);
    println!(
        "{sent} messages handed over; memory at its highest {} MiB before, {} MiB after",
        before >> 20,
        after >> 20
    );
    assert!(
        after < before + GROWTH_MAX,
        "{before} bytes before, {after} after"
    );
    practice.blocks(3).await;
    practice.assert_level(0).await;
}

#[derive(Clone, Copy)]
enum Kind {
    JsonRpc,
    Rest,
    Swarm,
}

/// The first village's four listeners.
fn doors(practice: &Practice) -> Vec<(String, Kind)> {
    let text = std::fs::read_to_string(practice.consortium.config(0)).unwrap();
    let listen = |section: &str| {
        let (_, after) = text.split_once(&format!("[{section}]")).unwrap();
        let (_, after) = after.split_once("listen = \"").unwrap();
        after.split('"').next().unwrap().to_owned()
    };
    let swarm = |section: &str| {
        let address = listen(section);
        format!("127.0.0.1:{}", address.rsplit('/').next().unwrap())
    };
    vec![
        (listen("rpc"), Kind::JsonRpc),
        (listen("gateway"), Kind::Rest),
        (swarm("consensus"), Kind::Swarm),
        (swarm("network"), Kind::Swarm),
    ]
}

/// Sends so many messages at one door, and connects anew as often as it is thrown out; how many were taken.
fn flood(address: &str, kind: Kind, messages: u64, seed: u64) -> u64 {
    let mut noise = Noise(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut sent = 0;
    while sent < messages {
        let mut stream = TcpStream::connect(address).expect("the door stays open");
        stream
            .set_read_timeout(Some(Duration::from_millis(20)))
            .unwrap();
        stream
            .set_write_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        for _ in 0..PER_CONNECTION.min(messages - sent) {
            let message = message(kind, &mut noise);
            sent += 1;
            if stream.write_all(&message).is_err() {
                break;
            }
        }
        // What the node answers is read away, so that it is not held up by its own politeness.
        let mut answer = [0; 65_536];
        while matches!(stream.read(&mut answer), Ok(1..)) {}
    }
    sent
}

fn message(kind: Kind, noise: &mut Noise) -> Vec<u8> {
    match kind {
        Kind::JsonRpc => http("/", &json_rpc(noise), noise),
        Kind::Rest => http(&path(noise), &body(noise), noise),
        Kind::Swarm => swarm(noise),
    }
}

fn http(path: &str, body: &[u8], noise: &mut Noise) -> Vec<u8> {
    let method = ["POST", "GET", "PUT", "\u{7f}"][noise.below(4)];
    // One in sixteen claims another length than it has.
    let length = if noise.below(16) == 0 {
        1 << 40
    } else {
        body.len()
    };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nmusubi-account: {}\r\ncontent-length: {length}\r\n\r\n",
        noise.next()
    );
    [head.as_bytes(), body].concat()
}

fn json_rpc(noise: &mut Noise) -> Vec<u8> {
    let hex: String = noise
        .bytes(40)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let texts = [
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"author_submitExtrinsic","params":["0x{hex}"]}}"#
        ),
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"state_call","params":["Core_version","0x{hex}"]}}"#
        ),
        r#"{"jsonrpc":"2.0","id":1,"method":"state_getKeysPaged","params":["0x",4294967295]}"#
            .to_owned(),
        format!(
            "[{}]",
            vec![r#"{"jsonrpc":"2.0","id":1,"method":"system_chain"}"#; 100].join(",")
        ),
        "[".repeat(20_000),
        String::from_utf8_lossy(&noise.bytes(300)).into_owned(),
    ];
    texts[noise.below(texts.len())].clone().into_bytes()
}

fn path(noise: &mut Noise) -> String {
    let paths = [
        "/v1/evidence",
        "/fhir/Immunization",
        "/v1/records/%00%ff",
        "/v1/vault?custodian=-1",
        "/../../etc/passwd",
    ];
    paths[noise.below(paths.len())].to_owned()
}

fn body(noise: &mut Noise) -> Vec<u8> {
    if noise.below(8) == 0 {
        return "{\"a\":".repeat(5_000).into_bytes();
    }
    let length = noise.below(2_000);
    noise.bytes(length)
}

/// The first words of a libp2p connection, followed by noise; or noise alone.
fn swarm(noise: &mut Noise) -> Vec<u8> {
    let length = noise.below(3_000) + 1;
    let bytes = noise.bytes(length);
    if noise.below(2) == 0 {
        return bytes;
    }
    [&b"\x13/multistream/1.0.0\n\x07/noise\n"[..], &bytes].concat()
}
