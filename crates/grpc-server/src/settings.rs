//! The settings of a service, with defaults for production.

mod variables;

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

pub use self::variables::SettingsError;
use crate::tls::{Files, Identity};
use crate::{CallLimits, ConnectionLimits, TokenRules};

/// What a service listens on, and how it treats connections and calls.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where gRPC is served; port 8888 of all interfaces by default.
    pub listen: SocketAddr,
    /// Where probes and metrics are served; port 9090 of all interfaces by default.
    pub http: SocketAddr,
    /// The files of TLS, reloaded on change; none by default.
    pub tls: Option<Files>,
    /// The clients that may call over mutual TLS; all with a valid certificate by default.
    pub tls_identities: Option<HashSet<Identity>>,
    /// Which tokens are trusted; without them, everyone who reaches the service may call it.
    /// With them, [`Builder::with_role_option`](crate::Builder::with_role_option) says what
    /// each method requires.
    pub tokens: Option<TokenRules>,
    /// Limits of calls: deadlines, concurrency and quotas.
    pub calls: CallLimits,
    /// Limits of connections.
    pub connections: ConnectionLimits,
    /// The delay between a signal and refusing new calls, so that load balancers can react;
    /// none by default.
    pub drain_delay: Duration,
    /// The grace period: how long calls in flight may take to finish; 20 s by default.
    pub grace: Duration,
    /// Whether to serve reflection, which grpcurl needs; by default it is.
    pub reflection: bool,
}

impl Default for Settings {
    fn default() -> Self {
        let all = |port| SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
        Self {
            listen: all(8888),
            http: all(9090),
            tls: None,
            tls_identities: None,
            tokens: None,
            calls: CallLimits::default(),
            connections: ConnectionLimits::default(),
            drain_delay: Duration::ZERO,
            grace: Duration::from_secs(20),
            reflection: true,
        }
    }
}

impl Settings {
    /// The defaults, but for what the variables of this process say: `LISTEN_ADDR`, `HTTP_ADDR`,
    /// `TLS_CERT_FILE`, `TLS_KEY_FILE`, `TLS_CLIENT_CA_FILE`, `AUTH_JWKS_FILE`, `AUTH_ISSUER`,
    /// `AUTH_AUDIENCE`, `AUTH_ROLES_CLAIM`, `MAX_IN_FLIGHT`, `UNARY_TIMEOUT`,
    /// `GZIP_REQUESTS`, `CALLER_RATE_LIMIT`, `CALLER_MAX_CONCURRENT`, `CALLER_MAX_STREAMS`,
    /// `MAX_CONNECTIONS`, `MAX_STREAMS`, `MAX_STREAMS_PER_ADDRESS`, `MAX_BUFFERED_MIB`,
    /// `MAX_BUFFERED_MIB_PER_ADDRESS`, `SHUTDOWN_DRAIN_DELAY`, `SHUTDOWN_GRACE` and `REFLECTION`. An empty one is unset, and times are such as `1500ms`
    /// or `20s`.
    ///
    /// # Errors
    /// When one of them is wrong.
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::from_variables(|name| std::env::var(name).ok())
    }
}

#[cfg(test)]
mod tests;
