//! Traces that Jaeger has stored, from version 3 of its query API, which returns OTLP in JSON.

use std::time::Duration;

use grpc_common::{printable, root_cause};
use grpc_telemetry::receiver::ReceivedSpan;
use opentelemetry::TraceId;
use opentelemetry_proto::tonic::trace::v1::TracesData;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;

mod address;
mod error;
mod waiting;

pub use address::{Address, AddressError};
pub use error::{JaegerError, QueryError};
pub use waiting::DEFAULT_WAIT;

/// How long one response may take, from the connection to its last byte.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The largest response that is read.
const MAX_RESPONSE_BYTES: usize = 64 * 1024 * 1024;
/// More is a loop.
const MAX_REDIRECTS: usize = 5;

/// A client of one Jaeger. Clones share its connections.
#[derive(Clone, Debug)]
pub struct Jaeger {
    address: Address,
    http: Client,
}

/// What Jaeger returns: a trace, or why there is none.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum JaegerResponse {
    Result(TracesData),
    Error(Explanation),
}

#[derive(Debug, Deserialize)]
struct Explanation {
    #[serde(default)]
    message: String,
}

impl Jaeger {
    /// A client; it connects with the first query.
    ///
    /// # Errors
    /// When TLS can't be set up.
    pub fn open(address: Address) -> Result<Self, JaegerError> {
        grpc_telemetry::use_ring();
        match http(&address) {
            Ok(http) => Ok(Self { address, http }),
            Err(error) => Err(JaegerError {
                address: address.to_string(),
                cause: QueryError::Tls(cause(error)),
            }),
        }
    }

    /// Where this Jaeger is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The spans of a trace that are stored so far; none if it isn't known. It takes 10 seconds at
    /// most, and reads at most 64 MiB.
    ///
    /// # Errors
    /// When Jaeger can't be queried or returns something else.
    pub async fn spans(&self, trace_id: TraceId) -> Result<Vec<ReceivedSpan>, JaegerError> {
        let queried = self.query(trace_id).await;
        queried.map_err(|cause| self.error(cause))
    }

    async fn query(&self, trace_id: TraceId) -> Result<Vec<ReceivedSpan>, QueryError> {
        let sent = self.http.get(self.address.query(trace_id)).send().await;
        let response = sent.map_err(unreachable)?;
        let status = response.status();
        let body = read(response).await?;
        match (status, serde_json::from_slice(&body)) {
            (StatusCode::OK, Ok(JaegerResponse::Result(trace))) => {
                Ok(ReceivedSpan::of_batches(trace.resource_spans).collect())
            }
            (StatusCode::NOT_FOUND, Ok(JaegerResponse::Error(_))) => Ok(Vec::new()),
            (_, answer) => Err(refused(status, answer.ok())),
        }
    }

    fn error(&self, cause: QueryError) -> JaegerError {
        JaegerError {
            address: self.address.to_string(),
            cause,
        }
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, QueryError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
            return Err(QueryError::TooLarge {
                limit_bytes: MAX_RESPONSE_BYTES,
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn unreachable(error: reqwest::Error) -> QueryError {
    match error.is_timeout() {
        true => QueryError::NoResponse { waited: TIMEOUT },
        false => QueryError::Unreachable(cause(error)),
    }
}

fn refused(status: StatusCode, answer: Option<JaegerResponse>) -> QueryError {
    match answer {
        _ if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN => {
            QueryError::Unauthorized { status }
        }
        Some(JaegerResponse::Error(explanation)) => QueryError::Failed {
            status,
            message: Some(printable(&explanation.message)),
        },
        _ if status.is_server_error() => QueryError::Failed {
            status,
            message: None,
        },
        _ => QueryError::NotJaeger { status },
    }
}

fn http(address: &Address) -> reqwest::Result<Client> {
    let builder = || {
        let limited = Client::builder().timeout(TIMEOUT);
        limited.redirect(Policy::limited(MAX_REDIRECTS))
    };
    // A small image has no certificates, and an address without TLS needs none.
    builder().build().or_else(|error| match address.is_plain() {
        true => builder().tls_certs_only([]).build(),
        false => Err(error),
    })
}

/// What is wrong, without the URL, which may have a password.
fn cause(error: reqwest::Error) -> String {
    root_cause(&error.without_url())
}

#[cfg(test)]
mod tests;
