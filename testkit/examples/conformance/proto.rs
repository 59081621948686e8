//! Package `connectrpc.conformance.v1`, generated.

#![allow(missing_docs, unreachable_pub, clippy::all, reason = "generated code")]

tonic::include_proto!("connectrpc.conformance.v1");

/// The encoded `FileDescriptorSet` of this package.
pub(crate) const FILE_DESCRIPTOR_SET: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/conformance.bin"));
