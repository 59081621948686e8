//! The span of one request, from its start to its one end.

use std::sync::Arc;
use std::time::Instant;

use http::{HeaderName, HeaderValue, Response, StatusCode};
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, Status, TraceContextExt};
use tonic::body::Body;

use super::attributes::{Labels, Outcome};
use super::body::RecordedBody;
use super::metrics::Metrics;

/// The header of Trace Context level 2 with which a server says its span.
const TRACE_RESPONSE: HeaderName = HeaderName::from_static("traceresponse");
/// What a page can read of it.
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// The open span of a request. Dropped before the end of the response, it ends as cancelled.
#[derive(Debug)]
pub(crate) struct Exchange {
    context: Context,
    labels: Labels,
    metrics: Arc<Metrics>,
    started: Instant,
    status: Option<StatusCode>,
    ended: bool,
}

impl Exchange {
    pub(super) fn new(context: Context, labels: Labels, metrics: Arc<Metrics>) -> Self {
        metrics.start(&labels);
        Self {
            context,
            labels,
            metrics,
            started: Instant::now(),
            status: None,
            ended: false,
        }
    }

    /// The context to handle the request in.
    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// `response` with the id of the trace in its headers; the span ends with its last byte.
    pub(crate) fn respond(mut self, mut response: Response<Body>) -> Response<Body> {
        self.status = Some(response.status());
        let span = self.context.span().span_context().clone();
        if let Some((trace_response, server_timing)) = ids(&span) {
            let headers = response.headers_mut();
            headers.insert(TRACE_RESPONSE, trace_response);
            headers.insert(SERVER_TIMING, server_timing);
        }
        response.map(|body| Body::new(RecordedBody::new(body, self)))
    }

    /// The response was sent to its end, or broke off.
    pub(super) fn end_sent(&mut self, is_whole: bool) {
        let outcome = match (self.status, is_whole) {
            (Some(status), true) => Outcome::Sent(status),
            (Some(status), false) => Outcome::Broken(status),
            (None, _) => Outcome::Cancelled(None),
        };
        self.end(outcome);
    }

    fn end(&mut self, outcome: Outcome) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        self.metrics
            .end(&self.labels, outcome, self.started.elapsed());
        let span = self.context.span();
        if span.is_recording() {
            span.set_attributes(outcome.attributes());
            if outcome.is_error() {
                // No description: the status says it.
                span.set_status(Status::error(""));
            }
        }
        span.end();
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.end(Outcome::Cancelled(self.status));
    }
}

/// The values of both headers, if there is a trace.
fn ids(span: &SpanContext) -> Option<(HeaderValue, HeaderValue)> {
    if !span.is_valid() {
        return None;
    }
    let (trace, id) = (span.trace_id(), span.span_id());
    let flags = u8::from(span.is_sampled());
    let value = format!("00-{trace}-{id}-{flags:02x}");
    let timing = format!("traceparent;desc=\"{value}\"");
    Some((
        HeaderValue::try_from(value).ok()?,
        HeaderValue::try_from(timing).ok()?,
    ))
}
