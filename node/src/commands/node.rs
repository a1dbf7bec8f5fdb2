//! `musubi node`: run a node until it is told to stop.

use crate::{
    config::{self, Flags, NodeConfig, RpcFlags},
    halt::{EXIT_CODES, Halt},
    logging, start,
    stop::StopSignal,
    telemetry::Telemetry,
};
use clap::Args;
use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

/// Stack of the runtime's blocking threads, in bytes: reads of state execute the runtime on them.
const THREAD_STACK_BYTES: usize = 64 << 20;

/// Flags of `musubi node`; they outrank variables, which outrank the file.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct NodeArguments {
    /// Configuration file (TOML).
    #[arg(long, env = "MUSUBI_CONFIG")]
    config: Option<PathBuf>,
    /// Name in logs and metrics.
    #[arg(long)]
    name: Option<String>,
    /// Folder for everything the node writes.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Chain specification file.
    #[arg(long)]
    spec: Option<PathBuf>,
    /// Address of the JSON-RPC, such as 127.0.0.1:9944.
    #[arg(long)]
    rpc_listen: Option<SocketAddr>,
}

/// Runs the node until it is told to stop or halts; says why it halted, and returns its exit code.
pub fn run(arguments: &NodeArguments) -> ExitCode {
    match run_to_the_end(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(halt) => {
            eprintln!("{}", halt.message());
            halt.exit_code()
        }
    }
}

fn run_to_the_end(arguments: &NodeArguments) -> Result<(), Halt> {
    let config = config::load(arguments.config.as_deref(), &arguments.flags())
        .map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(THREAD_STACK_BYTES)
        .build()
        .map_err(|error| format!("start the async runtime: {error}"))?;
    runtime.block_on(async {
        let telemetry = Telemetry::start(&config.telemetry, &config.name)?;
        logging::start(&config.log, telemetry.as_ref())?;
        let outcome = run_until_told(config).await;
        if let Some(telemetry) = telemetry {
            telemetry.finish().await;
        }
        outcome
    })
}

async fn run_until_told(config: NodeConfig) -> Result<(), Halt> {
    let mut stop = StopSignal::listen().map_err(|error| format!("listen for signals: {error}"))?;
    let told = async move { stop.told().await };
    Box::pin(start::run(config, told)).await
}

impl NodeArguments {
    fn flags(&self) -> Flags {
        Flags {
            name: self.name.clone(),
            data: self.data.clone(),
            spec: self.spec.clone(),
            rpc: self.rpc_listen.map(|listen| RpcFlags { listen }),
        }
    }
}
