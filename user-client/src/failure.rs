//! What went wrong, said to a person or to a program.

use std::fmt;
use std::io;
use std::time::Duration;

use grpc_telemetry::rpc::code_name;
use opentelemetry::TraceId;
use serde_json::{Value, json};
use tonic::Code;

use crate::outcome::Outcome;

mod aftermath;
pub mod channel;
mod jaeger;
pub mod recording;
pub mod status;
pub mod tls;
pub mod transport;

pub use self::aftermath::Aftermath;

/// A field that the service refuses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Violation {
    /// The field of the request.
    pub field: String,
    /// What is wrong with it.
    pub description: String,
}

/// What a service says of a failure for a program to read.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Details {
    /// A word for the cause.
    pub reason: Option<String>,
    /// The fields that it refuses.
    pub violations: Vec<Violation>,
    /// When it asks to be called again.
    pub retry_after: Option<Duration>,
}

/// A failure: one sentence that says what is wrong and what to do, and the
/// facts behind it.
#[derive(Clone, Debug)]
pub struct Failure {
    /// How the run ends if nothing worse happens.
    pub outcome: Outcome,
    /// What is wrong and what to do.
    pub sentence: String,
    /// The gRPC code, if a call failed.
    pub code: Option<Code>,
    /// What the service says for a program to read.
    pub details: Option<Box<Details>>,
    /// The trace in which it happened.
    pub trace_id: Option<TraceId>,
    /// What makes a repeat safe, where it is unknown whether the call was carried out.
    pub request_id: Option<String>,
    /// What it leaves behind.
    pub aftermath: Aftermath,
}

impl Failure {
    /// A failure that isn't a call's.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Failed,
            sentence: sentence.into(),
            code: None,
            details: None,
            trace_id: None,
            request_id: None,
            aftermath: Aftermath::Final,
        }
    }

    /// What the user gave is not understood.
    pub fn usage(sentence: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Usage,
            ..Self::new(sentence)
        }
    }

    /// Standard output can't be written to. A reader that has gone away, as
    /// `head` does, has seen enough: that ends the run quietly and well.
    pub fn output(error: &io::Error) -> Self {
        let failure = Self::new(format!("cannot write to standard output: {error}"));
        if error.kind() != io::ErrorKind::BrokenPipe {
            return failure;
        }
        Self {
            outcome: Outcome::Ok,
            aftermath: Aftermath::OutputClosed,
            ..failure
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
                "; whether the user was created is not known: repeat it safely with --request-id {request_id}"
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
