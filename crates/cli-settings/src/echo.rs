//! Errors of the command line without the secrets that were typed.

use clap::error::{ContextKind, ContextValue};
use grpc_common::redacted;

/// `error` as it is, but for what it repeats of the arguments and variables.
pub fn without_secrets(mut error: clap::Error) -> clap::Error {
    let echoes = [
        ContextKind::InvalidValue,
        ContextKind::InvalidArg,
        ContextKind::InvalidSubcommand,
    ];
    for kind in echoes {
        if let Some(ContextValue::String(text)) = error.get(kind) {
            let shown = redacted(text);
            error.insert(kind, ContextValue::String(shown));
        }
    }
    error
}
