//! Traces as Jaeger has stored them, from its query API: version 3, which
//! answers OTLP in JSON.

use std::error::Error;
use std::fmt::Display;
use std::time::Duration;

use grpc_telemetry::receiver::ReceivedSpan;
use opentelemetry::TraceId;
use opentelemetry_proto::tonic::trace::v1::TracesData;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::text::printable;

pub mod address;
pub mod patience;

pub use address::Address;

/// How long one answer may take, from the connection to its last byte.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer that is taken.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// More is a loop.
const MAX_REDIRECTS: usize = 5;

/// A client of one Jaeger.
#[derive(Clone, Debug)]
pub struct Jaeger {
    address: Address,
    http: Client,
}

/// What Jaeger answers: a trace, or why there is none.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Answer {
    Result(TracesData),
    Error(Refusal),
}

#[derive(Debug, Deserialize)]
struct Refusal {
    #[serde(default)]
    message: String,
}

impl Jaeger {
    /// A client; it connects with the first question.
    ///
    /// # Errors
    /// When TLS can't be set up.
    pub fn open(address: Address) -> Result<Self, Failure> {
        grpc_telemetry::use_ring();
        let http = http(&address).map_err(|error| {
            let cause = innermost(&error);
            Failure::new(format!("cannot set up TLS to ask Jaeger: {cause}"))
        })?;
        Ok(Self { address, http })
    }

    /// Where this Jaeger is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The spans of a trace that are stored so far; none if it isn't known.
    ///
    /// # Errors
    /// When Jaeger can't be asked or answers something else.
    pub async fn spans(&self, trace_id: TraceId) -> Result<Vec<ReceivedSpan>, Failure> {
        let question = self.address.query(trace_id);
        let question = question.map_err(|error| self.failure(Outcome::Failed, error))?;
        let sent = self.http.get(question).send().await;
        let answer = sent.map_err(|error| self.unreachable(&error))?;
        let status = answer.status();
        let body = self.body(answer).await?;
        match (status, serde_json::from_slice(&body)) {
            (StatusCode::OK, Ok(Answer::Result(trace))) => {
                Ok(ReceivedSpan::of_batches(trace.resource_spans).collect())
            }
            (StatusCode::NOT_FOUND, Ok(Answer::Error(_))) => Ok(Vec::new()),
            (_, answer) => Err(self.refused(status, answer.ok())),
        }
    }

    async fn body(&self, mut answer: Response) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|it| self.unreachable(&it))? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                let mebibytes = MAX_ANSWER_BYTES / 1024 / 1024;
                let sentence = format!("its answer is larger than {mebibytes} MiB");
                return Err(self.failure(Outcome::Failed, sentence));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let cause = innermost(error);
        let sentence = format!("{cause}; see whether it runs, and whether --jaeger names it");
        self.failure(Outcome::Unavailable, sentence)
    }

    fn refused(&self, status: StatusCode, answer: Option<Answer>) -> Failure {
        match answer {
            _ if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN => {
                let sentence = format!(
                    "it wants to know who asks ({status}); write https://USER:PASSWORD@HOST"
                );
                self.failure(Outcome::Failed, sentence)
            }
            Some(Answer::Error(Refusal { message })) => {
                let sentence = format!("it answers {status}: {message}");
                self.failure(severity(status), sentence)
            }
            _ if status.is_server_error() => {
                let sentence = format!("it answers {status}; see its log");
                self.failure(Outcome::Unavailable, sentence)
            }
            _ => self.foreign(status),
        }
    }

    fn foreign(&self, status: StatusCode) -> Failure {
        let sentence = format!(
            "what answers there ({status}) is not the query API of Jaeger 2; name the URL of \
             Jaeger's pages with --jaeger, such as http://localhost:16686"
        );
        self.failure(Outcome::Failed, sentence)
    }

    fn failure(&self, outcome: Outcome, why: impl Display) -> Failure {
        let sentence = format!("cannot ask Jaeger at {}: {why}", self.address);
        Failure {
            outcome,
            ..Failure::new(printable(&sentence))
        }
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

fn severity(status: StatusCode) -> Outcome {
    match status.is_server_error() {
        true => Outcome::Unavailable,
        false => Outcome::Failed,
    }
}

/// The cause below all others: the ones above it only say that there is one, and where.
fn innermost(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {}", humantime::format_duration(TIMEOUT));
    }
    let mut cause: &dyn Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests;
