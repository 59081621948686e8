//! Requests to etcd, each within a limit, to whichever member responds.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use grpc_common::OnlyGrpc;
use tokio::time::timeout;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use super::session::Session;
use super::{EtcdError, Service, tls, value};
use crate::wire::kv_client::KvClient;
use crate::wire::lease_client::LeaseClient;
use crate::wire::{
    DeleteRangeRequest, LeaseGrantRequest, LeaseGrantResponse, LeaseKeepAliveRequest,
    LeaseRevokeRequest, PutRequest, RangeRequest, RangeResponse,
};
use crate::{Access, Endpoints, Instance};

/// How long one member may take to respond, with a login if it needs one, and to connect.
pub(super) const LIMIT: Duration = Duration::from_secs(3);
const CONNECT_LIMIT: Duration = Duration::from_secs(1);
/// etcd closes the connections of those who send pings more often than every 5 seconds.
const PING_INTERVAL: Duration = Duration::from_secs(10);
/// More instances than a client has use for.
const MOST_INSTANCES: i64 = 1000;

/// A connection to one member.
pub(super) type Member = OnlyGrpc<Channel>;

/// An etcd. Clones share its connections, which are made when they are needed, and its token.
#[derive(Clone, Debug)]
pub struct Etcd {
    members: Vec<Member>,
    /// The member that responded last.
    chosen: Arc<AtomicUsize>,
    session: Arc<Session>,
}

/// A state of etcd: it grows with each change.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Revision(pub(super) i64);

/// What keeps keys for as long as it lives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lease(i64);

impl Etcd {
    /// The etcd at `endpoints`, called by `access`. Runs inside tokio.
    ///
    /// # Errors
    /// When TLS can't be set up.
    pub fn new(endpoints: &Endpoints, access: &Access) -> Result<Self, EtcdError> {
        let tls = tls::config(access);
        let member = |uri: &http::Uri| {
            // Pings find out that a member is gone on which changes are waited for.
            let endpoint = Endpoint::from(uri.clone())
                .connect_timeout(CONNECT_LIMIT)
                .http2_keep_alive_interval(PING_INTERVAL)
                .keep_alive_timeout(LIMIT);
            let endpoint = match uri.scheme_str() {
                Some("https") => endpoint.tls_config(tls.clone())?,
                _ => endpoint,
            };
            Ok(OnlyGrpc::new(endpoint.connect_lazy()))
        };
        let endpoints = access.of(endpoints);
        let members = endpoints.uris().iter().map(member);
        Ok(Self {
            members: members.collect::<Result<_, EtcdError>>()?,
            chosen: Arc::default(),
            session: Arc::new(Session::new(access.login.clone())),
        })
    }

    /// The instances of `service`, without those that can't be connected to, at the revision
    /// that is returned too.
    ///
    /// # Errors
    /// When no member responds.
    pub async fn instances(
        &self,
        service: &Service,
    ) -> Result<(Vec<Instance>, Revision), EtcdError> {
        let (key, range_end) = service.range();
        let found = self.range(RangeRequest {
            key,
            range_end,
            limit: MOST_INSTANCES,
        });
        let found = found.await?;
        let instances = found.kvs.iter().map(|pair| value::decode(&pair.value));
        let revision = found.header.map(|header| header.revision);
        Ok((
            instances.flatten().collect(),
            Revision(revision.unwrap_or_default()),
        ))
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
        Ok(pairs.await?.kvs.first().map(|pair| Lease(pair.lease)))
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
            let granted = LeaseClient::new(member).lease_grant(request).await?;
            let LeaseGrantResponse { id, error } = granted.into_inner();
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
            let request = request.map(tokio_stream::once);
            let responses = LeaseClient::new(member).lease_keep_alive(request).await;
            let response = responses?.into_inner().message().await?;
            Ok(response.is_some_and(|it| it.ttl > 0))
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

    async fn range(&self, request: RangeRequest) -> Result<RangeResponse, EtcdError> {
        self.ask(request, |member, request| async move {
            let found = KvClient::new(member).range(request).await?;
            Ok(found.into_inner())
        })
        .await
    }

    /// Calls one member after the other, first the one that responded last.
    pub(super) async fn ask<Q: Clone, A, F>(
        &self,
        message: Q,
        call: impl Fn(Member, Request<Q>) -> F,
    ) -> Result<A, EtcdError>
    where
        F: Future<Output = Result<A, Status>>,
    {
        let first = self.chosen.load(Relaxed);
        let mut failed = EtcdError::NoMember;
        for step in 0..self.members.len() {
            let index = (first + step) % self.members.len();
            let called = self.ask_member(&self.members[index], &message, &call);
            match timeout(LIMIT, called).await {
                Ok(Ok(response)) => {
                    self.chosen.store(index, Relaxed);
                    return Ok(response);
                }
                Ok(Err(error)) => failed = error,
                Err(_) => failed = EtcdError::Late,
            }
        }
        Err(failed)
    }

    /// Calls `member`; once again with a new token where the one that was kept is not accepted.
    async fn ask_member<Q: Clone, A, F>(
        &self,
        member: &Member,
        message: &Q,
        call: impl Fn(Member, Request<Q>) -> F,
    ) -> Result<A, EtcdError>
    where
        F: Future<Output = Result<A, Status>>,
    {
        let request = self.session.request(member, message.clone()).await?;
        match call(member.clone(), request).await {
            Err(status) if self.session.is_stale(&status) => {
                let request = self.session.request(member, message.clone()).await?;
                Ok(call(member.clone(), request).await?)
            }
            done => Ok(done?),
        }
    }
}
