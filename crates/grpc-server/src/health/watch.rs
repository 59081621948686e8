//! The stream of one Watch.

use std::pin::Pin;

use futures_util::{Stream, stream};
use tokio::sync::watch::Receiver;
use tonic::Status;

use super::pb::HealthCheckResponse;
use super::{ServingStatus, Statuses, response};

/// The statuses of one service.
pub(super) type Changes = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

/// The status of `service` now, and after each change.
pub(super) fn changes(statuses: Receiver<Statuses>, service: String) -> Changes {
    let watch = Watch {
        statuses,
        service: service.into(),
        sent: None,
    };
    Box::pin(stream::unfold(watch, |mut watch| async {
        let status = watch.next().await?;
        Some((Ok(response(status)), watch))
    }))
}

struct Watch {
    statuses: Receiver<Statuses>,
    service: Box<str>,
    sent: Option<ServingStatus>,
}

impl Watch {
    /// The next status that differs from the one that was sent; none at the end.
    async fn next(&mut self) -> Option<ServingStatus> {
        loop {
            let (status, over) = self.now();
            if self.sent != Some(status) {
                self.sent = Some(status);
                return Some(status);
            }
            if over {
                return None;
            }
            self.statuses.changed().await.ok()?;
        }
    }

    /// The status, and whether it is the last one.
    fn now(&mut self) -> (ServingStatus, bool) {
        let statuses = self.statuses.borrow_and_update();
        (statuses.watched(&self.service), statuses.over)
    }
}
