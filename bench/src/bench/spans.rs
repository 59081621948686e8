//! What became of the spans of a service, by its own metrics.

use std::time::{Duration, Instant};

use xtask::http;

/// How long the last spans may be in flight.
const LIMIT: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Spans {
    pub(crate) ended: f64,
    pub(crate) exported: f64,
    pub(crate) dropped: f64,
}

/// The spans of the service with its metrics on `port`, when none is in flight any more.
pub(crate) async fn settled(port: u16) -> Spans {
    let end = Instant::now() + LIMIT;
    loop {
        let page = http::get(port, "/metrics").expect("the metrics of the service");
        let spans = read(&page);
        if spans.ended == spans.exported + spans.dropped {
            return spans;
        }
        assert!(
            Instant::now() < end,
            "spans are still on their way: {spans:?}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn read(page: &str) -> Spans {
    let of = |name: &str, lost: bool| -> f64 {
        let lines = page.lines().filter(|line| line.starts_with(name));
        let wanted = lines.filter(|line| line.contains("error_type=") == lost);
        let values = wanted.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        values.sum()
    };
    Spans {
        ended: of("otel_sdk_span_ended_total", false),
        exported: of("otel_sdk_exporter_span_exported_total", false),
        dropped: of("otel_sdk_processor_span_processed_total", true)
            + of("otel_sdk_exporter_span_exported_total", true),
    }
}
