//! Every method with every role, from the descriptors of what is served.

use prost::Message;
use testkit::UserService;
use tonic::Code;
use tonic::codegen::Bytes;
use tonic::codegen::http::request::Builder;

use crate::auth_env::{AuthEnv, assert_refused, assert_unauthenticated, bearer, send};
use crate::raw::{RawClient, call, whole};

const ROLES: [&str; 3] = ["reader", "writer", "operator"];

/// Who may call what, a second time: a change of the table has to be meant.
fn may(role: &str, method: &str) -> bool {
    match method.rsplit('/').next().unwrap() {
        "GetUser" | "GetUsers" | "ListUsers" => role == "reader",
        "CreateUser" | "CreateUsers" => role == "writer",
        "ServerReflectionInfo" => role == "operator",
        _ => false,
    }
}

/// The paths of all methods that are served and need a token.
pub(crate) fn guarded() -> Vec<String> {
    let mut paths = Vec::new();
    for encoded in [
        user_proto::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ] {
        paths.extend(methods(encoded));
    }
    assert_eq!(paths.len(), 7, "{paths:?}");
    paths
}

/// The paths of all methods that this describes.
pub(crate) fn methods(encoded: &[u8]) -> Vec<String> {
    let set = prost_types::FileDescriptorSet::decode(encoded).unwrap();
    let mut paths = Vec::new();
    for file in &set.file {
        for service in &file.service {
            for method in &service.method {
                let (package, service) = (file.package(), service.name());
                paths.push(format!("/{package}.{service}/{}", method.name()));
            }
        }
    }
    paths
}

/// A call of the method at `path`, by a caller with these roles if there are any.
pub(crate) fn at(path: &str, roles: Option<&[&str]>, env: &AuthEnv) -> Builder {
    let request = call("").uri(format!("http://localhost{path}"));
    match roles {
        Some(roles) => request.header("authorization", bearer(&env.issuer.token("ada", roles))),
        None => request,
    }
}

#[tokio::test]
async fn each_method_takes_its_role_and_no_other() {
    let env = AuthEnv::start(&[]).await;
    let mut refused = 0;
    for path in guarded() {
        assert_unauthenticated(&send(&env.client, at(&path, None, &env)).await, &path);
        for role in ROLES {
            let answer = send(&env.client, at(&path, Some(&[role]), &env)).await;
            if may(role, &path) {
                let code = answer.code();
                let got_in = !matches!(
                    code,
                    Some(Code::Unauthenticated | Code::PermissionDenied | Code::Unimplemented)
                );
                assert!(got_in, "{role} at {path}: {answer:?}");
                continue;
            }
            refused += 1;
            assert_denied(&answer, &format!("{role} at {path}"));
        }
        let others: Vec<&str> = ROLES.into_iter().filter(|it| !may(it, &path)).collect();
        let pretended = [
            "READER",
            "reader ",
            "reader,writer",
            "*",
            "admin",
            "root",
            "",
        ];
        for roles in [&others[..], &pretended, &[]] {
            refused += 1;
            let answer = send(&env.client, at(&path, Some(roles), &env)).await;
            assert_denied(&answer, &format!("{roles:?} at {path}"));
        }
    }
    assert_eq!(refused, 7 * (2 + 3));
}

fn assert_denied(answer: &crate::raw::Answer, what: &str) {
    let message = "the caller may not call this method";
    assert_refused(answer, what, Code::PermissionDenied, message);
}

#[tokio::test]
async fn health_needs_no_token_and_takes_any() {
    let env = AuthEnv::start(&[("CALLER_RATE_LIMIT", "1")]).await;
    for _ in 0..20 {
        for authorization in [None, Some("Bearer nonsense")] {
            let mut request = at("/grpc.health.v1.Health/Check", None, &env);
            if let Some(value) = authorization {
                request = request.header("authorization", value);
            }
            let request = request.body(crate::raw::whole(crate::raw::framed(0, &[])));
            let answer = env.client.send(request.unwrap()).await.unwrap();
            assert_eq!(answer.code(), Some(Code::Ok), "{answer:?}");
        }
    }
    for path in methods(grpc_server::health::pb::FILE_DESCRIPTOR_SET) {
        if path.ends_with("/Watch") {
            // It would not end.
            continue;
        }
        let request = at(&path, None, &env).body(crate::raw::whole(crate::raw::framed(0, &[])));
        let answer = env.client.send(request.unwrap()).await.unwrap();
        assert_eq!(answer.code(), Some(Code::Ok), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn reflection_that_is_off_is_not_there_for_its_role_either() {
    let env = AuthEnv::start(&[("REFLECTION", "false")]).await;
    let path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    let answer = send(&env.client, at(path, Some(&["operator"]), &env)).await;
    assert_refused(
        &answer,
        path,
        Code::Unimplemented,
        "the service has no such method",
    );
    let answer = send(&env.client, at(path, Some(&["reader"]), &env)).await;
    assert_denied(&answer, path);
}

#[tokio::test]
async fn reflection_can_be_switched_off_for_a_service_that_everybody_may_call() {
    for (switch, code) in [("true", Code::Ok), ("false", Code::Unimplemented)] {
        let service = UserService::start(&[("REFLECTION", switch)]).await;
        let client = RawClient::connect(service.grpc_url()).await;
        let versions = [
            tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
            tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
        ];
        for path in versions.into_iter().flat_map(methods) {
            let request = call("").uri(format!("http://localhost{path}"));
            // No question, and so no answer but that it is there.
            let request = request.body(whole(Bytes::new())).unwrap();
            let answer = client.send(request).await.unwrap();
            assert_eq!(answer.code(), Some(code), "{path}, {switch}: {answer:?}");
        }
    }
}
