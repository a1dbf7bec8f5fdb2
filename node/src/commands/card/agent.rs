//! `musubi card agent`: pages on this machine use its card reader, under rules that a page cannot bend.
//!
//! A page is let in by three things at once: it comes from an origin that was named when the agent was started, it speaks to the agent by
//! a loopback name ([`guard`]), and it holds a token that somebody gave it by typing the code on this terminal ([`pairing`]). A page never
//! hands bytes over to be signed. It hands over fields; the agent makes the document, says in three languages what it is, and signs only
//! what it has said ([`shown`]). The card is held by one page at a time ([`desk`]); a PIN is used once, wiped, and named nowhere.
//!
//! ```text
//! POST /v1/pairings     code                              token
//! GET  /v1/readers      server-sent events                readers and what lies on them, as they change
//! POST /v1/status                                         kind of card, certificates, tries left; costs none
//! POST /v1/face         secret, printedNumber             name, address, birth date, sex
//! POST /v1/documents    kind, fields                      digest, and what will be signed in three languages
//! POST /v1/signatures   digest, genesis, secret, sealTo   evidence sealed to the municipality
//! POST /v1/check-ins    visit, secret, sealTo             the body of the gateway's /v1/check-ins
//! ```
//!
//! Every refusal has a code and its sentence in Japanese, やさしい日本語 and English.

mod desk;
mod forms;
mod guard;
mod pairing;
mod routes;
mod shown;
mod signing;
mod trouble;
mod watching;

use super::{
    CardArguments,
    answer::{Answer, Refusal},
    trust::TrustArguments,
};
use crate::stop::StopSignal;
use clap::Args;
use desk::CardDesk;
use guard::Guard;
use musubi_node_listener::Bounds;
use pairing::Pairings;
use routes::Agent;
use serde_json::json;
use shown::Shown;
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio::net::TcpListener;

/// How long a caller may take to say what it wants.
const HEAD_TIME_MAX: Duration = Duration::from_secs(10);
/// How long a request waits for a card: the person holds a PIN ready, and it must not lie about.
const CARD_WAIT_SECONDS_MAX: u64 = 2;

/// Who may use the reader.
#[derive(Debug, Args)]
pub struct AgentArguments {
    /// Where pages of this machine find the agent; loopback only.
    #[arg(long, default_value = "127.0.0.1:8937", value_parser = guard::parse_loopback)]
    listen: SocketAddr,
    /// Origin of a page that may ask, such as https://counter.village.example.jp; may be given more than once.
    #[arg(long = "origin", required = true, value_name = "ORIGIN", value_parser = guard::parse_origin)]
    origins: Vec<String>,
    /// File in which pairings outlive the agent: hashes of tokens, for its owner alone. Without it they end with the agent.
    #[arg(long, value_name = "FILE")]
    pairings: Option<PathBuf>,
    #[command(flatten)]
    trust: TrustArguments,
    #[command(flatten)]
    pub(super) card: CardArguments,
}

/// Serves until it is stopped.
pub fn run(arguments: &AgentArguments) -> Result<Answer, Refusal> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Refusal::other(&error))?;
    let outcome = runtime.block_on(serve(arguments));
    // A thread that waits for the reader must not hold up the end.
    runtime.shutdown_background();
    outcome.map(|()| Answer::new("stopped", String::new()))
}

async fn serve(arguments: &AgentArguments) -> Result<(), Refusal> {
    let listener = TcpListener::bind(arguments.listen)
        .await
        .map_err(|error| Refusal::Other(format!("--listen {}: {error}", arguments.listen)))?;
    let mut stop = StopSignal::listen().map_err(|error| Refusal::other(&error))?;
    let address = listener
        .local_addr()
        .map_err(|error| Refusal::other(&error))?;
    let voice = arguments.card.voice;
    let pairings = Pairings::open(arguments.pairings.clone(), move |code| {
        say_code(voice.json, code);
    })?;
    say_address(arguments, address);
    pairings.show();
    let mut card = arguments.card.clone();
    card.wait = card.wait.min(CARD_WAIT_SECONDS_MAX);
    let readers = watching::start(card.emulated.is_some());
    let agent = Agent {
        pairings: Arc::new(pairings),
        desk: CardDesk::new(card, arguments.trust.clone()),
        shown: Arc::new(Shown::default()),
        readers,
    };
    let guard = Guard::new(arguments.origins.clone(), address);
    let routes = guard::protect(routes::router(agent), guard);
    let bounds = Bounds {
        head_time: HEAD_TIME_MAX,
        ..Bounds::default()
    };
    musubi_node_listener::serve(listener, routes, bounds, async move { stop.told().await })
        .await
        .map_err(|error| Refusal::other(&error))
}

fn say_address(arguments: &AgentArguments, address: SocketAddr) {
    if arguments.card.voice.json {
        println!("{}", json!({"outcome": "listening", "address": address}));
    } else {
        eprintln!(
            "Card agent on http://{address} for {}. Ctrl-C stops.",
            arguments.origins.join(", ")
        );
    }
}

/// The one place where the code is said: the terminal of whoever sits at this machine.
fn say_code(json: bool, code: &str) {
    if json {
        println!("{}", json!({"outcome": "pairing-code", "code": code}));
    } else {
        let (first, second) = code.split_at(code.len() / 2);
        eprintln!("連携コード / pairing code: {first} {second}");
    }
}
