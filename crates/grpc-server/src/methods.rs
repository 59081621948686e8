//! The methods that a service has, from its descriptors.

use std::collections::HashMap;
use std::sync::Arc;

use prost::{DecodeError, Message};
use prost_types::{FileDescriptorProto, FileDescriptorSet};

/// The methods that are served, and where each has streams. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Methods {
    /// By path, `/package.Service/Method`.
    streams: Arc<HashMap<String, Streams>>,
}

/// The directions in which a method has a stream instead of one message.
#[derive(Clone, Copy, Debug)]
struct Streams {
    requests: bool,
    responses: bool,
}

impl Methods {
    /// The methods of all services in these encoded `FileDescriptorSet`s.
    ///
    /// # Errors
    /// When one of them is not a `FileDescriptorSet`.
    pub fn from_descriptors(encoded: &[&[u8]]) -> Result<Self, DecodeError> {
        let mut methods = Vec::new();
        for encoded in encoded {
            let set = FileDescriptorSet::decode(*encoded)?;
            methods.extend(set.file.iter().flat_map(methods_in));
        }
        Ok(Self::new(methods))
    }

    fn new(methods: impl IntoIterator<Item = (String, Streams)>) -> Self {
        let methods = methods.into_iter();
        let streams = methods.map(|(name, streams)| (format!("/{name}"), streams));
        Self {
            streams: Arc::new(streams.collect()),
        }
    }

    /// Whether the method at `path` has one request and one response; false for an unknown one.
    pub(crate) fn is_unary(&self, path: &str) -> bool {
        let streams = self.streams.get(path);
        streams.is_some_and(|streams| !streams.requests && !streams.responses)
    }

    /// Whether the method at `path` has one request; false for an unknown one.
    pub(crate) fn has_one_request(&self, path: &str) -> bool {
        self.streams
            .get(path)
            .is_some_and(|streams| !streams.requests)
    }

    /// Their names, as `package.Service/Method`.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        self.streams.keys().map(|path| path[1..].to_owned())
    }
}

impl FromIterator<(String, bool)> for Methods {
    /// From names, as `package.Service/Method`, and whether each is unary.
    fn from_iter<I: IntoIterator<Item = (String, bool)>>(methods: I) -> Self {
        let streams = |unary: bool| Streams {
            requests: !unary,
            responses: !unary,
        };
        let methods = methods.into_iter();
        Self::new(methods.map(|(name, unary)| (name, streams(unary))))
    }
}

fn methods_in(file: &FileDescriptorProto) -> Vec<(String, Streams)> {
    let package = file.package();
    let services = file.service.iter();
    services
        .flat_map(|service| {
            service.method.iter().map(move |method| {
                let streams = Streams {
                    requests: method.client_streaming(),
                    responses: method.server_streaming(),
                };
                (
                    format!("{package}.{}/{}", service.name(), method.name()),
                    streams,
                )
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn methods_and_their_kinds_are_read_from_descriptors() {
        let methods = Methods::from_descriptors(&[crate::health::pb::FILE_DESCRIPTOR_SET]).unwrap();
        assert!(methods.is_unary("/grpc.health.v1.Health/Check"));
        assert!(!methods.is_unary("/grpc.health.v1.Health/Watch"));
        assert!(!methods.is_unary("/grpc.health.v1.Health/Unknown"));
        assert!(methods.has_one_request("/grpc.health.v1.Health/Watch"));
        assert!(!methods.has_one_request("/grpc.health.v1.Health/Unknown"));
        assert!(
            methods
                .names()
                .any(|it| it == "grpc.health.v1.Health/Check")
        );
    }

    #[test]
    fn other_bytes_are_refused() {
        assert!(Methods::from_descriptors(&[b"not a descriptor"]).is_err());
    }
}
