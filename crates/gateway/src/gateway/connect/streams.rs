//! Connect: calls with streams, whose messages are in envelopes.

use futures_util::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use prost_reflect::DynamicMessage;
use tokio::sync::oneshot;
use tonic::Streaming;
use tonic::body::Body;

use super::whole;
use crate::error::Failure;
use crate::gateway::Inner;
use crate::headers::Deadline;
use crate::messages::{Codec, Framing};
use crate::rows::{Layout, RowError, Rows};
use crate::rpc::Method;
use crate::{calls, metadata};

/// How the messages in the body are compressed.
const ENCODING: HeaderName = HeaderName::from_static("connect-content-encoding");
/// How those in the response may be compressed.
const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("connect-accept-encoding");
const GZIP: HeaderValue = HeaderValue::from_static("gzip");

impl Inner {
    /// Makes a call with streams; its errors are in the last envelope.
    pub(in crate::gateway) async fn connect_stream(
        &self,
        method: &Method,
        codec: Codec,
        request: Request<Body>,
    ) -> Response<Body> {
        let compressor = self.compressor(request.headers(), &ACCEPT_ENCODING);
        let framing = Framing::Envelopes(codec, compressor);
        match self
            .connect_streams(method, (codec, framing), request)
            .await
        {
            Ok(response) => response,
            Err(failure) => {
                let error = self.renderer.connect(&failure);
                let metadata = failure.status.metadata().as_ref();
                let body = framing.only_error(&error, metadata);
                whole(StatusCode::OK, framing.media_type(), body)
            }
        }
    }

    async fn connect_streams(
        &self,
        method: &Method,
        (codec, framing): (Codec, Framing),
        request: Request<Body>,
    ) -> Result<Response<Body>, Failure> {
        self.check(&request)?;
        let encoding = self.encoding(request.headers(), &ENCODING)?;
        let deadline = self.connect_deadline(request.headers())?;
        let deadline = deadline.or(self.stream_timeout.map(Deadline::after));
        let (head, body) = request.into_parts();
        let max = self.max_message;
        let layout = Layout::Envelopes {
            codec,
            encoding,
            max,
        };
        let (rows, mut failed) = Rows::new(body, layout, method.descriptor.input());
        let metadata = metadata::of_request(&head.headers);
        let starting = self.start(method, rows, &mut failed, metadata, deadline);
        let response = self.in_time(deadline, starting).await?;
        let (headers, stream, _) = response.into_parts();
        let messages = self.messages(stream).unless(failed);
        let mut response = self.stream(None, framing, messages.until(deadline));
        let passed = metadata::application(headers.as_ref());
        response.headers_mut().extend(passed);
        if framing.is_compressed() {
            response.headers_mut().insert(ENCODING, GZIP);
        }
        Ok(response)
    }

    /// Calls `method` with all of `rows`, or with the one that there must be.
    async fn start(
        &self,
        method: &Method,
        mut rows: Rows,
        failed: &mut oneshot::Receiver<RowError>,
        metadata: HeaderMap,
        deadline: Option<Deadline>,
    ) -> Result<tonic::Response<Streaming<DynamicMessage>>, Failure> {
        if method.descriptor.is_client_streaming() {
            let call = calls::stream_request(rows, metadata, deadline);
            let calling = self.calls.stream(&method.target, call);
            return self.unless_failed(calling, failed).await;
        }
        let message = self.only_row(&mut rows, failed).await?;
        let call = calls::request(message, metadata, deadline, false);
        let response = self.calls.stream(&method.target, call).await;
        response.map_err(|status| self.errors.of_call(status))
    }

    async fn only_row(
        &self,
        rows: &mut Rows,
        failed: &mut oneshot::Receiver<RowError>,
    ) -> Result<DynamicMessage, Failure> {
        match (rows.next().await, rows.next().await, failed.try_recv()) {
            (Some(Ok(message)), None, _) => Ok(message),
            (_, _, Ok(error)) => Err(self.errors.of_row(&error)),
            _ => Err(self.errors.other_count()),
        }
    }
}
