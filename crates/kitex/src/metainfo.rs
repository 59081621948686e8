//! The keys under which values travel from service to service, beside a call.

/// Prefix of string keys whose values the called service gets: the trace among them.
pub const TRANSIENT: &str = "RPC_TRANSIT_";
/// Prefix of string keys whose values all services get that are called from there on.
pub const PERSISTENT: &str = "RPC_PERSIST_";
/// Prefix of string keys whose values go back to the caller.
pub const BACKWARD: &str = "RPC_BACKWARD_";

/// The header of HTTP/2 that Kitex has for a string key of TTHeader with one of the prefixes:
/// `rpc-transit-service-name` for `RPC_TRANSIT_SERVICE_NAME`. All other keys have none.
pub fn http_name(key: &str) -> Option<String> {
    let prefixes = [TRANSIENT, PERSISTENT, BACKWARD];
    let prefix = prefixes.iter().find(|prefix| key.starts_with(**prefix))?;
    if key.len() == prefix.len() {
        return None;
    }
    Some(key.to_ascii_lowercase().replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_a_prefix_have_a_header() {
        for (key, name) in [
            ("RPC_TRANSIT_traceparent", Some("rpc-transit-traceparent")),
            ("RPC_TRANSIT_SERVICE_NAME", Some("rpc-transit-service-name")),
            (
                "RPC_PERSIST_authorization",
                Some("rpc-persist-authorization"),
            ),
            ("RPC_BACKWARD_zone", Some("rpc-backward-zone")),
            ("RPC_TRANSIT_", None),
            ("isn", None),
            ("traceparent", None),
        ] {
            assert_eq!(http_name(key).as_deref(), name);
        }
    }
}
