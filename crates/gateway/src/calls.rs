//! Calls of the gRPC service.

use futures_util::Stream;
use futures_util::future::ready;
use futures_util::stream::once;
use grpc_channel::{Channel, Idempotent};
use grpc_telemetry::rpc::TracedBody;
use http::HeaderMap;
use http::uri::{InvalidUri, PathAndQuery};
use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor};
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status, Streaming};
use tower::ServiceExt;

use crate::codec::DynamicCodec;
use crate::headers::Deadline;

/// A message of a request, or what cancels its call.
type Message = Result<DynamicMessage, Status>;

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

    /// Calls the method of `target`, whatever streams it has.
    ///
    /// # Errors
    /// The status of the call, if there is one before its first message.
    pub(crate) async fn stream(
        &self,
        target: &Target,
        request: Request<impl Stream<Item = Message> + Send + 'static>,
    ) -> Result<Response<Streaming<DynamicMessage>>, Status> {
        let mut grpc = self.grpc.clone();
        grpc.ready().await?;
        let codec = DynamicCodec(target.output.clone());
        grpc.streaming(request, target.path.clone(), codec).await
    }

    /// Calls the method of `target`, which has one response.
    ///
    /// # Errors
    /// The status of the call, with all metadata of the response.
    pub(crate) async fn single(
        &self,
        target: &Target,
        request: Request<impl Stream<Item = Message> + Send + 'static>,
    ) -> Result<Single, Status> {
        let response = self.stream(target, request).await?;
        let (headers, mut messages, _) = response.into_parts();
        let headers = headers.into_headers();
        match only(&mut messages).await {
            Ok(message) => {
                let trailers = messages.trailers().await?.unwrap_or_default();
                Ok(Single {
                    headers,
                    message,
                    trailers: trailers.into_headers(),
                })
            }
            Err(mut status) => {
                status.metadata_mut().as_mut().extend(headers);
                Err(status)
            }
        }
    }
}

/// The response of a call that has one.
#[derive(Debug)]
pub(crate) struct Single {
    pub(crate) headers: HeaderMap,
    pub(crate) message: DynamicMessage,
    pub(crate) trailers: HeaderMap,
}

/// The one message that there is.
async fn only(messages: &mut Streaming<DynamicMessage>) -> Result<DynamicMessage, Status> {
    let message = messages.message().await?;
    let message = message.ok_or_else(|| Status::unimplemented("the response has no message"))?;
    match messages.message().await? {
        None => Ok(message),
        Some(_) => Err(Status::unimplemented("the response has two messages")),
    }
}

/// A request of gRPC with one message and `metadata`. One that is `repeatable` may be retried,
/// whatever its method.
pub(crate) fn request(
    message: DynamicMessage,
    metadata: HeaderMap,
    deadline: Option<Deadline>,
    repeatable: bool,
) -> Request<impl Stream<Item = Message> + Send + 'static> {
    let mut request = stream_request(once(ready(Ok(message))), metadata, deadline);
    if repeatable {
        request.extensions_mut().insert(Idempotent);
    }
    request
}

/// A request of gRPC with these `messages` and `metadata`.
pub(crate) fn stream_request<T>(
    messages: T,
    metadata: HeaderMap,
    deadline: Option<Deadline>,
) -> Request<T> {
    let metadata = MetadataMap::from_headers(metadata);
    let mut request = Request::from_parts(metadata, http::Extensions::new(), messages);
    if let Some(deadline) = deadline {
        request.set_timeout(deadline.left());
    }
    request
}
