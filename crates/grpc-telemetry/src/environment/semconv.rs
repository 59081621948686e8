//! `OTEL_SEMCONV_STABILITY_OPT_IN`: which names of the conventions are in use. The current
//! ones always are.

use super::value::list;
use super::variable;

/// Whether the names that the RPC conventions had before are to be there too.
pub(crate) fn has_old_rpc_names() -> bool {
    variable("OTEL_SEMCONV_STABILITY_OPT_IN").is_some_and(|value| asks_for_old_rpc(&value))
}

pub(super) fn asks_for_old_rpc(value: &str) -> bool {
    list(value).any(|name| name == "rpc/dup")
}
