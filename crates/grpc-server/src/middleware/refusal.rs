//! Why a call was rejected before it reached its handler.

use std::time::Duration;

use grpc_telemetry::names;
use opentelemetry::metrics::Counter;
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};
use tonic::Status;

use crate::ErrorDomain;
use crate::call::{TooManyBytes, TooManyStreams};
use crate::metrics;

/// A reason. Its caller learns its kind alone; the span and a metric say which it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallRefusal {
    /// There is no token.
    Missing,
    /// There are several headers that could hold one.
    Repeated,
    /// It is not a JSON Web Token.
    Malformed,
    /// It is longer than any that is needed.
    TooLarge,
    /// It is another type of token, or has a critical header that is not supported.
    Type,
    /// It names no key, or none that is known.
    Key,
    /// It is not signed in the one way that goes with its key.
    Algorithm,
    /// Its signature is not of its key.
    Signature,
    /// A claim is missing, or not what it should be.
    Claims,
    /// It is not valid any more.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// It has another issuer.
    Issuer,
    /// It has another audience.
    Audience,
    /// The caller is known, but has no role that the method takes.
    Role,
    /// The caller is known, but there is no such method.
    Method,
    /// The caller calls too often, and may call again after this time.
    Rate(Duration),
    /// The caller has too many calls in flight.
    Calls,
    /// The caller has too many streams open.
    Streams,
    /// The address of the caller has too many calls open.
    AddressStreams,
    /// There are too many calls open in all.
    TotalStreams,
    /// Too many bytes of requests are held for the address of the caller.
    AddressBytes,
    /// Too many bytes of requests are held in all.
    TotalBytes,
    /// There are too many callers at a time to keep accounts of.
    Callers,
}

impl CallRefusal {
    /// A low-cardinality label.
    fn name(self) -> &'static str {
        match self {
            Self::Missing => "token_missing",
            Self::Repeated => "token_repeated",
            Self::Malformed => "token_malformed",
            Self::TooLarge => "token_too_large",
            Self::Type => "token_type",
            Self::Key => "key_unknown",
            Self::Algorithm => "algorithm",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Role => "role",
            Self::Method => "method",
            Self::Rate(_) => "rate",
            Self::Calls => "calls",
            Self::Streams => "streams",
            Self::AddressStreams => "address_streams",
            Self::TotalStreams => "total_streams",
            Self::AddressBytes => "address_bytes",
            Self::TotalBytes => "total_bytes",
            Self::Callers => "callers",
        }
    }
}

impl From<&TooManyStreams> for CallRefusal {
    fn from(excess: &TooManyStreams) -> Self {
        match excess {
            TooManyStreams::OfAddress => Self::AddressStreams,
            TooManyStreams::InTotal => Self::TotalStreams,
        }
    }
}

impl From<&TooManyBytes> for CallRefusal {
    fn from(excess: &TooManyBytes) -> Self {
        match excess {
            TooManyBytes::OfAddress => Self::AddressBytes,
            TooManyBytes::InTotal => Self::TotalBytes,
        }
    }
}

/// Refuses calls: counts them, and makes the status that the caller gets.
#[derive(Clone, Debug)]
pub(super) struct Refusals {
    domain: ErrorDomain,
    count: Counter<u64>,
}

impl Refusals {
    /// Statuses are of `domain`, and the names of metrics begin with `metric_prefix`.
    pub(super) fn new(domain: ErrorDomain, metric_prefix: &'static str) -> Self {
        Self {
            domain,
            count: metrics::refused_calls(metric_prefix),
        }
    }

    /// Notes `refusal` where operators look; returns the status that the caller gets.
    pub(super) fn status(&self, refusal: CallRefusal) -> Status {
        self.note(refusal);
        match refusal {
            CallRefusal::Role => self.domain.permission_denied(),
            CallRefusal::Method => self.domain.no_such_method(),
            CallRefusal::Rate(wait) => self.domain.rate_limited(wait),
            CallRefusal::Calls => self.domain.too_many_calls(),
            CallRefusal::Streams => self.domain.too_many_streams(),
            CallRefusal::AddressStreams => self.domain.too_many_streams_of_address(),
            CallRefusal::AddressBytes => self.domain.too_many_bytes_of_address(),
            CallRefusal::TotalStreams | CallRefusal::TotalBytes | CallRefusal::Callers => {
                self.domain.overloaded()
            }
            _ => self.domain.unauthenticated(),
        }
    }

    /// Notes it on the span of the call, which is the current one, and counts it.
    fn note(&self, refusal: CallRefusal) {
        let attribute = KeyValue::new(names::CALL_REFUSED, refusal.name());
        Context::map_current(|context| context.span().set_attribute(attribute.clone()));
        self.count.add(1, &[attribute]);
    }
}
