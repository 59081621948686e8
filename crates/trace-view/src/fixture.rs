//! Spans for tests, in few words.

use opentelemetry::{SpanId, TraceId};

use crate::span::{Kind, Span};

/// The trace that fixture spans belong to.
pub(crate) const TRACE: TraceId = TraceId::from_bytes([0xab; 16]);

/// A span of `service`; times are in microseconds, parent 0 means no parent.
pub(crate) fn span(
    id: u64,
    parent: u64,
    service: &str,
    kind: Kind,
    name: &str,
    times: (u64, u64),
) -> Span {
    Span {
        trace_id: TRACE,
        id: SpanId::from(id),
        parent: (parent != 0).then(|| SpanId::from(parent)),
        service: service.to_owned(),
        kind,
        name: name.to_owned(),
        start: times.0 * 1_000,
        end: times.1 * 1_000,
        error: false,
        code: None,
        rpc: false,
    }
}

/// An INTERNAL span of user-client.
pub(crate) fn internal(id: u64, parent: u64, name: &str, times: (u64, u64)) -> Span {
    span(id, parent, "user-client", Kind::Internal, name, times)
}

/// An RPC from user-client.
pub(crate) fn client(id: u64, parent: u64, method: &str, times: (u64, u64)) -> Span {
    let name = format!("user.v1.UserService/{method}");
    Span {
        rpc: true,
        ..span(id, parent, "user-client", Kind::Client, &name, times)
    }
}

/// An RPC in user-service.
pub(crate) fn server(id: u64, parent: u64, method: &str, times: (u64, u64)) -> Span {
    let name = format!("user.v1.UserService/{method}");
    Span {
        rpc: true,
        ..span(id, parent, "user-service", Kind::Server, &name, times)
    }
}

/// A statement or command of user-service.
pub(crate) fn store(id: u64, parent: u64, name: &str, times: (u64, u64)) -> Span {
    span(id, parent, "user-service", Kind::Client, name, times)
}

/// `span`, failed with `code`.
pub(crate) fn failed(span: Span, code: &str) -> Span {
    Span {
        error: true,
        code: Some(code.to_owned()),
        ..span
    }
}

/// `span`, ended with `code` but not as an error.
pub(crate) fn ended(span: Span, code: &str) -> Span {
    Span {
        code: Some(code.to_owned()),
        ..span
    }
}
