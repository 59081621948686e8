//! Orders: an example tonic service, traced and served as in production.
//!
//! In reading order: [`v1`] is the contract, [`store`] stores orders, [`service`] handles calls.
//! `main.rs` serves them, `bin/orders-client.rs` calls them; docs/adopt.md builds all of it step by step.

pub mod service;
pub mod store;

/// Package `orders.v1`.
#[allow(missing_docs, clippy::all, reason = "generated code")]
pub mod v1 {
    tonic::include_proto!("orders.v1");

    /// The encoded `FileDescriptorSet` of this package.
    pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/orders.bin"));
}
