//! `OTEL_{TRACES,METRICS,LOGS}_EXPORTER`: where each signal goes.

use std::time::Duration;

use opentelemetry_sdk::metrics::Temporality;

use super::Environment;
use super::syntax::list;

/// A kind of telemetry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Traces,
    Metrics,
    Logs,
}

impl Signal {
    fn variable(self) -> &'static str {
        match self {
            Self::Traces => "OTEL_TRACES_EXPORTER",
            Self::Metrics => "OTEL_METRICS_EXPORTER",
            Self::Logs => "OTEL_LOGS_EXPORTER",
        }
    }
}

/// The exporters of a signal, of which there may be several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Exporters {
    pub(crate) otlp: bool,
    pub(crate) console: bool,
    pub(crate) prometheus: bool,
}

impl Environment {
    /// Where `signal` goes: by OTLP, unless the variable names something else that is understood.
    pub(crate) fn exporters(&self, signal: Signal) -> Exporters {
        let names = self.word(signal.variable());
        names.map_or(Exporters::OTLP, |names| Exporters::parse(signal, &names))
    }

    /// Whether `signal` is sent by OTLP. Metrics and log records are if it was said where to,
    /// or that they are to be: they are there at `/metrics` and in the log in any case.
    pub(crate) fn exports_by_otlp(&self, signal: Signal) -> bool {
        let asked = self.get(signal.variable()).is_some();
        let wanted = signal == Signal::Traces || asked || self.has_endpoint(signal);
        wanted && self.exporters(signal).otlp
    }

    /// How often metrics are sent.
    pub(crate) fn metric_interval(&self) -> Duration {
        let millis = self.number("OTEL_METRIC_EXPORT_INTERVAL");
        let millis = millis.filter(|millis| *millis > 0);
        Duration::from_millis(millis.unwrap_or(60_000))
    }

    /// Whether sums that are sent start anew each time.
    pub(crate) fn temporality(&self) -> Temporality {
        let preference = self.word("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE");
        match preference.as_deref() {
            Some("delta") => Temporality::Delta,
            Some("lowmemory") => Temporality::LowMemory,
            _ => Temporality::Cumulative,
        }
    }
}

impl Exporters {
    const OTLP: Self = Self {
        otlp: true,
        console: false,
        prometheus: false,
    };

    fn parse(signal: Signal, names: &str) -> Self {
        let mut exporters = Exporters::default();
        let mut understood = false;
        for name in list(names) {
            match name {
                "otlp" => exporters.otlp = true,
                "console" => exporters.console = true,
                "prometheus" if signal == Signal::Metrics => exporters.prometheus = true,
                "none" => {}
                _ => continue,
            }
            understood = true;
        }
        if understood { exporters } else { Self::OTLP }
    }
}
