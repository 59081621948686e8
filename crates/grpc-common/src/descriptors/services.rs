//! The services of a set of descriptors. Messages are most of a set, and the start of a program that
//! needs only the names of methods took a tenth of its instructions to decode them.

use prost::{DecodeError, Message};

use super::{MethodDescriptor, ServiceDescriptor, member};

/// A proto file without its messages, enums and extensions.
#[derive(Clone, PartialEq, Message)]
pub struct ServiceFile {
    /// Its path below the folder that imports start at.
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    package: String,
    #[prost(message, repeated, tag = "6")]
    services: Vec<ServiceDescriptor>,
}

#[derive(Clone, PartialEq, Message)]
struct ServiceFiles {
    #[prost(message, repeated, tag = "1")]
    files: Vec<ServiceFile>,
}

/// The files of an encoded `FileDescriptorSet` with their services, in their order.
///
/// # Errors
/// When `set` can't be decoded.
pub fn services(set: &[u8]) -> Result<Vec<ServiceFile>, DecodeError> {
    ServiceFiles::decode(set).map(|set| set.files)
}

impl ServiceFile {
    /// All methods, each by its name `package.Service/Method`.
    pub fn methods(&self) -> impl Iterator<Item = (String, &MethodDescriptor)> {
        self.services.iter().flat_map(|service| {
            let service_name = member(&self.package, &service.name);
            let methods = service.methods.iter();
            methods.map(move |method| (format!("{service_name}/{}", method.name), method))
        })
    }
}
