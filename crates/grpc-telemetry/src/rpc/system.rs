//! The RPC system of a call.

use http::Request;

use crate::names;

/// The system that a call belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum System {
    #[default]
    Grpc,
    Kitex,
}

impl System {
    /// Its value of [`names::RPC_SYSTEM_NAME`]; also the name of spans of unknown methods.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Grpc => names::GRPC,
            Self::Kitex => names::KITEX,
        }
    }
}

/// In the extensions of a request that came in a frame of Kitex: its span and its metrics are
/// those of a Kitex call, whose methods are named without the package, as
/// `Service/Method`.
#[derive(Clone, Copy, Debug)]
pub struct KitexCall;

/// The system of a call by its `request`.
pub(super) fn system_of<B>(request: &Request<B>) -> System {
    match request.extensions().get() {
        Some(KitexCall) => System::Kitex,
        None => System::Grpc,
    }
}

/// `Service/Method` of `package.Service/Method`.
pub(super) fn without_package(method: &str) -> &str {
    let package = service_of(method).rfind('.').map_or(0, |dot| dot + 1);
    &method[package..]
}

/// The service of a method that is written as `package.Service/Method`.
pub(super) fn service_of(method: &str) -> &str {
    method
        .rsplit_once('/')
        .map_or(method, |(service, _)| service)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_of_kitex_has_no_package() {
        for (method, name) in [
            ("user.v1.UserService/GetUser", "UserService/GetUser"),
            ("UserService/GetUser", "UserService/GetUser"),
            ("a.b.c", "c"),
            ("", ""),
        ] {
            assert_eq!(without_package(method), name);
        }
    }
}
