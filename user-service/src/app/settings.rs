//! From the settings of a user to those of the parts.

use grpc_server::{Authentication, CallLimits, ConnectionLimits, Eviction, Policy, QuotaLimits};
use grpc_telemetry::Telemetry;
use grpc_telemetry::rpc::ServerTraceLayer;
use kitex_server::THRIFT_CODEC;

use super::{AppError, kitex, methods};
use crate::config::{self, Config};
use crate::grpc::MAX_REQUEST_BYTES;
use crate::{metrics, repository, status};

const MIB: usize = 1024 * 1024;

/// How the database is opened.
pub(super) fn repository(config: &Config) -> Result<repository::Config, AppError> {
    Ok(repository::Config {
        url: config.stores.database_url()?,
        migration_url: config.stores.database_migration_url()?,
        max_connections: config.stores.database_max_connections,
        migrate: config.stores.migrate,
        startup_timeout: config.stores.startup_timeout,
    })
}

/// How calls are treated.
pub(super) fn policy(config: &Config, authentication: Authentication) -> Result<Policy, AppError> {
    Ok(Policy {
        methods: methods::all()?,
        roles: methods::roles()?,
        authentication,
        limits: call_limits(config),
        error_domain: status::DOMAIN,
        metric_prefix: metrics::SCOPE,
    })
}

/// How calls are traced and counted.
pub(super) fn trace(config: &Config, telemetry: &Telemetry) -> Result<ServerTraceLayer, AppError> {
    let trace = telemetry
        .server(&methods::DESCRIPTORS)
        .map_err(|error| AppError::Descriptors(error.to_string()))?;
    Ok(trace
        .with_trust(config.telemetry.trust_incoming_trace.into())
        .with_baggage_attributes(config.telemetry.baggage_span_attributes()))
}

fn call_limits(config: &Config) -> CallLimits {
    let limits = &config.limits;
    CallLimits {
        in_flight: limits.max_in_flight,
        unary: limits.unary_timeout,
        silence: limits.stream_idle_timeout,
        gzip: limits.gzip_requests,
        codecs: match kitex::service(config).thrift {
            true => &[THRIFT_CODEC],
            false => &[],
        },
        inflated_bytes: MAX_REQUEST_BYTES,
        quotas: QuotaLimits {
            rate: limits.caller_rate_limit,
            calls: limits.caller_max_concurrent,
            streams: limits.caller_max_streams,
        },
    }
}

/// The limits of connections to the gRPC port.
pub(super) fn connection_limits(limits: &config::Limits) -> ConnectionLimits {
    ConnectionLimits {
        total: limits.max_connections,
        per_address: limits.max_connections_per_address,
        eviction: Eviction::Idle,
        streams: limits.max_streams_per_connection,
        streams_per_address: limits.max_streams_per_address,
        streams_in_total: limits.max_streams,
        bytes_per_address: limits.max_buffered_mib_per_address as usize * MIB,
        bytes_in_total: limits.max_buffered_mib as usize * MIB,
        handshake: limits.connection_timeout,
        idle: limits.max_connection_idle,
        age: limits.max_connection_age,
        grace: limits.max_connection_age_grace,
        random: rand::random::<f64>,
    }
}

/// Those to the port for health alone, where callers can't take them from the probes, nor
/// one address from another.
pub(super) fn health_connection_limits(limits: &config::Limits) -> ConnectionLimits {
    ConnectionLimits {
        total: 64,
        per_address: 16,
        eviction: Eviction::Any,
        streams: limits.max_streams_per_connection.min(16),
        streams_per_address: 64,
        streams_in_total: 256,
        bytes_per_address: MIB,
        bytes_in_total: 4 * MIB,
        ..connection_limits(limits)
    }
}
