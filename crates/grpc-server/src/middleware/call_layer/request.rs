//! The request, as the service sees it.

use std::sync::Arc;

use http::Request;
use http_body::Body as HttpBody;
use prost::bytes::Bytes;
use tonic::body::Body;

use super::Rules;
use crate::call::BoxError;
use crate::methods::Shape;
use crate::middleware::deadline::{AwaitedBody, Awaiting};
use crate::middleware::in_flight::InFlightGuard;
use crate::middleware::inflate::Inflated;
use crate::middleware::truncation::WholeMessages;

impl Rules {
    /// `request` with a body that fails when its sender is silent for too long. tonic treats a stream
    /// that is truncated after the prefix of a message as finished, and ignores the second message
    /// of a method that has one; this body fails then too. Compressed messages are inflated.
    pub(super) fn with_checked_body<A>(
        &self,
        mut request: Request<A>,
        shape: Shape,
        working: &InFlightGuard,
    ) -> Request<Body>
    where
        A: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let is_stream = !shape.is_unary();
        if is_stream {
            request.extensions_mut().insert(working.permit());
        }
        let awaiting = Awaiting {
            rules: Arc::clone(&self.awaiting),
            pauses: working.pauses(),
            is_stream,
        };
        let messages = self.inflate.messages_of(&mut request);
        request.map(|body| {
            let body = AwaitedBody::new(body, awaiting);
            let body = WholeMessages::new(body, shape.one_request, self.domain);
            match messages {
                Some(messages) => Body::new(Inflated::new(body, messages)),
                None => Body::new(body),
            }
        })
    }
}
