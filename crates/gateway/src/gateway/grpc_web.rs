//! gRPC-Web: calls of gRPC whose trailers are the last frame of the body.

mod body;

use http::header::{AUTHORIZATION, CONTENT_TYPE, TE};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use tonic::body::Body;

use self::body::TrailersInBody;
use super::Inner;
use crate::error::Failure;
use crate::headers::{self, Deadline};
use crate::rpc::Method;

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/grpc-web+proto");
const GRPC: HeaderValue = HeaderValue::from_static("application/grpc+proto");
const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
/// The status of a call without messages, which is among the headers.
const STATUS: [HeaderName; 3] = [
    HeaderName::from_static("grpc-status"),
    HeaderName::from_static("grpc-message"),
    HeaderName::from_static("grpc-status-details-bin"),
];

impl Inner {
    /// Makes the call of `method`, whatever streams it has, as far as the caller can have them.
    pub(super) async fn grpc_web(&self, method: &Method, request: Request<Body>) -> Response<Body> {
        let mut response = match self.forward(method, request).await {
            Ok(response) => response,
            Err(failure) => failure.status.into_http::<Body>(),
        };
        response.headers_mut().insert(CONTENT_TYPE, MEDIA_TYPE);
        response
    }

    async fn forward(
        &self,
        method: &Method,
        request: Request<Body>,
    ) -> Result<Response<Body>, Failure> {
        self.check(&request)?;
        let timeout = headers::timeout(request.headers());
        let timeout = timeout.map_err(|invalid| self.errors.invalid_field(&invalid))?;
        let descriptor = &method.descriptor;
        let is_stream = descriptor.is_client_streaming() || descriptor.is_server_streaming();
        let otherwise = match is_stream {
            true => self.stream_timeout,
            false => Some(self.timeout),
        };
        let deadline = timeout.or(otherwise).map(Deadline::after);
        let (head, body) = request.into_parts();
        let mut call = Request::new(body);
        *call.method_mut() = http::Method::POST;
        *call.uri_mut() = method.target.path.clone().into();
        *call.headers_mut() = call_headers(&head.headers, deadline);
        let calling = async {
            let response = self.calls.raw(call).await;
            response.map_err(|status| self.errors.of_call(status))
        };
        let response = self.in_time(deadline, calling).await?;
        let (head, body) = response.into_parts();
        let mut response = Response::new(Body::new(TrailersInBody::new(body)));
        for name in STATUS {
            if let Some(value) = head.headers.get(&name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
        Ok(response)
    }
}

fn call_headers(received: &HeaderMap, deadline: Option<Deadline>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, GRPC);
    headers.insert(TE, HeaderValue::from_static("trailers"));
    if let Some(token) = received.get(AUTHORIZATION) {
        let mut token = token.clone();
        token.set_sensitive(true);
        headers.insert(AUTHORIZATION, token);
    }
    // No deadline is longer than a day, which has eight digits.
    let left = deadline.map(|deadline| format!("{}m", deadline.left().as_millis()));
    if let Some(Ok(left)) = left.map(HeaderValue::try_from) {
        headers.insert(GRPC_TIMEOUT, left);
    }
    headers
}
