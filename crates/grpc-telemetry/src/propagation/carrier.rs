//! Where the formats are found in the metadata.

use std::sync::LazyLock;

use http::{HeaderMap, HeaderName, HeaderValue};

/// The names of the formats in one kind of metadata. They are keys already, as to make one
/// of a text takes longer than to look it up.
#[derive(Debug)]
pub(super) struct Carrier {
    pub(super) traceparent: HeaderName,
    pub(super) tracestate: HeaderName,
    pub(super) baggage: HeaderName,
    pub(super) b3: HeaderName,
}

/// The headers of the specifications.
pub(super) static PLAIN: LazyLock<Carrier> = LazyLock::new(|| Carrier {
    traceparent: HeaderName::from_static("traceparent"),
    tracestate: HeaderName::from_static("tracestate"),
    baggage: HeaderName::from_static("baggage"),
    b3: HeaderName::from_static("b3"),
});

/// The same values as Kitex and Volo send them: as transient values of their `metainfo`.
pub(super) static KITEX: LazyLock<Carrier> = LazyLock::new(|| Carrier {
    traceparent: HeaderName::from_static("rpc-transit-traceparent"),
    tracestate: HeaderName::from_static("rpc-transit-tracestate"),
    baggage: HeaderName::from_static("rpc-transit-baggage"),
    b3: HeaderName::from_static("rpc-transit-b3"),
});

/// All values of `name`, in the order in which they were sent.
pub(super) fn values<'a>(
    metadata: &'a HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = &'a [u8]> {
    let values = metadata.get_all(name).into_iter();
    values.map(HeaderValue::as_bytes)
}

/// `value` without the optional white space around it.
pub(super) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}
