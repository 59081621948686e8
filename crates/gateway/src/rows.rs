//! The rows of a request body: one message each, as they arrive.

mod split;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::Stream;
use http_body::Body as HttpBody;
use prost_reflect::{DynamicMessage, MessageDescriptor};
use tokio::sync::oneshot;
use tonic::Status;
use tonic::body::Body;

pub(crate) use self::split::Layout;
use self::split::{SplitError, Splitter};

/// Why the rows of a body end before the body does.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RowError {
    /// The row with this index, from 0, is not the message, with the reason.
    Invalid(u64, String),
    /// A row is longer than this many bytes.
    TooLarge(usize),
    /// A message is compressed, but the request does not say how.
    NotEncoded,
    /// The body broke off.
    Broken,
}

/// The messages in the rows of a body. An error, or the end of interest in it, is the last item,
/// which cancels the call that they belong to.
#[derive(Debug)]
pub(crate) struct Rows {
    body: Body,
    splitter: Splitter,
    input: MessageDescriptor,
    layout: Layout,
    /// Where the error goes.
    failed: Option<oneshot::Sender<RowError>>,
    index: u64,
    is_read: bool,
}

impl Rows {
    /// Those of `body`, each a message of the type `input`; and what learns of an error, which is
    /// to be dropped when the call is over.
    pub(crate) fn new(
        body: Body,
        layout: Layout,
        input: MessageDescriptor,
    ) -> (Self, oneshot::Receiver<RowError>) {
        let (failed, failure) = oneshot::channel();
        let rows = Self {
            body,
            splitter: Splitter::new(layout),
            input,
            layout,
            failed: Some(failed),
            index: 0,
            is_read: false,
        };
        (rows, failure)
    }

    /// The next row, once all of it was read.
    fn poll_row(
        &mut self,
        task: &mut Context<'_>,
    ) -> Poll<Result<Option<DynamicMessage>, RowError>> {
        loop {
            let found = self.splitter.next_row(self.is_read);
            if let Some(row) = found.map_err(|error| self.of_split(error))? {
                let message = self.layout.codec().decode(&self.input, &row);
                let message = message.map_err(|reason| RowError::Invalid(self.index, reason))?;
                self.index += 1;
                return Poll::Ready(Ok(Some(message)));
            }
            if self.is_read {
                return Poll::Ready(Ok(None));
            }
            match ready!(Pin::new(&mut self.body).poll_frame(task)) {
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        self.splitter.push(data);
                    }
                }
                Some(Err(_)) => return Poll::Ready(Err(RowError::Broken)),
                None => self.is_read = true,
            }
        }
    }

    fn of_split(&self, error: SplitError) -> RowError {
        match error {
            SplitError::TooLarge => RowError::TooLarge(self.layout.longest()),
            SplitError::Malformed(reason) => RowError::Invalid(self.index, reason.to_owned()),
            SplitError::NotEncoded => RowError::NotEncoded,
        }
    }
}

impl Stream for Rows {
    type Item = Result<DynamicMessage, Status>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(failed) = &mut self.failed else {
            return Poll::Ready(None);
        };
        let is_abandoned = failed.poll_closed(task).is_ready();
        let error = match is_abandoned {
            true => None,
            false => match ready!(self.poll_row(task)) {
                Ok(message) => return Poll::Ready(message.map(Ok)),
                Err(error) => Some(error),
            },
        };
        // Its connection need not read the rest.
        self.body = Body::empty();
        if let (Some(failed), Some(error)) = (self.failed.take(), error) {
            // The receiver may be gone by now.
            let _ = failed.send(error);
        }
        Poll::Ready(Some(Err(cancelled())))
    }
}

/// What resets the stream of HTTP/2 that rows are sent on, by which gRPC cancels calls. Otherwise
/// the service waits for further rows as long as its connection is open.
fn cancelled() -> Status {
    let mut status = Status::cancelled("the rows of the request ended early");
    status.set_source(Arc::new(h2::Error::from(h2::Reason::CANCEL)));
    status
}

#[cfg(test)]
mod tests;
