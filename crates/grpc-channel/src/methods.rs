//! What descriptors say of methods: which may be called more than once, which have one request, and
//! which have streams.

use std::collections::HashSet;
use std::sync::Arc;

use grpc_common::descriptors::{self, MethodDescriptor};
use prost::{DecodeError, Message};
use prost_types::MethodOptions;
use prost_types::method_options::IdempotencyLevel;

/// Methods by their paths, `/package.Service/Method`. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Methods {
    /// Those whose calls may be carried out more than once without harm.
    idempotent: Arc<HashSet<String>>,
    /// All methods without a stream of requests.
    with_one_request: Arc<HashSet<String>>,
    /// All methods with a stream of requests, or of responses.
    with_streams: Arc<HashSet<String>>,
}

impl Methods {
    /// Those in these encoded `FileDescriptorSet`s.
    ///
    /// # Errors
    /// When one of them is not a `FileDescriptorSet`.
    pub(crate) fn from_descriptors(encoded: &[&[u8]]) -> Result<Self, DecodeError> {
        let (mut idempotent, mut with_one_request) = (HashSet::new(), HashSet::new());
        let mut with_streams = HashSet::new();
        for encoded in encoded {
            for file in descriptors::services(encoded)? {
                for (name, method) in file.methods() {
                    let path = format!("/{name}");
                    if is_idempotent(method)? {
                        idempotent.insert(path.clone());
                    }
                    if !method.client_streaming {
                        with_one_request.insert(path.clone());
                    }
                    if method.client_streaming || method.server_streaming {
                        with_streams.insert(path);
                    }
                }
            }
        }
        Ok(Self {
            idempotent: Arc::new(idempotent),
            with_one_request: Arc::new(with_one_request),
            with_streams: Arc::new(with_streams),
        })
    }

    /// Whether the method at `path` has one request, which can be kept for another attempt.
    pub(crate) fn has_one_request(&self, path: &str) -> bool {
        self.with_one_request.contains(path)
    }

    /// Whether the method at `path` has a stream of requests, or of responses.
    pub(crate) fn has_streams(&self, path: &str) -> bool {
        self.with_streams.contains(path)
    }

    /// Whether calls of the method at `path` may be carried out more than once.
    pub(crate) fn is_idempotent(&self, path: &str) -> bool {
        self.idempotent.contains(path)
    }
}

/// Whether calls of `method` may be retried. A stream of requests may be endless, and wait
/// for the responses to earlier ones: it can't be kept for another attempt.
fn is_idempotent(method: &MethodDescriptor) -> Result<bool, DecodeError> {
    let level = MethodOptions::decode(method.options.clone())?.idempotency_level();
    let may_repeat = [
        IdempotencyLevel::Idempotent,
        IdempotencyLevel::NoSideEffects,
    ];
    Ok(!method.client_streaming && may_repeat.contains(&level))
}

#[cfg(test)]
mod tests {
    use prost_types::{
        FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto, MethodOptions,
        ServiceDescriptorProto,
    };

    use super::*;

    fn method(
        name: &str,
        level: IdempotencyLevel,
        client_streaming: bool,
    ) -> MethodDescriptorProto {
        let mut options = MethodOptions::default();
        options.set_idempotency_level(level);
        MethodDescriptorProto {
            name: Some(name.to_owned()),
            options: Some(options),
            client_streaming: Some(client_streaming),
            ..MethodDescriptorProto::default()
        }
    }

    #[test]
    fn methods_is_idempotent_if_their_descriptors_say_so_and_they_have_one_request() {
        let service = ServiceDescriptorProto {
            name: Some("Orders".to_owned()),
            method: vec![
                method("Get", IdempotencyLevel::NoSideEffects, false),
                method("Put", IdempotencyLevel::Idempotent, false),
                method("Add", IdempotencyLevel::IdempotencyUnknown, false),
                method("GetMany", IdempotencyLevel::NoSideEffects, true),
                MethodDescriptorProto {
                    server_streaming: Some(true),
                    ..method("List", IdempotencyLevel::NoSideEffects, false)
                },
                MethodDescriptorProto {
                    name: Some("Bare".to_owned()),
                    ..MethodDescriptorProto::default()
                },
            ],
            ..ServiceDescriptorProto::default()
        };
        let file = FileDescriptorProto {
            package: Some("orders.v1".to_owned()),
            service: vec![service],
            ..FileDescriptorProto::default()
        };
        let set = FileDescriptorSet { file: vec![file] }.encode_to_vec();

        let methods = Methods::from_descriptors(&[&set]).unwrap();

        for (name, expected) in [
            ("Get", true),
            ("Put", true),
            ("Add", false),
            ("GetMany", false),
            ("List", true),
            ("Bare", false),
        ] {
            let path = format!("/orders.v1.Orders/{name}");
            assert_eq!(methods.is_idempotent(&path), expected, "{path}");
            assert_eq!(methods.has_one_request(&path), name != "GetMany", "{path}");
            let has_streams = ["GetMany", "List"].contains(&name);
            assert_eq!(methods.has_streams(&path), has_streams, "{path}");
        }
    }

    #[test]
    fn other_bytes_are_refused() {
        assert!(Methods::from_descriptors(&[b"not a descriptor"]).is_err());
    }
}
