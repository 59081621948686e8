//! The case groups of the W3C test suite that are about `traceparent`.

use super::*;

/// Each value alone in a `traceparent` header.
fn assert_continued(values: &[&str]) {
    for value in values {
        assert_eq!(trace_of(&[("traceparent", value)]), TRACE, "{value:?}");
    }
}

fn assert_restarted(values: &[&str]) {
    for value in values {
        let trace = trace_of(&[("traceparent", value)]);
        assert_eq!(trace, "f".repeat(32), "{value:?}");
    }
}

#[test]
fn group_01_without_any_header_a_trace_starts() {
    assert_eq!(trace_of(&[]), "f".repeat(32));
    assert_eq!(header(&sent_on(&[]), "tracestate"), None);
}

#[test]
fn group_02_a_traceparent_alone_is_continued() {
    assert_continued(&[
        PARENT,
        "00-12345678901234567890123456789012-1234567890123456-01",
    ]);
}

#[test]
fn group_03_two_traceparents_restart_the_trace() {
    let other = "00-12345678901234567890123456789011-1234567890123456-01";
    for pair in [
        [PARENT, other],
        [other, PARENT],
        [PARENT, PARENT],
        [PARENT, "x"],
    ] {
        let headers = pair.map(|value| ("traceparent", value));
        assert_eq!(trace_of(&headers), "f".repeat(32), "{pair:?}");
    }
}

#[test]
fn group_04_other_names_are_not_traceparent() {
    for name in ["trace-parent", "trace.parent", "trace_parent"] {
        assert_eq!(trace_of(&[(name, PARENT)]), "f".repeat(32), "{name}");
    }
}

#[test]
fn group_05_the_case_of_the_name_does_not_matter() {
    for name in ["TraceParent", "TrAcEpArEnT", "TRACEPARENT"] {
        assert_eq!(trace_of(&[(name, PARENT)]), TRACE, "{name}");
    }
}

#[test]
fn group_06_version_00_ends_after_the_flags() {
    assert_restarted(&[
        "00-12345678901234567890123456789012-1234567890123456-01.",
        "00-12345678901234567890123456789012-1234567890123456-01-",
        "00-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
    ]);
}

#[test]
fn group_07_a_later_version_is_read_as_far_as_it_is_known() {
    assert_continued(&[
        "cc-12345678901234567890123456789012-1234567890123456-01",
        "cc-12345678901234567890123456789012-1234567890123456-01-",
        "cc-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
        "01-12345678901234567890123456789012-1234567890123456-01-x,y;z",
        "fe-12345678901234567890123456789012-1234567890123456-01",
    ]);
    assert_restarted(&[
        "cc-12345678901234567890123456789012-1234567890123456-01.what-the-future-will-be-like",
        "cc-12345678901234567890123456789012-1234567890123456-012",
        "cc-12345678901234567890123456789012-1234567890123456",
    ]);
}

#[test]
fn group_08_version_ff_is_invalid() {
    assert_restarted(&[
        "ff-12345678901234567890123456789012-1234567890123456-01",
        "ff-12345678901234567890123456789012-1234567890123456-01-later",
    ]);
}

#[test]
fn group_09_a_version_has_hexadecimal_digits() {
    assert_restarted(&[
        ".0-12345678901234567890123456789012-1234567890123456-01",
        "0.-12345678901234567890123456789012-1234567890123456-01",
        "CC-12345678901234567890123456789012-1234567890123456-01",
    ]);
}

#[test]
fn group_10_a_version_of_more_than_two_digits_is_invalid() {
    assert_restarted(&[
        "000-12345678901234567890123456789012-1234567890123456-01",
        "0000-12345678901234567890123456789012-1234567890123456-01",
    ]);
}

#[test]
fn group_11_a_version_of_less_than_two_digits_is_invalid() {
    assert_restarted(&[
        "0-12345678901234567890123456789012-1234567890123456-01",
        "-12345678901234567890123456789012-1234567890123456-01",
        "",
    ]);
}

#[test]
fn group_12_a_trace_id_of_zeros_is_invalid() {
    assert_restarted(&[
        "00-00000000000000000000000000000000-1234567890123456-01",
        "cc-00000000000000000000000000000000-1234567890123456-01",
    ]);
}

#[test]
fn group_13_a_trace_id_has_lower_case_hexadecimal_digits() {
    assert_restarted(&[
        "00-.2345678901234567890123456789012-1234567890123456-01",
        "00-1234567890123456789012345678901.-1234567890123456-01",
        "00-1234567890123456789012345678901A-1234567890123456-01",
        "00-1234567890123456789012345678901g-1234567890123456-01",
    ]);
}

#[test]
fn group_14_a_trace_id_of_more_than_32_digits_is_invalid() {
    assert_restarted(&["00-123456789012345678901234567890123-1234567890123456-01"]);
}

#[test]
fn group_15_a_trace_id_of_less_than_32_digits_is_invalid() {
    assert_restarted(&["00-1234567890123456789012345678901-1234567890123456-01"]);
}

#[test]
fn group_16_a_parent_id_of_zeros_is_invalid() {
    assert_restarted(&["00-12345678901234567890123456789012-0000000000000000-01"]);
}

#[test]
fn group_17_a_parent_id_has_lower_case_hexadecimal_digits() {
    assert_restarted(&[
        "00-12345678901234567890123456789012-.234567890123456-01",
        "00-12345678901234567890123456789012-123456789012345.-01",
        "00-12345678901234567890123456789012-123456789012345F-01",
    ]);
}

