//! `OTEL_{TRACES,METRICS,LOGS}_EXPORTER`: where each signal goes.

use super::Environment;
use super::value::list;

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
        let names = self.get(signal.variable());
        names.map_or(Exporters::OTLP, |names| Exporters::parse(signal, names))
    }
}

impl Exporters {
    const OTLP: Self = Self {
        otlp: true,
        console: false,
        prometheus: false,
    };

    pub(super) fn parse(signal: Signal, names: &str) -> Self {
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
