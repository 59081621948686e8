//! Service discovery: where the instances of a service are registered, and how they are found.
//!
//! A [`Registry`] holds one [`Instance`] of a service, and a [`Resolver`] finds all of them; a
//! [`Registration`] is the loop that keeps an instance registered. [`etcd`] has both in the way of
//! Kitex's registry-etcd, [`nacos`] in the way of its registry-nacos, and DNS is a resolver ([`DnsResolver`]).

#![cfg_attr(
    test,
    expect(clippy::unwrap_used, reason = "a test fails by its panic")
)]

mod access;
mod dns;
mod endpoints;
pub mod etcd;
mod instance;
mod login;
pub mod nacos;
mod registration;
mod registry;

pub use self::access::{Access, ClientIdentity};
pub use self::dns::DnsResolver;
pub use self::endpoints::Endpoints;
pub use self::instance::{DEFAULT_WEIGHT, Instance, MAX_WEIGHT};
pub use self::login::{Login, Password, PasswordError};
pub use self::registration::{Advertised, Registration};
pub use self::registry::{BoxError, Registry, Resolver};

/// Package `etcdserverpb`.
#[allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]
mod wire {
    tonic::include_proto!("etcdserverpb");
}
