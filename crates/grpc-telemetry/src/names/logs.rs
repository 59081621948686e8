//! The names of what log records say.

use super::{DB_OPERATION_NAME, EXCEPTION_MESSAGE, RPC_RESPONSE_STATUS_CODE, SERVER_ADDRESS};

/// The attribute of a log record for a field of it: the conventions' name where they have one.
pub(crate) fn log_attribute(field: &'static str) -> &'static str {
    match field {
        "error" | "panic" => EXCEPTION_MESSAGE,
        "address" => SERVER_ADDRESS,
        "code" => RPC_RESPONSE_STATUS_CODE,
        "command" => DB_OPERATION_NAME,
        own => own,
    }
}
