//! Callers that are not ours, and what a trace has.

use http::Response;
use http_body_util::BodyExt;
use testkit::{Trace, UserService};
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use user_proto::v1::user_service_client::UserServiceClient;

/// A trace of a caller that is not ours.
pub(crate) const FOREIGN_TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// A request in that trace, from its span `00f067aa0ba902b7`.
pub(crate) fn traced<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    let traceparent = format!("00-{FOREIGN_TRACE}-00f067aa0ba902b7-01");
    request
        .metadata_mut()
        .insert("traceparent", traceparent.parse().unwrap());
    request
}

/// Sends a request that need not be one of gRPC, and returns the status that came back.
pub(crate) async fn send(service: &UserService, request: http::Request<Body>) -> Status {
    let endpoint = Endpoint::from_shared(service.grpc_url().to_owned()).unwrap();
    let mut channel: Channel = endpoint.connect().await.unwrap();
    std::future::poll_fn(|task| channel.poll_ready(task))
        .await
        .unwrap();
    let response: Response<Body> = channel.call(request).await.unwrap();
    let (head, body) = response.into_parts();
    let trailers = body.collect().await.unwrap().trailers().cloned();
    let status = Status::from_header_map(&head.headers);
    status
        .or_else(|| Status::from_header_map(&trailers.unwrap_or_default()))
        .unwrap()
}

/// A client of `url` that takes little at a time, so that a stream soon has to wait for it.
pub(crate) async fn client_of_small_windows(url: &str) -> UserServiceClient<Channel> {
    let endpoint = Endpoint::from_shared(url.to_owned()).unwrap();
    // Streams that wait must leave room on the connection for the others.
    let endpoint = endpoint
        .initial_stream_window_size(16 * 1024)
        .initial_connection_window_size(1024 * 1024);
    UserServiceClient::new(endpoint.connect().await.unwrap())
}

/// The one trace of `traces` in which a span has this name.
pub(crate) fn the_trace_with<'a>(traces: &'a [Trace], name: &str) -> &'a Trace {
    let has = |trace: &&Trace| trace.spans().iter().any(|it| it.span.name == name);
    let found: Vec<&Trace> = traces.iter().filter(has).collect();
    let [trace] = found[..] else {
        let all: Vec<String> = traces.iter().map(Trace::tree).collect();
        panic!(
            "{} traces have a span {name}, of these:\n{}",
            found.len(),
            all.join("\n")
        );
    };
    trace
}
