//! The case groups of the W3C test suite that are about `tracestate`, and its limits.

use super::*;

/// Each value alone in a `tracestate` header, and what is sent on for it.
fn assert_sent(table: &[(&str, Option<&str>)]) {
    for (value, expected) in table {
        assert_eq!(state_of(&[value]).as_deref(), *expected, "{value:?}");
    }
}

fn members(numbers: std::ops::RangeInclusive<u8>) -> String {
    let members: Vec<String> = numbers.map(|it| format!("bar{it:02}={it:02}")).collect();
    members.join(",")
}

#[test]
fn group_24_without_a_traceparent_a_tracestate_is_not_read() {
    for value in ["foo=1", "foo=1,bar=2"] {
        assert_eq!(
            header(&sent_on(&[("tracestate", value)]), "tracestate"),
            None
        );
        let headers = [("traceparent", "invalid"), ("tracestate", value)];
        assert_eq!(header(&sent_on(&headers), "tracestate"), None);
    }
}

#[test]
fn group_25_with_a_traceparent_it_is_passed_on() {
    assert_sent(&[
        ("foo=1,bar=2", Some("foo=1,bar=2")),
        ("foo=1", Some("foo=1")),
    ]);
}

#[test]
fn group_26_other_names_are_not_tracestate() {
    for name in ["trace-state", "trace.state"] {
        let headers = [("traceparent", PARENT), (name, "foo=1")];
        assert_eq!(trace_of(&headers), TRACE);
        assert_eq!(header(&sent_on(&headers), "tracestate"), None);
    }
}

#[test]
fn group_27_the_case_of_the_name_does_not_matter() {
    for name in ["TraceState", "TrAcEsTaTe", "TRACESTATE"] {
        let headers = [("traceparent", PARENT), (name, "foo=1")];
        assert_eq!(
            header(&sent_on(&headers), "tracestate").as_deref(),
            Some("foo=1")
        );
    }
}

#[test]
fn group_28_empty_headers_and_members_count_for_nothing() {
    assert_sent(&[
        ("", None),
        (" \t ", None),
        (",", None),
        (",foo=1,, ,bar=2,", Some("foo=1,bar=2")),
    ]);
    assert_eq!(state_of(&["foo=1", ""]).as_deref(), Some("foo=1"));
    assert_eq!(state_of(&["", "foo=1"]).as_deref(), Some("foo=1"));
}

#[test]
fn group_29_several_headers_are_one_list_in_their_order() {
    let sent = state_of(&["foo=1,bar=2", "rojo=1,congo=2", "baz=3"]);
    assert_eq!(sent.as_deref(), Some("foo=1,bar=2,rojo=1,congo=2,baz=3"));
}

#[test]
fn group_30_repeated_keys_are_passed_on_as_they_are() {
    assert_sent(&[
        ("foo=1,foo=1", Some("foo=1,foo=1")),
        ("foo=1,foo=2", Some("foo=1,foo=2")),
    ]);
    assert_eq!(
        state_of(&["foo=1", "foo=1"]).as_deref(),
        Some("foo=1,foo=1")
    );
    assert_eq!(
        state_of(&["foo=1", "foo=2"]).as_deref(),
        Some("foo=1,foo=2")
    );
}

#[test]
fn group_31_all_characters_of_the_grammar_are_passed_on() {
    let value: String = (' '..='~').filter(|it| !",=".contains(*it)).collect();
    let key = "abcdefghijklmnopqrstuvwxyz0123456789_-*/";
    for key in [key.to_owned(), format!("{key}@a-z0-9_-*/"), "0x".to_owned()] {
        let member = format!("{key}={value}");
        assert_eq!(state_of(&[&member]).as_deref(), Some(member.as_str()));
    }
}

#[test]
fn group_32_white_space_around_members_is_cut_off_and_inside_it_stays() {
    let all = Some("foo=1,bar=2,baz=3");
    assert_sent(&[
        ("foo=1 \t , \t bar=2, \t baz=3", all),
        ("foo=1\t \t,\t \tbar=2,\t \tbaz=3", all),
        (" foo=1", Some("foo=1")),
        ("\tfoo=1", Some("foo=1")),
        ("foo=1 ", Some("foo=1")),
        ("foo=1\t", Some("foo=1")),
        ("\t foo=1 \t", Some("foo=1")),
        ("foo= 1 2 ,bar=2", Some("foo= 1 2,bar=2")),
    ]);
}

