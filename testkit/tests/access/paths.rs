//! Other spellings of a method's path, and other ways to name it: none leads to
//! a method with another role, or with none.

use http::uri::{Parts, PathAndQuery};
use http::{Method, Uri};
use testkit::Stream;
use tonic::{Code, Status};

use crate::auth_env::{
    AuthEnv, assert_refused, assert_unauthenticated, bearer, get_user, passed, send,
};
use crate::raw::call;

const CREATE: &str = "/user.v1.UserService/CreateUser";
const GET: &str = "/user.v1.UserService/GetUser";
const HEALTH: &str = "/grpc.health.v1.Health/Check";

/// Paths that a reader, or a caller of health, might try.
fn variants() -> Vec<String> {
    let mut paths = Vec::new();
    for path in [CREATE, "/user.v1.UserService/CreateUsers"] {
        let (service, method) = path[1..].split_once('/').unwrap();
        paths.extend([
            format!("/{path}"),
            format!("//{path}"),
            format!("/.{path}"),
            format!("/..{path}"),
            format!("/a/..{path}"),
            format!("/%2e%2e{path}"),
            format!("/{service}//{method}"),
            format!("/{service}/./{method}"),
            format!("/{service}/../{service}/{method}"),
            format!("/{service}%2F{method}"),
            format!("/{service}%2f{method}"),
            format!("/{service}%252F{method}"),
            format!("%2F{service}/{method}"),
            format!("/{service}\\{method}"),
            format!("/{service}%5C{method}"),
            format!("{path}/"),
            format!("{path}//"),
            format!("{path}/."),
            format!("{path}/.."),
            format!("{path}%00"),
            format!("{path}%20"),
            format!("{path}%0a"),
            format!("{path};a=b"),
            format!("{path}%3f"),
            format!("{path}%23"),
            format!("{path}.json"),
            format!("{path}:create"),
            path.to_lowercase(),
            path.to_uppercase(),
            format!("/{service}/%43reateUser"),
            format!("/user%2ev1.UserService/{method}"),
            format!("/user.v1.Userservice/{method}"),
            format!("/user.v1.UserService /{method}").replace(' ', "%20"),
            format!("/UserService/{method}"),
            format!("/user.v1/UserService/{method}"),
            format!("/user.v1.UserService.{method}"),
            format!("{GET}{path}"),
            format!("{GET}/..{path}"),
            format!("{GET}/../CreateUser"),
            format!("{HEALTH}/../..{path}"),
            format!("{HEALTH}/..{path}"),
            format!("{HEALTH}{path}"),
            format!("{HEALTH}%2f..%2f..{path}"),
            format!("{HEALTH};{path}"),
            format!("/grpc.health.v1.Health/{method}"),
            format!("/api{path}"),
            format!("/{service}"),
            format!("/{service}/"),
            "/".to_owned(),
            "/*".to_owned(),
            "/grpc.health.v1.Health".to_owned(),
            "/grpc.health.v1.Health/".to_owned(),
            "/grpc.health.v1.Health/Nothing".to_owned(),
        ]);
    }
    paths
}

/// Paths sent unchanged, which other parsers would refuse to send.
fn bare() -> Vec<String> {
    let without = CREATE.trim_start_matches('/').to_owned();
    vec![
        without.clone(),
        format!("./{without}"),
        format!("*{CREATE}"),
        format!("http://localhost{CREATE}"),
        format!("http://user@localhost{CREATE}"),
        format!("//localhost{CREATE}"),
    ]
}

fn uri_of(path: &str) -> Option<Uri> {
    let mut parts = Parts::default();
    parts.scheme = Some("http".parse().unwrap());
    parts.authority = Some("localhost".parse().unwrap());
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Uri::from_parts(parts).ok()
}

#[tokio::test]
async fn no_other_spelling_of_a_path_is_another_way_in() {
    let env = AuthEnv::start(&[]).await;
    let reader = bearer(&env.issuer.token("ada", &["reader"]));
    let writer = bearer(&env.issuer.token("eve", &["writer"]));
    let mut tried = 0;
    for path in variants().iter().chain(&bare()) {
        let Some(uri) = uri_of(path) else {
            continue;
        };
        for method in [Method::POST, Method::GET, Method::PUT] {
            let request = || call("").method(method.clone()).uri(uri.clone());
            if method != Method::POST {
                let answer = send(&env.client, request()).await;
                assert_eq!(answer.http, 405, "{path}");
                tried += 1;
                continue;
            }
            assert_unauthenticated(&send(&env.client, request()).await, path);
            for token in [&reader, &writer] {
                let request = request().header("authorization", token);
                let answer = send(&env.client, request).await;
                let nothing = "the service has no such method";
                assert_refused(&answer, path, Code::Unimplemented, nothing);
            }
            tried += 3;
        }
    }
    assert!(tried > 500, "{tried}");
    // A query is no part of the path: it neither names nor hides the method.
    for query in ["?a=b", "?/user.v1.UserService/GetUser", "?%00", "?"] {
        let uri = format!("http://localhost{CREATE}{query}");
        let answer = send(&env.client, call("").uri(&uri)).await;
        assert_unauthenticated(&answer, query);
        let request = call("").uri(&uri).header("authorization", &reader);
        let answer = send(&env.client, request).await;
        assert_eq!(answer.code(), Some(Code::PermissionDenied), "{query}");
    }
    assert_nobody_was_made(env).await;
    println!("{tried} calls by other spellings, 0 got in");
}

#[tokio::test]
async fn no_header_names_another_method_than_the_path() {
    let env = AuthEnv::start(&[]).await;
    let reader = bearer(&env.issuer.token("ada", &["reader"]));
    for name in [
        "x-original-url",
        "x-rewrite-url",
        "x-forwarded-uri",
        "x-forwarded-path",
        "x-envoy-original-path",
        "x-http-method-override",
        "grpc-method",
        "x-grpc-method",
        "path",
        "referer",
    ] {
        let request = |path: &str| {
            call("")
                .uri(format!("http://localhost{path}"))
                .header("authorization", &reader)
        };
        let answer = send(&env.client, request(CREATE).header(name, GET)).await;
        assert_eq!(answer.code(), Some(Code::PermissionDenied), "{name}");
        let answer = send(&env.client, request(GET).header(name, CREATE)).await;
        assert!(passed(&answer), "{name}: {answer:?}");
    }
    for authority in [
        "localhost:1",
        "users.example",
        "user.v1.UserService",
        "[::1]",
    ] {
        let uri = format!("http://{authority}{CREATE}");
        let answer = send(
            &env.client,
            call("").uri(uri).header("authorization", &reader),
        )
        .await;
        assert_eq!(answer.code(), Some(Code::PermissionDenied), "{authority}");
    }
    assert_nobody_was_made(env).await;
}

/// The first user would have had the id 1.
async fn assert_nobody_was_made(mut env: AuthEnv) {
    let reader = bearer(&env.issuer.token("ada", &["reader"]));
    let request = get_user(&[reader]);
    let first = crate::raw::message(&user_proto::v1::GetUserRequest { user_id: 1 });
    let request = request.body(crate::raw::whole(first)).unwrap();
    let answer = env.client.send(request).await.unwrap();
    let message = answer.status.as_ref().map(Status::message);
    assert_eq!(message, Some("no user has the id 1"), "{answer:?}");
    let process = env.env.service.process();
    let said = process.text(Stream::Stdout) + &process.text(Stream::Stderr);
    assert!(!said.contains("panicked"), "{said}");
}
