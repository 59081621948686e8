//! Server-sent events: that a page has news, and no more.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use futures_util::stream::unfold;
use opentelemetry::TraceId;
use tokio::sync::watch;
use tokio::time::sleep;

use super::{Shared, parse};

/// The shortest time between two events.
const INTERVAL: Duration = Duration::from_millis(500);

/// A page that waits for news.
struct Waiting {
    shared: Shared,
    /// The trace that it shows, or none if it is the list.
    trace: Option<TraceId>,
    changes: watch::Receiver<u64>,
    /// What it knows.
    known: u64,
}

pub(super) async fn of_list(State(shared): State<Shared>) -> Response {
    Sse::new(events(shared, None))
        .keep_alive(KeepAlive::default())
        .into_response()
}

pub(super) async fn of_trace(State(shared): State<Shared>, Path(id): Path<String>) -> Response {
    match parse(&id) {
        Some(id) => Sse::new(events(shared, Some(id)))
            .keep_alive(KeepAlive::default())
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn events(
    shared: Shared,
    trace: Option<TraceId>,
) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
    let waiting = Waiting {
        changes: shared.live.changes(),
        shared,
        trace,
        // The page may have been made before this request came, so the first event comes at once.
        known: u64::MAX,
    };
    unfold(waiting, |mut waiting| async {
        let stop = waiting.shared.stop.clone();
        stop.run_until_cancelled(waiting.news()).await??;
        Some((Ok(Event::default().data("news")), waiting))
    })
}

impl Waiting {
    /// Returns when there is something that the page doesn't show; none when there never will be.
    async fn news(&mut self) -> Option<()> {
        loop {
            let version = *self.changes.borrow_and_update();
            let state = match self.trace {
                Some(id) => self.shared.live.span_count(id),
                None => version,
            };
            if state != self.known {
                self.known = state;
                sleep(INTERVAL).await;
                return Some(());
            }
            self.changes.changed().await.ok()?;
        }
    }
}
