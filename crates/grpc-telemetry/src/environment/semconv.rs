//! `OTEL_SEMCONV_STABILITY_OPT_IN`: which names of the conventions are in use. The current
//! ones always are.

use super::Environment;
use super::syntax::list;

impl Environment {
    /// Whether the names that the RPC conventions had before are to be there too.
    pub(crate) fn has_old_rpc_names(&self) -> bool {
        let names = self.word("OTEL_SEMCONV_STABILITY_OPT_IN");
        names.is_some_and(|names| list(&names).any(|name| name == "rpc/dup"))
    }
}
