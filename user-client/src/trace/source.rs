//! Where the waterfall of a run comes from: this program's own receiver, or Jaeger.

use opentelemetry::TraceId;

use crate::args::Global;
use crate::client::journal::Call;
use crate::failure::Failure;
use crate::jaeger::Jaeger;
use crate::jaeger::patience::PATIENCE;
use crate::output::console::Console;
use crate::trace::picture::{self, Advice};
use crate::trace::recording::Recording;
use crate::waterfall::complete::missing;
use crate::waterfall::span::spans;

/// Where the spans of a run are.
#[derive(Debug)]
pub enum Source {
    /// Both programs export to this one.
    Recording(Recording),
    /// Both export to Jaeger, by whatever way.
    Jaeger(Jaeger),
}

impl Source {
    /// What the flags ask for: Jaeger where one is named.
    ///
    /// # Errors
    /// When it can't be started.
    pub async fn open(global: &Global) -> Result<Self, Failure> {
        match &global.jaeger {
            Some(address) => Jaeger::open(address.clone()).map(Self::Jaeger),
            None => Recording::start(global.otlp_listen)
                .await
                .map(Self::Recording),
        }
    }

    /// The endpoint to export to, unless that is for the environment to say.
    pub fn endpoint(&self) -> Option<String> {
        match self {
            Self::Recording(recording) => Some(recording.endpoint()),
            Self::Jaeger(_) => None,
        }
    }

    /// Waits for the spans of `calls` and draws them, the missing ones named.
    ///
    /// # Errors
    /// When Jaeger can't be asked, or standard output can't be written to.
    pub async fn draw(&self, calls: &[Call], console: &mut Console) -> Result<(), Failure> {
        if !picture::is_traced(calls, console) {
            return Ok(());
        }
        match self {
            Self::Recording(recording) => recording.draw(calls, console).await,
            Self::Jaeger(jaeger) => draw(jaeger, calls, console).await,
        }
    }
}

async fn draw(jaeger: &Jaeger, calls: &[Call], console: &mut Console) -> Result<(), Failure> {
    let mut found = Vec::new();
    for trace_id in traces(calls) {
        let of_trace = |call: &&Call| call.trace_id == trace_id;
        let calls: Vec<Call> = calls.iter().filter(of_trace).copied().collect();
        let whole = |received: &[_]| missing(&spans(received), &calls).is_empty();
        found.extend(jaeger.wait_for(trace_id, PATIENCE, whole).await?);
    }
    let spans = spans(&found);
    let missing = missing(&spans, calls);
    console.picture("\n")?;
    picture::show(spans, &missing, &advice(jaeger), console)
}

/// The traces that are recorded, each once, in the order of their first calls.
fn traces(calls: &[Call]) -> Vec<TraceId> {
    let mut traces = Vec::new();
    for call in calls.iter().filter(|call| call.sampled) {
        if !traces.contains(&call.trace_id) {
            traces.push(call.trace_id);
        }
    }
    traces
}

/// What to do where spans aren't in Jaeger.
pub fn advice(jaeger: &Jaeger) -> Advice {
    let exports = format!(
        "exports to Jaeger at {}: OTEL_EXPORTER_OTLP_ENDPOINT",
        jaeger.address()
    );
    Advice {
        unsent: format!("see whether it {exports}"),
        unserved: format!("see whether user-service {exports}"),
    }
}
