use std::collections::BTreeMap;

use http::Method;
use prost_reflect::DynamicMessage;

use crate::testing::shop;
use crate::{Lookup, Routes};

/// The request that a path and a query make, as text.
fn request(verb: &str, path: &str, query: &str) -> Result<String, String> {
    let routes = Routes::of(&shop()).unwrap();
    let verb = Method::from_bytes(verb.as_bytes()).unwrap();
    let Lookup::Found(route, values) = routes.find(&verb, path) else {
        panic!("{path}");
    };
    let mut message = DynamicMessage::new(route.method().input());
    let set = route.set_fields(&mut message, &values, Some(query));
    set.map_err(|error| error.to_string())?;
    let fields = message.fields();
    let fields: BTreeMap<_, _> = fields
        .map(|(field, value)| (field.number(), value.to_string()))
        .collect();
    Ok(fields.into_values().collect::<Vec<_>>().join(" "))
}

#[test]
fn fields_are_set_from_the_path_and_from_the_query() {
    for (query, expected) in [
        ("", "{id:7}"),
        ("sizes=1&sizes=-2", "{id:7} [1,-2]"),
        ("deep=true&page=3", "{id:7} true 3"),
        ("colour=RED", "{id:7} 1"),
        ("colour=1", "{id:7} 1"),
        ("limit=1.5", "{id:7} 1.5"),
        ("name=a%20b+c%2B", "\"a b c+\" {id:7}"),
        ("item.title=x&", "{id:7,title:\"x\"}"),
        ("cursor=aGk=", "{id:7} \"hi\""),
    ] {
        let request = request("GET", "/v1/items/7", query);
        assert_eq!(request.as_deref(), Ok(expected), "{query}");
    }
    let request = request("GET", "/v1/shelves/a/items/b%20c", "").unwrap();
    assert_eq!(request, "\"shelves/a/items/b c\"");
}

#[test]
fn what_is_not_a_value_is_refused_with_the_name_of_its_field() {
    for (path, query, expected) in [
        (
            "/v1/items/x",
            "",
            "item.id: it must be a whole number of 64 bits",
        ),
        (
            "/v1/items/9223372036854775808",
            "",
            "item.id: it must be a whole number of 64 bits",
        ),
        (
            "/v1/items/+1",
            "",
            "item.id: it must be a whole number of 64 bits",
        ),
        (
            "/v1/items/1%00",
            "",
            "item.id: it must be a whole number of 64 bits",
        ),
        (
            "/v1/items/7",
            "nothing=1",
            "nothing: the request has no such parameter",
        ),
        ("/v1/items/7", "=1", ": the request has no such parameter"),
        (
            "/v1/items/7",
            "page=-1",
            "page: it must be a whole number of 32 bits, not negative",
        ),
        ("/v1/items/7", "page=1&page=1", "page: it is given twice"),
        ("/v1/items/7", "deep=1", "deep: it must be true or false"),
        (
            "/v1/items/7",
            "colour=BLUE",
            "colour: it must be the name of a value",
        ),
        ("/v1/items/7", "limit=", "limit: it must be a number"),
        ("/v1/items/7", "cursor=%25", "cursor: it must be Base64"),
        (
            "/v1/items/7",
            "item=1",
            "item: it is a message, which the body alone can have",
        ),
        (
            "/v1/items/7",
            "labels=1",
            "labels: it is a message, which the body alone can have",
        ),
        (
            "/v1/items/7",
            "sizes.x=1",
            "sizes.x: the request has no such parameter",
        ),
        (
            "/v1/items/7",
            "item.id=8",
            "item.id: it is in the path, and must not be in the query",
        ),
        ("/v1/items/7", "name=%ff", "query: it is not UTF-8"),
    ] {
        let error = request("GET", path, query).unwrap_err();
        assert_eq!(error, expected, "{path}?{query}");
    }
    let error = request("PATCH", "/v1/items/7", "item.title=x").unwrap_err();
    assert_eq!(error, "item.title: it must be in the body");
}
