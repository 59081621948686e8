//! The commands in use, and what their spans say of Redis and of a failure.

use std::borrow::Cow;
use std::error::Error as _;

use grpc_telemetry::store::{Failure, Operation, Store};
use redis::{ConnectionAddr, ConnectionInfo, RedisError};

pub(super) const GET: Operation = operation("GET");
pub(super) const SET: Operation = operation("SET");
pub(super) const DEL: Operation = operation("DEL");
pub(super) const MGET: Operation = operation("MGET");
pub(super) const PIPELINE_SET: Operation = operation("PIPELINE SET");

const DEFAULT_PORT: u16 = 6379;

const fn operation(name: &'static str) -> Operation {
    Operation {
        summary: name,
        name,
        collection: None,
        text: None,
        batch_size: None,
    }
}

/// `operation` on this number of entries at a time.
pub(super) fn batch(operation: Operation, size: usize) -> Operation {
    Operation {
        batch_size: Some(size),
        ..operation
    }
}

/// Why a command has no response.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    #[error("no response in time")]
    Timeout,
    #[error("no response before other commands timed out")]
    PassedOver,
    #[error(transparent)]
    Redis(RedisError),
}

impl CommandError {
    /// What it says, with what its causes say.
    pub(super) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let more = error.to_string();
            if !text.contains(&more) {
                text = format!("{text}: {more}");
            }
            cause = error.source();
        }
        text
    }

    /// The code, if Redis returns an error.
    pub(super) fn code(&self) -> Option<&str> {
        match self {
            Self::Timeout | Self::PassedOver => None,
            Self::Redis(error) => error.code(),
        }
    }

    /// Whether only a replica returns this.
    pub(super) fn is_of_a_replica(&self) -> bool {
        matches!(self.code(), Some("READONLY" | "MASTERDOWN"))
    }

    /// Whether Redis responds, even with an error.
    pub(super) fn is_an_answer(&self) -> bool {
        self.code().is_some()
    }
}

/// What the span of a failed command says.
pub(super) fn failure(error: &CommandError) -> Failure {
    let error = match error {
        CommandError::Timeout => return word("timeout"),
        CommandError::PassedOver => return word("passed_over"),
        CommandError::Redis(error) => error,
    };
    if let Some(code) = error.code() {
        return Failure {
            error_type: Cow::Owned(code.to_owned()),
            status_code: Some(code.to_owned()),
        };
    }
    match error {
        _ if error.is_timeout() => word("timeout"),
        _ if error.is_connection_refusal() => word("connection_refused"),
        _ if error.is_io_error() => word("connection_error"),
        _ => word("_OTHER"),
    }
}

fn word(word: &'static str) -> Failure {
    Failure {
        error_type: Cow::Borrowed(word),
        status_code: None,
    }
}

/// The store that `info` points to.
pub(super) fn store(info: &ConnectionInfo) -> Store {
    let (address, port) = match info.addr() {
        ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
            (host.clone(), Some(*port))
        }
        ConnectionAddr::Unix(path) => (path.display().to_string(), None),
        _ => (String::new(), None),
    };
    Store {
        system: "redis",
        namespace: info.redis_settings().db().to_string().into(),
        address: Some(address.into()),
        port: port.filter(|port| *port != DEFAULT_PORT),
    }
}
