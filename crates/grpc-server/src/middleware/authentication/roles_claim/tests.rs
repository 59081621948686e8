#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::*;

/// The roles at `path` in `claims`; "malformed" if the claim has no form of roles.
fn roles(path: &str, claims: &Value) -> String {
    let roles = RolesClaim::new(path).roles(claims.as_object().unwrap());
    roles.map_or("malformed".to_owned(), |roles| roles.join(","))
}

#[test]
fn roles_are_found_where_issuers_put_them() {
    let claims = json!({
        "scope": "openid  reader writer",
        "permissions": ["reader"],
        "cognito:groups": ["writer"],
        "realm_access": {"roles": ["reader", "operator"]},
        "resource_access": {"my.service": {"roles": ["writer"]}},
        "https://users.example/roles": ["reader"],
    });
    for (path, expected) in [
        ("scope", "openid,reader,writer"),
        ("permissions", "reader"),
        ("cognito:groups", "writer"),
        ("realm_access.roles", "reader,operator"),
        ("resource_access.my.service.roles", "writer"),
        ("https://users.example/roles", "reader"),
        ("roles", ""),
        ("realm_access.groups", ""),
        ("scope.roles", ""),
        (".", ""),
    ] {
        assert_eq!(roles(path, &claims), expected, "{path}");
    }
}

#[test]
fn any_other_form_is_malformed() {
    for value in [
        json!(null),
        json!(7),
        json!(true),
        json!({"reader": true}),
        json!(["reader", 7]),
        json!([["reader"]]),
    ] {
        assert_eq!(roles("r", &json!({"r": value})), "malformed", "{value}");
    }
}

#[test]
fn a_repeated_name_is_refused_at_any_depth() {
    let parsed = |text| serde_json::from_str::<Unique>(text).map(|Unique(value)| value);
    let text = r#"{"a":{"b":[1,-1,1.5,"x",null,true,{"c":{}}]}}"#;
    assert_eq!(parsed(text).unwrap().to_string(), text);
    assert!(parsed(r#"{"a":1,"a":1}"#).is_err());
    assert!(parsed(r#"{"a":[{"b":1,"b":2}]}"#).is_err());
}
