//! `OTEL_{TRACES,METRICS,LOGS}_EXPORTER`: where each signal goes.

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
    pub(super) fn variable(self) -> &'static str {
        match self {
            Self::Traces => "OTEL_TRACES_EXPORTER",
            Self::Metrics => "OTEL_METRICS_EXPORTER",
            Self::Logs => "OTEL_LOGS_EXPORTER",
        }
    }
}

/// The exporters of a signal: one or several.
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

    /// Whether the variable of `signal` names an exporter of it.
    pub(super) fn is_asked_for(&self, signal: Signal) -> bool {
        let asked = self.get(signal.variable()).is_some();
        asked && self.exporters(signal) != Exporters::default()
    }

    /// Whether `signal` is sent by OTLP. Metrics and log records are if it was said where to,
    /// or that they are to be: they are there at `/metrics` and in the log in any case.
    pub(crate) fn exports_by_otlp(&self, signal: Signal) -> bool {
        let asked = self.get(signal.variable()).is_some();
        let wanted = signal == Signal::Traces || asked || self.has_endpoint(signal);
        wanted && self.exporters(signal).otlp
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
