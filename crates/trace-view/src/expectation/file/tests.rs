use super::*;

#[test]
fn a_span_that_only_has_a_name_is_expected_once_without_an_error_and_without_children() {
    let expectation = Expectation::parse("spans:\n  - name: GET\n").unwrap();
    assert_eq!(expectation.spans.len(), 1);
    let span = &expectation.spans[0];
    assert_eq!((span.name.value.as_str(), span.line()), ("GET", 2));
    assert_eq!(
        (span.service.as_deref(), span.kind, span.status),
        (None, None, None)
    );
    assert_eq!(span.count, Count::default());
    assert!(span.children.is_empty() && !span.others && !expectation.others);
}

#[test]
fn everything_that_can_be_expected_can_be_written() {
    let text = "
spans:
  - name: GET
    service: users
    kind: CLIENT
    status: ERROR
    count: 2..
    attributes: { port: 6379, db.system.name: redis, ok: true, any: , list: [1, a] }
    children: [{ name: below }]
    others: true
others: true
";
    let expectation = Expectation::parse(text).unwrap();
    let span = &expectation.spans[0];
    assert_eq!(span.kind, Some(Kind::Client));
    assert_eq!(span.status, Some(Status::Error));
    assert_eq!(span.count.to_string(), "2..");
    let attributes = serde_json::to_value(&span.attributes).unwrap();
    let expected = serde_json::json!({"port": 6379, "db.system.name": "redis", "ok": true, "any": null, "list": [1, "a"]});
    assert_eq!(attributes, expected);
    assert!(expectation.others && span.others);
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_what_to_write() {
    let table = [
        (
            "spans:\n  - name: a\n    kidn: CLIENT\n",
            "line 3",
            "children",
        ),
        (
            "spans:\n  - name: a\n    kind: CLIENTS\n",
            "line 3",
            "SERVER",
        ),
        ("spans:\n  - name: a\n    status: FINE\n", "line 3", "UNSET"),
        (
            "spans:\n  - name: a\n    count: 3..1\n",
            "line 3",
            "such as 1..3",
        ),
        (
            "spans:\n  - name: a\n    count: [1]\n",
            "line 3",
            "such as 1..3",
        ),
        ("spans:\n  - kind: CLIENT\n", "line 2", "name"),
        (
            "spans:\n  - name: a\n   kind: CLIENT\n",
            "line 3",
            "write spans, each with a name",
        ),
        (
            "spans:\n  - name: a\n    name: b\n",
            "line 3",
            "write spans, each with a name",
        ),
        (
            "spans:\n  - name: a\n    children:\n",
            "line 3",
            "write spans, each with a name",
        ),
        ("[1, 2]", "line 1", "write spans, each with a name"),
        ("", "line 1", "write spans, each with a name"),
        ("spans: []", "no span", "write spans, each with a name"),
    ];
    for (text, place, what) in table {
        let error = Expectation::parse(text).unwrap_err();
        assert!(error.to_string().contains(place), "{text}: {error}");
        assert!(error.to_string().contains(what), "{text}: {error}");
    }
}

#[test]
fn a_file_that_is_nested_without_end_is_refused() {
    let depth = 100_000;
    let text = format!("spans: {}", "[".repeat(depth));
    Expectation::parse(&text).unwrap_err();
    let text = format!("spans: {}", "[{name: a, children: ".repeat(depth));
    Expectation::parse(&text).unwrap_err();
}
