//! Nacos 1.x to 3.x by its HTTP APIs, with the groups and clusters of Kitex's registry-nacos, so that
//! its programs and these find each other.
//!
//! The v3 client API is tried first, the v1 API where a server does not have it. Instances are
//! ephemeral: Nacos marks one unhealthy 15 s after its last beat, and removes it after 30 s.

mod api;
mod client;
mod error;
mod http;
mod registry;
mod resolver;
mod service;
mod token;

pub use self::client::Nacos;
pub use self::error::NacosError;
pub use self::registry::NacosRegistry;
pub use self::resolver::NacosResolver;
pub use self::service::NacosService;
