//! A server that shows the headers of the calls it gets, and has no user.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::codegen::http::{HeaderMap, Request, Response};
use tonic::server::NamedService;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

/// How long a call may take to come on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// The server. It stops when dropped.
pub(crate) struct Peer {
    url: String,
    calls: mpsc::UnboundedReceiver<HeaderMap>,
    server: JoinHandle<()>,
}

impl Peer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, calls) = mpsc::unbounded_channel();
        let serve = Server::builder()
            .add_service(Recorder(sender))
            .serve_with_incoming(TcpIncoming::from(listener));
        let server = tokio::spawn(async move { serve.await.unwrap() });
        Self { url, calls, server }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) async fn first_headers(&mut self) -> HeaderMap {
        let call = tokio::time::timeout(LIMIT, self.calls.recv()).await;
        call.unwrap().unwrap()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[derive(Clone)]
struct Recorder(mpsc::UnboundedSender<HeaderMap>);

impl NamedService for Recorder {
    const NAME: &'static str = "user.v1.UserService";
}

impl Service<Request<Body>> for Recorder {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // No test is left to be notified.
        let _ = self.0.send(request.headers().clone());
        ready(Ok(Status::not_found("no such user").into_http()))
    }
}
