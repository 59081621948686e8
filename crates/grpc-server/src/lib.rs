//! A tonic service in production: connections, TLS, a page of middleware, deadlines,
//! quotas, authentication, graceful shutdown, readiness, probes, and errors with details.
//!
//! [`builder`] puts all of it around tonic services, in a few lines and with defaults for
//! production:
//!
//! ```no_run
//! # mod orders {
//! #     use tonic_reflection::pb::v1::server_reflection_server as orders;
//! #     pub use tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET;
//! #     pub fn service() -> orders::ServerReflectionServer<impl orders::ServerReflection> {
//! #         let builder = tonic_reflection::server::Builder::configure();
//! #         builder.build_v1().expect("its own descriptors are valid")
//! #     }
//! # }
//! use grpc_server::Settings;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let telemetry = grpc_telemetry::builder("orders", "1.0.0").from_env().install()?;
//!     let server = grpc_server::builder(&telemetry, &[orders::FILE_DESCRIPTOR_SET])?
//!         .with_settings(Settings::from_env()?)
//!         .add_service(orders::service());
//!     server.bind().await?.serve().await?;
//!     telemetry.shutdown().await;
//!     Ok(())
//! }
//! ```
//!
//! The parts can also be put together by hand, as user-service does:
//! in the order in which a call passes: [`Server`] accepts connections within
//! [`ConnectionLimits`], over [`tls`]; [`stack`] is the page of layers, by a [`Policy`].
//! [`ErrorDomain`] makes the errors of both. Beside the path: [`Readiness`] and [`probes`]
//! are for machines that look after the service, [`StopSignals`] and [`Shutdown`] end it.

mod builder;
mod call;
mod error_domain;
pub mod health;
mod map_response;
mod methods;
mod metrics;
mod middleware;
pub mod probes;
mod readiness;
mod reflection;
pub mod rlimit;
mod roles;
mod running;
mod server;
mod settings;
mod signals;
#[cfg(test)]
mod testing;
pub mod tls;
mod unary;

pub use self::builder::{Bound, Builder, ServeError, builder};
pub use self::call::{
    BoxError, ForcedShutdown, HttpService, PeerIdentity, TooManyBytes, TooManyStreams,
};
pub use self::error_domain::{ErrorDomain, retry};
pub use self::methods::Methods;
pub use self::middleware::{
    Authentication, CallLimits, HeldPermit, InFlightPermit, IncompleteTokenRules, KeyFileError,
    Policy, QuotaLimits, TokenRules, stack,
};
pub use self::readiness::Readiness;
pub use self::reflection::{ReflectionError, with_reflection};
pub use self::roles::{Requirement, Roles, RolesError};
pub use self::running::{Interrupted, Running};
pub use self::server::{
    CallStarter, ConnectionLimits, Eviction, HeldBytes, OtherConnection, OtherStream, Protocols,
    RequestBody, Rewound, Server, Shutdown, Workers,
};
pub use self::settings::{Settings, SettingsError};
pub use self::signals::StopSignals;
pub use self::unary::{Encode, unary, unary_of_bytes};
/// What a connection may speak, for [`Protocols`].
pub use kitex_codec::Protocol;
