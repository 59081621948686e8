use super::*;

fn values(template: &str, path: &str) -> Option<Vec<String>> {
    template.parse::<Template>().unwrap().matches(path)
}

#[test]
fn a_template_matches_paths_of_its_shape_and_captures_its_variables() {
    for (template, path, expected) in [
        ("/v1/users", "/v1/users", Some(vec![])),
        ("/v1/users", "/v1/users/", None),
        ("/v1/users", "/v1/users:batchGet", None),
        ("/v1/users:batchGet", "/v1/users:batchGet", Some(vec![])),
        ("/v1/users:batchGet", "/v1/users", None),
        ("/v1/users/{user_id}", "/v1/users/7", Some(vec!["7"])),
        ("/v1/users/{user_id}", "/v1/users/7/8", None),
        ("/v1/users/{user_id}", "/v1/users/", None),
        (
            "/v1/users/{user_id}",
            "/v1/users/a%2Fb%20c",
            Some(vec!["a/b c"]),
        ),
        ("/v1/users/{user_id}", "/v1/us%65rs/7", Some(vec!["7"])),
        ("/v1/users/{user_id}", "/v1/users/..", Some(vec![".."])),
        ("/v1/users/{user_id}", "v1/users/7", None),
        (
            "/v1/users/{user_id}:block",
            "/v1/users/a:b:block",
            Some(vec!["a:b"]),
        ),
        ("/v1/{name=users/*}", "/v1/users/7", Some(vec!["users/7"])),
        ("/v1/{name=users/*}", "/v1/orders/7", None),
        ("/v1/{a}/x/{b.c}", "/v1/1/x/2", Some(vec!["1", "2"])),
        (
            "/v1/{path=files/**}",
            "/v1/files/a/b",
            Some(vec!["files/a/b"]),
        ),
        ("/v1/{path=files/**}", "/v1/files", Some(vec!["files"])),
        ("/v1/**", "/v1/a/b/c", Some(vec![])),
        ("/v1/*/x", "/v1/a/x", Some(vec![])),
    ] {
        let expected = expected.map(|it| it.into_iter().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(values(template, path), expected, "{template} {path}");
    }
}

#[test]
fn what_is_not_a_template_is_refused_with_a_reason() {
    for (template, expected) in [
        ("v1/users", "it must begin with a slash"),
        ("", "it must begin with a slash"),
        ("/", "a segment is empty"),
        ("/v1//users", "a segment is empty"),
        ("/v1/users/", "a segment is empty"),
        ("/v1/users:", "the verb after the colon is missing"),
        ("/v1/{user_id", "a brace is not closed"),
        ("/v1/{}", "a variable must name a field"),
        ("/v1/{a b}", "a variable must name a field"),
        ("/v1/{a}b", "a slash or the end must follow a variable"),
        ("/v1/**/a", "** must be the last segment"),
        ("/v1/{a=**}/b", "** must be the last segment"),
        ("/v1/a*", "a segment must be a literal, * or **"),
        ("/v1/{a={b}}", "a segment must be a literal, * or **"),
    ] {
        let error = template.parse::<Template>().unwrap_err();
        assert_eq!(error, expected, "{template}");
    }
}
