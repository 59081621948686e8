//! Connect: calls with one request, in JSON or protobuf.

use bytes::{Buf, Bytes};
use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use prost_reflect::prost::Message;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use tokio::time::timeout_at;
use tonic::Code;
use tonic::body::Body;

use super::Inner;
use crate::calls;
use crate::error::Failure;
use crate::headers::{self, Deadline};
use crate::json;
use crate::messages::{Codec, Framing, Messages};
use crate::rpc::Method;

/// The flags and the length before a message in a stream.
const PREFIX: usize = 5;

impl Inner {
    /// Makes a unary call; an error is one of Connect.
    pub(super) async fn connect(
        &self,
        method: &Method,
        codec: Codec,
        request: Request<Body>,
    ) -> Response<Body> {
        match self.connect_unary(method, codec, request).await {
            Ok(response) => response,
            Err(failure) => self.connect_error(&failure),
        }
    }

    async fn connect_unary(
        &self,
        method: &Method,
        codec: Codec,
        request: Request<Body>,
    ) -> Result<Response<Body>, Failure> {
        self.check(&request)?;
        let descriptor = &method.descriptor;
        if descriptor.is_client_streaming() || descriptor.is_server_streaming() {
            return Err(self.errors.other_type(method.media_types()));
        }
        if headers::is_encoded(request.headers()) {
            return Err(self.errors.unsupported_encoding());
        }
        let deadline = self.connect_deadline(request.headers())?;
        let deadline = deadline.unwrap_or_else(|| Deadline::after(self.timeout));
        let work = async {
            let (head, body) = request.into_parts();
            let body = self.read(body).await?;
            let message = self.decode(codec, &descriptor.input(), &body)?;
            let call = calls::request(message, &head.headers, Some(deadline), false);
            let response = self.calls.unary(&method.target, call).await;
            response.map_err(|status| self.errors.of_call(status))
        };
        let mut message = match timeout_at(deadline.0, work).await {
            Ok(message) => message?,
            Err(_) => return Err(self.errors.deadline_exceeded()),
        };
        let (media_type, encoded) = match codec {
            Codec::Proto => ("application/proto", Ok(message.encode_to_vec())),
            Codec::Json => (
                "application/json",
                json::write(&mut message, None, &self.pool),
            ),
        };
        let encoded = encoded.map_err(|status| self.errors.of_call(status))?;
        Ok(whole(StatusCode::OK, media_type, Bytes::from(encoded)))
    }

    /// Makes a call with one request and a stream of responses; its errors are in the last
    /// envelope.
    pub(super) async fn connect_stream(
        &self,
        method: &Method,
        codec: Codec,
        request: Request<Body>,
    ) -> Response<Body> {
        let framing = Framing::Envelopes(codec);
        match self.connect_messages(method, codec, request).await {
            Ok(messages) => self.stream(None, framing, messages),
            Err(failure) => {
                let error = self.renderer.connect(&failure.status);
                whole(
                    StatusCode::OK,
                    framing.media_type(),
                    framing.only_error(&error),
                )
            }
        }
    }

    async fn connect_messages(
        &self,
        method: &Method,
        codec: Codec,
        request: Request<Body>,
    ) -> Result<Messages, Failure> {
        self.check(&request)?;
        let descriptor = &method.descriptor;
        if descriptor.is_client_streaming() || !descriptor.is_server_streaming() {
            return Err(self.errors.unsupported());
        }
        let deadline = self.connect_deadline(request.headers())?;
        let deadline = deadline.or(self.stream_timeout.map(Deadline::after));
        let starting = async {
            let (head, body) = request.into_parts();
            let body = self.read(body).await?;
            let message = self.decode(codec, &descriptor.input(), &self.only_envelope(body)?)?;
            let call = calls::request(message, &head.headers, deadline, false);
            let stream = self.calls.server_stream(&method.target, call).await;
            stream.map_err(|status| self.errors.of_call(status))
        };
        let stream = self.in_time(deadline, starting).await?;
        Ok(self.messages(stream).until(deadline))
    }

    fn connect_deadline(&self, headers: &HeaderMap) -> Result<Option<Deadline>, Failure> {
        let timeout = headers::connect_timeout(headers);
        let timeout = timeout.map_err(|invalid| self.errors.invalid_field(&invalid))?;
        Ok(timeout.map(Deadline::after))
    }

    fn decode(
        &self,
        codec: Codec,
        input: &MessageDescriptor,
        bytes: &[u8],
    ) -> Result<DynamicMessage, Failure> {
        let decoded = match codec {
            Codec::Json => json::parse(input, bytes),
            Codec::Proto => {
                DynamicMessage::decode(input.clone(), bytes).map_err(|error| error.to_string())
            }
        };
        decoded.map_err(|reason| self.errors.invalid_body(&reason))
    }

    /// The content of the one envelope that `body` is.
    fn only_envelope(&self, mut body: Bytes) -> Result<Bytes, Failure> {
        if body.len() < PREFIX {
            return Err(self.errors.invalid_body("it has no message"));
        }
        let (flags, length) = (body.get_u8(), body.get_u32());
        match (flags, usize::try_from(length) == Ok(body.len())) {
            (0, true) => Ok(body),
            (0, false) => Err(self.errors.invalid_body("it must have exactly one message")),
            _ => Err(self.errors.unsupported_encoding()),
        }
    }

    fn connect_error(&self, failure: &Failure) -> Response<Body> {
        let error = self.renderer.connect(&failure.status);
        let mut response = whole(
            failure.http(),
            "application/json",
            Bytes::from(error.to_string()),
        );
        if failure.status.code() == Code::Unauthenticated {
            let challenge = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

fn whole(status: StatusCode, media_type: &'static str, bytes: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::new(Full::from(bytes)));
    *response.status_mut() = status;
    let media_type = HeaderValue::from_static(media_type);
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}
