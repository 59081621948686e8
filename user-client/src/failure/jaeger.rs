//! Failures of queries to Jaeger.

use std::time::Duration;

use trace_view::TraceId;
use trace_view::jaeger::{JaegerError, QueryError};

use super::Failure;
use crate::outcome::Outcome;

impl From<JaegerError> for Failure {
    fn from(error: JaegerError) -> Self {
        let JaegerError { address, cause } = error;
        Self {
            outcome: outcome(&cause),
            ..Self::new(sentence(&address, &cause))
        }
    }
}

fn outcome(cause: &QueryError) -> Outcome {
    match cause {
        QueryError::Unreachable(_) | QueryError::NoResponse { .. } => Outcome::Unavailable,
        QueryError::Failed { status, .. } if status.is_server_error() => Outcome::Unavailable,
        QueryError::NotFound { .. } => Outcome::NotFound,
        _ => Outcome::Failed,
    }
}

fn sentence(address: &str, cause: &QueryError) -> String {
    let why = match cause {
        QueryError::Tls(cause) => return format!("cannot set up TLS to Jaeger: {cause}"),
        QueryError::NotFound { trace_id, waited } => return not_found(address, *trace_id, *waited),
        QueryError::Unreachable(cause) => unreachable(cause),
        QueryError::NoResponse { waited } => {
            let waited = humantime::format_duration(*waited);
            unreachable(&format!("no response within {waited}"))
        }
        QueryError::TooLarge { limit_bytes } => {
            let mebibytes = limit_bytes / 1024 / 1024;
            format!("its response is larger than {mebibytes} MiB")
        }
        QueryError::Unauthorized { status } => {
            format!("it requires a password ({status}); write https://USER:PASSWORD@HOST")
        }
        QueryError::Failed { status, message } => match message {
            Some(message) => format!("it returned {status}: {message}"),
            None => format!("it returned {status}; see its log"),
        },
        QueryError::NotJaeger { status } => format!(
            "the server there ({status}) is not the query API of Jaeger 2; set the URL of \
             Jaeger's pages with --jaeger, such as http://localhost:16686"
        ),
    };
    format!("cannot query Jaeger at {address}: {why}")
}

fn unreachable(cause: &str) -> String {
    format!("{cause}; check that it runs, and check --jaeger")
}

fn not_found(address: &str, trace_id: TraceId, waited: Duration) -> String {
    format!(
        "the trace {trace_id} was not found within {} in Jaeger at {address}; check that the \
         programs export to it (OTEL_EXPORTER_OTLP_ENDPOINT), and that the trace was \
         sampled (OTEL_TRACES_SAMPLER)",
        humantime::format_duration(waited),
    )
}

#[cfg(test)]
mod tests;
