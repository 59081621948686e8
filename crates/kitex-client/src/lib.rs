//! Calls Kitex servers, and services with `kitex-server`, in Thrift and Kitex Protobuf over
//! TTHeader: as the transport below a channel of tonic, which makes spans, retries and load
//! balancing the same as for gRPC.
//!
//! A [`Transport`] takes the HTTP request of a unary gRPC call and returns the response that a
//! gRPC server would have sent. Calls with streams go over gRPC, as Kitex makes them:
//! [`Transport::over_grpc`] has their requests, and [`read_business_errors`] reads the responses of
//! Kitex servers. In Thrift, the messages of all are read and written by [`ThriftCodec`].

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test reports its failures by panicking"
    )
)]

mod business;
mod codec;
mod connection;
mod over_grpc;
mod request;
mod response;
mod tls;
mod transport;

pub use self::business::read_business_errors;
pub use self::codec::ThriftCodec;
pub use self::tls::Tls;
pub use self::transport::{HasStreams, Settings, Transport};
pub use kitex_codec::Codec;

/// An error of any kind.
type BoxError = Box<dyn std::error::Error + Send + Sync>;
