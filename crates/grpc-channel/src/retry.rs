//! Retries: a call that was never sent is retried, and one that is idempotent is
//! repeated within its deadline and a budget, by the retry design of gRPC ([A6]). One
//! span is around all attempts of a call.
//!
//! Not `tower::retry`: its policy has to clone a request before it is sent, at once,
//! while the messages of a call come from a body that is only gathered by awaiting it;
//! and whether a stream can be retried is known only after an attempt has failed.
//!
//! [A6]: https://github.com/grpc/proposal/blob/master/A6-client-retries.md

mod body;
mod budget;
mod interest;
mod outcome;
mod plan;
mod timeout;

use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use grpc_telemetry::names;
use grpc_telemetry::rpc::Attempts;
use http::{HeaderName, HeaderValue, Request, Response, request};
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};
use tonic::body::Body;
use tower::{Service, ServiceExt};

use self::body::ReplayableBody;
use self::budget::Budget;
use self::interest::Interest;
use self::outcome::AttemptOutcome;
use self::plan::Plan;
use crate::BoxError;
use crate::attempt::ResponseFuture;
use crate::methods::Methods;
use crate::peer::AttemptPeer;

/// How many attempts the servers have seen before this one.
const PREVIOUS_ATTEMPTS: HeaderName = HeaderName::from_static("grpc-previous-rpc-attempts");
const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// In the extensions of a request whose messages are all there: it may be carried out more
/// than once without harm, whatever its descriptor says. Without it, and for a method that
/// isn't idempotent by its descriptor, only what was never sent is retried.
#[derive(Clone, Copy, Debug)]
pub struct Idempotent;

/// Makes the attempts of each call. Clones share a budget.
#[derive(Clone, Debug)]
pub(crate) struct Retry<S> {
    attempt: S,
    methods: Methods,
    budget: Arc<Budget>,
}

impl<S> Retry<S> {
    /// Retries what `attempt` makes, within a budget of its own.
    pub(crate) fn new(attempt: S, methods: Methods) -> Self {
        Self {
            attempt,
            methods,
            budget: Arc::default(),
        }
    }

    fn is_idempotent(&self, parts: &request::Parts) -> bool {
        parts.extensions.get::<Idempotent>().is_some()
            || self.methods.is_idempotent(parts.uri.path())
    }
}

impl<S> Service<Request<Body>> for Retry<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = BoxError, Future: Send>
        + Clone
        + Send
        + 'static,
{
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), BoxError>> {
        // Each attempt waits for its own turn.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let is_idempotent = self.is_idempotent(&parts);
        // What is sent of a stream is gone, even if the server never gets it.
        let keeps_body = is_idempotent || self.methods.has_one_request(parts.uri.path());
        let plan = match is_idempotent {
            true => Plan::idempotent(timeout::deadline(&parts.headers), rand::random::<f64>),
            false => Plan::unsent_only(rand::random::<f64>),
        };
        Box::pin(attempts(
            self.attempt.clone(),
            parts,
            (body, keeps_body),
            plan,
            Arc::clone(&self.budget),
        ))
    }
}

/// Makes attempts until one succeeds or another would be of no use. The body is kept for all of
/// them if it is to be.
async fn attempts<S>(
    service: S,
    parts: request::Parts,
    (body, keeps_body): (Body, bool),
    mut plan: Plan,
    budget: Arc<Budget>,
) -> Result<Response<Body>, BoxError>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = BoxError> + Clone,
{
    let metrics = parts.extensions.get::<Attempts>();
    let mut kept = ReplayableBody::new(body, keeps_body).await?;
    loop {
        let Some((body, interest)) = kept.body() else {
            return Err("the body of a request is gone".into());
        };
        let mut request = Request::from_parts(head(&parts, &plan), body);
        let peer = AttemptPeer::default();
        request.extensions_mut().insert(peer.clone());
        if let Some(metrics) = metrics {
            metrics.start();
        }
        let result = service.clone().oneshot(request).await;
        let outcome = outcome::of(&result);
        budget.note(&outcome);
        let Some(delay) = plan.next(&outcome, &budget, kept.is_whole()) else {
            note_attempts(plan.failed(), &peer);
            return result.map(|response| held(response, interest));
        };
        if let Some(metrics) = metrics {
            metrics.end(outcome::code_of_failed(&result));
        }
        note_retry(&plan, &outcome, &peer);
        tokio::time::sleep(delay).await;
    }
}

/// `response`, which holds the `interest` in its call.
fn held(response: Response<Body>, interest: Option<Interest>) -> Response<Body> {
    match interest {
        Some(interest) => response.map(|body| interest.held_by(body)),
        None => response,
    }
}

/// The head of the next attempt by `plan`.
fn head(parts: &request::Parts, plan: &Plan) -> request::Parts {
    let mut parts = parts.clone();
    if plan.failed() > 0 {
        parts
            .headers
            .insert(PREVIOUS_ATTEMPTS, plan.failed().into());
    }
    if let Some(left) = plan.time_left()
        && let Ok(value) = HeaderValue::try_from(timeout::format(left))
    {
        parts.headers.insert(TIMEOUT, value);
    }
    parts
}

/// The attempt that went to `peer` is followed by another.
fn note_retry(plan: &Plan, outcome: &AttemptOutcome, peer: &AttemptPeer) {
    let attributes = [
        KeyValue::new(names::ATTEMPT, i64::from(plan.failed())),
        KeyValue::new(names::ERROR_TYPE, outcome.name()),
    ];
    let attributes = attributes.into_iter().chain(peer.attributes());
    Context::current()
        .span()
        .add_event(names::RETRY, attributes.collect());
}

/// The attempt that went to `peer` is the last, after the `failed` ones.
fn note_attempts(failed: u32, peer: &AttemptPeer) {
    let context = Context::current();
    let span = context.span();
    if !span.is_recording() {
        return;
    }
    span.set_attributes(peer.attributes());
    if failed > 0 {
        span.set_attribute(KeyValue::new(names::ATTEMPTS, i64::from(failed) + 1));
    }
}

#[cfg(test)]
mod tests;
