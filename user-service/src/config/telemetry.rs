//! Traces and log records; the other settings of telemetry are the `OTEL_*` variables.

use clap::{Args, ValueEnum};
use cli_settings::TrustIncomingTrace;

/// What is recorded of calls, and how it is logged.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Telemetry")]
pub struct TelemetrySettings {
    /// Whether to continue the trace of a caller; never starts a new one with a link to it.
    #[arg(
        long,
        env,
        global = true,
        default_value = "always",
        value_name = "WHEN"
    )]
    pub trust_incoming_trace: TrustIncomingTrace,

    /// The entries of a caller's baggage that become attributes of its spans, separated by commas.
    #[arg(
        long,
        env,
        global = true,
        default_value = "workflow.name",
        value_delimiter = ',',
        value_name = "NAMES"
    )]
    pub baggage_span_attributes: Vec<String>,

    /// Which log records to write, such as warn or user_service=debug.
    #[arg(
        long,
        env = "RUST_LOG",
        global = true,
        default_value = "info",
        value_name = "FILTER"
    )]
    pub log_filter: String,

    /// The format of log records [default: pretty on a terminal, else json].
    #[arg(long, env, global = true, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

impl TelemetrySettings {
    /// The names in `baggage_span_attributes`; an empty variable has none.
    pub fn baggage_span_attributes(&self) -> impl Iterator<Item = String> {
        let names = self.baggage_span_attributes.iter();
        names
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
    }
}

/// The format of log records.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogFormat {
    /// A line of text, for people.
    Pretty,
    /// For programs: one JSON object per line.
    Json,
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::Cli;

    #[test]
    fn an_empty_list_of_baggage_has_no_names() {
        let names = |list: &str| -> Vec<String> {
            let argument = format!("--baggage-span-attributes={list}");
            let cli = Cli::parse_from(["user-service", &argument]);
            cli.config.telemetry.baggage_span_attributes().collect()
        };
        assert!(names("").is_empty());
        assert_eq!(names("a, b"), ["a", "b"]);
    }
}
