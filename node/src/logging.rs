//! Structured logs to standard error; fields hold heights, hashes and counts, never a name, a record or a key. And traces, where configured.

use crate::{
    config::{LogConfig, LogFormat},
    telemetry::Telemetry,
};
use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

/// Starts logging, and tracing if there is telemetry, for this process.
///
/// # Errors
/// When the filter does not parse; the message names it.
pub fn start(config: &LogConfig, telemetry: Option<&Telemetry>) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.filter)
        .map_err(|error| format!("log.filter {:?}: {error}", config.filter))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match config.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(telemetry.map(Telemetry::layer))
        .init();
    Ok(())
}
