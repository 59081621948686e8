//! Failures, for a person or for a program to read.

use std::fmt;
use std::io;
use std::time::Duration;

use grpc_telemetry::rpc::code_name;
use opentelemetry::TraceId;
use serde_json::{Value, json};
use tonic::Code;

use crate::outcome::Outcome;

pub mod channel;
mod jaeger;
pub mod recording;
mod retryability;
pub mod status;
pub mod tls;
pub mod transport;

pub use self::retryability::Retryability;

/// A field that the service rejects.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Violation {
    /// The field of the request.
    pub field: String,
    /// What is wrong with it.
    pub description: String,
}

/// The details of a failure for a program to read.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Details {
    /// The reason in capitals, such as `INVALID_FIELDS`.
    pub reason: Option<String>,
    /// The invalid fields.
    pub violations: Vec<Violation>,
    /// How long to wait before a retry.
    pub retry_after: Option<Duration>,
}

/// A failure: one sentence that says what is wrong and what to do, and the
/// facts behind it.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The outcome of the run if nothing worse happens.
    pub outcome: Outcome,
    /// What is wrong and what to do.
    pub sentence: String,
    /// The gRPC code, if a call failed.
    pub code: Option<Code>,
    /// The details that the service sent.
    pub details: Option<Box<Details>>,
    /// The trace in which it happened.
    pub trace_id: Option<TraceId>,
    /// The id that makes a repeat safe if it is unknown whether the call was carried out.
    pub request_id: Option<String>,
    /// Whether the call may have been carried out, and whether a repeat may succeed.
    pub retryability: Retryability,
}

impl Failure {
    /// A failure outside of a call.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Failed,
            sentence: sentence.into(),
            code: None,
            details: None,
            trace_id: None,
            request_id: None,
            retryability: Retryability::Final,
        }
    }

    /// Wrong usage.
    pub fn usage(sentence: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Usage,
            ..Self::new(sentence)
        }
    }

    /// Standard output can't be written to. A reader that closed it, as `head` does, has read
    /// enough: that ends the run without an error.
    pub fn output(error: &io::Error) -> Self {
        let failure = Self::new(format!("cannot write to standard output: {error}"));
        if error.kind() != io::ErrorKind::BrokenPipe {
            return failure;
        }
        Self {
            outcome: Outcome::Ok,
            retryability: Retryability::OutputClosed,
            ..failure
        }
    }

    /// The invalid fields, if there are several: the sentence has only their number then.
    pub fn violations_of_several(&self) -> &[Violation] {
        match &self.details {
            Some(details) if details.violations.len() > 1 => &details.violations,
            _ => &[],
        }
    }

    /// The failure as a JSON object.
    pub fn to_json(&self) -> Value {
        let mut error = json!({
            "message": self.sentence,
            "exit_code": self.outcome.exit_code(),
        });
        if let Some(code) = self.code {
            error["code"] = code_name(code).into();
        }
        if let Some(details) = &self.details {
            details.add_to(&mut error);
        }
        if let Some(trace_id) = self.trace_id {
            error["trace_id"] = trace_id.to_string().into();
        }
        if let Some(request_id) = &self.request_id {
            error["request_id"] = request_id.as_str().into();
        }
        json!({ "error": error })
    }
}

impl Details {
    fn add_to(&self, error: &mut Value) {
        if let Some(reason) = &self.reason {
            error["reason"] = reason.as_str().into();
        }
        if !self.violations.is_empty() {
            let object = |it: &Violation| json!({"field": it.field, "description": it.description});
            error["violations"] = self.violations.iter().map(object).collect();
        }
        if let Some(delay) = self.retry_after {
            let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
            error["retry_after_ms"] = millis.into();
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.sentence)?;
        if let Some(request_id) = &self.request_id {
            write!(
                formatter,
                "; the user may have been created: repeat the call safely with --request-id {request_id}"
            )?;
        }
        let code = self.code.map(|code| code_name(code).to_owned());
        let trace = self.trace_id.map(|id| format!("trace {id}"));
        let facts: Vec<String> = [code, trace].into_iter().flatten().collect();
        if facts.is_empty() {
            return Ok(());
        }
        write!(formatter, " ({})", facts.join(", "))
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests;
