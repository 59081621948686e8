//! Reading metrics.

use super::Telemetry;
use crate::metrics::Scrape;

impl Telemetry {
    /// A reader of the metrics; none if OpenTelemetry is switched off.
    pub fn scrape(&self) -> Option<Scrape> {
        let running = self.running.as_ref();
        running.map(|running| running.meters.scrape())
    }
}
