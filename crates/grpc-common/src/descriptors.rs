//! Descriptors of protobuf, as far as servers and clients of gRPC read them.
//!
//! The messages are those of `google/protobuf/descriptor.proto`, with only the fields that name
//! things. `prost-types` decodes all comments as well and drops the options that a project defines;
//! the pool of `prost-reflect`, which has them, took 11 of the 23 million instructions of a start.

mod services;
mod walk;

use prost::bytes::Bytes;
use prost::{DecodeError, Message};

pub use self::services::{ServiceFile, services};
pub use self::walk::member;

/// The files of an encoded `FileDescriptorSet`, in their order.
///
/// # Errors
/// When `set` can't be decoded.
pub fn files(set: &[u8]) -> Result<Vec<FileDescriptor>, DecodeError> {
    let files = encoded_files(set)?.into_iter();
    files.map(FileDescriptor::decode).collect()
}

/// The files of an encoded `FileDescriptorSet`, each still encoded, with all that it has.
///
/// # Errors
/// When `set` can't be decoded.
pub fn encoded_files(set: &[u8]) -> Result<Vec<Bytes>, DecodeError> {
    FileSet::decode(set).map(|set| set.files)
}

#[derive(Clone, PartialEq, Message)]
struct FileSet {
    #[prost(bytes = "bytes", repeated, tag = "1")]
    files: Vec<Bytes>,
}

/// What a file says of itself: the least that it takes to see which files it needs.
#[derive(Clone, PartialEq, Message)]
pub struct FileImports {
    /// Its path below the folder that imports start at.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The names of the files that it imports.
    #[prost(string, repeated, tag = "3")]
    pub imports: Vec<String>,
}

/// A proto file.
#[derive(Clone, PartialEq, Message)]
pub struct FileDescriptor {
    /// Its path below the folder that imports start at.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The package of all that is in it, or nothing.
    #[prost(string, tag = "2")]
    pub package: String,
    #[prost(message, repeated, tag = "4")]
    messages: Vec<MessageDescriptor>,
    #[prost(message, repeated, tag = "5")]
    enums: Vec<EnumDescriptor>,
    /// Its services.
    #[prost(message, repeated, tag = "6")]
    pub services: Vec<ServiceDescriptor>,
    #[prost(message, repeated, tag = "7")]
    extensions: Vec<FieldDescriptor>,
}

/// A message.
#[derive(Clone, PartialEq, Message)]
pub struct MessageDescriptor {
    #[prost(string, tag = "1")]
    name: String,
    /// Its fields.
    #[prost(message, repeated, tag = "2")]
    pub fields: Vec<FieldDescriptor>,
    #[prost(message, repeated, tag = "3")]
    messages: Vec<MessageDescriptor>,
    #[prost(message, repeated, tag = "4")]
    enums: Vec<EnumDescriptor>,
    #[prost(message, repeated, tag = "6")]
    extensions: Vec<FieldDescriptor>,
    /// Its oneofs.
    #[prost(message, repeated, tag = "8")]
    pub oneofs: Vec<OneofDescriptor>,
}

/// A field of a message, or an extension of one.
#[derive(Clone, PartialEq, Message)]
pub struct FieldDescriptor {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The message that an extension extends: its full name after a dot.
    #[prost(string, tag = "2")]
    pub extendee: String,
    /// Its number on the wire.
    #[prost(int32, tag = "3")]
    pub number: i32,
    /// The message or enum that it holds: its full name after a dot.
    #[prost(string, tag = "6")]
    pub type_name: String,
}

/// A oneof of a message.
#[derive(Clone, PartialEq, Message)]
pub struct OneofDescriptor {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
}

/// An enum.
#[derive(Clone, PartialEq, Message)]
pub struct EnumDescriptor {
    #[prost(string, tag = "1")]
    name: String,
    /// Its values, in their order.
    #[prost(message, repeated, tag = "2")]
    pub values: Vec<EnumValueDescriptor>,
}

/// A value of an enum.
#[derive(Clone, PartialEq, Message)]
pub struct EnumValueDescriptor {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its number on the wire.
    #[prost(int32, tag = "2")]
    pub number: i32,
}

/// A service.
#[derive(Clone, PartialEq, Message)]
pub struct ServiceDescriptor {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its methods.
    #[prost(message, repeated, tag = "2")]
    pub methods: Vec<MethodDescriptor>,
}

/// A method of a service.
#[derive(Clone, PartialEq, Message)]
pub struct MethodDescriptor {
    /// Its name.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its `google.protobuf.MethodOptions`, encoded: a project may extend them.
    #[prost(bytes = "bytes", tag = "4")]
    pub options: Bytes,
    /// Whether it has a stream of requests.
    #[prost(bool, tag = "5")]
    pub client_streaming: bool,
    /// Whether it has a stream of responses.
    #[prost(bool, tag = "6")]
    pub server_streaming: bool,
}
