//! A client of the Thrift IDL that calls over gRPC, as Kitex's does.

use std::task::{Context, Poll};

use futures_util::Stream;
use grpc_server::ErrorDomain;
use http::header::CONTENT_TYPE;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response};
use kitex_codec::thrift::{Decode, Encode};
use kitex_server::{THRIFT, ThriftCodec};
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::codegen::Service;
use tonic::transport::Channel;
use tonic::{Status, Streaming};

/// A channel whose calls are in Thrift.
pub(crate) struct ThriftClient(Channel);

impl ThriftClient {
    /// A client of the service at this URL.
    pub(crate) async fn connect(url: &str) -> Self {
        let endpoint = Channel::from_shared(url.to_owned()).unwrap();
        Self(endpoint.connect().await.unwrap())
    }

    /// Calls a method with streams, whichever it has.
    pub(crate) async fn call<T, U>(
        &self,
        method: &str,
        requests: tonic::Request<impl Stream<Item = T> + Send + 'static>,
    ) -> Result<Streaming<U>, Status>
    where
        T: Encode + Send + Sync + 'static,
        U: Decode + Send + Sync + 'static,
    {
        let mut grpc = Grpc::new(Self(self.0.clone()));
        grpc.ready().await.unwrap();
        let path = PathAndQuery::try_from(format!("/user.UserService/{method}")).unwrap();
        let codec = ThriftCodec::new(ErrorDomain::new("test"));
        let response = grpc.streaming(requests, path, codec).await?;
        let content_type = response.metadata().get(CONTENT_TYPE.as_str());
        assert_eq!(content_type.unwrap(), THRIFT);
        Ok(response.into_inner())
    }
}

impl Service<Request<Body>> for ThriftClient {
    type Response = Response<Body>;
    type Error = tonic::transport::Error;
    type Future = <Channel as Service<Request<Body>>>::Future;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(task)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let content_type = HeaderValue::from_static(THRIFT);
        request.headers_mut().insert(CONTENT_TYPE, content_type);
        self.0.call(request)
    }
}
