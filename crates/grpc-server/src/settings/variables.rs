//! Settings from variables.

use std::str::FromStr;
use std::time::Duration;

use super::Settings;
use crate::tls::Files;
use crate::{IncompleteTokenRules, TokenRules};

/// A variable that has no valid value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Its value is not one of its kind.
    #[error("{variable} is not valid: {value:?}; write {example}")]
    Invalid {
        /// Which variable.
        variable: &'static str,
        /// What it is set to.
        value: String,
        /// What it may look like.
        example: &'static str,
    },
    /// It is of no use without another.
    #[error("{given} is set, but {lacking} is not: set both, or neither")]
    Incomplete {
        /// Which variable.
        given: &'static str,
        /// The other.
        lacking: &'static str,
    },
    /// Authentication would be half-on.
    #[error(transparent)]
    Tokens(#[from] IncompleteTokenRules),
}

impl Settings {
    /// The defaults, but for what `variable` has.
    pub(super) fn from_variables(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, SettingsError> {
        let variables = Variables(variable);
        let mut settings = Self::default();
        variables.set(&mut settings.listen, "LISTEN_ADDR", "0.0.0.0:8888")?;
        variables.set(&mut settings.http, "HTTP_ADDR", "0.0.0.0:9090")?;
        settings.tls = variables.tls()?;
        settings.tokens = variables.tokens()?;
        let calls = &mut settings.calls;
        variables.set(&mut calls.in_flight, "MAX_IN_FLIGHT", "1024")?;
        variables.set_time(&mut calls.unary, "UNARY_TIMEOUT")?;
        variables.set(&mut calls.gzip, "GZIP_REQUESTS", "true or false")?;
        let quotas = &mut calls.quotas;
        quotas.rate = variables.parsed("CALLER_RATE_LIMIT", "100")?;
        quotas.calls = variables.parsed("CALLER_MAX_CONCURRENT", "50")?;
        quotas.streams = variables.parsed("CALLER_MAX_STREAMS", "10")?;
        let connections = &mut settings.connections;
        variables.set(&mut connections.total, "MAX_CONNECTIONS", "10000")?;
        variables.set(&mut connections.streams_in_total, "MAX_STREAMS", "3000")?;
        variables.set(
            &mut connections.streams_per_address,
            "MAX_STREAMS_PER_ADDRESS",
            "1000",
        )?;
        variables.set_mib(&mut connections.bytes_in_total, "MAX_BUFFERED_MIB")?;
        variables.set_mib(
            &mut connections.bytes_per_address,
            "MAX_BUFFERED_MIB_PER_ADDRESS",
        )?;
        variables.set_time(&mut settings.drain_delay, "SHUTDOWN_DRAIN_DELAY")?;
        variables.set_time(&mut settings.grace, "SHUTDOWN_GRACE")?;
        variables.set(&mut settings.reflection, "REFLECTION", "true or false")?;
        Ok(settings)
    }
}

struct Variables<V>(V);

impl<V: Fn(&str) -> Option<String>> Variables<V> {
    /// The value of `name`; an empty one is unset.
    fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    fn parsed<T: FromStr>(
        &self,
        variable: &'static str,
        example: &'static str,
    ) -> Result<Option<T>, SettingsError> {
        let Some(value) = self.get(variable) else {
            return Ok(None);
        };
        let invalid = |value| SettingsError::Invalid {
            variable,
            value,
            example,
        };
        value.parse().map(Some).map_err(|_| invalid(value))
    }

    fn set<T: FromStr>(
        &self,
        setting: &mut T,
        variable: &'static str,
        example: &'static str,
    ) -> Result<(), SettingsError> {
        if let Some(value) = self.parsed(variable, example)? {
            *setting = value;
        }
        Ok(())
    }

    /// Sets a number of bytes from one of MiB.
    fn set_mib(&self, bytes: &mut usize, variable: &'static str) -> Result<(), SettingsError> {
        if let Some(mib) = self.parsed::<u32>(variable, "48")? {
            *bytes = mib as usize * 1024 * 1024;
        }
        Ok(())
    }

    fn set_time(
        &self,
        setting: &mut Duration,
        variable: &'static str,
    ) -> Result<(), SettingsError> {
        let time = self.parsed::<humantime::Duration>(variable, "a time such as 1500ms or 20s")?;
        if let Some(time) = time {
            *setting = time.into();
        }
        Ok(())
    }

    fn tokens(&self) -> Result<Option<TokenRules>, IncompleteTokenRules> {
        TokenRules::from_settings(
            self.get("AUTH_JWKS_FILE").map(Into::into),
            self.get("AUTH_ISSUER"),
            self.get("AUTH_AUDIENCE"),
            self.get("AUTH_ROLES_CLAIM"),
        )
    }

    fn tls(&self) -> Result<Option<Files>, SettingsError> {
        const CERTIFICATE: &str = "TLS_CERT_FILE";
        const KEY: &str = "TLS_KEY_FILE";
        const CLIENT_CA: &str = "TLS_CLIENT_CA_FILE";
        let client_ca = self.get(CLIENT_CA).map(Into::into);
        let (given, lacking) = match (self.get(CERTIFICATE), self.get(KEY)) {
            (Some(certificate), Some(key)) => {
                return Ok(Some(Files {
                    certificate: certificate.into(),
                    key: key.into(),
                    client_ca,
                }));
            }
            (Some(_), None) => (CERTIFICATE, KEY),
            (None, Some(_)) => (KEY, CERTIFICATE),
            (None, None) if client_ca.is_some() => (CLIENT_CA, CERTIFICATE),
            (None, None) => return Ok(None),
        };
        Err(SettingsError::Incomplete { given, lacking })
    }
}
