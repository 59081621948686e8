//! Why a call was refused before anybody worked on it.

use std::time::Duration;

use grpc_telemetry::names;
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, KeyValue};
use tonic::Status;

use crate::{metrics, status};

/// A reason. Its caller learns its kind alone; the span and a metric say which it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::transport) enum Refusal {
    /// There is no token.
    Missing,
    /// There are several headers that could hold one.
    Repeated,
    /// What is there is no JSON Web Token.
    Malformed,
    /// It is longer than any that is needed.
    TooLarge,
    /// It is a token for something else, or asks for what is not understood here.
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
    /// Somebody else issued it.
    Issuer,
    /// It is for somebody else.
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
    /// There are too many callers at a time to keep account of.
    Callers,
}

impl Refusal {
    /// A word for it, of which there are few.
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
            Self::Callers => "callers",
        }
    }

    /// Notes it where operators look; what the caller gets to hear.
    pub(in crate::transport) fn answer(self) -> Status {
        self.note();
        match self {
            Self::Role => status::permission_denied(),
            Self::Method => status::no_such_method(),
            Self::Rate(wait) => status::too_often(wait),
            Self::Calls => status::too_many_calls(),
            Self::Streams => status::too_many_streams(),
            Self::Callers => status::overloaded(),
            _ => status::unauthenticated(),
        }
    }

    /// Notes it on the span of the call, which is the current one, and counts it.
    fn note(self) {
        let attribute = KeyValue::new(names::CALL_REFUSED, self.name());
        Context::map_current(|context| context.span().set_attribute(attribute.clone()));
        metrics::refused_calls().add(1, &[attribute]);
    }
}
