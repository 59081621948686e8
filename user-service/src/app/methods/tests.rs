#![expect(clippy::unwrap_used, reason = "tests")]

use grpc_server::Requirement;

use super::*;

#[test]
fn every_method_has_its_requirement() {
    let roles = roles().unwrap();
    for name in all().unwrap().names() {
        assert!(roles.of(&format!("/{name}")).is_some(), "{name}");
    }
    let role = |role: &str| Requirement::Role(role.to_owned());
    for (name, requirement) in [
        ("/user.v1.UserService/GetUser", role("reader")),
        ("/user.v1.UserService/CreateUsers", role("writer")),
        ("/user.v1.UserService/ListUsers", role("reader")),
        ("/grpc.health.v1.Health/Watch", Requirement::Nothing),
        (
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
            role("operator"),
        ),
        (
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            role("operator"),
        ),
    ] {
        assert_eq!(roles.of(name), Some(&requirement), "{name}");
    }
}
