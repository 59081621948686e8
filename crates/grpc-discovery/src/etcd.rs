//! etcd, with the keys and values of Kitex's registry-etcd, so that its programs and these find each other.

mod client;
mod error;
mod registry;
mod resolver;
mod service;
mod session;
mod tls;
mod value;
mod watch;

pub use self::client::{Etcd, Lease, Revision};
pub use self::error::EtcdError;
pub use self::registry::EtcdRegistry;
pub use self::resolver::EtcdResolver;
pub use self::service::{KITEX_PREFIX, Service, ServiceName};
