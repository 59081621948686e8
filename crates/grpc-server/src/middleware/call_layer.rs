//! The layer around the work on a call: admits it, ends it at its deadline or when the
//! server stops, and makes a complete gRPC status of whatever goes wrong inside.

mod body;
mod future;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{Either, Ready, ready};
use grpc_telemetry::rpc::{is_timeout_malformed, timeout_of};
use http::{Request, Response};
use http_body::Body as HttpBody;
use prost::bytes::Bytes;
use tonic::Status;
use tower::{Layer, Service};

pub(super) use self::body::CallBody;
use self::future::CallFuture;
use super::admission::CallAdmission;
use super::deadline::{AwaitedBody, Awaiting, End};
use super::identity::TokenExpiry;
use super::in_flight::InFlight;
use super::quotas::QuotaPermit;
use super::{CallLimits, Policy, encoding, errors, protocol};
use crate::call::{BoxError, ForcedShutdown};
use crate::{ErrorDomain, Methods};

/// Treats calls as a policy says. Clones share it.
#[derive(Clone)]
pub(super) struct CallLayer(Arc<Rules>);

struct Rules {
    admission: CallAdmission,
    methods: Methods,
    limits: CallLimits,
    in_flight: InFlight,
    domain: ErrorDomain,
}

/// A call that was admitted: what it holds until its last message, and what may end it early.
struct AdmittedCall {
    domain: ErrorDomain,
    /// There is one message in the response, and then the end.
    unary: bool,
    end: End,
    _permit: Option<QuotaPermit>,
}

impl CallLayer {
    /// Treats calls as `policy` says.
    pub(super) fn new(policy: Policy) -> Self {
        Self(Arc::new(Rules {
            admission: CallAdmission::new(&policy),
            methods: policy.methods,
            limits: policy.limits,
            in_flight: InFlight::new(policy.limits.in_flight),
            domain: policy.error_domain,
        }))
    }
}

impl Rules {
    /// Admits the call of `request`.
    ///
    /// # Errors
    /// When it may not be made, or came too late.
    fn admit<A>(&self, request: &mut Request<A>) -> Result<AdmittedCall, Status> {
        let permit = self.admission.admit(request)?;
        encoding::check(self.domain, self.limits.gzip, request.headers())?;
        if is_timeout_malformed(request.headers()) {
            return Err(self.domain.malformed_timeout());
        }
        let unary = self.methods.is_unary(request.uri().path());
        let timeout = self.timeout(request, unary);
        if timeout == Some(Duration::ZERO) {
            return Err(self.domain.deadline_exceeded());
        }
        let extensions = request.extensions();
        let expiry = extensions.get::<TokenExpiry>().map(|expiry| expiry.0);
        let end = End::new(self.domain, timeout, extensions.get::<ForcedShutdown>());
        Ok(AdmittedCall {
            domain: self.domain,
            unary,
            end: end.at_expiry(expiry),
            _permit: permit,
        })
    }

    /// The time that a call has, if it has a limit.
    fn timeout<A>(&self, request: &Request<A>, unary: bool) -> Option<Duration> {
        let asked = timeout_of(request.headers());
        if !unary {
            return asked;
        }
        let most = self.limits.unary;
        Some(asked.map_or(most, |asked| asked.min(most)))
    }
}

impl AdmittedCall {
    /// Ready with its status when the call has to end now.
    fn poll_end(&mut self, task: &mut Context<'_>) -> Poll<Status> {
        Pin::new(&mut self.end).poll(task)
    }
}

impl<S> Layer<S> for CallLayer {
    type Service = CallService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CallService {
            inner,
            rules: Arc::clone(&self.0),
        }
    }
}

/// The service of [`CallLayer`].
#[derive(Clone)]
pub(super) struct CallService<S> {
    inner: S,
    rules: Arc<Rules>,
}

impl<S> CallService<S> {
    fn begin<A>(&mut self, mut request: Request<A>) -> Result<CallFuture<S::Future>, Status>
    where
        A: HttpBody,
        S: Service<Request<AwaitedBody<A>>>,
    {
        let call = self.rules.admit(&mut request)?;
        let domain = call.domain;
        // Over the limit calls are refused at once instead of queued.
        let working = self.rules.in_flight.begin();
        let working = working.ok_or_else(|| domain.overloaded())?;
        let awaiting = Awaiting {
            domain,
            silence: self.rules.limits.silence,
            refusals: self.rules.admission.refusals().clone(),
            pauses: working.pauses(),
            is_stream: !call.unary,
        };
        if awaiting.is_stream {
            request.extensions_mut().insert(working.permit());
        }
        let request = request.map(|body| AwaitedBody::new(body, awaiting));
        Ok(CallFuture::new(self.inner.call(request), call, working))
    }
}

impl<S, A, B> Service<Request<A>> for CallService<S>
where
    A: HttpBody,
    S: Service<Request<AwaitedBody<A>>, Response = Response<B>, Error: Into<BoxError>>,
    B: HttpBody<Data = Bytes, Error: Into<BoxError>>,
{
    type Response = Response<CallBody<B>>;
    type Error = BoxError;
    /// Never an `Err`; the type is what tower requires.
    type Future = Either<CallFuture<S::Future>, Ready<Result<Self::Response, BoxError>>>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(task).map_err(Into::into)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        if let Some(http) = protocol::violation(&request) {
            let refusal = protocol::refusal(self.rules.domain, http);
            return Either::Right(ready(Ok(refusal)));
        }
        // Safe to go on with: what panicked is not used again.
        let begun = catch_unwind(AssertUnwindSafe(|| self.begin(request)));
        let refused = match begun {
            Ok(Ok(future)) => return Either::Left(future),
            Ok(Err(status)) => status,
            Err(panic) => errors::panicked(self.rules.domain, panic),
        };
        Either::Right(ready(Ok(refused.into_http())))
    }
}

#[cfg(test)]
mod tests;
