//! The provider of instruments, and its two readers.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::global;
use opentelemetry_sdk::metrics::{Instrument, PeriodicReader, SdkMeterProvider, Stream};

use super::exporter::Exporter;
use super::scrape::Scrape;
use super::{export_metrics, meter, process, runtimes};
use crate::environment::Signal;
use crate::export::Sender;
use crate::logs::LogWriter;
use crate::pipeline::Pipeline;

/// Maximum cardinality of a metric. All labels are from bounded sets; methods with their codes
/// have the most series, about 200. The SDK allocates memory for the maximum up front, and its
/// default is 2,000.
const MAX_SERIES: usize = 512;

/// Running metrics.
#[derive(Clone, Debug)]
pub(crate) struct Meters {
    provider: SdkMeterProvider,
    scrape: Scrape,
    /// What sends them by OTLP, if they are sent.
    sender: Option<Arc<Sender>>,
}

impl Meters {
    /// Starts metrics and makes them the process's own. Also returns why they
    /// can't be exported, if so.
    pub(crate) fn start(pipeline: &Pipeline<'_>) -> (Self, Option<String>) {
        let &Pipeline {
            options,
            environment,
            accounts,
            ..
        } = pipeline;
        let scrape = Scrape::new();
        let mut builder = SdkMeterProvider::builder()
            .with_resource(pipeline.resource.clone())
            .with_view(few_series)
            .with_reader(scrape.clone());
        let (mut sender, mut warning) = (None, None);
        if environment.exports_by_otlp(Signal::Metrics) {
            match Exporter::build(pipeline) {
                Ok(exporter) => {
                    sender = Some(exporter.sender());
                    let reader = PeriodicReader::builder(exporter);
                    let reader = reader.with_interval(environment.metric_interval());
                    builder = builder.with_reader(reader.build());
                }
                Err(error) => {
                    warning = Some(format!(
                        "metrics are not exported: {error}; correct the OTEL_EXPORTER_OTLP_* variables"
                    ));
                }
            }
        }
        let provider = builder.build();
        global::set_meter_provider(provider.clone());
        let meter = meter();
        process::observe(&meter);
        runtimes::observe(&meter);
        export_metrics::observe_spans(&meter, &accounts.spans);
        export_metrics::observe_logs(&meter, &accounts.logs);
        if environment.exports_by_otlp(Signal::Metrics) {
            export_metrics::observe_points(&meter, &accounts.points);
        }
        if let LogWriter::Queued(lines) = &options.log_writer {
            export_metrics::observe_lines(&meter, options.service_name, lines);
        }
        let meters = Self {
            provider,
            scrape,
            sender,
        };
        (meters, warning)
    }

    pub(crate) fn scrape(&self) -> Scrape {
        self.scrape.clone()
    }

    /// Sends the current values for the last time. Blocks for at most `limit`.
    pub(crate) fn shutdown(&self, limit: Duration) {
        if let Some(sender) = &self.sender {
            sender.stop();
        }
        // The exporter reports an endpoint that doesn't respond.
        let _ = self.provider.shutdown_with_timeout(limit);
    }
}

/// Any instrument as it is, but for the series that it may have.
fn few_series(_: &Instrument) -> Option<Stream> {
    Stream::builder()
        .with_cardinality_limit(MAX_SERIES)
        .build()
        .ok()
}
