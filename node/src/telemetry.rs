//! OpenTelemetry traces: which parts of a node a call passed through, and how long each took. Off unless `[telemetry]` names a collector.
//!
//! Only spans whose target is [`SPANS`] leave the node, and of log events none does. Their attributes are route patterns, names of methods from
//! fixed tables, statuses and heights: no identifier of a person, record or consent is ever among them (a test reads what a collector gets).
//! Whoever makes such a span states its fields one by one; arguments are never recorded.
//!
//! A span that has ended is handed to a task that sends; when the collector is slow or gone, spans are dropped and nothing waits for it.

use crate::config::TelemetryConfig;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{Sampler, SdkTracer, SdkTracerProvider, SpanData, SpanExporter},
};
use std::time::Duration;
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

/// Target of the spans that may leave the node.
pub const SPANS: &str = "spans";
/// Spans that may wait to be sent; later ones are dropped.
const WAITING_MAX: usize = 4_096;
/// Spans in one message.
const BATCH_MAX: usize = 512;
/// How long spans are gathered before they are sent.
const GATHERING: Duration = Duration::from_millis(500);
/// How long the collector may take for one message, and for the last one when the node stops.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);

/// Traces on their way to the collector.
#[derive(Debug)]
pub struct Telemetry {
    provider: SdkTracerProvider,
    sending: JoinHandle<()>,
}

impl Telemetry {
    /// Begins to send traces, if the configuration names a collector. Needs the async runtime.
    ///
    /// # Errors
    /// A sentence that names the key of the configuration.
    pub fn start(config: &TelemetryConfig, node: &str) -> Result<Option<Self>, String> {
        let Some(endpoint) = &config.endpoint else {
            return Ok(None);
        };
        if !(0.0..=1.0).contains(&config.share) {
            return Err("telemetry.share: expected a number from 0 to 1".to_owned());
        }
        let resource = resource(node);
        let mut exporter = exporter(endpoint)?;
        exporter.set_resource(&resource);
        let (sender, waiting) = mpsc::channel(WAITING_MAX);
        let share = Sampler::TraceIdRatioBased(config.share);
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(HandOver(sender))
            .with_sampler(Sampler::ParentBased(Box::new(share)))
            .with_resource(resource)
            .build();
        let sending = tokio::spawn(send(waiting, exporter));
        Ok(Some(Self { provider, sending }))
    }

    /// The layer that turns spans into traces.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.tracer())
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(may_leave))
    }

    fn tracer(&self) -> SdkTracer {
        self.provider.tracer("musubi")
    }

    /// Sends what waits, and ends.
    pub async fn finish(self) {
        let Self { provider, sending } = self;
        // Spans that end later have nowhere to go.
        let _ = provider.shutdown();
        drop(provider);
        // A collector that does not answer keeps no node from stopping.
        let _ = timeout(SEND_TIMEOUT, sending).await;
    }
}

/// Whether something may be told outside.
fn may_leave(what: &Metadata<'_>) -> bool {
    what.is_span() && what.target() == SPANS
}

fn resource(node: &str) -> Resource {
    Resource::builder_empty()
        .with_service_name("musubi")
        .with_attribute(opentelemetry::KeyValue::new(
            "service.instance.id",
            node.to_owned(),
        ))
        .with_attribute(opentelemetry::KeyValue::new(
            "service.version",
            env!("CARGO_PKG_VERSION"),
        ))
        .build()
}

fn exporter(endpoint: &str) -> Result<opentelemetry_otlp::SpanExporter, String> {
    let fail = |error: String| format!("telemetry.endpoint {endpoint:?}: {error}");
    if !endpoint.starts_with("http://") {
        return Err(fail(
            "expected http://host:port/v1/traces of a collector in the node's own network"
                .to_owned(),
        ));
    }
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(SEND_TIMEOUT)
        .build()
        .map_err(|error| fail(error.to_string()))?;
    opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_endpoint(endpoint)
        .with_protocol(Protocol::HttpJson)
        .with_timeout(SEND_TIMEOUT)
        .build()
        .map_err(|error| fail(error.to_string()))
}

/// Hands ended spans over without waiting.
#[derive(Debug)]
struct HandOver(mpsc::Sender<SpanData>);

impl SpanExporter for HandOver {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        for span in batch {
            // A queue that is full says that the collector is slow: what it would be told is dropped.
            let _ = self.0.try_send(span);
        }
        Ok(())
    }
}

async fn send(mut waiting: mpsc::Receiver<SpanData>, exporter: opentelemetry_otlp::SpanExporter) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while waiting.recv_many(&mut batch, BATCH_MAX).await > 0 {
        if !waiting.is_closed() {
            tokio::time::sleep(GATHERING).await;
        }
        while batch.len() < BATCH_MAX
            && let Ok(span) = waiting.try_recv()
        {
            batch.push(span);
        }
        if let Err(error) = exporter.export(std::mem::take(&mut batch)).await {
            tracing::debug!(%error, "the telemetry collector took no spans");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(endpoint: &str, share: f64) -> TelemetryConfig {
        TelemetryConfig {
            endpoint: Some(endpoint.to_owned()),
            share,
        }
    }

    #[tokio::test]
    async fn a_wrong_endpoint_or_share_is_named() {
        let wrong = |config: &TelemetryConfig| {
            Telemetry::start(config, "village")
                .map(drop)
                .expect_err("is refused")
        };
        assert!(wrong(&config("https://collector", 1.0)).contains("telemetry.endpoint"));
        assert!(wrong(&config("http://127.0.0.1:4318/v1/traces", 1.5)).contains("telemetry.share"));
    }

    #[tokio::test]
    async fn without_an_endpoint_nothing_is_told() {
        let silent = Telemetry::start(&TelemetryConfig::default(), "village").expect("starts");
        assert!(silent.is_none());
    }
}
