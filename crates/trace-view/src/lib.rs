//! Traces as text, of any programs that export OpenTelemetry spans.
//!
//! Spans come from a [`recording`], which is an OTLP receiver in this process, from
//! [`jaeger`], or [`live`] from any program. [`waterfall::draw`] makes a picture of them for a terminal, [`completeness`]
//! finds what is missing, and an [`Expectation`] compares them with a file of YAML.
//!
//! ```
//! use trace_view::waterfall::{DrawOptions, draw};
//! use trace_view::{Kind, Span, SpanId, TraceId};
//!
//! let call = Span {
//!     trace_id: TraceId::from_bytes([0xab; 16]),
//!     id: SpanId::from(1),
//!     parent: None,
//!     service: "shop".to_owned(),
//!     kind: Kind::Client,
//!     name: "shop.v1.Orders/PlaceOrder".to_owned(),
//!     start: 0,
//!     end: 6_100_000,
//!     error: false,
//!     code: None,
//!     rpc: true,
//! };
//! let picture = draw(vec![call], DrawOptions { width: 80, color: false });
//! assert!(picture.contains("CLIENT  shop.v1.Orders/PlaceOrder  6.10 ms"));
//! ```

#![cfg_attr(
    test,
    expect(
        clippy::panic,
        clippy::unwrap_used,
        reason = "a test reports its failures by panicking"
    )
)]

pub mod completeness;
mod expectation;
pub mod jaeger;
pub mod live;
mod paint;
pub mod recording;
mod span;
mod text;
mod tree;
pub mod waterfall;
pub mod web;

#[cfg(test)]
mod fixture;

pub use expectation::{Expectation, ExpectationError, FoundTrace, Line, Mark};
pub use grpc_telemetry::receiver::ReceivedSpan;
pub use opentelemetry::{SpanId, TraceId};
pub use span::{Kind, Span, spans};
