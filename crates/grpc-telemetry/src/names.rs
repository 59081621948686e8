//! Every span attribute this crate sets, by the semantic conventions for
//! [RPC], [databases] and [resources], version 1.44.
//!
//! [RPC]: https://opentelemetry.io/docs/specs/semconv/rpc/
//! [databases]: https://opentelemetry.io/docs/specs/semconv/database/
//! [resources]: https://opentelemetry.io/docs/specs/semconv/resource/

#[cfg(feature = "logs")]
mod logs;
#[cfg(feature = "metrics")]
mod metrics;
pub mod old;

#[cfg(feature = "logs")]
pub(crate) use self::logs::log_attribute;
#[cfg(feature = "metrics")]
pub(crate) use self::metrics::*;

/// The instrumentation scope of the spans of gRPC calls.
pub const RPC_SCOPE: &str = "telemetry.rpc";
/// The instrumentation scope of the spans of statements and commands.
pub const STORE_SCOPE: &str = "telemetry.store";
/// The instrumentation scope of the spans made through `tracing`.
pub const TRACING_SCOPE: &str = "telemetry.tracing";
/// The instrumentation scope of log records, of those without a target.
pub const LOG_SCOPE: &str = "telemetry.logs";
/// The schema that all scopes follow.
pub const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.44.0";

/// Which RPC system: [`GRPC`] or [`KITEX`].
pub const RPC_SYSTEM_NAME: &str = "rpc.system.name";
/// The value of [`RPC_SYSTEM_NAME`] for gRPC.
pub const GRPC: &str = "grpc";
/// The value of [`RPC_SYSTEM_NAME`] for Thrift and Kitex Protobuf.
pub const KITEX: &str = "kitex";
/// The service that calls, as it says itself; cut to a bounded length.
pub const SERVICE_PEER_NAME: &str = "service.peer.name";
/// `package.Service/Method`, of Kitex `Service/Method`, or [`UNKNOWN_METHOD`].
pub const RPC_METHOD: &str = "rpc.method";
/// What was asked for when the method is not one of ours; cut to a bounded length.
pub const RPC_METHOD_ORIGINAL: &str = "rpc.method_original";
/// The gRPC code by its name, such as "NOT_FOUND".
pub const RPC_RESPONSE_STATUS_CODE: &str = "rpc.response.status_code";
/// The value of [`RPC_METHOD`] for a method that the server does not have.
pub const UNKNOWN_METHOD: &str = "_OTHER";

/// Messages that this side sent; no convention has a name for it, so these are ours.
pub const MESSAGES_SENT: &str = "call.messages.sent";
/// Messages that this side received.
pub const MESSAGES_RECEIVED: &str = "call.messages.received";
/// Bytes of messages that this side sent, compressed where they are.
pub const BYTES_SENT: &str = "call.bytes.sent";
/// Bytes of messages that this side received, compressed where they are.
pub const BYTES_RECEIVED: &str = "call.bytes.received";
/// Seconds from the start of the call to the first message of the response.
pub const TIME_TO_FIRST_MESSAGE: &str = "call.time_to_first_message";
/// Seconds for which a message of this side waited to be taken, most of it by flow control.
pub const TIME_HELD_BACK: &str = "call.time_held_back";
/// Statements and commands of the call that have no span of their own, as it made too many.
pub const STORE_SPANS_OMITTED: &str = "call.store_spans.omitted";
/// Why a call was refused before any work was done for it, in a word.
pub const CALL_REFUSED: &str = "call.refused";
/// Why a trace that was not sampled was kept: "error" or "slow".
pub const TRACE_KEPT: &str = "trace.kept";
/// How often a call was sent, where it was more than once.
pub const ATTEMPTS: &str = "call.attempts";
/// The event of an attempt that failed and is followed by another.
pub const RETRY: &str = "Retry";
/// The number of the attempt that failed, from 1.
pub const ATTEMPT: &str = "attempt";
/// The event of a message that was received, by gRPC proposal A72.
pub const INBOUND_MESSAGE: &str = "Inbound message";
/// The event of a message that was sent, by gRPC proposal A72.
pub const OUTBOUND_MESSAGE: &str = "Outbound message";
/// The position of the message in its direction, from 0.
pub const SEQUENCE_NUMBER: &str = "sequence-number";
/// The size of the message, in bytes.
pub const MESSAGE_SIZE: &str = "message-size";

/// A low-cardinality word for what failed; only on failures.
pub const ERROR_TYPE: &str = "error.type";
/// The `error.type` of an operation whose caller stopped waiting.
pub(crate) const CANCELLED: &str = "cancelled";
/// The host that the caller was configured to call.
pub const SERVER_ADDRESS: &str = "server.address";
/// The port that the caller was configured to call.
pub const SERVER_PORT: &str = "server.port";
/// The IP address at the other end of the connection.
pub const NETWORK_PEER_ADDRESS: &str = "network.peer.address";
/// The port at the other end of the connection.
pub const NETWORK_PEER_PORT: &str = "network.peer.port";

/// "postgresql", "sqlite" or "redis".
pub const DB_SYSTEM_NAME: &str = "db.system.name";
/// PostgreSQL: `database|schema`; SQLite: the name of the file; Redis: the index.
pub const DB_NAMESPACE: &str = "db.namespace";
/// "SELECT", "GET" and their kin.
pub const DB_OPERATION_NAME: &str = "db.operation.name";
/// Operations that were sent as one; only for two or more.
pub const DB_OPERATION_BATCH_SIZE: &str = "db.operation.batch.size";
/// The table of a statement.
pub const DB_COLLECTION_NAME: &str = "db.collection.name";
/// The statement in few words, which is also the name of its span.
pub const DB_QUERY_SUMMARY: &str = "db.query.summary";
/// The statement, with placeholders for all values.
pub const DB_QUERY_TEXT: &str = "db.query.text";
/// The SQLSTATE, SQLite result code or Redis error prefix of a failed operation.
pub const DB_RESPONSE_STATUS_CODE: &str = "db.response.status_code";

/// What an error said of itself.
pub const EXCEPTION_MESSAGE: &str = "exception.message";

/// A random id of the running process.
pub const SERVICE_INSTANCE_ID: &str = "service.instance.id";
/// The version of the program.
pub const SERVICE_VERSION: &str = "service.version";
/// The id of the process on its host.
pub const PROCESS_PID: &str = "process.pid";
/// The name of the host.
pub const HOST_NAME: &str = "host.name";
/// The architecture of the host.
pub const HOST_ARCH: &str = "host.arch";
/// The operating system of the host.
pub const OS_TYPE: &str = "os.type";
