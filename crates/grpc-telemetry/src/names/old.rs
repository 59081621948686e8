//! The names of the RPC conventions up to 1.37, each with the one that took its
//! place: `OTEL_SEMCONV_STABILITY_OPT_IN=rpc/dup` adds them, for who still looks for them.
//!
//! The old `rpc.method`, a method without its service, has no place on a span
//! beside the new one: the name is the same, and the new meaning has it.

#[cfg(feature = "metrics")]
mod metrics;

use std::net::IpAddr;

use opentelemetry::KeyValue;

#[cfg(feature = "metrics")]
pub(crate) use self::metrics::{call_duration, of_metric};

/// Now `rpc.system.name`.
pub const RPC_SYSTEM: &str = "rpc.system";
/// Now part of `rpc.method`.
pub const RPC_SERVICE: &str = "rpc.service";
/// Now `rpc.response.status_code`: the code as a number.
pub const RPC_GRPC_STATUS_CODE: &str = "rpc.grpc.status_code";
/// Gone: always "tcp" here.
pub const NETWORK_TRANSPORT: &str = "network.transport";
/// Gone: "ipv4" or "ipv6".
pub const NETWORK_TYPE: &str = "network.type";

/// What a span says of its call by its old names, at its start.
pub(crate) fn of_span(attributes: &[KeyValue]) -> Vec<KeyValue> {
    let value = |name: &str| {
        let found = attributes.iter().find(|it| it.key.as_str() == name);
        found.map(|it| it.value.as_str())
    };
    let mut old = Vec::new();
    if let Some(system) = value(super::RPC_SYSTEM_NAME) {
        old.push(KeyValue::new(RPC_SYSTEM, system.into_owned()));
    }
    let method = value(super::RPC_METHOD).unwrap_or_default();
    if let Some((service, _)) = method.split_once('/') {
        old.push(KeyValue::new(RPC_SERVICE, service.to_owned()));
    }
    let peer = value(super::NETWORK_PEER_ADDRESS).and_then(|peer| peer.parse().ok());
    if let Some(peer) = peer {
        let family = match peer {
            IpAddr::V4(_) => "ipv4",
            IpAddr::V6(_) => "ipv6",
        };
        old.push(KeyValue::new(NETWORK_TRANSPORT, "tcp"));
        old.push(KeyValue::new(NETWORK_TYPE, family));
    }
    old
}
