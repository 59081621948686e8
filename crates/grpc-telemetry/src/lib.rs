//! OpenTelemetry for a tonic program: set-up, propagation, and the spans of
//! gRPC calls and of the stores behind them. Knows nothing of users.
//!
//! In reading order: [`builder`] starts it and returns the handle [`Telemetry`], from
//! which the layers of [`rpc`] come, one for a server and one for a client; [`store`]
//! makes a span of each statement or command, [`names`] lists every name that is used.
//!
//! Features, all but the last on by default; a variable whose feature was left out is warned about:
//!
//! | feature | what it adds |
//! |---|---|
//! | `http` | OTLP over HTTP (`http/protobuf`) |
//! | `logs` | log records over OTLP; log lines are written without it too |
//! | `metrics` | metrics of calls, stores and the process, at [`Telemetry::scrape`] and over OTLP |
//! | `tail-sampling` | `TRACE_KEEP`: failed and slow calls that were not sampled |
//! | `kitex` | the headers of Kitex and Volo (`KITEX_COMPAT`) |
//! | `receiver` | an OTLP receiver, for programs that show or check traces |
//!
//! With `default-features = false` there are traces over OTLP by gRPC, and log lines.
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
mod head_sampling;
#[cfg(feature = "logs")]
mod log_export;
#[cfg(not(feature = "logs"))]
#[path = "without/log_export.rs"]
mod log_export;
mod logs;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(not(feature = "metrics"))]
#[path = "without/metrics.rs"]
mod metrics;
pub mod names;
mod options;
mod pipeline;
mod propagation;
#[cfg(feature = "receiver")]
pub mod receiver;
mod resource;
pub mod rpc;
mod spans;
mod start_time;
pub mod store;
#[cfg(feature = "tail-sampling")]
mod tail_sampling;
#[cfg(not(feature = "tail-sampling"))]
#[path = "without/tail_sampling.rs"]
mod tail_sampling;

pub use builder::{Builder, builder, install};
pub use environment::ConfigFileError;
pub use handle::{Telemetry, use_ring};
pub use logs::{LogFormat, LogTarget, write_to_stderr};
#[cfg(feature = "metrics")]
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
