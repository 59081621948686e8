//! The command line of `trace`.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Subcommand;
use opentelemetry::TraceId;

use trace_view::jaeger::Address;

use super::{Listen, timeout};

/// The form of a trace id.
pub const EXPECTED: &str = "write the 32 hexadecimal digits that an error or a workflow prints, or the URL of the trace in Jaeger";

/// A command on traces.
#[derive(Debug, clap::Args)]
pub struct Trace {
    /// The command.
    #[command(subcommand)]
    pub action: Action,
    /// How long to wait for a trace to arrive.
    #[arg(
        long,
        global = true,
        value_name = "DURATION",
        default_value = "30s",
        value_parser = timeout
    )]
    pub wait: Duration,
}

/// The commands on traces.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Draw a trace; with --output json one object per span.
    Show {
        /// The id of the trace, or its URL in Jaeger; without it, or for -, the last trace id in standard input.
        #[arg(value_name = "ID", default_value = "-", hide_default_value = true)]
        id: Which,
    },
    /// Compare a trace with the expected tree in a YAML file; a difference is shown, and exits with 1.
    Assert {
        /// The file; docs/traces.md has its format.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The id of the trace, or its URL in Jaeger; without it, or for -, the last trace id in standard input.
        #[arg(value_name = "ID", default_value = "-", hide_default_value = true)]
        id: Which,
    },
    /// Receive spans of any program over OTLP, and draw each trace when it has arrived, until Ctrl-C; with
    /// --output json one object per span.
    #[command(
        after_help = "Examples:\n  user-client trace listen\n  user-client trace listen --web\n  user-client trace listen --service shop --slower-than 100ms\n  OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4317 my-program"
    )]
    Listen(Listen),
}

/// Which trace.
#[derive(Clone, Debug, PartialEq)]
pub enum Which {
    /// The one with this id.
    Id(TraceId),
    /// The one with this id, on a page of this Jaeger.
    Page(TraceId, Address),
    /// The last one in standard input.
    Told,
}

impl FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "-" {
            return Ok(Self::Told);
        }
        let id = trace_id(text).or_else(|| short_id(text)).map(Self::Id);
        id.or_else(|| page(text))
            .ok_or_else(|| format!("it is not the id of a trace; {EXPECTED}"))
    }
}

impl Action {
    /// The Jaeger of the URL that was given.
    pub fn jaeger(&self) -> Option<&Address> {
        match self {
            Self::Show {
                id: Which::Page(_, jaeger),
            } => Some(jaeger),
            Self::Assert {
                id: Which::Page(_, jaeger),
                ..
            } => Some(jaeger),
            Self::Show { .. } | Self::Assert { .. } | Self::Listen(_) => None,
        }
    }
}

/// An id of 64 bits, as older tracers make them; Jaeger pads it with zeros too.
fn short_id(text: &str) -> Option<TraceId> {
    match text.len() {
        16 => trace_id(&format!("{text:0>32}")),
        _ => None,
    }
}

/// The trace on a page of Jaeger, such as http://localhost:16686/trace/ID.
fn page(text: &str) -> Option<Which> {
    let without_query = text.split(['?', '#']).next()?;
    let (jaeger, id) = without_query.trim_end_matches('/').rsplit_once("/trace/")?;
    let id = trace_id(id).or_else(|| short_id(id))?;
    Some(Which::Page(id, jaeger.parse().ok()?))
}

/// The trace id that `text` is.
pub fn trace_id(text: &str) -> Option<TraceId> {
    let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !digits || text.len() != 32 {
        return None;
    }
    let id = TraceId::from_hex(text).ok()?;
    (id != TraceId::INVALID).then_some(id)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Args, Command};
    use trace_view::jaeger::DEFAULT_WAIT;

    const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn parse(line: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(format!("user-client trace {line}").split_whitespace())
    }

    /// The trace that this command line is about, and how long to wait for it.
    fn which(line: &str) -> Option<(Which, Duration)> {
        match parse(line).unwrap().command {
            Command::Trace(Trace { action, wait }) => match action {
                Action::Show { id } | Action::Assert { id, .. } => Some((id, wait)),
                Action::Listen(_) => None,
            },
            _ => None,
        }
    }

    #[test]
    fn an_id_is_an_argument_or_told_on_standard_input() {
        let id = ID.parse().unwrap();
        let (usual, minute) = (DEFAULT_WAIT, Duration::from_secs(60));
        for (line, expected) in [
            (format!("show {ID}"), (Which::clone(&id), usual)),
            ("show".to_owned(), (Which::Told, usual)),
            ("show -".to_owned(), (Which::Told, usual)),
            (format!("assert --wait 1m e.yaml {ID}"), (id, minute)),
            ("assert e.yaml --wait 1m".to_owned(), (Which::Told, minute)),
        ] {
            assert_eq!(which(&line), Some(expected), "{line}");
        }
    }

    #[test]
    fn a_page_of_jaeger_and_an_id_of_16_digits_are_ids() {
        let short = &ID[16..];
        let padded = format!("{}{short}", "0".repeat(16));
        let page = |id: &str, jaeger: &str| {
            let id = TraceId::from_hex(id).unwrap();
            Which::Page(id, jaeger.parse().unwrap())
        };
        for (text, expected) in [
            (short.to_owned(), padded.parse().unwrap()),
            (format!("http://j:1/trace/{ID}"), page(ID, "http://j:1")),
            (
                format!("http://j:1/trace/{short}/"),
                page(&padded, "http://j:1"),
            ),
            (
                format!("https://j/jaeger/ui/trace/{ID}?uiFind=SELECT#span"),
                page(ID, "https://j/jaeger/ui"),
            ),
        ] {
            let (found, _) = which(&format!("show {text}")).unwrap();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_id_is_wrong_usage() {
        let zeros = "0".repeat(32);
        for text in [
            "4bf9",
            &zeros,
            &ID.replace('4', "x"),
            &format!("{ID}0"),
            &format!("http://j:16686/trace/{ID}0"),
            &format!("http://j:16686/search/{ID}"),
            &format!("/trace/{ID}"),
            "http://j:16686/trace/",
            &"é".repeat(16),
        ] {
            let error = parse(&format!("show {text}")).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{text}");
            assert!(error.to_string().contains(EXPECTED), "{error}");
        }
    }
}
