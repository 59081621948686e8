//! Workflows: several calls under one root span, so that they are one trace.

use grpc_telemetry::Baggage;
use opentelemetry::Context;
use opentelemetry::trace::Status;
use serde_json::json;
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::args::Format;
use crate::client::UserClient;
use crate::failure::{Failure, Retryability};
use crate::outcome::Outcome;
use crate::output::console::Console;

pub mod bulk_onboarding;
pub mod failure_tour;
pub mod fan_out;
pub mod sample;
pub mod user_management;

/// A workflow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Workflow {
    /// Create a user, then read it.
    UserManagement,
    /// Create many users, look all up and list them, in streams.
    BulkOnboarding,
    /// Read many users at once.
    FanOut,
    /// Meet the errors a caller has to expect.
    FailureTour,
}

impl Workflow {
    /// Every workflow, in the order in which `all` runs them.
    pub const ALL: [Self; 4] = [
        Self::UserManagement,
        Self::BulkOnboarding,
        Self::FanOut,
        Self::FailureTour,
    ];

    /// The name that a user types and that the root span carries.
    pub fn name(self) -> &'static str {
        match self {
            Self::UserManagement => "user-management",
            Self::BulkOnboarding => "bulk-onboarding",
            Self::FanOut => "fan-out",
            Self::FailureTour => "failure-tour",
        }
    }
}

/// Runs `workflow` under a root span of its own; says what went wrong, and the
/// id of its trace.
///
/// # Errors
/// When standard output can't be written to.
pub async fn run(
    workflow: Workflow,
    client: &UserClient,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let name = workflow.name();
    let root = root_span(name);
    let mut report = Report { name, console };
    report.begin()?;
    let calls = async {
        let result = steps(workflow, client, &mut report).await;
        if let Err(failure) = &result {
            mark_failed(failure);
        }
        (result, grpc_telemetry::current_trace_id())
    };
    let (result, trace_id) = calls.instrument(root).await;
    let outcome = match result {
        Ok(()) => Outcome::Ok,
        Err(failure) if failure.retryability == Retryability::OutputClosed => return Err(failure),
        Err(failure) => {
            console.failure(&failure);
            failure.outcome
        }
    };
    if let Some(trace_id) = trace_id {
        console.trace(trace_id);
    }
    Ok(outcome)
}

/// The span of all of a workflow. Its baggage tells the services that are called which one it is.
fn root_span(name: &str) -> Span {
    let baggage = Baggage::of(&Context::current()).with("workflow.name", name);
    let _baggage = Context::current_with_value(baggage).attach();
    tracing::info_span!(
        "workflow",
        otel.name = format!("workflow {name}"),
        otel.kind = "internal",
        workflow.name = name,
    )
}

async fn steps(
    workflow: Workflow,
    client: &UserClient,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    match workflow {
        Workflow::UserManagement => user_management::run(client, report).await,
        Workflow::BulkOnboarding => bulk_onboarding::run(client, report).await,
        Workflow::FanOut => fan_out::run(client, report).await,
        Workflow::FailureTour => failure_tour::run(client, report).await,
    }
}

/// The root span fails with its workflow; an expected error of a call is none.
pub(crate) fn mark_failed(failure: &Failure) {
    let code = failure.code.map(grpc_telemetry::rpc::code_name);
    let error_type = code.unwrap_or("unexpected_answer");
    Span::current().set_attribute("error.type", error_type);
    Span::current().set_status(Status::error(""));
}

/// Says what a workflow has done so far.
pub struct Report<'a> {
    name: &'static str,
    console: &'a mut Console,
}

impl Report<'_> {
    fn begin(&mut self) -> Result<(), Failure> {
        if self.console.format() == Format::Json {
            return Ok(());
        }
        let name = self.console.style().bold().apply_to(self.name);
        self.console.line(&name.to_string())
    }

    /// A step has gone as it should; `result` says what came of it.
    ///
    /// # Errors
    /// When standard output can't be written to.
    pub fn done(&mut self, step: &str, result: &str) -> Result<(), Failure> {
        if self.console.format() == Format::Json {
            let line = json!({"workflow": self.name, "step": step, "result": result});
            return self.console.json(&line);
        }
        let mark = self.console.style().green().apply_to("✓");
        self.console.line(&format!("  {mark} {step}: {result}"))
    }
}
