//! A server that sends a frame for each message, as not all join them.

use std::future::poll_fn;
use std::time::Duration;

use h2::SendStream;
use h2::server::{SendResponse, handshake};
use http::{HeaderMap, HeaderValue, Response};
use hyper::body::Bytes;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;
use user_proto::v1::{ListUsersResponse, User};

use crate::raw::message;

/// How long a reader does not read before it counts as stalled.
const STALLED_AFTER: Duration = Duration::from_millis(200);
const LIMIT: Duration = Duration::from_secs(60);

/// Responds to any call with a list of users, on one connection.
pub(super) struct FramePerMessage {
    url: String,
    stalled: watch::Receiver<bool>,
    _serving: AbortOnDropHandle<()>,
}

impl FramePerMessage {
    /// A server of so many users.
    pub(super) async fn start(users: i64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stalls, stalled) = watch::channel(false);
        let serving = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut connection = handshake(stream).await.unwrap();
            let mut lists = JoinSet::new();
            while let Some(Ok((_, respond))) = connection.accept().await {
                lists.spawn(list(respond, users, stalls.clone()));
            }
            stalls.send_replace(true);
        });
        Self {
            url,
            stalled,
            _serving: AbortOnDropHandle::new(serving),
        }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Waits until the reader takes no more, or has left.
    pub(super) async fn stalled(&self) {
        let mut stalled = self.stalled.clone();
        let waiting = stalled.wait_for(|stalled| *stalled);
        timeout(LIMIT, waiting).await.unwrap().unwrap();
    }
}

async fn list(mut respond: SendResponse<Bytes>, users: i64, stalls: watch::Sender<bool>) {
    let response = Response::builder().header("content-type", "application/grpc");
    let response = response.body(()).unwrap();
    let mut stream = respond.send_response(response, false).unwrap();
    for id in 1..=users {
        let user = User {
            id,
            name: "A".to_owned(),
            email: "a@x.io".to_owned(),
            ..User::default()
        };
        let answer = ListUsersResponse { user: Some(user) };
        if !send(&mut stream, message(&answer), &stalls).await {
            return;
        }
    }
    let trailers = [("grpc-status", "0")];
    let trailers =
        trailers.map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
    stream
        .send_trailers(HeaderMap::from_iter(trailers))
        .unwrap();
}

/// Whether the reader is still there.
async fn send(
    stream: &mut SendStream<Bytes>,
    message: Bytes,
    stalls: &watch::Sender<bool>,
) -> bool {
    stream.reserve_capacity(message.len());
    while stream.capacity() < message.len() {
        let room = poll_fn(|task| stream.poll_capacity(task));
        match timeout(STALLED_AFTER, room).await {
            Ok(Some(Ok(_))) => {}
            Ok(_) => return false,
            Err(_) => {
                stalls.send_replace(true);
            }
        }
    }
    stream.send_data(message, false).is_ok()
}