#[test]
fn group_18_a_parent_id_of_more_than_16_digits_is_invalid() {
    assert_restarted(&["00-12345678901234567890123456789012-12345678901234567-01"]);
}

#[test]
fn group_19_a_parent_id_of_less_than_16_digits_is_invalid() {
    assert_restarted(&["00-12345678901234567890123456789012-123456789012345-01"]);
}

#[test]
fn group_20_flags_have_lower_case_hexadecimal_digits() {
    assert_restarted(&[
        "00-12345678901234567890123456789012-1234567890123456-.0",
        "00-12345678901234567890123456789012-1234567890123456-0.",
        "00-12345678901234567890123456789012-1234567890123456-0A",
    ]);
}

#[test]
fn group_21_flags_of_more_than_two_digits_are_invalid() {
    assert_restarted(&["00-12345678901234567890123456789012-1234567890123456-001"]);
}

#[test]
fn group_22_flags_of_less_than_two_digits_are_invalid() {
    assert_restarted(&["00-12345678901234567890123456789012-1234567890123456-1"]);
}

#[test]
fn group_23_white_space_around_is_ignored() {
    assert_continued(&[
        " 00-12345678901234567890123456789012-1234567890123456-01",
        "\t00-12345678901234567890123456789012-1234567890123456-01",
        "00-12345678901234567890123456789012-1234567890123456-01 ",
        "00-12345678901234567890123456789012-1234567890123456-01\t",
        "\t 00-12345678901234567890123456789012-1234567890123456-01 \t",
    ]);
}

#[test]
fn group_38_all_calls_of_one_request_stay_in_its_trace() {
    let received = Propagator::DEFAULT.extract(&metadata(&[("traceparent", PARENT)]));
    let sent: Vec<String> = (1..=3)
        .map(|span| header(&sent_from(&received, SpanId::from(span)), "traceparent").unwrap())
        .collect();
    assert!(sent.iter().all(|it| it.contains(TRACE)), "{sent:?}");
    assert!(sent[0] != sent[1] && sent[1] != sent[2] && sent[2] != sent[0]);
}

#[test]
fn group_39_and_40_calls_without_a_valid_parent_have_spans_of_their_own() {
    let invalid = "00-00000000000000000000000000000000-1234567890123456-01";
    for headers in [&[][..], &[("traceparent", invalid)]] {
        let received = Propagator::DEFAULT.extract(&metadata(headers));
        let send = |span| header(&sent_from(&received, SpanId::from(span)), "traceparent").unwrap();
        let sent = [send(1_u64), send(2), send(3)];
        assert!(
            sent.iter().all(|it| !it.contains(&"0".repeat(32))),
            "{sent:?}"
        );
        assert!(sent[0] != sent[1] && sent[1] != sent[2] && sent[2] != sent[0]);
    }
}

/// The flags that are sent on for the flags received, of a trace that is not sampled anew.
fn flags_for(received: &str) -> String {
    let traceparent = format!("00-{TRACE}-{SPAN}-{received}");
    header(&sent_on(&[("traceparent", &traceparent)]), "traceparent").unwrap()[53..].to_owned()
}

#[test]
fn group_41_the_random_flag_is_passed_on_as_it_came_and_unknown_flags_are_not() {
    let table = [
        ("00", "00"),
        ("01", "01"),
        ("02", "02"),
        ("03", "03"),
        ("04", "00"),
        ("fc", "00"),
        ("ff", "03"),
    ];
    for (received, sent) in table {
        assert_eq!(flags_for(received), sent, "{received}");
    }
}

#[test]
fn kitex_gets_no_random_flag() {
    let kitex = Propagator {
        kitex: true,
        ..Propagator::DEFAULT
    };
    let parent = format!("00-{TRACE}-{SPAN}-03");
    let received = kitex.extract(&metadata(&[("traceparent", &parent)]));
    let mut sent = HeaderMap::new();
    kitex.inject(&received, &mut sent);
    for name in ["traceparent", "rpc-transit-traceparent"] {
        assert!(header(&sent, name).unwrap().ends_with("-01"), "{name}");
    }
}

#[test]
fn the_random_flag_is_passed_on_by_a_span_that_is_not_sampled() {
    // The SDK forgets all flags of a span that it doesn't sample.
    let parent = format!("00-{TRACE}-{SPAN}-02");
    let received = Propagator::DEFAULT.extract(&metadata(&[("traceparent", &parent)]));
    let span = received.span().span_context().clone();
    let dropped = SpanContext::new(
        span.trace_id(),
        SpanId::from(7),
        TraceFlags::default(),
        false,
        span.trace_state().clone(),
    );
    let mut sent = HeaderMap::new();
    Propagator::DEFAULT.inject(&received.with_remote_span_context(dropped), &mut sent);
    assert!(header(&sent, "traceparent").unwrap().ends_with("-02"));
}

#[test]
fn a_trace_of_our_own_does_not_say_that_its_id_is_random() {
    assert!(
        header(&sent_on(&[]), "traceparent")
            .unwrap()
            .ends_with("-00")
    );
    let tracer = crate::spans::tests::tracer(&Default::default());
    let span = opentelemetry::trace::Tracer::start(&tracer, "root");
    let mut sent = HeaderMap::new();
    Propagator::DEFAULT.inject(&Context::new().with_span(span), &mut sent);
    assert!(header(&sent, "traceparent").unwrap().ends_with("-01"));
}
