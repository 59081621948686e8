//! Serves Kitex clients from a tonic service, on the port of gRPC: Thrift over TTHeader, Framed
//! and Buffered, and Kitex Protobuf.
//!
//! Each frame becomes the HTTP request of a gRPC call, which passes the middleware of
//! [`grpc_server`] like any other, and its response becomes a frame again. A request of Kitex
//! Protobuf is the same message as that of gRPC; one of Thrift has the content type
//! [`THRIFT`], which the stack has to admit by [`THRIFT_CODEC`], and its messages are read and
//! written by [`unary`] and [`ThriftCodec`]. [`OverGrpc`] serves Kitex clients that call over
//! gRPC, with a Thrift IDL too.
//!
//! ```no_run
//! # use grpc_server::{HttpService, Protocols, RequestBody};
//! # fn protocols(stack: impl HttpService<RequestBody> + Sync) -> Protocols {
//! use kitex_server::KitexService;
//!
//! let orders = KitexService {
//!     name: "Orders",
//!     grpc_name: "orders.v1.Orders",
//!     thrift: true,
//!     protobuf: true,
//! };
//! let mut served = orders.protocols();
//! served.push(grpc_server::Protocol::Http2);
//! Protocols::new(&served, "orders", move |connection| {
//!     kitex_server::serve(connection, stack.clone(), orders)
//! })
//! # }
//! ```

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test reports its failures by panicking"
    )
)]

mod call;
mod codec;
mod connection;
mod failure;
mod headers;
mod over_grpc;
mod request;
mod response;
mod service;
mod trailers;

pub use self::codec::{ThriftCodec, unary};
pub use self::connection::serve;
pub use self::over_grpc::{OverGrpc, OverGrpcFuture};
pub use self::request::{THRIFT, THRIFT_CODEC};
pub use self::service::KitexService;
pub use self::trailers::BusinessErrors;
