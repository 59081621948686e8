//! The source of a waterfall: this program's own receiver, or Jaeger.

use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use trace_view::completeness::{TracedCall, missing_spans};
use trace_view::jaeger::{DEFAULT_WAIT, Jaeger};
use trace_view::recording::Recording;
use trace_view::{Span, SpanId, TraceId, spans};

use crate::args::Global;
use crate::failure::Failure;
use crate::failure::recording::cannot_listen;
use crate::output::console::Console;
use crate::output::waiting::announced;
use crate::trace::picture::{self, Advice};

/// How long to wait for the spans of user-service, which exports them in batches.
const RECORDING_WAIT: Duration = Duration::from_secs(10);

/// The source of the spans of a run.
#[derive(Debug)]
pub enum SpanSource {
    /// Both programs export to this one.
    Recording(Recording),
    /// Both export to Jaeger, directly or through a collector.
    Jaeger(Jaeger),
}

impl SpanSource {
    /// The source that the flags select: Jaeger if it is set.
    ///
    /// # Errors
    /// When it can't be started.
    pub async fn open(global: &Global) -> Result<Self, Failure> {
        if let Some(address) = &global.jaeger {
            return Ok(Self::Jaeger(Jaeger::open(address.clone())?));
        }
        let address = global.otlp_listen;
        let started = Recording::start(address).await;
        let recording = started.map_err(|error| cannot_listen(address, &error))?;
        Ok(Self::Recording(recording))
    }

    /// The endpoint to export to, unless that is for the environment to say.
    pub fn endpoint(&self) -> Option<String> {
        match self {
            Self::Recording(recording) => Some(recording.endpoint()),
            Self::Jaeger(_) => None,
        }
    }

    /// Waits for the spans of `calls`, draws them, lists the missing ones, and returns the spans.
    ///
    /// # Errors
    /// When Jaeger can't be queried, or standard output can't be written to.
    pub async fn draw(
        &self,
        calls: &[TracedCall],
        console: &mut Console,
    ) -> Result<Vec<Span>, Failure> {
        let started_in = outer_span();
        let calls = calls.iter().map(|call| TracedCall {
            started_in,
            ..*call
        });
        let calls: Vec<_> = calls.collect();
        if !picture::is_traced(&calls, console) {
            return Ok(Vec::new());
        }
        match self {
            Self::Recording(recording) => draw_recorded(recording, &calls, console).await,
            Self::Jaeger(jaeger) => draw_stored(jaeger, &calls, console).await,
        }
    }
}

/// The span of the pipeline that runs this program, if it is traced.
fn outer_span() -> Option<SpanId> {
    let context = Context::current();
    let span = context.span().span_context().clone();
    span.is_valid().then(|| span.span_id())
}

/// Spans below one that is not here begin the picture, instead of looking lost.
fn below(mut spans: Vec<Span>, calls: &[TracedCall]) -> Vec<Span> {
    let outer = calls.first().and_then(|call| call.started_in);
    let is_here = spans.iter().any(|span| Some(span.id) == outer);
    if !is_here {
        for span in spans.iter_mut().filter(|span| span.parent == outer) {
            span.parent = None;
        }
    }
    spans
}

async fn draw_recorded(
    recording: &Recording,
    calls: &[TracedCall],
    console: &mut Console,
) -> Result<Vec<Span>, Failure> {
    let what = || {
        format!(
            "waiting for spans of user-service on {} (it exports every 5 s; \
             OTEL_BSP_SCHEDULE_DELAY=200 is faster)",
            recording.local_addr()
        )
    };
    let recorded = announced(what, recording.wait_for(calls, RECORDING_WAIT)).await;
    let advice = Advice {
        unsent: "check whether OTEL_TRACES_EXPORTER turns its export off".to_owned(),
        unserved: format!(
            "user-service exports to another endpoint: start it with OTEL_EXPORTER_OTLP_ENDPOINT={}",
            recording.endpoint()
        ),
    };
    console.picture("\n")?;
    let spans = below(recorded.spans, calls);
    picture::show(&spans, &recorded.missing, &advice, console)?;
    Ok(spans)
}

async fn draw_stored(
    jaeger: &Jaeger,
    calls: &[TracedCall],
    console: &mut Console,
) -> Result<Vec<Span>, Failure> {
    let mut found = Vec::new();
    for trace_id in traces(calls) {
        let of_trace = |call: &&TracedCall| call.trace_id == trace_id;
        let calls: Vec<TracedCall> = calls.iter().filter(of_trace).copied().collect();
        let whole = |received: &[_]| missing_spans(&spans(received), &calls).is_empty();
        let waiting = jaeger.wait_for(trace_id, DEFAULT_WAIT, whole);
        found.extend(announced(|| waiting_for(trace_id, jaeger), waiting).await?);
    }
    let spans = spans(&found);
    let missing = missing_spans(&spans, calls);
    console.picture("\n")?;
    let spans = below(spans, calls);
    picture::show(&spans, &missing, &advice(jaeger), console)?;
    Ok(spans)
}

/// The traces that are recorded, each once, in the order of their first calls.
fn traces(calls: &[TracedCall]) -> Vec<TraceId> {
    let mut traces = Vec::new();
    for call in calls.iter().filter(|call| call.sampled) {
        if !traces.contains(&call.trace_id) {
            traces.push(call.trace_id);
        }
    }
    traces
}

/// What a long wait for a trace is announced with.
pub fn waiting_for(id: TraceId, jaeger: &Jaeger) -> String {
    format!("waiting for trace {id} in Jaeger at {}", jaeger.address())
}

/// What to do about spans that Jaeger lacks.
pub fn advice(jaeger: &Jaeger) -> Advice {
    let exports = format!(
        "exports to Jaeger at {}: OTEL_EXPORTER_OTLP_ENDPOINT",
        jaeger.address()
    );
    Advice {
        unsent: format!("check whether it {exports}"),
        unserved: format!("check whether user-service {exports}"),
    }
}
