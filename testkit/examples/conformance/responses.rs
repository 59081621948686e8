//! The responses of a call with a stream of them.

use std::time::Duration;

use futures_util::{Stream, stream};
use http::HeaderMap;
use prost_types::Any;
use tokio::time::sleep;
use tonic::{Status, Streaming};

use crate::proto::conformance_payload::RequestInfo;
use crate::proto::{BidiStreamRequest, ConformancePayload, StreamResponseDefinition};
use crate::{metadata, payload};

/// How far a call has come.
pub(crate) struct Responses {
    pub(crate) definition: StreamResponseDefinition,
    pub(crate) headers: HeaderMap,
    /// Those that are not read yet.
    pub(crate) requests: Option<Streaming<BidiStreamRequest>>,
    /// Those that were read since the last response.
    pub(crate) seen: Vec<Any>,
    /// Whether each request has a response before the next one is read.
    pub(crate) full_duplex: bool,
    pub(crate) sent: usize,
}

impl Responses {
    /// The payloads of the responses, and the error at their end if there is one.
    pub(crate) fn stream(self) -> impl Stream<Item = Result<ConformancePayload, Status>> + Send {
        stream::try_unfold(self, Self::next)
    }

    async fn next(mut self) -> Result<Option<(ConformancePayload, Self)>, Status> {
        // The first request was read to begin.
        let has_read = self.full_duplex && (self.sent == 0 || self.read().await?);
        if !self.full_duplex {
            while self.read().await? {}
        }
        let Some(data) = self.definition.response_data.get(self.sent).cloned() else {
            return self.end();
        };
        sleep(Duration::from_millis(
            self.definition.response_delay_ms.into(),
        ))
        .await;
        let info = match (self.sent, has_read) {
            (0, _) => Some(payload::info(&self.headers, std::mem::take(&mut self.seen))),
            (_, true) => Some(RequestInfo {
                requests: std::mem::take(&mut self.seen),
                ..RequestInfo::default()
            }),
            (_, false) => None,
        };
        self.sent += 1;
        let payload = ConformancePayload {
            data,
            request_info: info,
        };
        Ok(Some((payload, self)))
    }

    /// Reads a request, if there is one.
    async fn read(&mut self) -> Result<bool, Status> {
        let Some(requests) = &mut self.requests else {
            return Ok(false);
        };
        match requests.message().await? {
            Some(request) => {
                self.seen.push(payload::any("BidiStreamRequest", &request));
                Ok(true)
            }
            None => {
                self.requests = None;
                Ok(false)
            }
        }
    }

    fn end(self) -> Result<Option<(ConformancePayload, Self)>, Status> {
        let Some(error) = &self.definition.error else {
            return Ok(None);
        };
        let is_first = self.sent == 0;
        let info = is_first.then(|| payload::info(&self.headers, self.seen.clone()));
        let trailers = metadata::of_error(&[], &self.definition.response_trailers);
        Err(payload::status(error, info.as_ref(), trailers))
    }
}
