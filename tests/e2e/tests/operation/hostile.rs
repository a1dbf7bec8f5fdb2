//! Strangers at every door of a running node: nothing crashes, memory stays bounded, and blocks go on. `./dev soak hostile` has a million messages
//! answered, this test a small share of them. A stranger who is a member, and speaks as one, is next door (`liar.rs`).

use crate::practice::Practice;
use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

/// Messages, unless `SOAK_MESSAGES` says otherwise.
const MESSAGES: u64 = 6_000;
/// What a node's memory may grow by under the flood, at its highest point, in bytes.
const GROWTH_MAX: u64 = 400 << 20;
/// HTTP requests on one connection; whoever does not speak a swarm's language is hung up on after the first words.
const PER_CONNECTION: u64 = 16;
/// Longer than a node waits for anything before it hangs up.
const PATIENCE: Duration = Duration::from_secs(60);
/// How the answer to each request begins.
const ANSWER: &[u8] = b"HTTP/1.1 ";

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
    let mut practice = Practice::begin().await;
    let doors = doors(&practice);
    let share = messages() / 4;
    let before = practice.peak_memory(0);
    let floods = doors.into_iter().zip(1..).map(|((address, kind), seed)| {
        std::thread::spawn(move || flood(&address, kind, share, seed))
    });
    let floods: Vec<_> = floods.collect();
    let done = floods.into_iter().map(|flood| flood.join());
    let done: Vec<Done> = done.map(|flood| flood.expect("a flood ends")).collect();
    for (door, done) in ["JSON-RPC", "REST", "consensus", "members"]
        .iter()
        .zip(&done)
    {
        println!(
            "{door}: {} answered, {} hung up on, of {} sent",
            done.answered, done.hung_up, done.sent
        );
    }
    // What speaks HTTP at all is answered by HTTP, whatever it says.
    assert!(done[..2].iter().all(|done| done.answered > share / 2));
    let peak = practice.peak_memory(0);
    println!(
        "memory at its highest: {} MiB before, {} MiB after",
        before >> 20,
        peak >> 20
    );
    assert!(
        peak < before + GROWTH_MAX,
        "{before} bytes before, {peak} after"
    );
    practice.blocks(3).await;
    practice.assert_level(0).await;
}

/// What a node did with the messages at one door. Those that it did not read before it hung up count as sent only: others are sent for them.
#[derive(Debug, Default)]
struct Done {
    sent: u64,
    answered: u64,
    /// Connections that the node ended instead of an answer.
    hung_up: u64,
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

/// Has so many messages answered or refused at one door; connects anew as often as it is thrown out.
fn flood(address: &str, kind: Kind, messages: u64, seed: u64) -> Done {
    let mut noise = Noise(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut done = Done::default();
    while done.answered + done.hung_up < messages {
        let mut stream = TcpStream::connect(address).expect("the door stays open");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        let left = messages - done.answered - done.hung_up;
        let count = match kind {
            Kind::JsonRpc | Kind::Rest => PER_CONNECTION.min(left),
            Kind::Swarm => 1,
        };
        for number in 1..=count {
            let message = message(kind, &mut noise, number == count);
            done.sent += 1;
            if stream.write_all(&message).is_err() {
                break;
            }
        }
        if matches!(kind, Kind::Swarm) {
            // It may have hung up already.
            let _ = stream.shutdown(Shutdown::Write);
        }
        let answered = match kind {
            Kind::JsonRpc | Kind::Rest => answers(&mut stream).min(count),
            Kind::Swarm => {
                answers(&mut stream);
                0
            }
        };
        done.answered += answered;
        done.hung_up += u64::from(answered == 0);
    }
    done
}

/// Reads until the node hangs up; how many answers there were.
fn answers(stream: &mut TcpStream) -> u64 {
    let mut all = Vec::new();
    if let Err(error) = stream.read_to_end(&mut all) {
        let is_over = matches!(
            error.kind(),
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted
        );
        assert!(is_over, "the node neither answers nor hangs up: {error}");
    }
    let begins = |window: &&[u8]| *window == ANSWER;
    u64::try_from(all.windows(ANSWER.len()).filter(begins).count()).unwrap()
}

fn message(kind: Kind, noise: &mut Noise, is_last: bool) -> Vec<u8> {
    match kind {
        Kind::JsonRpc => http("/", &json_rpc(noise), noise, is_last),
        Kind::Rest => http(&path(noise), &body(noise), noise, is_last),
        Kind::Swarm => swarm(noise),
    }
}

fn http(path: &str, body: &[u8], noise: &mut Noise, is_last: bool) -> Vec<u8> {
    let method = ["POST", "GET", "PUT", "\u{7f}"][noise.below(4)];
    // One in sixteen claims another length than it has.
    let length = if noise.below(16) == 0 {
        1 << 40
    } else {
        body.len()
    };
    let connection = if is_last { "close" } else { "keep-alive" };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: {connection}\r\ncontent-type: application/json\r\nmusubi-account: {}\r\n\
         content-length: {length}\r\n\r\n",
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
