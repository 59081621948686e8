//! The layer around the work on a call: admits it, ends it at its deadline or when the
//! server stops, and makes a complete gRPC status of whatever goes wrong inside.

mod body;
mod future;
mod request;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use grpc_telemetry::rpc::read_timeout;
use http::{Request, Response};
use http_body::Body as HttpBody;
use prost::bytes::Bytes;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

pub(super) use self::body::CallBody;
use self::future::CallFuture;
use super::admission::CallAdmission;
use super::deadline::{AwaitRules, End};
use super::identity::TokenExpiry;
use super::in_flight::InFlight;
use super::inflate::Inflate;
use super::quotas::QuotaPermit;
use super::{CallLimits, Policy, encoding, errors, protocol};
use crate::call::{BoxError, ForcedShutdown};
use crate::methods::Shape;
use crate::{ErrorDomain, Methods};

/// Treats calls as a policy says. Clones share it.
#[derive(Clone)]
pub(super) struct CallLayer(Arc<Rules>);

struct Rules {
    admission: CallAdmission,
    methods: Methods,
    limits: CallLimits,
    in_flight: InFlight,
    /// Of the bodies of requests.
    awaiting: Arc<AwaitRules>,
    inflate: Inflate,
    domain: ErrorDomain,
}

/// A call that was admitted: what it holds until its last message, and what may end it early.
struct AdmittedCall {
    domain: ErrorDomain,
    /// There is one message in the response, and then the end.
    unary: bool,
    end: End,
    /// Boxed, as few callers have a quota, and each layer copies this.
    _permit: Option<Box<QuotaPermit>>,
}

impl CallLayer {
    /// Treats calls as `policy` says.
    pub(super) fn new(policy: Policy) -> Self {
        let (domain, limits) = (policy.error_domain, policy.limits);
        let admission = CallAdmission::new(&policy);
        let awaiting = AwaitRules {
            domain,
            silence: limits.silence,
            refusals: admission.refusals().clone(),
        };
        let inflate = Inflate {
            domain,
            refusals: admission.refusals().clone(),
            limit: limits.inflated_bytes,
        };
        Self(Arc::new(Rules {
            admission,
            methods: policy.methods,
            limits,
            in_flight: InFlight::new(limits.in_flight),
            awaiting: Arc::new(awaiting),
            inflate,
            domain,
        }))
    }
}

impl Rules {
    /// Admits the call of `request`, of a method of this shape.
    ///
    /// # Errors
    /// When it may not be made, or came too late.
    fn admit<A>(&self, request: &mut Request<A>, shape: Shape) -> Result<AdmittedCall, Status> {
        let permit = self.admission.admit(request)?;
        encoding::check(self.domain, self.limits.gzip, request.headers())?;
        let asked = read_timeout(request.headers());
        let asked = asked.map_err(|_| self.domain.malformed_timeout())?;
        let unary = shape.is_unary();
        let timeout = self.timeout(asked, unary);
        if timeout == Some(Duration::ZERO) {
            return Err(self.domain.deadline_exceeded());
        }
        let extensions = request.extensions();
        let expiry = extensions.get::<TokenExpiry>().map(|expiry| expiry.0);
        let end = End::new(timeout, extensions.get::<ForcedShutdown>());
        Ok(AdmittedCall {
            domain: self.domain,
            unary,
            end: end.at_expiry(expiry),
            _permit: permit.map(Box::new),
        })
    }

    /// The time that a call has whose caller `asked` for so much, if it has a limit.
    fn timeout(&self, asked: Option<Duration>, unary: bool) -> Option<Duration> {
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
        self.end.poll(self.domain, task)
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

impl<S: Service<Request<Body>>> CallService<S> {
    /// Begins the call of `request`, which is left empty: what `catch_unwind` calls and owns is copied
    /// four times.
    fn begin<A>(
        &mut self,
        request: &mut Option<Request<A>>,
    ) -> Result<CallFuture<S::Future>, Status>
    where
        A: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let Some(mut request) = request.take() else {
            return Err(self.rules.domain.internal());
        };
        let shape = self.rules.methods.shape(request.uri().path());
        let call = self.rules.admit(&mut request, shape)?;
        // Over the limit calls are refused at once instead of queued.
        let working = self.rules.in_flight.begin();
        let working = working.ok_or_else(|| self.rules.domain.overloaded())?;
        let request = self.rules.with_checked_body(request, shape, &working);
        Ok(CallFuture::new(self.inner.call(request), call, working))
    }
}

impl<S, A, B> Service<Request<A>> for CallService<S>
where
    A: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    S: Service<Request<Body>, Response = Response<B>, Error: Into<BoxError>>,
    B: HttpBody<Data = Bytes, Error: Into<BoxError>>,
{
    type Response = Response<CallBody<B>>;
    type Error = BoxError;
    /// Never an `Err`; the type is what tower requires.
    type Future = CallFuture<S::Future>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(task).map_err(Into::into)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        if let Some(violation) = protocol::violation(&request, self.rules.limits.codecs) {
            return CallFuture::refused(protocol::refusal(self.rules.domain, violation));
        }
        // Safe to go on with: what panicked is not used again.
        let mut request = Some(request);
        let begun = catch_unwind(AssertUnwindSafe(|| self.begin(&mut request)));
        let refused = match begun {
            Ok(Ok(future)) => return future,
            Ok(Err(status)) => status,
            Err(panic) => errors::panicked(self.rules.domain, panic),
        };
        CallFuture::refused(refused.into_http())
    }
}

#[cfg(test)]
mod tests;
