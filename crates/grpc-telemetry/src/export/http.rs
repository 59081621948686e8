//! OTLP over HTTP, with Protocol Buffers.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use prost::Message;
use prost::bytes::Bytes;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Identity, Url};

use super::attempt::{ExportResponse, Failed, Response, with_causes};
use super::destination::Destination;
use super::tls::{ClientCertificate, Tls};
use super::{BuildError, USER_AGENT};

/// Bytes of a response that are read: it has two numbers and a sentence.
const MAX_RESPONSE: usize = 64 * 1024;

/// A client of one signal.
#[derive(Clone, Debug)]
pub(super) struct HttpTransport {
    client: Client,
    url: Url,
    headers: HeaderMap,
    gzip: bool,
}

impl HttpTransport {
    pub(super) fn build(destination: &Destination, tls: &Tls) -> Result<Self, BuildError> {
        let (url, transport) = (destination.url(), &destination.transport);
        let url = Url::parse(&url).map_err(|error| BuildError(error.to_string()))?;
        let mut headers = transport.headers.clone();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-protobuf"),
        );
        if transport.gzip {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Ok(Self {
            client: client(tls).map_err(|error| BuildError(with_causes(&error)))?,
            url,
            headers,
            gzip: transport.gzip,
        })
    }

    pub(super) async fn send(&self, request: Bytes) -> Result<ExportResponse, Failed> {
        let body = match self.gzip {
            true => compressed(&request),
            false => request,
        };
        let request = self.client.post(self.url.clone());
        let request = request.headers(self.headers.clone()).body(body);
        let response = request.send().await.map_err(lost)?;
        let status = response.status();
        match status.is_success() {
            true => taken(response).await,
            false => Err(Failed {
                why: format!("HTTP status {status}"),
                again: again(status, response.headers()),
            }),
        }
    }
}

fn client(tls: &Tls) -> Result<Client, reqwest::Error> {
    let mut builder = Client::builder()
        .user_agent(USER_AGENT)
        // The headers may hold a key, which another host must not get.
        .redirect(Policy::none());
    if let Some(ca) = &tls.ca {
        builder = builder.tls_certs_only(Certificate::from_pem_bundle(ca)?);
    }
    if let Some(ClientCertificate { chain, key }) = &tls.client {
        let both = [chain.as_slice(), b"\n", key].concat();
        builder = builder.identity(Identity::from_pem(&both)?);
    }
    builder.build()
}

fn compressed(request: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // A vector takes all that is written to it.
    let _ = encoder.write_all(request);
    encoder.finish().unwrap_or_default().into()
}

/// What the endpoint says of a batch that it took: nothing, if it is another language.
async fn taken(mut response: reqwest::Response) -> Result<ExportResponse, Failed> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        if body.len() + chunk.len() > MAX_RESPONSE {
            return Ok(ExportResponse::default());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response::decode(&*body).unwrap_or_default().into())
}

/// A connection that is not there, or broke: the endpoint may have the batch.
fn lost(error: reqwest::Error) -> Failed {
    let again = (!error.is_builder()).then_some(Duration::ZERO);
    Failed {
        why: with_causes(&error.without_url()),
        again,
    }
}

/// The pause that the endpoint requests, by the specification of OTLP.
fn again(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER).and_then(|it| it.to_str().ok());
    let pause = seconds.and_then(|it| it.trim().parse().ok());
    match status.as_u16() {
        429 | 502 | 503 | 504 => Some(Duration::from_secs(pause.unwrap_or(0))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_that_may_pass_are_tried_again_and_no_others() {
        let none = HeaderMap::new();
        for status in [429, 502, 503, 504] {
            let status = StatusCode::from_u16(status).unwrap_or_default();
            assert_eq!(again(status, &none), Some(Duration::ZERO), "{status}");
        }
        for status in [307, 400, 401, 404, 408, 413, 500] {
            let status = StatusCode::from_u16(status).unwrap_or_default();
            assert_eq!(again(status, &none), None, "{status}");
        }
    }

    #[test]
    fn a_pause_that_is_asked_for_is_in_seconds() {
        for (asked, expected) in [("7", 7), (" 7 ", 7), ("-1", 0), ("soon", 0)] {
            let value = HeaderValue::from_static(asked);
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value)]);
            let pause = again(StatusCode::SERVICE_UNAVAILABLE, &headers);
            assert_eq!(pause, Some(Duration::from_secs(expected)), "{asked}");
        }
    }
}
