//! Where the formats are found in the metadata.

use tonic::metadata::{Ascii, MetadataMap, MetadataValue};

/// The names of the formats in one kind of metadata.
#[derive(Debug)]
pub(super) struct Carrier {
    pub(super) traceparent: &'static str,
    pub(super) tracestate: &'static str,
    pub(super) baggage: &'static str,
    pub(super) b3: &'static str,
}

/// The headers of the specifications.
pub(super) const PLAIN: Carrier = Carrier {
    traceparent: "traceparent",
    tracestate: "tracestate",
    baggage: "baggage",
    b3: "b3",
};

/// The same values as Kitex and Volo send them: as transient values of their `metainfo`.
pub(super) const KITEX: Carrier = Carrier {
    traceparent: "rpc-transit-traceparent",
    tracestate: "rpc-transit-tracestate",
    baggage: "rpc-transit-baggage",
    b3: "rpc-transit-b3",
};

/// All values of `name`, in the order in which they were sent.
pub(super) fn values<'a>(
    metadata: &'a MetadataMap,
    name: &'static str,
) -> impl Iterator<Item = &'a [u8]> {
    let values = metadata.get_all(name).into_iter();
    values.map(MetadataValue::<Ascii>::as_encoded_bytes)
}

/// `value` without the optional white space around it.
pub(super) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}
