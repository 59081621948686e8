//! Requests to etcd, each within a limit, to whichever member responds.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tonic::Status;
use tonic::transport::{Channel, Endpoint};

use super::{Service, value};
use crate::wire::kv_client::KvClient;
use crate::wire::lease_client::LeaseClient;
use crate::wire::{
    DeleteRangeRequest, KeyValue, LeaseGrantRequest, LeaseGrantResponse, LeaseKeepAliveRequest,
    LeaseRevokeRequest, PutRequest, RangeRequest,
};
use crate::{Endpoints, Instance};

/// How long one member may take to answer, and to connect.
const LIMIT: Duration = Duration::from_secs(3);
const CONNECT_LIMIT: Duration = Duration::from_secs(1);
/// More instances than a client has use for.
const MOST_INSTANCES: i64 = 1000;

/// An etcd. Clones share its connections, which are made when they are needed.
#[derive(Clone, Debug)]
pub struct Etcd {
    members: Vec<Channel>,
    /// The member that answered last.
    chosen: Arc<AtomicUsize>,
}

/// What keeps keys for as long as it lives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lease(i64);

/// No member gave an answer.
#[derive(Debug, thiserror::Error)]
pub enum EtcdError {
    /// None could be asked.
    #[error("no address of etcd is given")]
    NoMember,
    /// The last of them took too long.
    #[error("etcd doesn't answer within {} s", LIMIT.as_secs())]
    Late,
    /// It said no, or there was no connection to it.
    #[error("etcd can't be asked: {}", .0.message())]
    Refused(Box<Status>),
}

impl From<Status> for EtcdError {
    fn from(status: Status) -> Self {
        Self::Refused(Box::new(status))
    }
}

impl Etcd {
    /// The etcd at `endpoints`. Runs inside tokio.
    pub fn new(endpoints: &Endpoints) -> Self {
        let member = |uri: &http::Uri| {
            let endpoint = Endpoint::from(uri.clone()).connect_timeout(CONNECT_LIMIT);
            endpoint.connect_lazy()
        };
        Self {
            members: endpoints.uris().iter().map(member).collect(),
            chosen: Arc::default(),
        }
    }

    /// The instances of `service`, without those that can't be connected to.
    ///
    /// # Errors
    /// When no member responds.
    pub async fn instances(&self, service: &Service) -> Result<Vec<Instance>, EtcdError> {
        let folder = service.folder().into_bytes();
        let pairs = self.range(RangeRequest {
            range_end: end_of(&folder),
            key: folder,
            limit: MOST_INSTANCES,
        });
        let pairs = pairs.await?;
        let instances = pairs.iter().map(|pair| value::decode(&pair.value));
        Ok(instances.flatten().collect())
    }

    /// The lease of `key`, if it is there.
    ///
    /// # Errors
    /// When no member responds.
    pub async fn lease_of(&self, key: &str) -> Result<Option<Lease>, EtcdError> {
        let pairs = self.range(RangeRequest {
            key: key.into(),
            ..RangeRequest::default()
        });
        Ok(pairs.await?.first().map(|pair| Lease(pair.lease)))
    }

    /// Writes `instance` under `key` for as long as `lease` lives.
    ///
    /// # Errors
    /// When no member responds, or the lease has ended.
    pub async fn put(&self, key: &str, instance: &Instance, lease: Lease) -> Result<(), EtcdError> {
        let value = value::encode(instance).map_err(|it| Status::internal(it.to_string()))?;
        let request = PutRequest {
            key: key.into(),
            value,
            lease: lease.0,
        };
        self.ask(request, |member, request| async move {
            KvClient::new(member).put(request).await.map(drop)
        })
        .await
    }

    /// Removes `key`, if it is there.
    ///
    /// # Errors
    /// When no member responds.
    pub async fn delete(&self, key: &str) -> Result<(), EtcdError> {
        let request = DeleteRangeRequest { key: key.into() };
        self.ask(request, |member, request| async move {
            KvClient::new(member).delete_range(request).await.map(drop)
        })
        .await
    }

    /// A new lease, which ends `seconds` after it was kept alive last.
    ///
    /// # Errors
    /// When no member responds.
    pub async fn grant(&self, seconds: u32) -> Result<Lease, EtcdError> {
        let request = LeaseGrantRequest {
            ttl: seconds.into(),
        };
        self.ask(request, |member, request| async move {
            let answer = LeaseClient::new(member).lease_grant(request).await?;
            let LeaseGrantResponse { id, error } = answer.into_inner();
            match error.is_empty() {
                true => Ok(Lease(id)),
                false => Err(Status::unknown(error)),
            }
        })
        .await
    }

    /// Keeps `lease` alive; false if it has ended already.
    ///
    /// # Errors
    /// When no member responds.
    pub async fn keep_alive(&self, lease: Lease) -> Result<bool, EtcdError> {
        let request = LeaseKeepAliveRequest { id: lease.0 };
        self.ask(request, |member, request| async move {
            let requests = tokio_stream::once(request);
            let answers = LeaseClient::new(member).lease_keep_alive(requests).await;
            let answer = answers?.into_inner().message().await?;
            Ok(answer.is_some_and(|it| it.ttl > 0))
        })
        .await
    }

    /// Ends `lease`, and with it its keys.
    ///
    /// # Errors
    /// When no member responds, or it has ended already.
    pub async fn revoke(&self, lease: Lease) -> Result<(), EtcdError> {
        let request = LeaseRevokeRequest { id: lease.0 };
        self.ask(request, |member, request| async move {
            LeaseClient::new(member)
                .lease_revoke(request)
                .await
                .map(drop)
        })
        .await
    }

    async fn range(&self, request: RangeRequest) -> Result<Vec<KeyValue>, EtcdError> {
        self.ask(request, |member, request| async move {
            let answer = KvClient::new(member).range(request).await?;
            Ok(answer.into_inner().kvs)
        })
        .await
    }

    /// Asks one member after the other, first the one that answered last.
    async fn ask<Q: Clone, A, F>(
        &self,
        question: Q,
        put_to: impl Fn(Channel, Q) -> F,
    ) -> Result<A, EtcdError>
    where
        F: Future<Output = Result<A, Status>>,
    {
        let first = self.chosen.load(Relaxed);
        let mut failed = EtcdError::NoMember;
        for step in 0..self.members.len() {
            let index = (first + step) % self.members.len();
            match within(put_to(self.members[index].clone(), question.clone())).await {
                Ok(answer) => {
                    self.chosen.store(index, Relaxed);
                    return Ok(answer);
                }
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }
}

async fn within<T>(answer: impl Future<Output = Result<T, Status>>) -> Result<T, EtcdError> {
    let answer = tokio::time::timeout(LIMIT, answer).await;
    Ok(answer.map_err(|_| EtcdError::Late)??)
}

/// The end of the keys that begin with `folder`, which ends with a slash.
fn end_of(folder: &[u8]) -> Vec<u8> {
    let mut end = folder.to_vec();
    if let Some(last) = end.last_mut() {
        *last += 1;
    }
    end
}
