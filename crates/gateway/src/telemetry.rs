//! The SERVER span and the metrics of each request, by the conventions of HTTP.

mod attributes;
mod body;
mod exchange;
mod metrics;
mod path;

use std::sync::Arc;

use grpc_telemetry::rpc::Trust;
use grpc_telemetry::{Baggage, Propagator};
use http::Request;
use opentelemetry::trace::{SpanKind, TraceContextExt, Tracer};
use opentelemetry::{Context, InstrumentationScope, global};

use self::attributes::Labels;
pub(crate) use self::exchange::Exchange;
use self::metrics::Metrics;
use self::path::ShownPath;
use crate::names;
use crate::routes::Routes;

/// What calls that are made for a request say of their source.
const SOURCE: &str = "api-gateway";

/// Makes the spans of requests.
#[derive(Debug)]
pub(crate) struct HttpTelemetry {
    tracer: global::BoxedTracer,
    propagator: Propagator,
    trust: Trust,
    metrics: Arc<Metrics>,
    path: ShownPath,
}

impl HttpTelemetry {
    /// For requests of `routes`, once telemetry was started; callers are trusted as `trust` says.
    pub(crate) fn new(routes: &Routes, propagator: Propagator, trust: Trust) -> Self {
        let scope = InstrumentationScope::builder(names::SCOPE)
            .with_version(env!("CARGO_PKG_VERSION"))
            .with_schema_url(grpc_telemetry::names::SCHEMA_URL);
        Self {
            tracer: global::tracer_with_scope(scope.build()),
            propagator,
            trust,
            metrics: Arc::new(Metrics::new()),
            path: ShownPath::of(routes),
        }
    }

    /// Starts the span of `request`, which has the template `route`; child of its caller's if that is trusted, and else with a
    /// link to it.
    pub(crate) fn start<B>(&self, request: &Request<B>, route: Option<&str>) -> Exchange {
        let labels = Labels::of(request, route);
        let received = self.propagator.extract(request.headers());
        let baggage = Baggage::of(&received).with(names::REQUEST_SOURCE, SOURCE);
        let (parent, link) = match self.trust {
            Trust::Always => (received, None),
            Trust::Never => (Context::new(), Some(received.span().span_context().clone())),
        };
        let span = self
            .tracer
            .span_builder(labels.span_name())
            .with_kind(SpanKind::Server)
            .start_with_context(&self.tracer, &parent);
        let context = parent.with_value(baggage).with_span(span);
        let span = context.span();
        if span.is_recording() {
            span.set_attributes(labels.of_span(request, &self.path, SOURCE));
            if let Some(link) = link.filter(|link| link.is_valid()) {
                span.add_link(link, Vec::new());
            }
        }
        Exchange::new(context.clone(), labels, Arc::clone(&self.metrics))
    }
}
