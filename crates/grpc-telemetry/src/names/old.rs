//! The names of the RPC conventions up to 1.37, each with the one that took its
//! place: `OTEL_SEMCONV_STABILITY_OPT_IN=rpc/dup` adds them, for who still looks for them.
//!
//! The old `rpc.method`, a method without its service, has no place on a span
//! beside the new one: the name is the same, and the new meaning has it.

#[cfg(feature = "metrics")]
mod metrics;

use std::net::IpAddr;

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

/// The value of [`NETWORK_TYPE`] for a caller at `peer`.
pub(crate) fn network_type(peer: IpAddr) -> &'static str {
    match peer {
        IpAddr::V4(_) => "ipv4",
        IpAddr::V6(_) => "ipv6",
    }
}
