//! Connect: calls with one request and one response, in JSON or protobuf.

mod get;
mod streams;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use prost_reflect::prost::Message;
use tonic::body::Body;

use super::Inner;
use crate::calls::{self, Single};
use crate::encoding::{Compressor, Encoding};
use crate::error::Failure;
use crate::headers::{self, Deadline};
use crate::messages::Codec;
use crate::rpc::Method;
use crate::{json, metadata};

impl Inner {
    /// Makes a unary call.
    pub(super) async fn connect(
        &self,
        method: &Method,
        codec: Codec,
        request: Request<Body>,
    ) -> Result<Response<Body>, Failure> {
        self.check(&request)?;
        let encoding = match method.is_unary() {
            true => self.encoding(request.headers(), &CONTENT_ENCODING),
            false => Err(self.errors.other_type(method.media_types())),
        };
        let encoding = match encoding {
            Ok(encoding) => encoding,
            Err(failure) => return Err(self.refuse(request, failure).await),
        };
        let deadline = self.connect_deadline(request.headers())?;
        let deadline = deadline.unwrap_or_else(|| Deadline::after(self.timeout));
        let (head, body) = request.into_parts();
        let work = async {
            let body = self.read(body).await?;
            let message = self.decompressed(encoding, body)?;
            let call = (method, codec, &head.headers);
            self.connect_call(call, &message, deadline).await
        };
        let single = self.in_time(Some(deadline), work).await?;
        self.connect_response(codec, &head.headers, single)
    }

    /// Calls `method` with a message in `codec` and what `headers` have for the service.
    async fn connect_call(
        &self,
        (method, codec, headers): (&Method, Codec, &HeaderMap),
        message: &[u8],
        deadline: Deadline,
    ) -> Result<Single, Failure> {
        let message = codec.decode(&method.descriptor.input(), message);
        let message = message.map_err(|reason| self.errors.invalid_body(&reason))?;
        let metadata = metadata::of_request(headers);
        let call = calls::request(message, metadata, Some(deadline), false);
        let response = self.calls.single(&method.target, call).await;
        response.map_err(|status| self.errors.of_call(status))
    }

    /// The response that has `single`, for a request with the headers `received`.
    fn connect_response(
        &self,
        codec: Codec,
        received: &HeaderMap,
        single: Single,
    ) -> Result<Response<Body>, Failure> {
        let mut message = single.message;
        let (media_type, encoded) = match codec {
            Codec::Proto => ("application/proto", Ok(message.encode_to_vec())),
            Codec::Json => (
                "application/json",
                json::write(&mut message, None, &self.pool),
            ),
        };
        let encoded = encoded.map_err(|status| self.errors.of_call(status))?;
        let compressed = self
            .compressor(received, &ACCEPT_ENCODING)
            .compress(&encoded);
        let is_compressed = compressed.is_some();
        let body = compressed.unwrap_or_else(|| Bytes::from(encoded));
        let mut response = whole(StatusCode::OK, media_type, body);
        let headers = response.headers_mut();
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        if is_compressed {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        headers.extend(metadata::application(&single.headers));
        headers.extend(metadata::as_headers(&single.trailers));
        Ok(response)
    }

    fn connect_deadline(&self, headers: &HeaderMap) -> Result<Option<Deadline>, Failure> {
        let timeout = headers::connect_timeout(headers);
        let timeout = timeout.map_err(|invalid| self.errors.invalid_field(&invalid))?;
        Ok(timeout.map(Deadline::after))
    }

    /// The message in `bytes` of a request.
    fn decompressed(&self, encoding: Encoding, bytes: Bytes) -> Result<Bytes, Failure> {
        let message = encoding.decode(bytes, self.max_message);
        message.map_err(|reason| self.errors.undecodable(reason, self.max_message))
    }

    /// How the messages of a response are compressed, as the header `name` accepts.
    fn compressor(&self, headers: &HeaderMap, name: &HeaderName) -> Compressor {
        Compressor {
            encoding: Encoding::accepted(headers, name),
            min: self.min_compressed,
        }
    }

    /// How messages are compressed, as the header `name` says.
    fn encoding(&self, headers: &HeaderMap, name: &HeaderName) -> Result<Encoding, Failure> {
        let value = headers.get(name).map(HeaderValue::to_str);
        let known = value.unwrap_or(Ok("")).ok().and_then(Encoding::named);
        known.ok_or_else(|| self.errors.unsupported_encoding())
    }
}

fn whole(status: StatusCode, media_type: &'static str, bytes: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::new(Full::from(bytes)));
    *response.status_mut() = status;
    let media_type = HeaderValue::from_static(media_type);
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}
