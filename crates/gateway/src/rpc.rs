//! Calls by the path of their method: the protocols that clients generated from the proto speak.

use std::collections::HashMap;

use http::header::HeaderMap;
use http::{Method as Verb, Request};
use prost_reflect::MethodDescriptor;

use crate::calls::Target;
use crate::headers;
use crate::messages::Codec;
use crate::routes::Routes;

/// The media types of calls with one request and one response.
const UNARY_TYPES: [&str; 3] = [
    "application/json",
    "application/proto",
    "application/grpc-web+proto",
];
/// The media types of calls with streams.
const STREAM_TYPES: [&str; 3] = [
    "application/connect+json",
    "application/connect+proto",
    "application/grpc-web+proto",
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
        let descriptor = &self.descriptor;
        match descriptor.is_client_streaming() || descriptor.is_server_streaming() {
            true => &STREAM_TYPES,
            false => &UNARY_TYPES,
        }
    }
}

/// All methods of the services that have a route, by their paths.
#[derive(Debug)]
pub(crate) struct Methods(HashMap<String, Method>);

impl Methods {
    pub(crate) fn of(routes: &Routes) -> Self {
        let services = routes
            .iter()
            .map(|route| route.method().parent_service().clone());
        let methods = services.flat_map(|service| service.methods().collect::<Vec<_>>());
        let methods = methods.filter_map(|descriptor| {
            let target = Target::of(&descriptor).ok()?;
            Some((target.path.to_string(), Method { descriptor, target }))
        });
        Self(methods.collect())
    }

    /// The method that `request` calls, if it is for one.
    pub(crate) fn find<B>(&self, request: &Request<B>) -> Option<&Method> {
        let found = self.0.get(request.uri().path());
        found.filter(|_| request.method() == Verb::POST)
    }
}

/// The protocol of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    GrpcWeb,
    Connect(Codec),
    ConnectStream(Codec),
}

impl Door {
    /// The one that the body has.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        match headers::media_type(headers).as_str() {
            "application/grpc-web" | "application/grpc-web+proto" => Some(Self::GrpcWeb),
            "application/json" => Some(Self::Connect(Codec::Json)),
            "application/proto" => Some(Self::Connect(Codec::Proto)),
            "application/connect+json" => Some(Self::ConnectStream(Codec::Json)),
            "application/connect+proto" => Some(Self::ConnectStream(Codec::Proto)),
            _ => None,
        }
    }
}
