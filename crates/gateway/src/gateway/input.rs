//! The request message of a call, from the path, the query, the body and the headers.

use std::time::Duration;

use http::header::EXPECT;
use http::request::Parts;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use prost_reflect::{DynamicMessage, Kind, MessageDescriptor, Value};
use tokio::time::timeout;
use tonic::body::Body;
use tonic::codegen::Bytes;

use super::Inner;
use crate::error::Failure;
use crate::fields::InvalidField;
use crate::routes::{self, Route};
use crate::{headers, json};

/// The most bytes of a body that are read in vain, and the longest time for it.
const MAX_DISCARDED: usize = 64 * 1024;
const DISCARD_TIME: Duration = Duration::from_secs(1);
/// The field that makes a repeat of a call safe (AIP-155).
const REQUEST_ID: &str = "request_id";

impl Inner {
    /// The message of a call with one request, the head of the request, and whether the call may
    /// be repeated.
    pub(super) async fn message(
        &self,
        route: &Route,
        values: &[String],
        request: Request<Body>,
    ) -> Result<(DynamicMessage, Parts, bool), Failure> {
        if let Err(failure) = self.check_type(route, request.headers()) {
            return Err(self.refuse(request, failure).await);
        }
        let (head, body) = request.into_parts();
        let body = self.read(body).await?;
        let input = route.method().input();
        if matches!(route.body(), routes::Body::None) && !body.is_empty() {
            return Err(self.errors.unexpected_body());
        }
        let message = json::parse_body(&input, route.body(), &body);
        let mut message = message.map_err(|reason| self.errors.invalid_body(&reason))?;
        let invalid = |invalid: InvalidField| self.errors.invalid_field(&invalid);
        let set = route.set_fields(&mut message, values, head.uri.query());
        set.map_err(invalid)?;
        let key = headers::idempotency_key(&head.headers).map_err(invalid)?;
        let repeatable = key.map(|key| set_request_id(&mut message, &input, key));
        let repeatable = repeatable.transpose().map_err(invalid)?;
        Ok((message, head, repeatable.unwrap_or_default()))
    }

    /// Checks that the body, if there is to be one, is JSON.
    fn check_type(&self, route: &Route, headers: &HeaderMap) -> Result<(), Failure> {
        if matches!(route.body(), routes::Body::None) {
            return Ok(());
        }
        if headers::is_encoded(headers) {
            return Err(self.errors.encoded());
        }
        match headers::media_type(headers) == "application/json" {
            true => Ok(()),
            false => Err(self.errors.other_type(&["application/json"])),
        }
    }

    /// Reads what a caller still sends, in vain: HTTP/1.1 closes a connection whose request was
    /// not read, and a caller that is still writing then could lose the response. One that
    /// expects `100 Continue` writes nothing unless the body is read, so it has the response at
    /// once (RFC 9110, section 10.1.1).
    pub(super) async fn refuse(&self, request: Request<Body>, failure: Failure) -> Failure {
        if request.headers().contains_key(EXPECT) {
            return failure;
        }
        let reading = Limited::new(request.into_body(), MAX_DISCARDED).collect();
        // Whatever comes of it, the response is the failure.
        let _ = timeout(DISCARD_TIME, reading).await;
        failure
    }

    pub(super) async fn read(&self, body: Body) -> Result<Bytes, Failure> {
        let max = self.max_message;
        match Limited::new(body, max).collect().await {
            Ok(body) => Ok(body.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => Err(self.errors.too_large(max)),
            Err(_) => Err(self.errors.broken_body()),
        }
    }
}

/// Sets the field `request_id` to `key`; returns whether there is one.
fn set_request_id(
    message: &mut DynamicMessage,
    input: &MessageDescriptor,
    key: &str,
) -> Result<bool, InvalidField> {
    let Some(field) = input
        .get_field_by_name(REQUEST_ID)
        .filter(|it| it.kind() == Kind::String)
    else {
        return Ok(false);
    };
    let given = message.get_field(&field).into_owned();
    match given.as_str() {
        Some("") => {}
        Some(given) if given == key => {}
        _ => {
            let reason = "it differs from the header idempotency-key";
            return Err(InvalidField::new(REQUEST_ID, reason));
        }
    }
    message.set_field(&field, Value::String(key.to_owned()));
    Ok(true)
}
