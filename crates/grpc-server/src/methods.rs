//! The methods that a service has, from its descriptors.

use grpc_common::NameMap;
use grpc_common::descriptors::{self, MethodDescriptor};
use prost::DecodeError;

/// The methods that are served, and where each has streams. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Methods {
    /// By path, `/package.Service/Method`.
    shapes: NameMap<Shape>,
}

/// Where a method has one message instead of a stream: nowhere, for an unknown one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shape {
    /// It has one request.
    pub(crate) one_request: bool,
    one_response: bool,
}

impl Shape {
    fn of(method: &MethodDescriptor) -> Self {
        Self {
            one_request: !method.client_streaming,
            one_response: !method.server_streaming,
        }
    }

    /// Whether it has one request and one response.
    pub(crate) fn is_unary(self) -> bool {
        self.one_request && self.one_response
    }
}

impl Methods {
    /// The methods of all services in these encoded `FileDescriptorSet`s.
    ///
    /// # Errors
    /// When one of them is not a `FileDescriptorSet`.
    pub fn from_descriptors(encoded: &[&[u8]]) -> Result<Self, DecodeError> {
        let mut methods = Vec::new();
        for encoded in encoded {
            for file in descriptors::services(encoded)? {
                methods.extend(
                    file.methods()
                        .map(|(name, method)| (name, Shape::of(method))),
                );
            }
        }
        Ok(Self::new(methods))
    }

    fn new(methods: impl IntoIterator<Item = (String, Shape)>) -> Self {
        let methods = methods.into_iter();
        let shapes = methods.map(|(name, shape)| (format!("/{name}"), shape));
        Self {
            shapes: shapes.collect(),
        }
    }

    /// The shape of the method at `path`.
    pub(crate) fn shape(&self, path: &str) -> Shape {
        self.shapes.get(path).copied().unwrap_or_default()
    }

    /// Their names, as `package.Service/Method`.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        self.shapes.names().map(|path| path[1..].to_owned())
    }
}

impl FromIterator<(String, bool)> for Methods {
    /// From names, as `package.Service/Method`, and whether each is unary.
    fn from_iter<I: IntoIterator<Item = (String, bool)>>(methods: I) -> Self {
        let shape = |unary: bool| Shape {
            one_request: unary,
            one_response: unary,
        };
        let methods = methods.into_iter();
        Self::new(methods.map(|(name, unary)| (name, shape(unary))))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::testing::compiled;

    #[test]
    fn methods_and_their_kinds_are_read_from_descriptors() {
        let methods = Methods::from_descriptors(&[crate::health::pb::FILE_DESCRIPTOR_SET]).unwrap();
        assert!(methods.shape("/grpc.health.v1.Health/Check").is_unary());
        assert!(!methods.shape("/grpc.health.v1.Health/Watch").is_unary());
        assert!(!methods.shape("/grpc.health.v1.Health/Unknown").is_unary());
        assert!(methods.shape("/grpc.health.v1.Health/Watch").one_request);
        assert!(!methods.shape("/grpc.health.v1.Health/Unknown").one_request);
        assert!(
            methods
                .names()
                .any(|it| it == "grpc.health.v1.Health/Check")
        );
    }

    #[test]
    fn a_service_without_a_package_has_its_methods() {
        let proto =
            r#"syntax = "proto3"; message It {} service Plain { rpc Get(It) returns (It); }"#;
        let set = compiled(&[("plain.proto", proto)], false);
        let methods = Methods::from_descriptors(&[&set]).unwrap();
        assert!(methods.shape("/Plain/Get").is_unary());
    }

    #[test]
    fn other_bytes_are_refused() {
        assert!(Methods::from_descriptors(&[b"not a descriptor"]).is_err());
    }
}
