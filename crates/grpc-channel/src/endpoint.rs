//! How connections are made and kept.

mod backend;
mod connections;
mod http2;
mod silence;

use std::time::Duration;

use kitex_client::Transport;
use tonic::transport::{Endpoint, Uri};

use crate::credentials::Credentials;
use crate::error::Error;

pub(crate) use self::backend::{BackendEndpoint, BackendTransport};
use self::http2::Http2Endpoint;
pub use self::silence::SilentServer;

/// How often an idle connection is asked for a sign of life (HTTP/2 keepalive).
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// How long the response to that may take before the connection is closed.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// What a server may send ahead, in bytes, on one stream and on a connection. h2 ends a
/// connection on which small frames wait that cost more than half of its window: 256 bytes
/// less their length each. A server that sends a frame for each message fills the window of
/// a stream whose reader is slow; with these, frames of 8 bytes and more cost less than that
/// (64 KiB / 8 x 248 bytes = 1.9 MiB).
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;

/// How connections are made and kept.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionSettings {
    /// How long a connection may take to make, and the first byte of the server thereafter.
    pub(crate) connect_timeout: Duration,
    /// Credentials for TLS; none for plain text.
    pub(crate) credentials: Option<Credentials>,
    /// How Kitex is spoken; none for gRPC.
    pub(crate) kitex: Option<kitex_client::Settings>,
}

impl ConnectionSettings {
    /// The backend at `uri`.
    ///
    /// # Errors
    /// When TLS can't be set up.
    pub(crate) fn backend(&self, uri: &Uri) -> Result<BackendEndpoint, Error> {
        match &self.kitex {
            None => Ok(BackendEndpoint::Http2(Box::new(self.endpoint(uri)?))),
            Some(kitex) => {
                let address = uri.authority().map(|it| it.as_str()).unwrap_or_default();
                self.kitex_at(uri, address, kitex, self.endpoint(uri)?)
            }
        }
    }

    /// The backend at `address`, which goes by the name in `name`.
    ///
    /// # Errors
    /// When TLS can't be set up, or `address` is not an address.
    pub(crate) fn backend_at(&self, name: &Uri, address: &str) -> Result<BackendEndpoint, Error> {
        match &self.kitex {
            None => Ok(BackendEndpoint::Http2(Box::new(
                self.endpoint_at(name, address)?,
            ))),
            Some(kitex) => {
                let streams = self.endpoint_at(name, address)?;
                self.kitex_at(name, address, kitex, streams)
            }
        }
    }

    fn kitex_at(
        &self,
        name: &Uri,
        address: &str,
        kitex: &kitex_client::Settings,
        streams: Http2Endpoint,
    ) -> Result<BackendEndpoint, Error> {
        let host = name.host().unwrap_or_default();
        let credentials = self.credentials.as_ref();
        let settings = kitex_client::Settings {
            connect_timeout: self.connect_timeout,
            tls: credentials.map(|it| it.expecting_kitex(host)).transpose()?,
            ..kitex.clone()
        };
        let transport = Transport::new(address, settings);
        Ok(BackendEndpoint::Kitex(transport, Box::new(streams)))
    }

    /// An endpoint for the server at `uri`.
    ///
    /// # Errors
    /// When TLS can't be set up.
    pub(crate) fn endpoint(&self, uri: &Uri) -> Result<Http2Endpoint, Error> {
        let endpoint = self.configured(uri.clone(), uri.host().unwrap_or_default())?;
        Ok(Http2Endpoint::new(endpoint, self.connect_timeout))
    }

    /// An endpoint for the server at `address`, which goes by the name in `name`.
    ///
    /// # Errors
    /// When TLS can't be set up, or `address` is not an address.
    fn endpoint_at(&self, name: &Uri, address: &str) -> Result<Http2Endpoint, Error> {
        let scheme = name.scheme_str().unwrap_or("http");
        let uri = format!("{scheme}://{address}").parse();
        let uri = uri.map_err(|cause| Error::InvalidAddress {
            address: address.to_owned(),
            cause,
        })?;
        let endpoint = self.configured(uri, name.host().unwrap_or_default())?;
        let endpoint = endpoint.origin(name.clone());
        Ok(Http2Endpoint::new(endpoint, self.connect_timeout))
    }

    fn configured(&self, uri: Uri, host: &str) -> Result<Endpoint, Error> {
        let endpoint = Endpoint::from(uri)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT);
        match &self.credentials {
            Some(credentials) => endpoint
                .tls_config(credentials.expecting(host).timeout(self.connect_timeout))
                .map_err(|error| Error::Tls(error.into())),
            None => Ok(endpoint),
        }
    }
}
