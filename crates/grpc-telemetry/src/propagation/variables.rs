//! The context that a process was started in: the [carriers] of the specification for
//! environment variables, as CI pipelines and shells that are traced set them.
//!
//! [carriers]: https://opentelemetry.io/docs/specs/otel/context/env-carriers/

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;

use super::Propagator;
use super::carrier::PLAIN;

impl Propagator {
    /// The context in the variables `TRACEPARENT`, `TRACESTATE` and `BAGGAGE` of this process
    /// (and `B3`, if it is one of the formats); empty when there is none or it is malformed.
    pub fn extract_variables(self) -> Context {
        self.extract(&headers(|name| std::env::var_os(name)))
    }
}

/// The variables as headers of the same values; an empty one counts as unset.
fn headers(variable: impl Fn(&str) -> Option<OsString>) -> HeaderMap {
    let carrier = &*PLAIN;
    let names: [(&str, &HeaderName); 4] = [
        ("TRACEPARENT", &carrier.traceparent),
        ("TRACESTATE", &carrier.tracestate),
        ("BAGGAGE", &carrier.baggage),
        ("B3", &carrier.b3),
    ];
    let mut headers = HeaderMap::new();
    for (variable_name, name) in names {
        let value = variable(variable_name).filter(|value| !value.is_empty());
        let value = value.and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok());
        if let Some(value) = value {
            headers.insert(name, value);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::TraceContextExt;

    use super::*;
    use crate::Baggage;

    const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn extracted(propagator: Propagator, variables: &[(&str, &str)]) -> Context {
        let find = |name: &str| {
            let found = variables.iter().find(|(it, _)| *it == name);
            found.map(|(_, value)| OsString::from(value))
        };
        propagator.extract(&headers(find))
    }

    #[test]
    fn the_variables_are_the_headers_of_the_same_names() {
        let variables = [
            ("TRACEPARENT", TRACEPARENT),
            ("TRACESTATE", "rojo=1,congo=2"),
            ("BAGGAGE", "tenant=acme"),
        ];
        let context = extracted(Propagator::DEFAULT, &variables);
        let span = context.span().span_context().clone();
        assert_eq!(span.trace_id().to_string(), &TRACEPARENT[3..35]);
        assert!(span.is_sampled() && span.is_remote());
        assert_eq!(span.trace_state().get("congo"), Some("2"));
        let baggage = Baggage::of(&context);
        assert_eq!(baggage.get("tenant").as_deref(), Some("acme"));
    }

    #[test]
    fn what_is_malformed_or_empty_or_of_another_format_is_no_context() {
        let b3 = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1";
        for (name, value) in [
            ("TRACEPARENT", ""),
            ("TRACEPARENT", "00-0-0-01"),
            ("TRACEPARENT", "a\nb"),
            ("TRACESTATE", "rojo=1"),
            ("B3", b3),
        ] {
            let context = extracted(Propagator::DEFAULT, &[(name, value)]);
            assert!(!context.span().span_context().is_valid(), "{name}={value}");
        }
        let with_b3 = Propagator {
            b3: true,
            ..Propagator::DEFAULT
        };
        let context = extracted(with_b3, &[("B3", b3)]);
        assert!(context.span().span_context().is_valid());
    }
}
