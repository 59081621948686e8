//! What the port for calls speaks.

use clap::ValueEnum;

/// A protocol of the port for calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    /// gRPC over HTTP/2.
    Grpc,
    /// Thrift as Kitex speaks it: TTHeader, Framed and Buffered.
    Thrift,
    /// Kitex Protobuf.
    KitexProtobuf,
}
