//! OpenTelemetry for a tonic program: set-up, propagation, and the spans of
//! gRPC calls and of the stores behind them. Knows nothing of users.
//!
//! In reading order: [`builder`] starts it and answers the handle [`Telemetry`], from
//! which the layers of [`rpc`] come, one for a server and one for a client; [`store`]
//! makes a span of each statement or command, [`names`] lists every name that is used.
//!
//! Features: `http` (OTLP over HTTP), `kitex` (the headers of Kitex and Volo) and `tail-sampling`
//! (`TRACE_KEEP`) are on by default; `receiver` (an OTLP receiver, for programs that show or
//! check traces) is not. A variable whose feature was left out is warned about.
//!
//! A server, and a client of it, on tonic alone:
//!
//! ```no_run
//! use tonic::transport::{Endpoint, Server};
//! use tonic_health::pb::{FILE_DESCRIPTOR_SET, health_client::HealthClient};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let telemetry = grpc_telemetry::builder("orders", env!("CARGO_PKG_VERSION")).from_env().install()?;
//!
//! let (_reporter, health) = tonic_health::server::health_reporter();
//! Server::builder()
//!     .layer(telemetry.server(&[FILE_DESCRIPTOR_SET])?)
//!     .add_service(health)
//!     .serve("127.0.0.1:50051".parse()?)
//!     .await?;
//!
//! let endpoint = Endpoint::from_static("http://127.0.0.1:50051");
//! let orders = HealthClient::new(telemetry.client(endpoint.uri(), endpoint.connect_lazy()));
//! # let _ = orders;
//! telemetry.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod builder;
mod environment;
mod export;
mod handle;
mod logs;
mod metrics;
pub mod names;
mod options;
mod pipeline;
mod propagation;
#[cfg(feature = "receiver")]
pub mod receiver;
mod resource;
pub mod rpc;
mod start_time;
pub mod store;
#[cfg(feature = "tail-sampling")]
mod tail_sampling;

pub use builder::{Builder, builder, install};
pub use handle::{Telemetry, use_ring};
pub use logs::{LogFormat, LogTarget, write_to_stderr};
pub use metrics::{CONTENT_TYPE, Scrape, ScrapedText, observe_runtime};
pub use options::InitError;
pub use propagation::{Baggage, Propagator};
#[cfg(feature = "tail-sampling")]
pub use tail_sampling::RulesError;

use opentelemetry::Context;
use opentelemetry::trace::{TraceContextExt, TraceId};

/// The id of the trace that the running code belongs to, if it belongs to one.
pub fn current_trace_id() -> Option<TraceId> {
    let context = Context::current();
    let span_context = context.span().span_context().clone();
    span_context.is_valid().then(|| span_context.trace_id())
}
