use http::Method;

use super::*;
use crate::testing::{pool_of, shop};

fn found<'a>(routes: &'a Routes, verb: &str, path: &str) -> (&'a Route, Vec<String>) {
    let verb = Method::from_bytes(verb.as_bytes()).unwrap();
    match routes.find(&verb, path) {
        Lookup::Found(route, values) => (route, values),
        other => panic!("{verb} {path}: {other:?}"),
    }
}

#[test]
fn the_most_specific_route_is_found() {
    let routes = Routes::of(&shop()).unwrap();
    let (route, values) = found(&routes, "GET", "/v1/shelves/a/items/b");
    assert_eq!(route.method().name(), "GetItem");
    assert_eq!(values, ["shelves/a/items/b"]);
    let (route, values) = found(&routes, "GET", "/v1/items/7");
    assert_eq!(
        (route.method().name(), &values[..]),
        ("GetItem", &["7".to_owned()][..])
    );
    let (route, values) = found(&routes, "LOCK", "/v1/items/7:block");
    assert_eq!(
        (route.method().name(), &values[..]),
        ("BlockItem", &["7".to_owned()][..])
    );
    let (route, _) = found(&routes, "PATCH", "/v1/items/7");
    assert_eq!(route.response_body().unwrap().name(), "item");
    assert!(matches!(route.body(), Body::Field(field) if field.name() == "item"));
}

#[test]
fn a_request_without_a_route_is_told_apart() {
    let routes = Routes::of(&shop()).unwrap();
    let other = routes.find(&Method::DELETE, "/v1/items/7");
    let Lookup::OtherVerb(verbs) = other else {
        panic!("{other:?}");
    };
    assert_eq!(verbs, [&Method::GET, &Method::PATCH]);
    assert!(matches!(routes.find(&Method::GET, "/"), Lookup::Unknown));
    assert!(matches!(
        routes.find(&Method::GET, "/v2/items/7"),
        Lookup::Unknown
    ));
    assert!(matches!(
        routes.find(&Method::GET, "/v1/items/%ff"),
        Lookup::NotUtf8
    ));
}

#[test]
fn a_rule_that_can_not_be_followed_is_refused_by_name() {
    for (rule, expected) in [
        (
            "get: \"/v1/{nothing}\"",
            "nothing is not a scalar field of the request",
        ),
        (
            "get: \"/v1/{inner}\"",
            "inner is not a scalar field of the request",
        ),
        (
            "get: \"/v1/{list}\"",
            "list is not a scalar field of the request",
        ),
        ("get: \"v1\"", "it must begin with a slash"),
        (
            "post: \"/v1\" body: \"nothing\"",
            "nothing is not a field of the request",
        ),
        (
            "get: \"/v1\" response_body: \"nothing\"",
            "nothing is not a field of the response",
        ),
        ("body: \"*\"", "it names no verb"),
        (
            "get: \"/v1/{id}\" additional_bindings {get: \"/v1/{name}\"}",
            "test.Test.Call has the same",
        ),
    ] {
        let file = format!(
            "syntax = \"proto3\"; package test; import \"google/api/annotations.proto\";\n\
             message M {{ string id = 1; string name = 2; M inner = 3; repeated string list = 4; }}\n\
             service Test {{ rpc Call(M) returns (M) {{ option (google.api.http) = {{{rule}}}; }} }}"
        );
        let error = Routes::of(&pool_of(&file)).unwrap_err();
        assert_eq!(error.method, "test.Test.Call");
        assert_eq!(error.reason, expected, "{rule}");
    }
}
