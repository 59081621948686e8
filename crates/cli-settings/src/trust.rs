//! Which traces of callers are continued, as a setting.

use clap::ValueEnum;
use grpc_telemetry::rpc::Trust;

/// The values of `TRUST_INCOMING_TRACE`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum TrustIncomingTrace {
    /// Those of all callers.
    Always,
    /// None.
    Never,
}

impl From<TrustIncomingTrace> for Trust {
    fn from(trust: TrustIncomingTrace) -> Self {
        match trust {
            TrustIncomingTrace::Always => Self::Always,
            TrustIncomingTrace::Never => Self::Never,
        }
    }
}
