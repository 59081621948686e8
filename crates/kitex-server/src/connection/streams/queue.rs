//! Messages of requests that their calls have not read, within the room of their connection.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use grpc_server::BoxError;
use http_body::{Body, Frame};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// The bytes of such messages that a connection may hold: those of the longest frame.
const BYTES: usize = 1024 * 1024;
/// What a message takes beside its bytes.
const OVERHEAD: usize = 256;

/// Room for the messages of all streams of one connection. While there is none, nothing more is
/// read from it.
pub(super) struct Room(Arc<Semaphore>);

/// A message in the room that it takes.
pub(super) struct Queued {
    message: Bytes,
    _room: OwnedSemaphorePermit,
}

/// Where the messages of one stream go. An error ends them.
pub(super) type Requests = mpsc::Sender<Result<Queued, BoxError>>;

/// The messages of one stream as the body of its request.
pub(super) struct Messages(mpsc::Receiver<Result<Queued, BoxError>>);

/// The two ends of the queue of a stream. [`Room`] bounds it: the channel never is full.
pub(super) fn queue() -> (Requests, Messages) {
    // One more for an error.
    let (requests, messages) = mpsc::channel(BYTES / OVERHEAD + 1);
    (requests, Messages(messages))
}

impl Room {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(BYTES)))
    }

    /// Bytes in use.
    pub(super) fn used(&self) -> usize {
        BYTES - self.0.available_permits()
    }

    /// Queues `message` if there is room, or gives it back. It is dropped where nothing reads it
    /// any more.
    pub(super) fn try_queue(&self, requests: &Requests, message: Bytes) -> Result<(), Bytes> {
        let room = Arc::clone(&self.0).try_acquire_many_owned(cost(&message));
        let Ok(room) = room else {
            return Err(message);
        };
        let queued = Queued {
            message,
            _room: room,
        };
        let _ = requests.try_send(Ok(queued));
        Ok(())
    }

    /// Returns when there was room for `message`. Cancellation safe.
    pub(super) async fn freed_for(&self, message: &Bytes) {
        // It is never closed.
        let _ = self.0.acquire_many(cost(message)).await;
    }
}

fn cost(message: &Bytes) -> u32 {
    let cost = (message.len() + OVERHEAD).min(BYTES);
    u32::try_from(cost).unwrap_or(u32::MAX)
}

impl Body for Messages {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let queued = ready!(self.0.poll_recv(task));
        Poll::Ready(queued.map(|queued| Ok(Frame::data(queued?.message))))
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_message_waits_for_room_until_others_are_read() {
        let room = Room::new();
        let (requests, mut messages) = queue();
        let large = Bytes::from(vec![0; BYTES]);
        assert_eq!(room.try_queue(&requests, large), Ok(()));
        assert_eq!(room.used(), BYTES);
        let small = Bytes::from_static(b"next");
        assert_eq!(room.try_queue(&requests, small.clone()), Err(small.clone()));

        messages.frame().await.unwrap().unwrap();
        room.freed_for(&small).await;
        assert_eq!(room.try_queue(&requests, small), Ok(()));
        assert_eq!(room.used(), 4 + OVERHEAD);
        drop(messages);
        assert_eq!(room.used(), 0);
    }
}
