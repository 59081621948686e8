//! Calls by the path of their method: the protocols that clients generated from the proto speak.

use std::collections::HashMap;

use http::Method as Verb;
use http::header::HeaderMap;
use prost_reflect::{DescriptorPool, MethodDescriptor};

use crate::calls::Target;
use crate::headers;
use crate::messages::Codec;
use crate::web_text::WebEncoding;

/// The media types of calls with one request and one response.
const UNARY_TYPES: [&str; 4] = [
    "application/json",
    "application/proto",
    "application/grpc-web+proto",
    "application/grpc-web-text+proto",
];
/// `MethodOptions.IdempotencyLevel.NO_SIDE_EFFECTS`.
const NO_SIDE_EFFECTS: i32 = 1;
/// The media types of calls with streams.
const STREAM_TYPES: [&str; 4] = [
    "application/connect+json",
    "application/connect+proto",
    "application/grpc-web+proto",
    "application/grpc-web-text+proto",
];

/// A method that can be called by its path.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) descriptor: MethodDescriptor,
    pub(crate) target: Target,
}

impl Method {
    /// The media types of its bodies.
    pub(crate) fn media_types(&self) -> &'static [&'static str] {
        match self.is_unary() {
            true => &UNARY_TYPES,
            false => &STREAM_TYPES,
        }
    }

    /// Whether it has one request and one response.
    pub(crate) fn is_unary(&self) -> bool {
        let descriptor = &self.descriptor;
        !descriptor.is_client_streaming() && !descriptor.is_server_streaming()
    }

    /// The verbs that it is called by: GET too if a call changes nothing and has one request and
    /// one response.
    pub(crate) fn verbs(&self) -> &'static [&'static Verb] {
        let options = self.descriptor.options();
        let level = options.get_field_by_name("idempotency_level");
        let level = level.and_then(|level| level.as_enum_number());
        match level == Some(NO_SIDE_EFFECTS) && self.is_unary() {
            true => &[&Verb::GET, &Verb::POST],
            false => &[&Verb::POST],
        }
    }
}

/// All methods, by their paths.
#[derive(Debug)]
pub(crate) struct Methods(HashMap<String, Method>);

impl Methods {
    /// Those of all services in `pool`.
    pub(crate) fn of(pool: &DescriptorPool) -> Self {
        let methods = pool
            .services()
            .flat_map(|service| service.methods().collect::<Vec<_>>());
        let methods = methods.filter_map(|descriptor| {
            let target = Target::of(&descriptor).ok()?;
            Some((target.path.to_string(), Method { descriptor, target }))
        });
        Self(methods.collect())
    }

    /// The method at `path`, if there is one.
    pub(crate) fn find(&self, path: &str) -> Option<&Method> {
        self.0.get(path)
    }
}

/// The protocol of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RpcProtocol {
    GrpcWeb(WebEncoding),
    Connect(Codec),
    ConnectStream(Codec),
}

impl RpcProtocol {
    /// The one that the body has.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        match headers::media_type(headers).as_str() {
            "application/grpc-web" | "application/grpc-web+proto" => {
                Some(Self::GrpcWeb(WebEncoding::Binary))
            }
            "application/grpc-web-text" | "application/grpc-web-text+proto" => {
                Some(Self::GrpcWeb(WebEncoding::Text))
            }
            "application/json" => Some(Self::Connect(Codec::Json)),
            "application/proto" => Some(Self::Connect(Codec::Proto)),
            "application/connect+json" => Some(Self::ConnectStream(Codec::Json)),
            "application/connect+proto" => Some(Self::ConnectStream(Codec::Proto)),
            _ => None,
        }
    }
}
