//! `musubi bench`: drives real transactions through a running consortium and measures what they cost.
//!
//! [`people`] prepares staff, families and consents by transactions of their own; [`mix`] then makes calls in the shares that the architecture
//! names; [`fleet`] signs them and hands them to some nodes; [`finality`] sees them become final on *another* node, which is where latency
//! ends; [`usage`] reads from the system what the nodes spent, [`causes`] what for; [`figures`] puts the numbers together, [`outages`] sees what
//! dead validators cost, and [`standard`] is the set that a machine is known by.
//! [`alone`] measures one validator's path without the others. Nothing in the nodes knows of it.

pub mod alone;
pub mod causes;
pub mod figures;
pub mod finality;
pub mod fleet;
pub mod mix;
pub mod outages;
pub mod people;
pub mod place;
pub mod standard;
pub mod usage;

use crate::client::{ChainClient, ClientError};
use causes::Profiler;
use figures::Figures;
use finality::Finality;
use fleet::Fleet;
use mix::Mix;
use people::{People, Scale};
use place::Place;
use std::time::{Duration, Instant};
use tokio::time::MissedTickBehavior;
use usage::Usage;

/// How long the last transactions may take to become final.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(60);
/// How long nodes may take to answer after their start.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// How often they are asked.
const START_PULSE: Duration = Duration::from_millis(250);
/// How often a paced run looks at how many transactions are due.
const PACE: Duration = Duration::from_millis(5);

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How long the mix is driven.
    pub duration: Duration,
    /// Transactions per second; `None` runs flat out.
    pub rate: Option<u32>,
    /// The most transactions on their way at once.
    pub in_flight_max: usize,
    /// How many people and staff are prepared.
    pub scale: Scale,
    /// Whether the nodes are sampled, for processor time by cause.
    pub profile: bool,
}

/// Prepares, drives, waits for the last transaction, and sums up.
///
/// # Errors
/// A sentence that says what went wrong.
pub async fn run(place: &Place, plan: &Plan) -> Result<Figures, String> {
    let (mut fleet, mut finality) = connect(place, plan)
        .await
        .map_err(|error| error.to_string())?;
    let people = People::prepare(place, &mut fleet, &mut finality, plan.scale).await?;
    let mut mix = Mix::new(people);
    finality.reset();
    let profiler = profiler(place, plan)?;
    let before = Usage::of(&place.nodes);
    let start = Instant::now();
    drive(&mut fleet, &mut finality, &mut mix, plan).await?;
    let driven = start.elapsed();
    finality.drain(DRAIN_TIMEOUT).await?;
    let spent = Usage::of(&place.nodes).since(&before);
    let causes = profiler
        .map(Profiler::finish)
        .transpose()?
        .unwrap_or_default();
    let keys = state_keys(place).await.map_err(|error| error.to_string())?;
    Ok(Figures::new(&finality, &mix, driven, spent)
        .with_causes(&causes)
        .with_keys(keys))
}

/// Waits until all nodes answer and a block follows genesis.
///
/// # Errors
/// When that takes too long.
pub async fn wait_for_nodes(place: &Place, plan: &Plan) -> Result<(), String> {
    let connected = connect(place, plan).await;
    let (_, mut finality) = connected.map_err(|error| error.to_string())?;
    finality.wait_for_beginning().await
}

/// How many keys the newest state has.
async fn state_keys(place: &Place) -> Result<u64, ClientError> {
    let (observed, _) = place.observed_and_entrances();
    let client = ChainClient::connect(observed, None).await?;
    let at = client.head().await?.hash;
    let keys = client.keys(&[], at).await?;
    Ok(u64::try_from(keys.len()).unwrap_or(u64::MAX))
}

fn profiler(place: &Place, plan: &Plan) -> Result<Option<Profiler>, String> {
    let file = place.folder.join("perf.data");
    plan.profile
        .then(|| Profiler::start(&place.nodes, file))
        .transpose()
}

/// Connects to the nodes, which may have been started a moment ago.
async fn connect(place: &Place, plan: &Plan) -> Result<(Fleet, Finality), ClientError> {
    let deadline = Instant::now() + START_TIMEOUT;
    let mut pulse = tokio::time::interval(START_PULSE);
    loop {
        pulse.tick().await;
        match connect_once(place, plan).await {
            Err(ClientError::Unreachable { .. }) if Instant::now() < deadline => continue,
            outcome => return outcome,
        }
    }
}

async fn connect_once(place: &Place, plan: &Plan) -> Result<(Fleet, Finality), ClientError> {
    let (observed, entrances) = place.observed_and_entrances();
    let fleet = Fleet::connect(&entrances).await?;
    let finality = Finality::follow(observed, plan.in_flight_max).await?;
    Ok((fleet, finality))
}

async fn drive(
    fleet: &mut Fleet,
    finality: &mut Finality,
    mix: &mut Mix,
    plan: &Plan,
) -> Result<(), String> {
    match plan.rate {
        None => drive_flat_out(fleet, finality, mix, plan.duration).await,
        Some(rate) => drive_at_rate(fleet, finality, mix, plan.duration, rate).await,
    }
}

/// As fast as places for transactions on their way become free.
async fn drive_flat_out(
    fleet: &mut Fleet,
    finality: &mut Finality,
    mix: &mut Mix,
    duration: Duration,
) -> Result<(), String> {
    let end = Instant::now() + duration;
    while Instant::now() < end {
        finality.wait_for_room().await?;
        send_next(fleet, finality, mix)?;
    }
    Ok(())
}

/// As many as are due by the clock, whatever the consortium makes of them.
async fn drive_at_rate(
    fleet: &mut Fleet,
    finality: &mut Finality,
    mix: &mut Mix,
    duration: Duration,
    rate: u32,
) -> Result<(), String> {
    let start = Instant::now();
    let mut pulse = tokio::time::interval(PACE);
    pulse.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut sent = 0.0;
    while start.elapsed() < duration {
        pulse.tick().await;
        let due = start.elapsed().as_secs_f64() * f64::from(rate);
        while sent < due {
            send_next(fleet, finality, mix)?;
            sent += 1.0;
        }
        finality.note_arrivals()?;
    }
    Ok(())
}

fn send_next(fleet: &mut Fleet, finality: &mut Finality, mix: &mut Mix) -> Result<(), String> {
    let wish = mix.next(finality.time())?;
    let extrinsic = fleet.sign(&wish.by, finality.birth(), wish.call)?;
    finality.expect(extrinsic.hash());
    fleet.send(&wish.by, extrinsic, finality.refusals());
    Ok(())
}
