//! Every span attribute and metric of the gateway, by the semantic conventions for [HTTP],
//! version 1.44.
//!
//! [HTTP]: https://opentelemetry.io/docs/specs/semconv/http/

/// The instrumentation scope of the spans and metrics of HTTP.
pub const SCOPE: &str = "telemetry.http";

/// The verb, or [`OTHER_METHOD`].
pub const REQUEST_METHOD: &str = "http.request.method";
/// The verb that was sent, if it is not a known one; cut to a bounded length.
pub const REQUEST_METHOD_ORIGINAL: &str = "http.request.method_original";
/// The value of [`REQUEST_METHOD`] for a verb that is not known.
pub const OTHER_METHOD: &str = "_OTHER";
/// The template of the path, such as `/v1/users/{user_id}`.
pub const ROUTE: &str = "http.route";
/// The status of the response.
pub const RESPONSE_STATUS_CODE: &str = "http.response.status_code";
/// The path, in which only numbers and words of routes are shown.
pub const URL_PATH: &str = "url.path";
/// "http".
pub const URL_SCHEME: &str = "url.scheme";
/// "1.0", "1.1" or "2".
pub const NETWORK_PROTOCOL_VERSION: &str = "network.protocol.version";
/// The IP address of the caller, or of the proxy in front.
pub const NETWORK_PEER_ADDRESS: &str = "network.peer.address";
/// The same, as the conventions want it for servers.
pub const CLIENT_ADDRESS: &str = "client.address";
/// The status of a failed request, or "broken" for a response that broke off.
pub const ERROR_TYPE: &str = "error.type";
/// The source of the calls that are made for a request: "api-gateway". Also in the baggage.
pub const REQUEST_SOURCE: &str = "request.source";

/// A histogram in seconds: whole requests, by verb, route, status and, for a failure, `error.type`.
pub const REQUEST_DURATION: &str = "http.server.request.duration";
/// Requests in flight, by verb.
pub const ACTIVE_REQUESTS: &str = "http.server.active_requests";
