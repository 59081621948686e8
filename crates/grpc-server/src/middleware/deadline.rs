//! The ends that a call may meet before it is done, for the whole of it (until
//! the response and, for a stream, until its last message): the caller's
//! deadline (`grpc-timeout`), the server's own for a unary call, silence of the
//! caller, and the end of the grace when the connection or the server stops.

mod end;
mod request;
mod watch;

pub(super) use self::end::End;
pub(super) use self::request::{AwaitRules, AwaitedBody, Awaiting};
pub(super) use self::watch::watched;
