//! A call with one request and one response.

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use prost_reflect::DynamicMessage;
use tonic::body::Body;

use super::Inner;
use crate::calls;
use crate::error::Failure;
use crate::headers::{self, Deadline};
use crate::json;
use crate::metadata;
use crate::routes::Route;

impl Inner {
    /// Makes the call of `route`, whose variables have `values`.
    pub(super) async fn unary(
        &self,
        route: &Route,
        values: &[String],
        request: Request<Body>,
    ) -> Result<Response<Body>, Failure> {
        let timeout = headers::timeout(request.headers());
        let timeout = timeout.map_err(|invalid| self.errors.invalid_field(&invalid))?;
        let deadline = Deadline::after(timeout.unwrap_or(self.timeout));
        let work = async {
            let (message, head, repeatable) = self.message(route, values, request).await?;
            let metadata = metadata::token(&head.headers);
            let call = calls::request(message, metadata, Some(deadline), repeatable);
            let response = self.calls.single(route.target(), call).await;
            response.map_err(|status| self.errors.of_call(status))
        };
        // What the deadline leaves of the call is dropped, and so cancelled.
        let single = self.in_time(Some(deadline), work).await?;
        self.json(route, single.message)
    }

    pub(super) fn json(
        &self,
        route: &Route,
        mut message: DynamicMessage,
    ) -> Result<Response<Body>, Failure> {
        let text = json::write(&mut message, route.response_body(), &self.pool);
        let text = text.map_err(|status| self.errors.of_call(status))?;
        let mut response = Response::new(Body::new(Full::from(text)));
        let media_type = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, media_type);
        Ok(response)
    }
}
