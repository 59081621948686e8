//! Calls with streams.

use bytes::BytesMut;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, Response};
use prost_reflect::FieldDescriptor;
use tokio::sync::oneshot;
use tokio::time::timeout_at;
use tonic::body::Body;
use tonic::{Status, Streaming};

use super::Inner;
use crate::calls;
use crate::error::Failure;
use crate::fields::InvalidField;
use crate::headers::{self, Deadline};
use crate::messages::{Framing, Messages, MessagesBody};
use crate::metadata;
use crate::routes::{self, Route};
use crate::rows::{Layout, RowError, Rows};

impl Inner {
    /// Makes a call with one request and a stream of responses.
    pub(super) async fn server_stream(
        &self,
        route: &Route,
        values: &[String],
        request: Request<Body>,
    ) -> Result<Response<Body>, Failure> {
        let deadline = self.stream_deadline(request.headers())?;
        let starting = async {
            let (message, head, _) = self.message(route, values, request).await?;
            let call = calls::request(message, metadata::token(&head.headers), deadline, false);
            let response = self.calls.stream(route.target(), call).await;
            let response = response.map_err(|status| self.errors.of_call(status))?;
            let mut stream = response.into_inner();
            // An error before the first message still has a status of HTTP.
            let first = stream.message().await;
            let first = first.map_err(|status| self.errors.of_call(status))?;
            Ok((Framing::of(&head.headers), first, stream))
        };
        let (framing, first, stream) = self.in_time(deadline, starting).await?;
        let messages = Messages {
            first,
            ..self.messages(stream)
        };
        Ok(self.stream(route.response_body(), framing, messages.until(deadline)))
    }

    /// Makes a call with a stream of requests and one response.
    pub(super) async fn client_stream(
        &self,
        route: &Route,
        request: Request<Body>,
    ) -> Result<Response<Body>, Failure> {
        let deadline = self.stream_deadline(request.headers())?;
        let (head, rows, mut failed) = self.rows(route, request)?;
        let call = calls::stream_request(rows, metadata::token(&head.headers), deadline);
        let calling = self.calls.single(route.target(), call);
        let calling = self.unless_failed(calling, &mut failed);
        let single = self.in_time(deadline, calling).await?;
        self.json(route, single.message)
    }

    /// Makes a call with streams in both directions. The head of the response does not wait for
    /// a message: a caller may send nothing before it has it.
    pub(super) async fn duplex(
        &self,
        route: &Route,
        request: Request<Body>,
    ) -> Result<Response<Body>, Failure> {
        let deadline = self.stream_deadline(request.headers())?;
        let (head, rows, mut failed) = self.rows(route, request)?;
        let call = calls::stream_request(rows, metadata::token(&head.headers), deadline);
        let calling = self.calls.stream(route.target(), call);
        let calling = self.unless_failed(calling, &mut failed);
        let response = self.in_time(deadline, calling).await?;
        let messages = self.messages(response.into_inner()).unless(failed);
        let framing = Framing::of(&head.headers);
        Ok(self.stream(route.response_body(), framing, messages.until(deadline)))
    }

    /// What `calling` returns, or the error in its rows, which cancels the call too and which
    /// `failed` learns of.
    pub(super) async fn unless_failed<T>(
        &self,
        calling: impl Future<Output = Result<T, Status>>,
        failed: &mut oneshot::Receiver<RowError>,
    ) -> Result<T, Failure> {
        let result = tokio::select! {
            biased;
            Ok(error) = &mut *failed => return Err(self.errors.of_row(&error)),
            result = calling => result,
        };
        result.map_err(|status| match failed.try_recv() {
            Ok(error) => self.errors.of_row(&error),
            Err(_) => self.errors.of_call(status),
        })
    }

    /// The deadline of a stream: only its caller says one, or the operator.
    fn stream_deadline(&self, headers: &HeaderMap) -> Result<Option<Deadline>, Failure> {
        let timeout = headers::timeout(headers);
        let timeout = timeout.map_err(|invalid| self.errors.invalid_field(&invalid))?;
        Ok(timeout.or(self.stream_timeout).map(Deadline::after))
    }

    pub(super) async fn in_time<T>(
        &self,
        deadline: Option<Deadline>,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let Some(Deadline(end)) = deadline else {
            return work.await;
        };
        match timeout_at(end, work).await {
            Ok(result) => result,
            Err(_) => Err(self.errors.deadline_exceeded()),
        }
    }

    /// The rows of the body as messages, and what learns of an error in them.
    fn rows(
        &self,
        route: &Route,
        request: Request<Body>,
    ) -> Result<(Parts, Rows, oneshot::Receiver<RowError>), Failure> {
        let (head, body) = request.into_parts();
        if !matches!(route.body(), routes::Body::Message) || !route.variables().is_empty() {
            return Err(self.errors.unsupported());
        }
        if headers::is_encoded(&head.headers) {
            return Err(self.errors.encoded());
        }
        let layout = match headers::media_type(&head.headers).as_str() {
            "application/x-ndjson" | "application/jsonl" => Some(Layout::Lines),
            "application/json" => Some(Layout::Array),
            _ => None,
        };
        let expected = ["application/x-ndjson", "application/json"];
        let layout = layout.ok_or_else(|| self.errors.other_type(&expected))?;
        let key = headers::idempotency_key(&head.headers);
        let refused = match (key, head.uri.query()) {
            (Ok(None), None | Some("")) => None,
            (Ok(None), Some(_)) => {
                Some(InvalidField::new("query", "all fields must be in the body"))
            }
            (Ok(Some(_)), _) => {
                let reason = "each row has a request_id of its own";
                Some(InvalidField::new("idempotency-key", reason))
            }
            (Err(invalid), _) => Some(invalid),
        };
        if let Some(invalid) = refused {
            return Err(self.errors.invalid_field(&invalid));
        }
        let (rows, failed) = Rows::new(body, layout, route.method().input());
        Ok((head, rows, failed))
    }

    pub(super) fn messages(&self, stream: Streaming<prost_reflect::DynamicMessage>) -> Messages {
        Messages {
            stream,
            first: None,
            failed: None,
            late: None,
            errors: self.errors,
        }
    }

    /// The response that has `messages`, or one field of each.
    pub(super) fn stream(
        &self,
        field: Option<&FieldDescriptor>,
        framing: Framing,
        messages: Messages,
    ) -> Response<Body> {
        let body = MessagesBody {
            messages,
            framing,
            field: field.cloned(),
            pool: self.pool.clone(),
            renderer: self.renderer.clone(),
            buffer: BytesMut::new(),
            count: 0,
            is_over: false,
        };
        let mut response = Response::new(Body::new(body));
        let media_type = HeaderValue::from_static(framing.media_type());
        response.headers_mut().insert(CONTENT_TYPE, media_type);
        response
    }
}
