//! What the log says once the service serves.

use std::io::{IsTerminal, stdout};
use std::net::SocketAddr;

use grpc_common::redacted;

use super::AppError;
use super::serve::Addresses;
use crate::config::{Config, LogFormat};

/// The port that user-client calls unless `--server` is given.
const CLIENT_PORT: u16 = 8888;

/// Logs where the service serves, with which stores, and how calls are protected.
pub(super) fn announce(
    config: &Config,
    addresses: Addresses,
    is_tls: bool,
) -> Result<(), AppError> {
    let Addresses { grpc, http, health } = addresses;
    let is_authenticated = config.tokens.rules()?.is_some();
    tracing::info!(
        grpc = grpc.map(tracing::field::display),
        http = http.map(tracing::field::display),
        health = health.map(tracing::field::display),
        database = redacted(config.stores.database_url()?.expose()),
        cache = cache(config)?,
        auth = if is_authenticated { "token" } else { "off" },
        tls = if is_tls { "on" } else { "off" },
        version = crate::version(),
        "serving"
    );
    let Some(grpc) = grpc else {
        return Ok(());
    };
    if is_authenticated || is_tls {
        return Ok(());
    }
    if !grpc.ip().is_loopback() {
        tracing::warn!(
            "other hosts can call this service without authentication and TLS: set AUTH_JWKS_FILE and TLS_CERT_FILE, or LISTEN_ADDR=localhost:8888"
        );
    }
    if stdout().is_terminal() && !matches!(config.telemetry.log_format, Some(LogFormat::Json)) {
        tracing::info!("{}", suggestion(grpc));
    }
    Ok(())
}

fn cache(config: &Config) -> Result<String, AppError> {
    if config.stores.cache_ttl.is_zero() {
        return Ok("off".to_owned());
    }
    let url = config.stores.redis_url()?;
    Ok(url.map_or("memory".to_owned(), |url| redacted(url.expose())))
}

/// A first call.
fn suggestion(grpc: SocketAddr) -> String {
    let call = "try: user-client create --name 'Ada Lovelace' --email ada@example.com";
    match grpc.port() {
        CLIENT_PORT => call.to_owned(),
        port => format!("{call} --server http://localhost:{port}"),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use clap::Parser;

    use super::*;
    use crate::config::Cli;

    #[test]
    fn the_suggested_call_reaches_the_port() {
        let suggested = |address: &str| suggestion(address.parse().unwrap());
        assert!(suggested("0.0.0.0:8888").ends_with("ada@example.com"));
        let other = suggested("0.0.0.0:9999");
        assert!(other.ends_with(" --server http://localhost:9999"));
    }

    #[test]
    fn the_cache_is_named_without_its_password() {
        let named = |arguments: &[&str]| {
            let cli = Cli::parse_from([&["user-service"], arguments].concat());
            cache(&cli.config).unwrap()
        };
        assert_eq!(named(&[]), "memory");
        assert_eq!(named(&["--cache-ttl=0s"]), "off");
        let redis = named(&["--redis-url=redis://:hunter2@cache:6379"]);
        assert!(redis.contains("cache:6379") && !redis.contains("hunter2"));
    }
}
