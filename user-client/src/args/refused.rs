//! What clap says of values that it refuses.

use clap::error::{ContextKind, ContextValue};
use grpc_common::without_user_info;

/// `error` without the user information of URLs: clap repeats what it refuses.
pub(super) fn without_passwords(mut error: clap::Error) -> clap::Error {
    let repeated = error.context().filter_map(|(kind, value)| match value {
        ContextValue::String(text) => Some((kind, without_user_info(text))),
        _ => None,
    });
    let repeated: Vec<(ContextKind, String)> = repeated.collect();
    for (kind, text) in repeated {
        error.insert(kind, ContextValue::String(text));
    }
    error
}
