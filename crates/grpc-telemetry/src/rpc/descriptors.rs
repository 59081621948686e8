//! The methods of a server, read from the descriptors that its code was generated with.

use grpc_common::descriptors;
use prost::DecodeError;

/// Descriptors that name no method to trace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DescriptorError {
    /// It can't be decoded.
    #[error("descriptor set {number} is not an encoded FileDescriptorSet: {cause}")]
    Undecodable {
        /// Which of them, from 1.
        number: usize,
        /// What the decoder says.
        cause: DecodeError,
    },
    /// It has no file at all.
    #[error(
        "descriptor set {0} is empty: give the FILE_DESCRIPTOR_SET that the build script wrote"
    )]
    Empty(usize),
    /// None of them has a service.
    #[error("the descriptor sets have no service: every call would be traced as an unknown method")]
    NoService,
}

/// The methods in `sets`, each an encoded `FileDescriptorSet`, as `package.Service/Method`.
///
/// # Errors
/// When a set can't be decoded or is empty, or none has a service.
pub(crate) fn methods(sets: &[&[u8]]) -> Result<Vec<String>, DescriptorError> {
    let mut methods = Vec::new();
    for (number, set) in (1..).zip(sets) {
        let files = descriptors::services(set)
            .map_err(|cause| DescriptorError::Undecodable { number, cause })?;
        if files.is_empty() {
            return Err(DescriptorError::Empty(number));
        }
        for file in &files {
            methods.extend(file.methods().map(|(name, _)| name));
        }
    }
    match methods.is_empty() {
        true => Err(DescriptorError::NoService),
        false => Ok(methods),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use prost::Message;
    use prost_types::{
        FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto, ServiceDescriptorProto,
    };

    use super::*;

    fn set(package: &str, service: Option<&str>) -> Vec<u8> {
        let service = service.map(|name| ServiceDescriptorProto {
            name: Some(name.to_owned()),
            method: vec![MethodDescriptorProto {
                name: Some("Get".to_owned()),
                ..MethodDescriptorProto::default()
            }],
            ..ServiceDescriptorProto::default()
        });
        let file = FileDescriptorProto {
            package: Some(package.to_owned()),
            service: service.into_iter().collect(),
            ..FileDescriptorProto::default()
        };
        FileDescriptorSet { file: vec![file] }.encode_to_vec()
    }

    #[test]
    fn every_method_of_every_set_is_among_them() {
        let (orders, bare) = (set("orders.v1", Some("Orders")), set("", Some("Bare")));
        let found = methods(&[&orders, &set("types", None), &bare]).unwrap();
        assert_eq!(found, ["orders.v1.Orders/Get", "Bare/Get"]);
    }

    #[test]
    fn descriptors_that_name_no_method_are_an_error() {
        assert_eq!(methods(&[]), Err(DescriptorError::NoService));
        let types = set("types", None);
        assert_eq!(methods(&[&types]), Err(DescriptorError::NoService));
        assert_eq!(methods(&[&types, b""]), Err(DescriptorError::Empty(2)));
        let undecodable = methods(&[b"orders.bin"]).unwrap_err();
        assert!(matches!(
            undecodable,
            DescriptorError::Undecodable { number: 1, .. }
        ));
    }
}
