//! The streams that are open on one connection.

use std::collections::HashMap;

use bytes::Bytes;
use futures_util::stream::{AbortHandle, BoxStream, SelectAll};
use kitex_codec::{StreamFrame, keys};

use super::queue::Requests;
use super::reply::Step;
use crate::failure::Named;

/// A stream whose call goes on.
pub(super) struct OpenStream {
    method: String,
    service: Option<String>,
    /// None once the client has sent its last message.
    pub(super) requests: Option<Requests>,
    /// Whether the client got the header.
    pub(super) began: bool,
    call: AbortHandle,
}

impl OpenStream {
    /// The stream that `header` begins, and what aborts its `call`.
    pub(super) fn new(header: StreamFrame, requests: Requests, call: AbortHandle) -> Self {
        let service = header.infos.string(keys::IDL_SERVICE).map(str::to_owned);
        Self {
            method: header.method,
            service,
            requests: Some(requests),
            began: false,
            call,
        }
    }

    pub(super) fn named(&self) -> Named<'_> {
        Named {
            service: self.service.as_deref(),
            method: &self.method,
        }
    }
}

/// All streams of a connection. The calls come first, so that they are dropped before a queue
/// ends, which would look like the end of a request.
#[derive(Default)]
pub(super) struct Table {
    /// What their calls respond with.
    pub(super) steps: SelectAll<BoxStream<'static, (i32, Step)>>,
    pub(super) open: HashMap<i32, OpenStream>,
    /// A message for which there is no room yet, and its stream.
    pub(super) waiting: Option<(i32, Bytes)>,
}

impl Table {
    /// Cancels the call of a stream, if that is open.
    pub(super) fn cancel(&mut self, stream: i32) {
        if let Some(open) = self.open.remove(&stream) {
            open.call.abort();
            if let Some(requests) = open.requests {
                // What else reads the request must not take it for a complete one.
                let _ = requests.try_send(Err("the client cancelled the stream".into()));
            }
        }
    }
}
