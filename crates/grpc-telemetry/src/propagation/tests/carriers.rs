//! Where the context is found: headers of the specifications, of Kitex and Volo, and B3.

use super::*;

const OTHER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// The metadata of a call of Kitex over gRPC, whose provider sends every format it knows.
const FROM_KITEX: [(&str, &str); 13] = [
    ("destination-service", "user-service"),
    ("destination-method", "GetUser"),
    ("source-service", "api-gateway"),
    (
        "rpc-transit-b3",
        "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
    ),
    ("rpc-transit-ot-tracer-traceid", "a3ce929d0e0e4736"),
    ("rpc-transit-ot-tracer-spanid", "00f067aa0ba902b7"),
    ("rpc-transit-ot-tracer-sampled", "true"),
    ("rpc-transit-baggage", "workflow.name=checkout"),
    ("rpc-transit-traceparent", OTHER),
    ("rpc-transit-tracestate", "rojo=1"),
    ("rpc-transit-service.name", "api-gateway"),
    ("rpc-transit-deployment.environment", "test"),
    ("rpc-persist-user", "x"),
];

const B3: Propagator = Propagator {
    b3: true,
    ..Propagator::NONE
};

fn trace_id(context: &Context) -> String {
    context.span().span_context().trace_id().to_string()
}

#[test]
fn the_trace_and_baggage_of_a_kitex_caller_are_continued() {
    let context = Propagator::DEFAULT.extract(&metadata(&FROM_KITEX));
    let span = context.span().span_context().clone();
    assert_eq!(trace_id(&context), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(span.span_id().to_string(), "00f067aa0ba902b7");
    assert!(span.is_sampled() && span.is_remote());
    assert_eq!(span.trace_state().header(), "rojo=1");
    assert_eq!(
        Baggage::of(&context).get("workflow.name").as_deref(),
        Some("checkout")
    );
}

#[test]
fn plain_headers_override_kitex_headers_even_if_invalid() {
    let mut headers = FROM_KITEX.to_vec();
    headers.extend([("traceparent", PARENT), ("baggage", "a=1")]);
    let context = Propagator::DEFAULT.extract(&metadata(&headers));
    assert_eq!(trace_id(&context), TRACE);
    // A list belongs to the traceparent that it came with.
    assert_eq!(context.span().span_context().trace_state().header(), "");
    assert_eq!(Baggage::of(&context).get("workflow.name"), None);

    let mut headers = FROM_KITEX.to_vec();
    headers.push(("traceparent", "00-invalid"));
    let context = Propagator::DEFAULT.extract(&metadata(&headers));
    assert!(!context.span().span_context().is_valid());
}

#[test]
fn both_carriers_are_written_when_kitex_is_to_understand_us() {
    let propagator = Propagator {
        kitex: true,
        ..Propagator::DEFAULT
    };
    let context = Propagator::DEFAULT.extract(&metadata(&FROM_KITEX));
    let mut sent = HeaderMap::new();
    propagator.inject(&context, &mut sent);
    let expected = [
        ("traceparent", OTHER),
        ("tracestate", "rojo=1"),
        ("baggage", "workflow.name=checkout"),
    ];
    for (name, value) in expected {
        assert_eq!(sent.get(name).unwrap(), value);
        assert_eq!(sent.get(format!("rpc-transit-{name}")).unwrap(), value);
    }
    assert_eq!(sent.len(), 6);

    let mut sent = HeaderMap::new();
    Propagator::DEFAULT.inject(&context, &mut sent);
    assert_eq!(sent.len(), 3);
}

#[test]
fn b3_is_read_and_written_only_when_asked_for() {
    let context = B3.extract(&metadata(&FROM_KITEX));
    assert_eq!(trace_id(&context), "4bf92f3577b34da6a3ce929d0e0e4736");
    let mut sent = HeaderMap::new();
    B3.inject(&context, &mut sent);
    let expected = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1";
    assert_eq!(header(&sent, "b3").as_deref(), Some(expected));
    assert_eq!(sent.len(), 1);

    let only_b3 = metadata(&[("b3", expected)]);
    assert!(
        !Propagator::DEFAULT
            .extract(&only_b3)
            .span()
            .span_context()
            .is_valid()
    );
    let both = Propagator {
        b3: true,
        ..Propagator::DEFAULT
    };
    let context = both.extract(&metadata(&[("b3", expected), ("traceparent", PARENT)]));
    assert_eq!(trace_id(&context), TRACE, "W3C goes before B3");
}

#[test]
fn b3_is_read_by_its_grammar() {
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let short = format!("{}a3ce929d0e0e4736", "0".repeat(16));
    let valid = [
        (format!("{trace}-{SPAN}-1"), trace, true),
        (format!("{trace}-{SPAN}-d"), trace, true),
        (format!("{trace}-{SPAN}-0"), trace, false),
        (format!("{trace}-{SPAN}"), trace, false),
        (format!("{trace}-{SPAN}-1-{SPAN}"), trace, true),
        (format!("a3ce929d0e0e4736-{SPAN}-1"), &short, true),
    ];
    for (value, trace, sampled) in valid {
        let context = B3.extract(&metadata(&[("b3", &value)]));
        assert_eq!(trace_id(&context), trace, "{value}");
        assert_eq!(
            context.span().span_context().is_sampled(),
            sampled,
            "{value}"
        );
    }
    let zeros = "0".repeat(32);
    let invalid = [
        "0".to_owned(),
        trace.to_owned(),
        format!("{zeros}-{SPAN}-1"),
        format!("{trace}-0000000000000000-1"),
        format!("{trace}-{SPAN}-2"),
        format!("{trace}-{SPAN}-1-x"),
        format!("{trace}-{SPAN}-1-{SPAN}-1"),
        format!("{trace}0-{SPAN}-1"),
    ];
    for value in invalid {
        let context = B3.extract(&metadata(&[("b3", &value)]));
        assert!(!context.span().span_context().is_valid(), "{value}");
    }
}

#[test]
fn formats_that_are_switched_off_are_neither_read_nor_written() {
    let context = Propagator::NONE.extract(&metadata(&FROM_KITEX));
    assert!(!context.span().span_context().is_valid());
    assert!(Baggage::of(&context).is_empty());
    let mut sent = HeaderMap::new();
    Propagator::NONE.inject(
        &Propagator::DEFAULT.extract(&metadata(&FROM_KITEX)),
        &mut sent,
    );
    assert!(sent.is_empty());
}
