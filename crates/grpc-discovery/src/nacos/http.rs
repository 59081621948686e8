//! One HTTP request to one server, within limits.

use std::time::Duration;

use grpc_common::{printable, root_cause};
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Identity, RequestBuilder, Response};

use super::NacosError;
use crate::{Access, ClientIdentity};

/// How long one server may take, from the connection to the last byte of the response.
pub(super) const LIMIT: Duration = Duration::from_secs(3);
const CONNECT_LIMIT: Duration = Duration::from_secs(1);
/// 1,000 instances take some 400 KB.
const MAX_RESPONSE_BYTES: usize = 4 * 1024 * 1024;
/// As much of an error message as a log line shows.
const MAX_MESSAGE_CHARS: usize = 200;

/// A client that speaks TLS by `access`. It follows no redirect, which would take the token elsewhere,
/// and uses no proxy.
///
/// # Errors
/// When a PEM text is of no use, or the system has no CA bundle and `tls` is used.
pub(super) fn client(access: &Access, tls: bool) -> Result<Client, NacosError> {
    // Fails if the process has chosen a provider already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .timeout(LIMIT)
        .connect_timeout(CONNECT_LIMIT)
        .redirect(Policy::none())
        .no_proxy();
    let builder = match (&access.ca, tls) {
        (Some(pem), _) => builder.tls_certs_only(bundle(pem)?),
        (None, true) => builder,
        // A small image has no certificates, and plain HTTP needs none.
        (None, false) => builder.tls_certs_only([]),
    };
    let builder = match &access.identity {
        Some(identity) => builder.identity(client_identity(identity)?),
        None => builder,
    };
    builder
        .build()
        .map_err(|error| NacosError::Tls(cause(error)))
}

fn client_identity(identity: &ClientIdentity) -> Result<Identity, NacosError> {
    let pem = [identity.certificate.as_slice(), &identity.key].join(&b'\n');
    Identity::from_pem(&pem).map_err(|error| NacosError::Tls(cause(error)))
}

fn bundle(pem: &[u8]) -> Result<Vec<Certificate>, NacosError> {
    let certificates =
        Certificate::from_pem_bundle(pem).map_err(|error| NacosError::Tls(cause(error)))?;
    match certificates.is_empty() {
        true => Err(NacosError::Tls(
            "the CA bundle has no certificate".to_owned(),
        )),
        false => Ok(certificates),
    }
}

/// Sends `request`; returns the HTTP status and the body.
///
/// # Errors
/// When there is no response within the limits.
pub(super) async fn send(request: RequestBuilder) -> Result<(u16, Vec<u8>), NacosError> {
    let response = request.send().await.map_err(unreachable)?;
    let status = response.status().as_u16();
    Ok((status, read(response).await?))
}

async fn read(mut response: Response) -> Result<Vec<u8>, NacosError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
            let message = format!("it has more than {MAX_RESPONSE_BYTES} bytes");
            return Err(NacosError::Nonsense(message));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The error that a response with `status` and `body` is.
pub(super) fn refused(status: u16, body: &[u8]) -> NacosError {
    let text = String::from_utf8_lossy(body);
    let message = text.chars().take(MAX_MESSAGE_CHARS).collect::<String>();
    NacosError::Refused {
        status,
        message: printable(message.trim()),
    }
}

fn unreachable(error: reqwest::Error) -> NacosError {
    match error.is_timeout() {
        true => NacosError::Late,
        false => NacosError::Unreachable(cause(error)),
    }
}

/// What is wrong, without the URL.
fn cause(error: reqwest::Error) -> String {
    root_cause(&error.without_url())
}
