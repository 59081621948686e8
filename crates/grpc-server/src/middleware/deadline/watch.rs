//! Streams that end at their deadline even if they are not read.
//!
//! A body is polled only while its reader has room. The one of a reader that has
//! stopped would keep its call, with all that it holds, far beyond its deadline;
//! so a task polls it at the deadline in the reader's place. It does so around the
//! trace layer, as the span of the call ends with the last frame.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use grpc_telemetry::rpc::TracedBody;
use http::Response;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::{Instant, sleep_until};
use tokio_util::task::AbortOnDropHandle;

use crate::middleware::call_layer::CallBody;

type Next<B> = Option<Result<Frame<<B as Body>::Data>, <B as Body>::Error>>;

pin_project! {
    /// A body whose last frame is made in time; the reader gets it when it reads again.
    #[project = Kind]
    pub(in crate::middleware) enum WatchedBody<B: Body> {
        /// Polled by its reader alone.
        Direct { #[pin] body: B },
        /// Polled by a task as well.
        Watched {
            shared: Arc<Mutex<Shared<B>>>,
            _watch: AbortOnDropHandle<()>,
        },
    }
}

pub(in crate::middleware) struct Shared<B: Body> {
    body: Pin<Box<B>>,
    /// What the task was given, for the reader.
    last: Option<Next<B>>,
    reader: Option<Waker>,
}

/// Keeps the body of a stream to its deadline.
pub(in crate::middleware) fn watched<B>(
    response: Response<TracedBody<CallBody<B>>>,
) -> Response<WatchedBody<TracedBody<CallBody<B>>>>
where
    TracedBody<CallBody<B>>: Body<Data: Send, Error: Send> + Send + 'static,
{
    response.map(|body| match body.get_ref().stream_deadline() {
        Some(end) => WatchedBody::watched(body, end),
        None => WatchedBody::Direct { body },
    })
}

impl<B> WatchedBody<B>
where
    B: Body<Data: Send, Error: Send> + Send + 'static,
{
    fn watched(body: B, end: Instant) -> Self {
        let shared = Arc::new(Mutex::new(Shared {
            body: Box::pin(body),
            last: None,
            reader: None,
        }));
        // Only the reader keeps the body: it goes when the reader leaves.
        let watch = tokio::spawn(watch(Arc::downgrade(&shared), end));
        Self::Watched {
            shared,
            _watch: AbortOnDropHandle::new(watch),
        }
    }
}

/// Polls the body from `end` on, when it is about to have its last frame.
async fn watch<B: Body>(shared: Weak<Mutex<Shared<B>>>, end: Instant) {
    sleep_until(end).await;
    poll_fn(|task| {
        let Some(shared) = shared.upgrade() else {
            return Poll::Ready(());
        };
        let reader = {
            let mut shared = lock(&shared);
            // A frame of data that it still had is late, and gives way to the last one.
            while !shared.has_last() {
                match shared.body.as_mut().poll_frame(task) {
                    Poll::Ready(next) => shared.last = Some(next),
                    Poll::Pending => return Poll::Pending,
                }
            }
            shared.reader.take()
        };
        if let Some(reader) = reader {
            reader.wake();
        }
        Poll::Ready(())
    })
    .await;
}

fn lock<B: Body>(shared: &Mutex<Shared<B>>) -> MutexGuard<'_, Shared<B>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<B: Body> Shared<B> {
    fn has_last(&self) -> bool {
        match &self.last {
            Some(Some(Ok(frame))) => frame.is_trailers(),
            Some(_) => true,
            None => self.body.is_end_stream(),
        }
    }

    fn poll(&mut self, task: &mut Context<'_>) -> Poll<Next<B>> {
        if let Some(last) = self.last.take() {
            return Poll::Ready(last);
        }
        self.reader = Some(task.waker().clone());
        self.body.as_mut().poll_frame(task)
    }
}

impl<B: Body> Body for WatchedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Next<B>> {
        match self.project() {
            Kind::Direct { body } => body.poll_frame(task),
            Kind::Watched { shared, .. } => lock(shared).poll(task),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Direct { body } => body.is_end_stream(),
            Self::Watched { shared, .. } => {
                let shared = lock(shared);
                shared.last.is_none() && shared.body.is_end_stream()
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Direct { body } => body.size_hint(),
            // What the task holds is no longer in the body.
            Self::Watched { .. } => SizeHint::default(),
        }
    }
}
