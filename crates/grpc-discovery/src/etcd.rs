//! etcd, with the keys and values of Kitex's registry-etcd, so that its programs and these find each other.

mod client;
mod registry;
mod resolver;
mod service;
mod value;

pub use self::client::{Etcd, EtcdError, Lease};
pub use self::registry::EtcdRegistry;
pub use self::resolver::EtcdResolver;
pub use self::service::{KITEX_PREFIX, Service, ServiceName};
