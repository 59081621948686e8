//! Why a query failed.

use std::time::Duration;

use opentelemetry::TraceId;
use reqwest::StatusCode;

/// A query that failed, and where.
#[derive(Debug, thiserror::Error)]
#[error("cannot query Jaeger at {address}")]
pub struct JaegerError {
    /// The URL of the Jaeger that was queried, without user information.
    pub address: String,
    /// Why it failed.
    #[source]
    pub cause: QueryError,
}

/// Why a query failed. Text that came over the wire is harmless to a terminal.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// TLS can't be set up; the cause.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
    /// There is no connection, or it broke; the cause.
    #[error("{0}")]
    Unreachable(String),
    /// The response took too long.
    #[error("no response within {} s", waited.as_secs())]
    NoResponse {
        /// How long it was waited for.
        waited: Duration,
    },
    /// The response is too large.
    #[error("the response is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The largest response that is read.
        limit_bytes: usize,
    },
    /// The address has no user information, or the wrong one.
    #[error("it requires a user and a password ({status})")]
    Unauthorized {
        /// 401 or 403.
        status: StatusCode,
    },
    /// Jaeger, or a proxy in front of it, returned an error.
    #[error("it returned {status}: {}", message.as_deref().unwrap_or("no message"))]
    Failed {
        /// The status of the response.
        status: StatusCode,
        /// What Jaeger says of it; none if the response isn't one of Jaeger's.
        message: Option<String>,
    },
    /// The response isn't one of Jaeger's query API.
    #[error("the response ({status}) is not one of the query API of Jaeger 2")]
    NotJaeger {
        /// The status of the response.
        status: StatusCode,
    },
    /// The trace isn't there.
    #[error("the trace {trace_id} is not there after {} ms", waited.as_millis())]
    NotFound {
        /// The trace that was queried.
        trace_id: TraceId,
        /// How long it was waited for.
        waited: Duration,
    },
}
