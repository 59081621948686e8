//! The names of metrics.

use crate::rpc::Side;

/// A histogram in seconds: whole calls, by method, code and, for a failure, `error.type`.
pub(crate) fn call_duration(side: Side) -> &'static str {
    match side {
        Side::Client => "rpc.client.call.duration",
        Side::Server => "rpc.server.call.duration",
    }
}

/// A histogram in seconds of a client: the attempts of its calls, with the labels of a call's duration.
pub(crate) const ATTEMPT_DURATION: &str = "rpc.client.attempt.duration";

/// A counter of a client: attempts started, by method.
pub(crate) const ATTEMPTS_STARTED: &str = "rpc.client.attempt.started";

/// Calls in flight, by method.
pub(crate) fn calls_active(side: Side) -> &'static str {
    match side {
        Side::Client => "rpc.client.call.active",
        Side::Server => "rpc.server.call.active",
    }
}

/// What is counted of calls, by method. No convention has a name for it yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallCounter {
    Started,
    MessagesSent,
    MessagesReceived,
    BytesSent,
    BytesReceived,
}

impl CallCounter {
    pub(crate) fn name(self, side: Side) -> &'static str {
        match (self, side) {
            (Self::Started, Side::Client) => "rpc.client.call.started",
            (Self::Started, Side::Server) => "rpc.server.call.started",
            (Self::MessagesSent, Side::Client) => "rpc.client.messages.sent",
            (Self::MessagesSent, Side::Server) => "rpc.server.messages.sent",
            (Self::MessagesReceived, Side::Client) => "rpc.client.messages.received",
            (Self::MessagesReceived, Side::Server) => "rpc.server.messages.received",
            (Self::BytesSent, Side::Client) => "rpc.client.io.sent",
            (Self::BytesSent, Side::Server) => "rpc.server.io.sent",
            (Self::BytesReceived, Side::Client) => "rpc.client.io.received",
            (Self::BytesReceived, Side::Server) => "rpc.server.io.received",
        }
    }

    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::Started => "{call}",
            Self::MessagesSent | Self::MessagesReceived => "{message}",
            Self::BytesSent | Self::BytesReceived => "By",
        }
    }

    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Started => "Calls started, including streams that are still open.",
            Self::MessagesSent => "Messages sent, counted when their call ends.",
            Self::MessagesReceived => "Messages received, counted when their call ends.",
            Self::BytesSent => "Bytes of messages sent, counted when their call ends.",
            Self::BytesReceived => "Bytes of messages received, counted when their call ends.",
        }
    }
}

/// A histogram in seconds: statements and commands, by store, operation and, for a failure, `error.type`.
pub(crate) const DB_DURATION: &str = "db.client.operation.duration";
/// A gauge: calls started per second over the last ten.
pub(crate) const REQUESTS_PER_SECOND: &str = "rpc_requests_per_second";
/// Recorded spans that ended.
pub(crate) const SPANS_ENDED: &str = "otel.sdk.span.ended";
/// Recorded spans that wait no more; with `error.type` those that never left the process.
pub(crate) const SPANS_PROCESSED: &str = "otel.sdk.processor.span.processed";
/// Spans whose export was tried; with `error.type` those that did not arrive.
pub(crate) const SPANS_EXPORTED: &str = "otel.sdk.exporter.span.exported";
/// Spans that wait.
pub(crate) const SPAN_QUEUE_SIZE: &str = "otel.sdk.processor.span.queue.size";
/// Log records that wait no more; with `error.type` those that never left the process.
pub(crate) const LOGS_PROCESSED: &str = "otel.sdk.processor.log.processed";
/// Log records whose export was tried; with `error.type` those that did not arrive.
pub(crate) const LOGS_EXPORTED: &str = "otel.sdk.exporter.log.exported";
/// Log records that wait.
pub(crate) const LOG_QUEUE_SIZE: &str = "otel.sdk.processor.log.queue.size";
/// Data points of metrics in finished exports; with `error.type` those that did not arrive.
pub(crate) const POINTS_EXPORTED: &str = "otel.sdk.exporter.metric_data_point.exported";
/// Log lines that were dropped because the reader was too slow. The program's name is the
/// prefix of this name.
pub(crate) const LOG_LINES_DROPPED: &str = "log.lines.dropped";
/// Processor time used, in seconds, by [`CPU_MODE`].
pub(crate) const PROCESS_CPU: &str = "process.cpu.time";
/// user or system.
pub(crate) const CPU_MODE: &str = "cpu.mode";
/// Resident memory in bytes.
pub(crate) const PROCESS_MEMORY: &str = "process.memory.usage";
/// File descriptors in use.
pub(crate) const PROCESS_FILES: &str = "process.unix.file_descriptor.count";
/// When the process started, in seconds of Unix time.
pub(crate) const PROCESS_START: &str = "process.start_time";
/// Worker threads of the runtime.
pub(crate) const TOKIO_WORKERS: &str = "tokio.workers";
/// Tasks of the runtime that are alive.
pub(crate) const TOKIO_TASKS: &str = "tokio.tasks.alive";
/// Tasks in the runtime's common queue.
pub(crate) const TOKIO_QUEUE: &str = "tokio.queue.global";
