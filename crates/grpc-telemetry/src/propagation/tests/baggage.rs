//! Baggage by its specification, and what it does not say.

use super::*;

/// The baggage that comes out of these header values.
fn read(values: &[&str]) -> Baggage {
    let headers: Vec<_> = values.iter().map(|value| ("baggage", *value)).collect();
    Baggage::of(&Propagator::DEFAULT.extract(&metadata(&headers))).clone()
}

fn sent(values: &[&str]) -> Option<String> {
    let headers: Vec<_> = values.iter().map(|value| ("baggage", *value)).collect();
    header(&sent_on(&headers), "baggage")
}

#[test]
fn a_value_is_read() {
    let table = [
        ("key=value", "value"),
        ("key = value", "value"),
        ("key \t = \t value \t ; \t property \t = \t 1", "value"),
        ("key=", ""),
        ("key=a=b==", "a=b=="),
        ("key=a%20b%2C%3D", "a b,="),
        ("key=Am%C3%A9lie", "Amélie"),
        ("key=%e2%82%ac", "€"),
        ("key=a%FFb", "a\u{fffd}b"),
        ("key=%E2%82", "\u{fffd}"),
        ("key=100%", "100%"),
        ("key=%zz%1", "%zz%1"),
        ("key=value;property;other=%20", "value"),
        ("key=1,key=2", "2"),
        ("other=1 , key=value,", "value"),
    ];
    for (header, value) in table {
        assert_eq!(
            read(&[header]).get("key").as_deref(),
            Some(value),
            "{header}"
        );
    }
}

#[test]
fn what_came_is_passed_on_as_it_is() {
    let table = [
        "userId=alice,serverNode=DF%2028,isProduction=false",
        "a=1;p1;p2=x%20y,b=2",
        "a=%FF,a=%ff,a=",
        "b = 2 ; p = 1",
    ];
    for text in table {
        assert_eq!(sent(&[text]).as_deref(), Some(text));
    }
}

#[test]
fn several_headers_are_one_list_in_their_order() {
    let sent = sent(&[
        "userId =   alice",
        "serverNode = DF%2028, isProduction = false",
    ]);
    let expected = "userId =   alice,serverNode = DF%2028,isProduction = false";
    assert_eq!(sent.as_deref(), Some(expected));
}

#[test]
fn a_malformed_member_is_left_out_alone() {
    let table = [
        "bad",
        "=1",
        "ba d=1",
        "bad=a b",
        "bad=\"1\"",
        "bad=a\\b",
        "bad=é",
        "bäd=1",
        "bad=1;",
        "bad=1;a b",
        "bad=1;p=\"",
        "b(d=1",
        "",
        " ",
    ];
    for member in table {
        let text = format!("first=1,{member},last=2");
        assert_eq!(
            sent(&[&text]).as_deref(),
            Some("first=1,last=2"),
            "{member}"
        );
        assert_eq!(sent(&[member]), None, "{member}");
    }
}

#[test]
fn at_least_64_members_and_8192_bytes_are_passed_on() {
    let members: Vec<String> = (0..64).map(|it| format!("key{it}=value")).collect();
    assert_eq!(sent(&[&members.join(",")]), Some(members.join(",")));
    let longest = format!("a={}", "0123456789".repeat(819));
    assert_eq!(longest.len(), 8192);
    assert_eq!(sent(&[&longest]), Some(longest.clone()));
    let split = longest.replace("a=", "a=1,b=");
    let (split, _) = split.split_at(8192);
    let (first, second) = split.split_at(3);
    assert_eq!(sent(&[first, &second[1..]]).as_deref(), Some(split));
}

#[test]
fn a_member_that_does_not_fit_is_left_out_whole() {
    let long = format!("long={}", "x".repeat(8192));
    assert_eq!(
        sent(&[&format!("a=1,{long},b=2")]).as_deref(),
        Some("a=1,b=2")
    );
    assert_eq!(sent(&["a=1", &long, "b=2"]).as_deref(), Some("a=1,b=2"));
    let many: Vec<String> = (0..200).map(|it| format!("k{it}=v")).collect();
    assert_eq!(sent(&[&many.join(",")]), Some(many[..180].join(",")));
}

#[test]
fn a_member_is_set_and_replaced_with_what_needs_it_encoded() {
    let baggage = Baggage::default()
        .with("a", "1")
        .with("workflow.name", "ü, 100%;\"");
    assert_eq!(
        baggage.as_str(),
        "a=1,workflow.name=%C3%BC%2C%20100%25%3B%22"
    );
    assert_eq!(baggage.get("workflow.name").as_deref(), Some("ü, 100%;\""));
    assert_eq!(baggage.with("a", "2").get("a").as_deref(), Some("2"));
    assert_eq!(baggage.with("a", "2").members().count(), 2);
    assert_eq!(baggage.with("not a token", "1"), baggage);
    assert_eq!(baggage.with("b", &"x".repeat(8192)), baggage);
}

#[test]
fn values_are_not_shown_in_debug_output() {
    let context = Propagator::DEFAULT.extract(&metadata(&[("baggage", "email=ada@example.com")]));
    let shown = format!("{context:?} {:?}", Baggage::of(&context));
    assert!(!shown.contains("ada"), "{shown}");
}

#[test]
fn baggage_travels_without_a_trace() {
    assert_eq!(sent(&["a=1"]).as_deref(), Some("a=1"));
    let mut sent = HeaderMap::new();
    let context = Context::new().with_value(Baggage::default().with("a", "1"));
    Propagator::DEFAULT.inject(&context, &mut sent);
    assert_eq!(header(&sent, "baggage").as_deref(), Some("a=1"));
    assert_eq!(header(&sent, "traceparent"), None);
}
