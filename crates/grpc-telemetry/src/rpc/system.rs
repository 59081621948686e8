//! The RPC system of a call.

use crate::names;

/// The system that a call belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