#[test]
fn group_33_a_key_with_another_character_drops_the_list() {
    assert_sent(&[
        ("foo =1", None),
        ("FOO=1", None),
        ("foo.bar=1", None),
        ("_foo=1", None),
        ("=1", None),
        ("foo", None),
        ("bar=2,foo.bar=1", None),
    ]);
}

#[test]
fn group_34_an_at_sign_may_be_anywhere_but_first() {
    assert_sent(&[
        ("foo@=1,bar=2", Some("foo@=1,bar=2")),
        ("@foo=1,bar=2", None),
        ("foo@@bar=1,bar=2", Some("foo@@bar=1,bar=2")),
        ("foo@bar@baz=1,bar=2", Some("foo@bar@baz=1,bar=2")),
    ]);
}

#[test]
fn group_35_a_list_of_more_than_32_members_is_dropped() {
    let parts = [members(1..=10), members(11..=20), members(21..=32)];
    let all = parts.join(",");
    let mut headers: Vec<&str> = parts.iter().map(String::as_str).collect();
    assert_eq!(state_of(&headers).as_deref(), Some(all.as_str()));
    headers.push("bar33=33");
    assert_eq!(state_of(&headers), None);
}

#[test]
fn group_36_a_key_has_256_characters_at_the_most() {
    let keys = [
        "z".repeat(256),
        format!("{}@{}", "t".repeat(241), "v".repeat(14)),
        format!("{}@v", "t".repeat(242)),
        format!("t@{}", "v".repeat(15)),
    ];
    for key in keys {
        let member = format!("{key}=1");
        let expected = format!("foo=1,{member}");
        assert_eq!(state_of(&["foo=1", &member]), Some(expected));
    }
    assert_eq!(
        state_of(&["foo=1", &format!("{}=1", "z".repeat(257))]),
        None
    );
}

#[test]
fn group_37_a_value_that_is_not_one_drops_the_list() {
    let longest = format!("foo={}", "v".repeat(256));
    assert_eq!(state_of(&[&longest]).as_deref(), Some(longest.as_str()));
    assert_sent(&[
        ("foo=bar=baz", None),
        ("foo=,bar=3", None),
        ("foo=a\tb", None),
        ("foo=é", None),
        (&format!("foo={}", "v".repeat(257)), None),
    ]);
}

#[test]
fn an_invalid_list_does_not_spoil_the_traceparent() {
    assert_eq!(state_of(&["foo=1", "\u{ff}"]), None);
}

#[test]
fn a_list_that_is_too_long_loses_long_members_first_and_then_its_end() {
    // 16 members of 258 characters, and 16 of 9.
    let long: Vec<String> = (10..26)
        .map(|it| format!("a{it}={}", "v".repeat(254)))
        .collect();
    let short: Vec<String> = (10..26).map(|it| format!("b{it}=12345")).collect();
    let list = format!("{},{}", long.join(","), short.join(","));
    let sent = state_of(&[&list]).unwrap();
    let expected = format!("{},{}", long[..15].join(","), short.join(","));
    assert!(list.len() > 4096 && expected.len() <= 4096);
    assert_eq!(sent, expected);

    // None is long: from the end.
    let many: Vec<String> = (10..42)
        .map(|it| format!("a{it}={}", "v".repeat(124)))
        .collect();
    let expected = many[..31].join(",");
    assert!(many.join(",").len() > 4096 && expected.len() <= 4096);
    assert_eq!(state_of(&[&many.join(",")]), Some(expected));
}

#[test]
fn what_a_sampler_has_added_goes_to_the_front_of_what_was_received() {
    let headers = [
        ("traceparent", PARENT),
        ("tracestate", "a@b@c=1,foo=1,bar=2"),
    ];
    let received = Propagator::DEFAULT.extract(&metadata(&headers));
    let span = received.span().span_context().clone();
    assert_eq!(span.trace_state().header(), "foo=1,bar=2");
    let state = span.trace_state().insert("bar", "3").unwrap();
    let changed = SpanContext::new(
        span.trace_id(),
        SpanId::from(7),
        span.trace_flags(),
        false,
        state,
    );
    let mut sent = HeaderMap::new();
    Propagator::DEFAULT.inject(&received.with_remote_span_context(changed), &mut sent);
    assert_eq!(
        header(&sent, "tracestate").as_deref(),
        Some("bar=3,a@b@c=1,foo=1")
    );
}
