//! What spans and metrics say of a request.

use grpc_telemetry::rpc::PeerAddress;
use http::{Method, Request, StatusCode, Version};
use opentelemetry::KeyValue;

use super::path::ShownPath;
use crate::names;

/// The verbs of the conventions.
const KNOWN: [Method; 9] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::DELETE,
    Method::CONNECT,
    Method::OPTIONS,
    Method::TRACE,
    Method::PATCH,
];
/// The longest unknown verb that a span repeats, in bytes: callers choose it.
const MAX_METHOD_LENGTH: usize = 32;

/// Labels of a request, each from a bounded set.
#[derive(Clone, Debug)]
pub(super) struct Labels {
    method: String,
    route: Option<String>,
    version: &'static str,
}

impl Labels {
    pub(super) fn of<B>(request: &Request<B>, route: Option<&str>) -> Self {
        // That of a route is one of few, whatever it is.
        let is_known = KNOWN.contains(request.method()) || route.is_some();
        let method = match is_known {
            true => request.method().as_str(),
            false => names::OTHER_METHOD,
        };
        Self {
            method: method.to_owned(),
            route: route.map(str::to_owned),
            version: match request.version() {
                Version::HTTP_2 => "2",
                Version::HTTP_11 => "1.1",
                _ => "1.0",
            },
        }
    }

    /// `GET /v1/users/{user_id}`, or the verb alone.
    pub(super) fn span_name(&self) -> String {
        let method = match self.method.as_str() {
            names::OTHER_METHOD => "HTTP",
            method => method,
        };
        match &self.route {
            Some(route) => format!("{method} {route}"),
            None => method.to_owned(),
        }
    }

    /// What a span says from its start.
    pub(super) fn of_span<B>(
        &self,
        request: &Request<B>,
        path: &ShownPath,
        source: &'static str,
    ) -> Vec<KeyValue> {
        let mut attributes = vec![
            KeyValue::new(names::REQUEST_METHOD, self.method.clone()),
            KeyValue::new(names::URL_SCHEME, "http"),
            KeyValue::new(names::URL_PATH, path.show(request.uri().path())),
            KeyValue::new(names::NETWORK_PROTOCOL_VERSION, self.version),
            KeyValue::new(names::REQUEST_SOURCE, source),
        ];
        let route = self.route.clone();
        attributes.extend(route.map(|route| KeyValue::new(names::ROUTE, route)));
        if self.method == names::OTHER_METHOD {
            let method = request.method().as_str();
            let cut = &method[..method.len().min(MAX_METHOD_LENGTH)];
            attributes.push(KeyValue::new(
                names::REQUEST_METHOD_ORIGINAL,
                cut.to_owned(),
            ));
        }
        if let Some(peer) = request.extensions().get::<PeerAddress>() {
            let address = peer.ip().to_string();
            attributes.push(KeyValue::new(names::CLIENT_ADDRESS, address.clone()));
            attributes.push(KeyValue::new(names::NETWORK_PEER_ADDRESS, address));
        }
        attributes
    }

    /// Those of requests in flight.
    pub(super) fn of_active(&self) -> [KeyValue; 2] {
        [
            KeyValue::new(names::REQUEST_METHOD, self.method.clone()),
            KeyValue::new(names::URL_SCHEME, "http"),
        ]
    }

    /// Those of a request that has ended so.
    pub(super) fn of_ended(&self, outcome: Outcome) -> Vec<KeyValue> {
        let mut labels = self.of_active().to_vec();
        labels.push(KeyValue::new(names::NETWORK_PROTOCOL_VERSION, self.version));
        let route = self.route.clone();
        labels.extend(route.map(|route| KeyValue::new(names::ROUTE, route)));
        labels.extend(outcome.attributes());
        labels
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The response was sent.
    Sent(StatusCode),
    /// The caller gave it up; with the status if the response had begun.
    Cancelled(Option<StatusCode>),
    /// The response broke off after its head.
    Broken(StatusCode),
}

impl Outcome {
    /// Whether it is the fault of this side.
    pub(super) fn is_error(self) -> bool {
        match self {
            Self::Sent(status) => status.is_server_error(),
            Self::Cancelled(_) => false,
            Self::Broken(_) => true,
        }
    }

    pub(super) fn attributes(self) -> Vec<KeyValue> {
        let (status, error) = match self {
            Self::Sent(status) if status.is_server_error() => {
                (Some(status), Some(status.as_str().to_owned()))
            }
            Self::Sent(status) => (Some(status), None),
            // Not a fault of this side, so not an error.
            Self::Cancelled(status) => (status, None),
            Self::Broken(status) => (Some(status), Some("broken".to_owned())),
        };
        let status = status
            .map(|status| KeyValue::new(names::RESPONSE_STATUS_CODE, i64::from(status.as_u16())));
        let error = error.map(|error| KeyValue::new(names::ERROR_TYPE, error));
        status.into_iter().chain(error).collect()
    }
}
