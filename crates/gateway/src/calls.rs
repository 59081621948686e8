//! Calls of the gRPC service.

use grpc_channel::{Channel, Idempotent};
use grpc_telemetry::rpc::TracedBody;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::uri::{InvalidUri, PathAndQuery};
use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor};
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::metadata::MetadataMap;
use tonic::{Request, Status, Streaming};
use tower::ServiceExt;

use crate::codec::DynamicCodec;
use crate::headers::Deadline;
use crate::rows::Rows;

/// The method that is called.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// `/package.Service/Method`.
    pub(crate) path: PathAndQuery,
    /// The type of its responses.
    pub(crate) output: MessageDescriptor,
}

impl Target {
    /// The target that is `method`.
    pub(crate) fn of(method: &MethodDescriptor) -> Result<Self, InvalidUri> {
        let service = method.parent_service();
        Ok(Self {
            path: format!("/{}/{}", service.full_name(), method.name()).parse()?,
            output: method.output(),
        })
    }
}

/// Calls methods of a service over one channel. Clones share its connections.
#[derive(Clone, Debug)]
pub(crate) struct Calls {
    channel: Channel,
    grpc: Grpc<Channel>,
}

impl Calls {
    pub(crate) fn new(channel: Channel) -> Self {
        Self {
            grpc: Grpc::new(channel.clone()),
            channel,
        }
    }

    /// Sends `request`, a call of gRPC as it is on the wire.
    ///
    /// # Errors
    /// When there is no response.
    pub(crate) async fn raw(
        &self,
        request: http::Request<Body>,
    ) -> Result<http::Response<TracedBody<Body>>, Status> {
        self.channel.clone().oneshot(request).await
    }

    /// Calls the unary method of `target`.
    ///
    /// # Errors
    /// The status of the call.
    pub(crate) async fn unary(
        &self,
        target: &Target,
        request: Request<DynamicMessage>,
    ) -> Result<DynamicMessage, Status> {
        let mut grpc = self.grpc.clone();
        grpc.ready().await?;
        let codec = DynamicCodec(target.output.clone());
        let response = grpc.unary(request, target.path.clone(), codec).await?;
        Ok(response.into_inner())
    }

    /// Calls the method of `target`, which has a stream of responses.
    ///
    /// # Errors
    /// The status of the call, if there is one before its first message.
    pub(crate) async fn server_stream(
        &self,
        target: &Target,
        request: Request<DynamicMessage>,
    ) -> Result<Streaming<DynamicMessage>, Status> {
        let mut grpc = self.grpc.clone();
        grpc.ready().await?;
        let codec = DynamicCodec(target.output.clone());
        let path = target.path.clone();
        let response = grpc.server_streaming(request, path, codec).await?;
        Ok(response.into_inner())
    }

    /// Calls the method of `target`, which has a stream of requests.
    ///
    /// # Errors
    /// The status of the call.
    pub(crate) async fn client_stream(
        &self,
        target: &Target,
        request: Request<Rows>,
    ) -> Result<DynamicMessage, Status> {
        let mut grpc = self.grpc.clone();
        grpc.ready().await?;
        let codec = DynamicCodec(target.output.clone());
        let path = target.path.clone();
        let response = grpc.client_streaming(request, path, codec).await?;
        Ok(response.into_inner())
    }

    /// Calls the method of `target`, which has streams in both directions.
    ///
    /// # Errors
    /// The status of the call, if there is one before its first message.
    pub(crate) async fn duplex(
        &self,
        target: &Target,
        request: Request<Rows>,
    ) -> Result<Streaming<DynamicMessage>, Status> {
        let mut grpc = self.grpc.clone();
        grpc.ready().await?;
        let codec = DynamicCodec(target.output.clone());
        let path = target.path.clone();
        let response = grpc.streaming(request, path, codec).await?;
        Ok(response.into_inner())
    }
}

/// A request of gRPC with what `headers` have for the service: the caller's token, unchanged.
/// One that is `repeatable` may be retried, whatever its method.
pub(crate) fn request<T>(
    message: T,
    headers: &HeaderMap,
    deadline: Option<Deadline>,
    repeatable: bool,
) -> Request<T> {
    let mut metadata = HeaderMap::new();
    if let Some(token) = headers.get(AUTHORIZATION) {
        let mut token = token.clone();
        // No Debug of the request shows it.
        token.set_sensitive(true);
        metadata.insert(AUTHORIZATION, token);
    }
    let metadata = MetadataMap::from_headers(metadata);
    let mut request = Request::from_parts(metadata, http::Extensions::new(), message);
    if let Some(deadline) = deadline {
        request.set_timeout(deadline.left());
    }
    if repeatable {
        request.extensions_mut().insert(Idempotent);
    }
    request
}
