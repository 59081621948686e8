//! Attempts: a call that was never sent is sent again, and one that may safely
//! be repeated is repeated within its deadline and a budget, by the retry design
//! of gRPC ([A6]). One span is around all attempts of a call.
//!
//! [A6]: https://github.com/grpc/proposal/blob/master/A6-client-retries.md

mod body;
mod plan;
mod throttle;
mod timeout;
mod verdict;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use grpc_telemetry::names;
use http::{HeaderName, HeaderValue, Request, Response, request};
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};
use tokio::time::Instant;
use tonic::body::Body;
use tower::{Layer, Service, ServiceExt};

use self::body::Kept;
use self::plan::Plan;
use self::throttle::Throttle;
use self::verdict::Verdict;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How often the servers have seen the call before.
const PREVIOUS_ATTEMPTS: HeaderName = HeaderName::from_static("grpc-previous-rpc-attempts");
const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// In the extensions of a request whose messages are all there: it may be carried
/// out more than once without harm. Without it, only what was never sent is sent again.
#[derive(Clone, Copy, Debug)]
pub struct Repeatable {
    /// When the caller gives up, if ever; each attempt gets what is left until then.
    pub deadline: Option<Instant>,
}

/// Makes the attempts of each call. All calls through one layer share a budget.
#[derive(Clone, Debug, Default)]
pub struct RetryLayer {
    throttle: Arc<Throttle>,
}

impl<S> Layer<S> for RetryLayer {
    type Service = Retry<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Retry {
            inner,
            throttle: Arc::clone(&self.throttle),
        }
    }
}

/// The service of [`RetryLayer`].
#[derive(Clone, Debug)]
pub struct Retry<S> {
    inner: S,
    throttle: Arc<Throttle>,
}

impl<S, B> Service<Request<Body>> for Retry<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + 'static,
    B: Send + 'static,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<B>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), BoxError>> {
        // Each attempt waits for its own turn.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(attempts(
            self.inner.clone(),
            request,
            Arc::clone(&self.throttle),
        ))
    }
}

/// Makes attempts until one succeeds or another would be of no use.
async fn attempts<S, B>(
    service: S,
    request: Request<Body>,
    throttle: Arc<Throttle>,
) -> Result<Response<B>, BoxError>
where
    S: Service<Request<Body>, Response = Response<B>, Error: Into<BoxError>> + Clone,
{
    let (parts, body) = request.into_parts();
    let repeatable = parts.extensions.get::<Repeatable>().copied();
    let mut plan = Plan::new(repeatable, rand::random::<f64>);
    let mut kept = Kept::new(body, repeatable.is_some()).await?;
    loop {
        let Some(body) = kept.body() else {
            return Err("the body of a request is gone".into());
        };
        let request = Request::from_parts(head(&parts, repeatable, plan.failed()), body);
        let result = service.clone().oneshot(request).await.map_err(Into::into);
        let verdict = verdict::of(&result);
        throttle.note(&verdict);
        let Some(delay) = plan.next(&verdict, &throttle, kept.is_whole()) else {
            note_attempts(plan.failed());
            return result;
        };
        note_retry(&plan, &verdict);
        tokio::time::sleep(delay).await;
    }
}

/// The head of the next attempt, after so many others.
fn head(parts: &request::Parts, repeatable: Option<Repeatable>, previous: u32) -> request::Parts {
    let mut parts = parts.clone();
    if previous > 0 {
        parts.headers.insert(PREVIOUS_ATTEMPTS, previous.into());
    }
    if let Some(deadline) = repeatable.and_then(|it| it.deadline) {
        let left = deadline.saturating_duration_since(Instant::now());
        if let Ok(value) = HeaderValue::try_from(timeout::format(left)) {
            parts.headers.insert(TIMEOUT, value);
        }
    }
    parts
}

/// An attempt is to follow.
fn note_retry(plan: &Plan, verdict: &Verdict) {
    let attributes = vec![
        KeyValue::new(names::ATTEMPT, i64::from(plan.failed())),
        KeyValue::new(names::ERROR_TYPE, verdict.name()),
    ];
    Context::current()
        .span()
        .add_event(names::RETRY, attributes);
}

/// No attempt is to follow.
fn note_attempts(failed: u32) {
    if failed > 0 {
        let attempts = KeyValue::new(names::ATTEMPTS, i64::from(failed) + 1);
        Context::current().span().set_attribute(attempts);
    }
}

#[cfg(test)]
mod tests;
