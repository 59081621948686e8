//! Watches a service in etcd for changes.

use futures_util::StreamExt;
use futures_util::stream::{once, pending};
use tonic::{Status, Streaming};

use super::{Etcd, EtcdError, Revision, Service};
use crate::wire::watch_client::WatchClient;
use crate::wire::{WatchCreateRequest, WatchRequest, WatchResponse};

impl Etcd {
    /// Returns when the keys of `service` have changed after `revision`, or may have.
    ///
    /// # Errors
    /// When no member watches them, or the connection to it breaks.
    pub async fn changed(&self, service: &Service, revision: Revision) -> Result<(), EtcdError> {
        let (key, range_end) = service.range();
        let request = WatchRequest {
            create_request: Some(WatchCreateRequest {
                key,
                range_end,
                start_revision: revision.0 + 1,
            }),
        };
        let mut changes = self.watch(request).await?;
        loop {
            let Some(change) = changes.message().await? else {
                return Err(Status::unavailable("the watch has ended").into());
            };
            // Canceled too: the revision may have been compacted.
            if change.canceled || !change.events.is_empty() {
                return Ok(());
            }
        }
    }

    /// A watch that has begun. It lasts for as long as its requests do not end.
    async fn watch(&self, request: WatchRequest) -> Result<Streaming<WatchResponse>, EtcdError> {
        self.ask(request, |member, request| async move {
            let request = request.map(|message| once(async { message }).chain(pending()));
            let responses = WatchClient::new(member).watch(request).await?;
            let mut responses = responses.into_inner();
            match responses.message().await? {
                Some(first) if first.created && !first.canceled => Ok(responses),
                _ => Err(Status::permission_denied("the keys can't be watched")),
            }
        })
        .await
    }
}
