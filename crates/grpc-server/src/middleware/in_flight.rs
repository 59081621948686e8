//! Places for calls in flight. A call has one while it is worked on: from its start to the
//! head of its response, and not while it waits for its caller.

mod work;

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;

use self::work::Work;

/// All places. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct InFlight(Arc<Semaphore>);

impl InFlight {
    pub(super) fn new(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places)))
    }

    /// A place for a call that begins, if one is free.
    pub(super) fn begin(&self) -> Option<Working> {
        let work = Work::begin(Arc::clone(&self.0))?;
        Some(Working(Arc::new(work)))
    }
}

/// The work on a call, which is over when this is dropped.
#[derive(Debug)]
pub(super) struct Working(Arc<Work>);

impl Working {
    /// What gives the place back while the call waits for its caller.
    pub(super) fn breaks(&self) -> Breaks {
        Breaks {
            work: Arc::clone(&self.0),
            waiting: None,
        }
    }

    /// What the call itself may know of it.
    pub(super) fn place(&self) -> CallPlace {
        CallPlace(Arc::clone(&self.0))
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Gives the place of a call back and takes it again, as its caller keeps it waiting.
pub(super) struct Breaks {
    work: Arc<Work>,
    /// While the call waits for a place.
    waiting: Option<BoxFuture<'static, ()>>,
}

impl Breaks {
    /// The call waits for its caller.
    pub(super) fn begin(&self) {
        self.work.pause();
    }

    /// The caller has sent something: takes a permit again. False if none is free.
    pub(super) fn end(&self) -> bool {
        self.work.try_resume()
    }

    /// The same for a call whose work has begun, which waits until there is a place.
    pub(super) fn poll_end(&mut self, task: &mut Context<'_>) -> Poll<()> {
        if self.waiting.is_none() && self.work.try_resume() {
            return Poll::Ready(());
        }
        let work = &self.work;
        let waiting = self.waiting.get_or_insert_with(|| {
            let work = Arc::clone(work);
            async move { work.resume().await }.boxed()
        });
        ready!(waiting.as_mut().poll(task));
        self.waiting = None;
        Poll::Ready(())
    }
}

/// In the extensions of each request with a stream: the place of its call among those in flight, which the
/// call has while it does not wait for its caller.
#[derive(Clone, Debug)]
pub struct CallPlace(Arc<Work>);

impl CallPlace {
    /// For a call that works on what it has and reads more meanwhile: the place is not given
    /// back while the result is held. Waits for a place if it was.
    pub async fn hold(&self) -> HeldPlace {
        self.0.resume().await;
        self.0.set_held(true);
        HeldPlace(Arc::clone(&self.0))
    }
}

/// A place that is not given back until this is dropped.
#[derive(Debug)]
pub struct HeldPlace(Arc<Work>);

impl Drop for HeldPlace {
    fn drop(&mut self) {
        self.0.set_held(false);
    }
}

#[cfg(test)]
mod tests;
