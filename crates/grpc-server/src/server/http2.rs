//! HTTP/2 on one connection, by h2 itself. hyper would hand each frame of a request to
//! its handler alone: a caller that sends a frame for each message, faster than a store
//! takes them, then exhausts h2's budget for small frames, which ends the connection.

mod body;
mod call;
mod keep_alive;
mod read_ahead;
mod refusal;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;

use h2::server::{Builder, Connection, SendResponse};
use h2::{Reason, RecvStream};
use http::Request;
use prost::bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

pub(super) use self::body::StreamBody;
use self::call::ResponseTask;
use super::connection::Tags;
use super::guard::{Activity, FloodGuard};
use super::open_calls::{OpenCalls, OverLimit};
use super::request_body::RequestBody;
use super::{ConnectionLimits, MAX_HEADER_LIST};
use crate::call::{CLOSE_LINGER, HttpService};
use crate::middleware::encodings;

/// What a caller may send ahead on one stream, in bytes: enough for the next batch of a stream
/// while one is being stored. A connection has as much for each of its streams, as one whose
/// handler does not read must not stall the others; the budget bounds what all hold.
const STREAM_WINDOW: u32 = 256 * 1024;
/// What HTTP/2 allows at most.
const MAX_WINDOW: u32 = u32::MAX >> 1;
/// What small frames may cost beyond their bytes until they are read, in bytes as h2
/// counts them. They are read at once, so this is for what comes within one turn.
const DATA_FRAME_BUDGET: usize = 1024 * 1024;
/// What one response may have waiting for its reader, in bytes.
const SEND_BUFFER: usize = 400 * 1024;
/// Calls that may be given up before they are accepted. The guard bounds them, and lets
/// fewer through in one turn: those of a caller that gave them up while this process stood
/// still come together.
const MAX_UNSEEN_RESETS: usize = 2048;
/// Streams that may be reset for errors of the peer before the connection ends.
const MAX_ERROR_RESETS: usize = 1024;
/// Calls that may be refused unseen one after the other, as their address or all together
/// have far too many open, before the connection ends.
const MAX_REFUSED: u32 = 1024;

/// What is served on a connection.
pub(super) struct Http2<S> {
    /// Makes the responses to all of its requests.
    pub(super) service: S,
    /// What each request says of its connection.
    pub(super) tags: Tags,
    /// Counts the calls.
    pub(super) calls: OpenCalls,
    /// Their maximum.
    pub(super) limits: Arc<ConnectionLimits>,
    /// Cancelled when the peer is to leave: it gets GOAWAY, and its calls may finish.
    pub(super) leave: CancellationToken,
}

impl<S: HttpService<RequestBody>> Http2<S> {
    /// Serves until the peer leaves or is silent, or until the last call after `leave`.
    ///
    /// # Errors
    /// When the peer breaks the rules of HTTP/2, or the connection breaks.
    pub(super) async fn serve<I>(&mut self, mut stream: Box<FloodGuard<I>>) -> Result<(), h2::Error>
    where
        I: AsyncRead + AsyncWrite + Unpin,
    {
        let tasks = TaskTracker::new();
        let ended = match self.serve_calls(&mut stream, &tasks).await {
            Ok(ended) => ended,
            Err(error) => {
                Box::pin(refusal::refuse(&mut stream, &error)).await;
                Err(error)
            }
        };
        drop(stream);
        tasks.close();
        // Boxed, like all that a connection does once: it would have a place for as long as that lasts.
        let _ = Box::pin(timeout(CLOSE_LINGER, tasks.wait())).await;
        ended
    }

