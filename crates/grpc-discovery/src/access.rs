//! How a registry is called: its user, and TLS.

use std::fmt;

use crate::{Endpoints, Login};

/// How a registry is called: by default without a user, and with TLS only where its URL is
/// `https://`, by the CA certificates of the system. Never shows a secret.
#[derive(Clone, Default)]
pub struct Access {
    /// The user, where the registry has authentication switched on.
    pub login: Option<Login>,
    /// The CA bundle (PEM) that servers are verified with. With it, all are called with TLS.
    pub ca: Option<Vec<u8>>,
    /// The certificate of this client, for servers that ask for one (mutual TLS). With it,
    /// all are called with TLS.
    pub identity: Option<ClientIdentity>,
}

/// A certificate with its private key, both as PEM.
#[derive(Clone, Eq, PartialEq)]
pub struct ClientIdentity {
    /// The certificate, with those it depends on.
    pub certificate: Vec<u8>,
    /// Its private key.
    pub key: Vec<u8>,
}

impl Access {
    /// `endpoints` as they are called: all of them with TLS if anything here is for TLS, as
    /// a protection that was asked for is not off without a word.
    pub(crate) fn of(&self, endpoints: &Endpoints) -> Endpoints {
        match self.ca.is_some() || self.identity.is_some() {
            true => endpoints.over_tls(),
            false => endpoints.clone(),
        }
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Access({:?}, ***)", self.login)
    }
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ClientIdentity(***)")
    }
}
