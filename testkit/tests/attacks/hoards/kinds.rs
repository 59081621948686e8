//! What hoarders do.

use testkit::UserService;

use super::frames::Frames;
use super::requests::Requests;

/// What hoarders do, together.
pub(super) struct ResourceAttack {
    pub(super) name: &'static str,
    pub(super) connections: usize,
    pub(super) addresses: u8,
    pub(super) port: Port,
    pub(super) how: Traffic,
}

/// Where they connect to.
#[derive(Clone, Copy)]
pub(super) enum Port {
    Grpc,
    Health,
    Http,
}

impl Port {
    /// Its URL.
    pub(super) fn of(self, service: &UserService) -> &str {
        match self {
            Self::Grpc => service.grpc_url(),
            Self::Health => service.health_url().unwrap(),
            Self::Http => service.http_url(),
        }
    }
}

/// What one of them does.
#[derive(Clone)]
pub(super) enum Traffic {
    Frames(Frames),
    Requests(Requests),
}
