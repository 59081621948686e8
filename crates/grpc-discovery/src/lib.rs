//! Where the instances of a service are registered: in etcd, in the way of
//! Kitex's registry-etcd, so that its programs and these find one another.
//!
//! A [`Service`] has a key for each instance, whose value is an [`Instance`]; an
//! [`Etcd`] is asked for them, or told of one that lives as long as its lease. A
//! [`Registration`] is the loop that keeps one there.

#![cfg_attr(
    test,
    expect(clippy::unwrap_used, reason = "a test fails by its panic")
)]

mod endpoints;
mod etcd;
mod instance;
mod registration;
mod service;

pub use self::endpoints::Endpoints;
pub use self::etcd::{Etcd, EtcdError, Lease};
pub use self::instance::Instance;
pub use self::registration::{Registration, Settings};
pub use self::service::{KITEX_PREFIX, Service, ServiceName};

/// Package `etcdserverpb`.
#[allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]
mod wire {
    tonic::include_proto!("etcdserverpb");
}
