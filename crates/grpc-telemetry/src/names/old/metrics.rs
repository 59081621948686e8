//! The metric of calls by its old names.

use opentelemetry::KeyValue;

use super::{RPC_GRPC_STATUS_CODE, RPC_SERVICE, RPC_SYSTEM};
use crate::names::RPC_METHOD;
use crate::rpc::Side;

/// Now `rpc.server.call.duration` and `rpc.client.call.duration`: a histogram in milliseconds.
pub(crate) fn call_duration(side: Side) -> &'static str {
    match side {
        Side::Client => "rpc.client.duration",
        Side::Server => "rpc.server.duration",
    }
}

/// The labels of the old metric of calls of `method`, which is in two parts there.
pub(crate) fn of_metric(system: &'static str, method: &str, code: tonic::Code) -> Vec<KeyValue> {
    let mut labels = vec![
        KeyValue::new(RPC_SYSTEM, system),
        KeyValue::new(RPC_GRPC_STATUS_CODE, code as i64),
    ];
    let (service, method) = match method.split_once('/') {
        Some((service, method)) => (Some(service), method),
        None => (None, method),
    };
    labels.push(KeyValue::new(RPC_METHOD, method.to_owned()));
    labels.extend(service.map(|service| KeyValue::new(RPC_SERVICE, service.to_owned())));
    labels
}
