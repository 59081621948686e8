//! Who may call what: the one table. What is not in it nobody may call.

/// What a method takes of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needs {
    /// Nothing, not even a name: it is for machines that look after the service.
    Nothing,
    /// A role, by its name in the claim `roles` of a token.
    Role(&'static str),
}

/// Reads users.
const READER: Needs = Needs::Role("reader");
/// Creates users.
const WRITER: Needs = Needs::Role("writer");
/// Looks at the service itself.
const OPERATOR: Needs = Needs::Role("operator");

/// What calling the method at `path` takes. The paths are compared as the router
/// does, byte by byte, so that there is no second spelling of any.
pub(super) fn of(path: &str) -> Option<Needs> {
    Some(match path {
        "/user.v1.UserService/GetUser" => READER,
        "/user.v1.UserService/GetUsers" => READER,
        "/user.v1.UserService/ListUsers" => READER,
        "/user.v1.UserService/CreateUser" => WRITER,
        "/user.v1.UserService/CreateUsers" => WRITER,
        "/grpc.health.v1.Health/Check" => Needs::Nothing,
        "/grpc.health.v1.Health/List" => Needs::Nothing,
        "/grpc.health.v1.Health/Watch" => Needs::Nothing,
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo" => OPERATOR,
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo" => OPERATOR,
        _ => return None,
    })
}
