use super::*;
use crate::testing::shop;

fn request() -> MessageDescriptor {
    shop().get_message_by_name("shop.v1.ItemRequest").unwrap()
}

#[test]
fn a_message_is_written_as_it_is_read() {
    for (json, written) in [
        (
            r#"{"name":"a","item":{"id":"7","title":"x"}}"#,
            r#""item":{"id":"7","title":"x"}"#,
        ),
        (r#"{"item":{"id":7}}"#, r#""item":{"id":"7","title":""}"#),
        (
            r#"{"item":{"id":9007199254740993}}"#,
            r#""id":"9007199254740993""#,
        ),
        (r#"{"item":null,"deep":true}"#, r#""deep":true"#),
        (r#"{"sizes":[1,"2"],"colour":"RED"}"#, r#""colour":"RED""#),
        ("{}", r#""page":0"#),
    ] {
        let mut message = parse(&request(), json.as_bytes()).unwrap();
        let text = write(&mut message, None, &shop()).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains(written), "{text}");
        assert!(!text.contains("limit"), "{text}");
    }
}

#[test]
fn what_is_not_the_message_is_refused_with_a_reason() {
    let mut others = Vec::new();
    for (json, expected) in [
        (
            "",
            "it is empty; send a JSON object, whose fields are name, item",
        ),
        (" \n", "it is empty"),
        ("{", "EOF while parsing an object at line 1 column 1"),
        ("[]", "expected a map"),
        ("{} x", "trailing characters at line 1 column 4"),
        (r#"{"x":1}"#, "unrecognized field name 'x'"),
        (r#"{"page":-1}"#, "out of range"),
        (r#"{"item":{"id":1,"id":2}}"#, "the name 'id' appears twice"),
        (r#"{"item":{"id":9223372036854775808}}"#, "out of range"),
        (r#"{"item":{"id":1.5}}"#, "expected integer value"),
        (r#"{"name":1}"#, "expected a string"),
        ("{\"name\":\"\u{1}\"}", "control character"),
        ("NaN", "expected"),
    ] {
        let error = parse(&request(), json.as_bytes()).unwrap_err();
        if !error.contains(expected) {
            others.push(format!("{json}: {error}"));
        }
    }
    assert!(others.is_empty(), "{others:#?}");
    assert!(parse(&request(), b"{\"name\":\"\xff\"}").is_err());
    let deep = "[".repeat(200);
    let error = parse(&request(), deep.as_bytes()).unwrap_err();
    assert!(error.contains("recursion limit exceeded"), "{error}");
}

#[test]
fn one_field_can_be_the_body() {
    let field = request().get_field_by_name("item").unwrap();
    let body = Body::Field(field.clone());
    let mut message = parse_body(&request(), &body, br#"{"id":"7"}"#).unwrap();
    let text = write(&mut message, Some(&field), &shop()).unwrap();
    assert_eq!(String::from_utf8(text).unwrap(), r#"{"id":"7","title":""}"#);
    // It must not end the field to set another one.
    assert!(parse_body(&request(), &body, br#"{},"deep":true"#).is_err());
}
