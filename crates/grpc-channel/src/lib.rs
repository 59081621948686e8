//! A tonic channel in production: targets, name resolution, load balancing, retries with
//! a budget, TLS, tokens, and a span around each call. Knows nothing of users.
//!
//! In reading order: a [`Target`] is what to call, a [`Builder`] how, and the [`Channel`]
//! that it opens is given to any client that tonic has generated. Below each call there is
//! one CLIENT span, then retries (of what was never sent, of methods that their descriptors
//! declare [`Idempotent`], and of requests that say so), then for each attempt a [`Token`]
//! and one of the backends that a [`Resolver`] has found.
//!
//! ```no_run
//! use grpc_channel::{Channel, Target};
//! use tonic_health::pb::health_client::HealthClient;
//! use tonic_health::pb::{FILE_DESCRIPTOR_SET, HealthCheckRequest};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let telemetry = grpc_telemetry::builder("shop", env!("CARGO_PKG_VERSION")).from_env().install()?;
//! let orders: Target = "dns:///orders.example:8888".parse()?;
//! let channel = Channel::builder(orders)
//!     .methods(&[FILE_DESCRIPTOR_SET])?
//!     .open(&telemetry)?;
//!
//! let mut health = HealthClient::new(channel);
//! let mut request = tonic::Request::new(HealthCheckRequest::default());
//! request.set_timeout(std::time::Duration::from_secs(2));
//! request.extensions_mut().insert(grpc_channel::Idempotent);
//! health.check(request).await?;
//! # Ok(())
//! # }
//! ```

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test reports its failures by panicking"
    )
)]

mod attempt;
mod builder;
mod channel;
mod connection;
mod credentials;
mod endpoint;
mod error;
mod load_balancer;
mod methods;
mod peer;
mod resolver;
mod retry;
mod target;
mod token;

pub use grpc_discovery::{Access as RegistryAccess, Instance, Resolver};
pub use grpc_telemetry::rpc::NotGrpc;
/// What [`Builder::kitex`] takes.
pub use kitex_client as kitex;

pub use self::builder::{Builder, CONNECT_TIMEOUT};
pub use self::channel::Channel;
pub use self::connection::Connection;
pub use self::credentials::{CredentialFiles, Credentials};
pub use self::endpoint::SilentServer;
pub use self::error::{CredentialFile, Error};
pub use self::retry::Idempotent;
pub use self::target::{InvalidTarget, Registry, Target};
pub use self::token::Token;

/// An error of any kind.
type BoxError = Box<dyn std::error::Error + Send + Sync>;