    /// Serves calls, each as one of `tasks`.
    ///
    /// # Errors
    /// When the peer does not begin as HTTP/2 does. What goes wrong later is in the result.
    async fn serve_calls<I>(
        &mut self,
        stream: &mut FloodGuard<I>,
        tasks: &TaskTracker,
    ) -> Result<Result<(), h2::Error>, h2::Error>
    where
        I: AsyncRead + AsyncWrite + Unpin,
    {
        let activity = stream.activity();
        let handshake = builder(self.limits.streams).handshake(stream);
        let mut connection = Box::pin(handshake).await?;
        let pings = connection.ping_pong();
        let ended = tokio::select! {
            biased;
            ended = self.accept(&mut connection, tasks, activity.clone()) => Some(ended),
            () = keep_alive::silent(pings, activity) => None,
        };
        if ended.is_none() {
            tracing::debug!("closing the connection of a silent peer");
            connection.abrupt_shutdown(Reason::NO_ERROR);
            let closed = poll_fn(|task| connection.poll_closed(task));
            // A peer that does not read can't receive it.
            let _ = Box::pin(timeout(CLOSE_LINGER, closed)).await;
        }
        // Calls learn of the end of the connection, and end.
        Ok(ended.unwrap_or(Ok(())))
    }

    /// Accepts calls, each as one of `tasks`.
    async fn accept<I>(
        &mut self,
        connection: &mut Connection<I, Bytes>,
        tasks: &TaskTracker,
        activity: Activity,
    ) -> Result<(), h2::Error>
    where
        I: AsyncRead + AsyncWrite + Unpin,
    {
        let mut leave = pin!(self.leave.cancelled());
        let mut leaving = false;
        let mut refused = 0;
        loop {
            let accepted = tokio::select! {
                biased;
                accepted = next(connection, &activity) => accepted,
                () = leave.as_mut(), if !leaving => {
                    leaving = true;
                    connection.graceful_shutdown();
                    continue;
                }
            };
            let Some(accepted) = accepted else {
                return Ok(());
            };
            let (request, mut respond) = accepted?;
            let (open, excess) = self.calls.start(&self.limits);
            let open = Arc::new(open);
            if excess.is_some_and(|excess| excess.is_flood) {
                refused += 1;
                respond.send_reset(Reason::REFUSED_STREAM);
                if refused == MAX_REFUSED {
                    connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM);
                }
                continue;
            }
            if excess.is_none() {
                refused = 0;
            }
            // A call is open until all that its caller still sends was read, too.
            let (head, stream) = request.into_parts();
            let body = StreamBody::new(stream, tasks.clone(), Arc::clone(&open));
            let mut request = Request::from_parts(head, body.into());
            self.tag(&mut request, excess);
            // Made by its own task: a call that is accepted with many others would have a place in
            // flight before its turn. Boxed, as tokio copies what it is to run some times.
            let response = self.service.clone().oneshot(request);
            tasks.spawn(Box::pin(ResponseTask::new(response, respond, open)));
        }
    }
}

impl<A> Http2<A> {
    /// Adds to the extensions of `request` what the layers need to know.
    fn tag<B>(&self, request: &mut Request<B>, excess: Option<OverLimit>) {
        // For what compressed messages have when they are not.
        if encodings(request.headers()).next().is_some() {
            request.extensions_mut().insert(self.calls.byte_budget());
        }
        if let Some(excess) = excess {
            request.extensions_mut().insert(excess.limit);
        }
        self.tags.tag(request.extensions_mut());
    }
}

type Accepted = Result<(Request<RecvStream>, SendResponse<Bytes>), h2::Error>;

/// The next call. The turn of the connection ends when there is none: one more may be
/// accepted only after more was read.
async fn next<S>(connection: &mut Connection<S, Bytes>, activity: &Activity) -> Option<Accepted>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    poll_fn(|task| {
        let accepted = pin!(connection.accept()).poll(task);
        if accepted.is_pending() {
            activity.end_turn();
        }
        accepted
    })
    .await
}

fn builder(streams: u32) -> Builder {
    let mut builder = Builder::new();
    builder
        .max_concurrent_streams(streams)
        .max_pending_accept_reset_streams(MAX_UNSEEN_RESETS)
        .max_local_error_reset_streams(Some(MAX_ERROR_RESETS))
        .max_header_list_size(MAX_HEADER_LIST)
        .max_send_buffer_size(SEND_BUFFER)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(streams.saturating_mul(STREAM_WINDOW).min(MAX_WINDOW))
        .data_frame_budget(DATA_FRAME_BUDGET);
    builder
}
