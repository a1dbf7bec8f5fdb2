//! What a refusal costs: whether the caller asks for somebody under protection, for who that person was before, or for nobody, the node does
//! the same work and says the same bytes. How long it took is told, and never asserted: a machine's noise proves nothing either way.

use crate::{
    actor::{Actor, Question, Unread},
    world::World,
};
use musubi_primitives::{DenialReason, Pseudonym};
use reqwest::{Method, header::DATE};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Calls about each person on each path.
const ROUNDS: usize = 20;

/// Requests on the chain about each person; each takes a block.
const DENIALS: usize = 4;

/// Paths that name somebody and refuse, as the router knows them, and how they are called.
fn paths() -> [(&'static str, Method, String); 5] {
    let (key, block) = ("11".repeat(32), "22".repeat(32));
    [
        (
            "/v1/family/{subject}/trail",
            Method::GET,
            "/v1/family/{subject}/trail?first=0".to_owned(),
        ),
        (
            "/v1/family/{subject}/trail-end",
            Method::GET,
            format!("/v1/family/{{subject}}/trail-end?block=0x{block}"),
        ),
        (
            "/v1/family/{subject}/records",
            Method::GET,
            format!("/v1/family/{{subject}}/records?key=0x{key}"),
        ),
        (
            "/v1/family/{subject}/consents",
            Method::GET,
            "/v1/family/{subject}/consents".to_owned(),
        ),
        ("/v1/forms", Method::GET, "/v1/forms".to_owned()),
    ]
}

/// Asks on every path about everybody, by turns, so that a slow moment of the machine meets all alike.
pub(crate) async fn nobody_is_told_by_what_a_refusal_costs(
    world: &World,
    who: &Actor,
    everybody: &[Pseudonym],
) {
    for (route, method, path) in paths() {
        let since = this_moment();
        let mut took: Vec<Vec<Duration>> = vec![Vec::new(); everybody.len()];
        let mut said = Vec::new();
        for _ in 0..ROUNDS {
            for (subject, took) in everybody.iter().zip(&mut took) {
                let begun = Instant::now();
                said.push(answer(who, &method, &path, subject).await);
                took.push(begun.elapsed());
            }
        }
        assert!(said.iter().all(|one| *one == said[0]), "{route}: {said:?}");
        let calls = ROUNDS * everybody.len();
        let traces = world.consortium.traces().unwrap();
        let works = traces.until(|spans| {
            let works = works_of(route, since, &spans);
            (calls <= works.len()).then_some(works)
        });
        let works = works.await;
        assert!(!works[0].is_empty(), "{route} asks the chain something");
        let is_same = works.iter().all(|work| *work == works[0]);
        assert!(is_same, "{route}: {works:?}");
        tell(route, &took);
    }
}

/// A member without a consent asks the chain about everybody by turns: one decision, told in the same bytes.
pub(crate) async fn nobody_is_told_by_what_a_denial_costs(
    who: &Actor,
    everybody: &[Pseudonym],
    question: impl Fn(Pseudonym) -> Question,
) {
    let mut took: Vec<Vec<Duration>> = vec![Vec::new(); everybody.len()];
    let mut said = Vec::new();
    for _ in 0..DENIALS {
        for (subject, took) in everybody.iter().zip(&mut took) {
            let begun = Instant::now();
            said.push(who.ask(&question(*subject)).await.unwrap_err());
            took.push(begun.elapsed());
        }
    }
    let not_available = Unread::Denied(DenialReason::NotAvailable);
    assert!(said.iter().all(|one| *one == not_available), "{said:?}");
    tell("a request on the chain", &took);
}

/// Status, headers but the date, and the bytes of an answer.
async fn answer(
    who: &Actor,
    method: &Method,
    path: &str,
    subject: &Pseudonym,
) -> (u16, Vec<(String, Vec<u8>)>, Vec<u8>) {
    let name = subject.to_string();
    let path = path.replace("{subject}", &name);
    let request = who
        .gateway
        .request(method.clone(), &path, &name, Vec::new());
    let response = request.send().await.unwrap();
    let headers = response.headers().iter();
    let headers = headers
        .filter(|(name, _)| **name != DATE)
        .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()));
    let mut headers: Vec<(String, Vec<u8>)> = headers.collect();
    headers.sort();
    let status = response.status().as_u16();
    (status, headers, response.bytes().await.unwrap().to_vec())
}

/// Nanoseconds since 1970, by the clock that the nodes have too.
fn this_moment() -> u128 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_nanos()
}

/// What the node did for each call on a route from a moment on: the runtime functions that it asked, in their order. It tells of a call late,
/// so that which calls these are is known by when they began and not by when they were told of.
fn works_of(route: &str, since: u128, spans: &[Value]) -> Vec<Vec<String>> {
    let of_trace = |span: &Value| span["traceId"].as_str().unwrap().to_owned();
    let mut asked: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for span in spans.iter().filter(|span| span["name"] == "read state") {
        let begun = span["startTimeUnixNano"].as_str().unwrap().to_owned();
        let function = attribute(span, "runtime.function").unwrap_or_default();
        asked
            .entry(of_trace(span))
            .or_default()
            .push((begun, function));
    }
    // A call's own span ends after all that it asked, so it is told of last.
    let calls = spans.iter().filter(|span| {
        let begun = span["startTimeUnixNano"].as_str().unwrap();
        since <= begun.parse().unwrap() && attribute(span, "http.route").as_deref() == Some(route)
    });
    calls
        .map(|call| {
            let mut asked = asked.get(&of_trace(call)).cloned().unwrap_or_default();
            asked.sort();
            asked.into_iter().map(|(_, function)| function).collect()
        })
        .collect()
}

fn attribute(span: &Value, name: &str) -> Option<String> {
    let attributes = span["attributes"].as_array()?;
    let found = attributes.iter().find(|one| one["key"] == name)?;
    found["value"]["stringValue"].as_str().map(str::to_owned)
}

/// Figures are told, never asserted: how fast a machine is says nothing about the code.
#[allow(
    clippy::print_stdout,
    reason = "the figures are this test's other product"
)]
fn tell(route: &str, took: &[Vec<Duration>]) {
    for (whose, took) in ["former", "protected", "nobody"].iter().zip(took) {
        let mut took = took.clone();
        took.sort_unstable();
        let at = |per_cent: usize| took[(took.len() - 1) * per_cent / 100];
        println!(
            "{route}, {whose}: p5 {:?}, p50 {:?}, p95 {:?}",
            at(5),
            at(50),
            at(95)
        );
    }
}
