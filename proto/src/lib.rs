//! The contract on the wire: `user.v1.UserService`, generated from
//! `proto/user/v1/user.proto`, and its messages in Thrift. Nothing else lives here.

mod thrift;

/// Package `user.v1`.
#[allow(missing_docs, clippy::all, reason = "generated code")]
pub mod v1 {
    tonic::include_proto!("user.v1");

    /// The encoded `FileDescriptorSet` of this package and all it imports, for server reflection.
    pub const FILE_DESCRIPTOR_SET: &[u8] =
        include_bytes!(concat!(env!("OUT_DIR"), "/user_descriptor.bin"));
}
