use super::*;
use crate::testing::shop;

fn shop_document() -> Value {
    let pool = shop();
    document(&pool, &Routes::of(&pool).unwrap(), "1.2.3")
}

#[test]
fn each_route_is_an_operation_with_the_comments_of_the_proto() {
    let document = shop_document();
    assert_eq!(document["info"]["title"], "shop.v1.Shop");
    assert_eq!(document["info"]["description"], "Sells.");
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths, ["/v1/items/{item.id}", "/v1/{name}"]);
    let get = &document["paths"]["/v1/items/{item.id}"]["get"];
    assert_eq!(get["operationId"], "GetItem");
    assert_eq!(get["summary"], "One item.");
    let parameters = get["parameters"].as_array().unwrap();
    let names: Vec<_> = parameters
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    let expected = [
        "item.id",
        "name",
        "sizes",
        "deep",
        "colour",
        "cursor",
        "limit",
        "page",
        "X-Request-Timeout",
    ];
    assert_eq!(names, expected);
    assert_eq!(parameters[0]["schema"]["format"], "int64");
}

#[test]
fn schemas_are_those_of_the_json() {
    let document = shop_document();
    let schemas = &document["components"]["schemas"];
    let item = &schemas["shop.v1.Item"];
    // It is in requests too.
    assert_eq!(item["additionalProperties"], false);
    assert_eq!(item["properties"]["id"]["type"], "string");
    let patch = &document["paths"]["/v1/items/{item.id}"]["patch"];
    let body = &patch["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    assert_eq!(body, "#/components/schemas/shop.v1.Item");
}

#[test]
fn every_reference_leads_somewhere() {
    let document = shop_document();
    let text = document.to_string();
    for part in text.split("\"$ref\":\"#").skip(1) {
        let pointer = part.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}
