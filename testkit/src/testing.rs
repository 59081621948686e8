//! Package `grpc.testing`, generated from `proto/grpc/testing/test.proto`.

#![allow(missing_docs, clippy::all, reason = "generated code")]

tonic::include_proto!("grpc.testing");

/// The encoded `FileDescriptorSet` of this package.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/testing.bin"));
