//! Calls of the gRPC service.

use grpc_channel::{Channel, Idempotent};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use prost_reflect::DynamicMessage;
use tonic::client::Grpc;
use tonic::metadata::MetadataMap;
use tonic::{Request, Status, Streaming};

use crate::codec::DynamicCodec;
use crate::headers::Deadline;
use crate::routes::Route;
use crate::rows::Rows;

/// Calls methods of a service over one channel. Clones share its connections.
#[derive(Clone, Debug)]
pub(crate) struct Calls(Grpc<Channel>);

impl Calls {
    pub(crate) fn new(channel: Channel) -> Self {
        Self(Grpc::new(channel))
    }

    /// Calls the unary method of `route`.
    ///
    /// # Errors
    /// The status of the call.
    pub(crate) async fn unary(
        &self,
        route: &Route,
        request: Request<DynamicMessage>,
    ) -> Result<DynamicMessage, Status> {
        let Self(mut grpc) = self.clone();
        grpc.ready().await?;
        let codec = DynamicCodec(route.method().output());
        let response = grpc
            .unary(request, route.grpc_path().clone(), codec)
            .await?;
        Ok(response.into_inner())
    }

    /// Calls the method of `route`, which has a stream of responses.
    ///
    /// # Errors
    /// The status of the call, if there is one before its first message.
    pub(crate) async fn server_stream(
        &self,
        route: &Route,
        request: Request<DynamicMessage>,
    ) -> Result<Streaming<DynamicMessage>, Status> {
        let Self(mut grpc) = self.clone();
        grpc.ready().await?;
        let codec = DynamicCodec(route.method().output());
        let path = route.grpc_path().clone();
        let response = grpc.server_streaming(request, path, codec).await?;
        Ok(response.into_inner())
    }

    /// Calls the method of `route`, which has a stream of requests.
    ///
    /// # Errors
    /// The status of the call.
    pub(crate) async fn client_stream(
        &self,
        route: &Route,
        request: Request<Rows>,
    ) -> Result<DynamicMessage, Status> {
        let Self(mut grpc) = self.clone();
        grpc.ready().await?;
        let codec = DynamicCodec(route.method().output());
        let path = route.grpc_path().clone();
        let response = grpc.client_streaming(request, path, codec).await?;
        Ok(response.into_inner())
    }

    /// Calls the method of `route`, which has streams in both directions.
    ///
    /// # Errors
    /// The status of the call, if there is one before its first message.
    pub(crate) async fn duplex(
        &self,
        route: &Route,
        request: Request<Rows>,
    ) -> Result<Streaming<DynamicMessage>, Status> {
        let Self(mut grpc) = self.clone();
        grpc.ready().await?;
        let codec = DynamicCodec(route.method().output());
        let path = route.grpc_path().clone();
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
