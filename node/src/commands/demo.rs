//! `musubi demo`: four villages and a clinic as processes, and the family's story played on them.

use super::{spec, verify::genesis_checkpoint};
use crate::demo::{
    cards,
    consortium::{self, Ports},
    family::Family,
    gateway::Gateway,
    processes::Processes,
    proofs::{self, Proofs},
    report::Report,
    story::{Channel, Stage},
    wallet::{Readers, Service},
};
use crate::stop::StopSignal;
use clap::Args;
use std::path::{Path, PathBuf};

/// Says that a demonstration made the folder and may empty it.
const MARKER: &str = ".musubi-demo";

/// What to play, and where.
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// Folder for everything that the demonstration makes; what an earlier one made there goes first.
    #[arg(long, default_value = ".demo")]
    folder: PathBuf,
    /// Stop after the story.
    #[arg(long)]
    exit: bool,
    /// One JSON object a line for each step.
    #[arg(long)]
    json: bool,
    /// Folder of FHIR resources in place of the built-in family with a phone.
    #[arg(long, value_name = "FOLDER")]
    family: Option<PathBuf>,
    /// Folder of FHIR resources in place of the built-in family without a phone.
    #[arg(long, value_name = "FOLDER")]
    counter_family: Option<PathBuf>,
    /// First of forty neighbouring ports on loopback; else 9944 and the other usual ones.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1024..=65_495))]
    ports: Option<u16>,
    /// Fail where there is no PC/SC service for the card, instead of signing inside this process.
    #[arg(long)]
    pcsc: bool,
    /// Let cards sign inside this process, without any reader or PC/SC service.
    #[arg(long, conflicts_with = "pcsc")]
    in_process: bool,
    /// Where a collector takes the nodes' traces (OTLP as JSON), such as `http://127.0.0.1:4318/v1/traces`; none by default.
    #[arg(long, value_name = "ADDRESS")]
    traces: Option<String>,
}

impl DemoArguments {
    fn service(&self) -> Service {
        if self.pcsc {
            Service::Pcsc
        } else if self.in_process {
            Service::InProcess
        } else {
            Service::PcscIfThere
        }
    }
}

/// Runs `musubi demo`.
///
/// # Errors
/// The step that did not come out as the story tells it.
pub fn run(arguments: &DemoArguments) -> Result<String, String> {
    let families = [
        (
            read(arguments.family.as_deref(), "phone-family")?,
            Channel::Phone,
        ),
        (
            read(arguments.counter_family.as_deref(), "counter-family")?,
            Channel::Counter,
        ),
    ];
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("start the async runtime: {error}"))?;
    runtime.block_on(play(arguments, &families))?;
    Ok(String::new())
}

fn read(folder: Option<&Path>, built_in: &str) -> Result<Family, String> {
    match folder {
        Some(folder) => Family::read(folder),
        None => Family::built_in(built_in),
    }
}

async fn play(arguments: &DemoArguments, families: &[(Family, Channel)]) -> Result<(), String> {
    let folder = &arguments.folder;
    clear(folder)?;
    let ports = arguments
        .ports
        .map_or_else(Ports::default, Ports::starting_at)
        .with_responder();
    ports.check_free()?;
    let places = consortium::lay_out(folder, ports)?;
    if let Some(endpoint) = &arguments.traces {
        consortium::trace(&places, endpoint)?;
    }
    std::fs::write(folder.join(MARKER), "")
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    if let Some(port) = ports.responder {
        cards::answer(&folder.join("cards"), port).await?;
    }
    let (village, clinic) = (places[0].clone(), places[places.len() - 1].clone());
    let report = Report::new(arguments.json);
    // One listener from before the first node to the end: told while the bundles are checked, the demonstration still stops.
    let mut stop = StopSignal::listen().map_err(|error| format!("listen for signals: {error}"))?;
    let processes = Processes::start(places.clone(), folder.join("endpoints.json"))?;
    let story = async {
        processes.wait_until_ready().await?;
        report.say(&format!("{} nodes are ready", places.len()));
        let spec = folder.join("chain-spec.json");
        spec::read(&spec)?;
        let trusted = tokio::task::spawn_blocking({
            let spec = spec.clone();
            move || genesis_checkpoint(&spec)
        })
        .await
        .map_err(|error| error.to_string())??;
        let (readers, said) = Readers::start(&folder.join("reader"), arguments.service())?;
        if readers.has_service() {
            report.say(&said);
        } else {
            report.warn(&said);
        }
        let mut stage = Stage {
            folder,
            village: Gateway::new(&village.gateway, trusted.genesis)?,
            clinic: Gateway::new(&clinic.gateway, trusted.genesis)?,
            readers,
            proofs: Proofs::new(village.rpc.clone(), trusted, folder.join("proofs"))?,
            report,
        };
        stage.publish_rules().await?;
        for (family, channel) in families {
            stage.play(family, *channel).await?;
        }
        check_apart(&spec, &stage)?;
        Ok::<_, String>(stage.report)
    };
    let outcome = tokio::select! {
        biased;
        outcome = story => outcome,
        () = stop.told() => Err("told to stop before the story was over".to_owned()),
    };
    let told = outcome.map(|report| tell_addresses(&report, &places));
    if told.is_ok() && !arguments.exit {
        stop.told().await;
    }
    processes.stop().await;
    told
}

/// Every bundle once more, by `musubi verify` itself.
fn check_apart(spec: &Path, stage: &Stage<'_>) -> Result<(), String> {
    for bundle in stage.proofs.made() {
        proofs::verify_apart(spec, bundle)?;
    }
    stage.report.say(&format!(
        "\nmusubi verify --spec {} accepts all {} bundles",
        spec.display(),
        stage.proofs.made().len()
    ));
    Ok(())
}

fn tell_addresses(report: &Report, places: &[consortium::NodePlace]) {
    for place in places {
        report.say(&format!(
            "{:<14} {:<10} ws://{}   gateway http://{}",
            place.name, place.role, place.rpc, place.gateway
        ));
    }
}

/// Empties a folder that an earlier demonstration made; any other is left alone.
fn clear(folder: &Path) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("{}: {error}", folder.display());
    if !folder.exists() {
        return Ok(());
    }
    let is_empty = std::fs::read_dir(folder).map_err(fail)?.next().is_none();
    if !is_empty && !folder.join(MARKER).is_file() {
        return Err(format!(
            "{}: not empty, and no demonstration made it: name another --folder",
            folder.display()
        ));
    }
    std::fs::remove_dir_all(folder).map_err(fail)
}
