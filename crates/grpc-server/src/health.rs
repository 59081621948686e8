//! `grpc.health.v1`, by our own code: tonic-health 0.14 ends a Watch of an unknown service
//! with NOT_FOUND instead of keeping it, and has no List. Its buffers are larger, too.

mod watch;

use std::collections::BTreeMap;

use tokio::sync::watch as channel;
use tonic::codec::CompressionEncoding;
use tonic::{Request, Response, Status};

use self::pb::health_server::HealthServer;
use self::pb::{HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse};
use self::watch::Changes;

/// Package `grpc.health.v1`.
#[allow(missing_docs, clippy::all, reason = "generated code")]
pub mod pb {
    tonic::include_proto!("grpc.health.v1");

    /// The encoded `FileDescriptorSet` of this package.
    pub const FILE_DESCRIPTOR_SET: &[u8] =
        include_bytes!(concat!(env!("OUT_DIR"), "/health_descriptor.bin"));
}

pub use self::pb::health_check_response::ServingStatus;

/// The largest request, in bytes: the name of a service.
const MAX_REQUEST_BYTES: usize = 1024;

/// The statuses of services, and the service that reports them. Clones share them.
#[derive(Clone, Debug)]
pub struct Health(channel::Sender<Statuses>);

#[derive(Debug, Default)]
struct Statuses {
    by_service: BTreeMap<&'static str, ServingStatus>,
    /// Nothing changes any more.
    over: bool,
}

impl Statuses {
    /// What a Watch of `service` reports.
    fn watched(&self, service: &str) -> ServingStatus {
        let known = self.by_service.get(service).copied();
        known.unwrap_or(ServingStatus::ServiceUnknown)
    }
}

impl Health {
    /// Knows no service yet.
    pub fn new() -> Self {
        Self(channel::Sender::default())
    }

    /// What tonic serves.
    pub fn server(&self) -> HealthServer<Self> {
        HealthServer::new(self.clone())
            .accept_compressed(CompressionEncoding::Gzip)
            .max_decoding_message_size(MAX_REQUEST_BYTES)
    }

    /// Sets the status of `service`, by its full name.
    pub fn set(&self, service: &'static str, status: ServingStatus) {
        self.0.send_modify(|statuses| {
            statuses.by_service.insert(service, status);
        });
    }

    /// Ends all watches, now and later, after the status that they have not sent yet.
    pub fn end(&self) {
        self.0.send_modify(|statuses| statuses.over = true);
    }
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

#[tonic::async_trait]
impl pb::health_server::Health for Health {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let statuses = self.0.borrow();
        let known = statuses.by_service.get(&*request.get_ref().service);
        match known {
            Some(status) => Ok(Response::new(response(*status))),
            None => Err(Status::not_found("the server has no such service")),
        }
    }

    async fn list(
        &self,
        _: Request<HealthListRequest>,
    ) -> Result<Response<HealthListResponse>, Status> {
        let statuses = self.0.borrow();
        let known = statuses.by_service.iter();
        let statuses = known.map(|(service, status)| ((*service).to_owned(), response(*status)));
        Ok(Response::new(HealthListResponse {
            statuses: statuses.collect(),
        }))
    }

    type WatchStream = Changes;

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Changes>, Status> {
        let service = request.into_inner().service;
        Ok(Response::new(watch::changes(self.0.subscribe(), service)))
    }
}

fn response(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse {
        status: status.into(),
    }
}

#[cfg(test)]
mod tests;
