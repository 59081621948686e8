//! One connection: reads calls, and writes responses; one of streams is in `streams`. All of it is one task; a call whose client
//! leaves is dropped with it.

mod control;
mod inbound;
mod link;
mod outbound;
mod streams;

use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt, TryFutureExt};
use grpc_server::{BoxError, CallStarter, HttpService, OtherConnection, RequestBody};
use kitex_codec::{Frame, Protocol};
use tokio::task::yield_now;
use tokio::time::Instant;
use tower::ServiceExt;

use self::link::Link;
use self::streams::Streams;
use crate::call::IncomingCall;
use crate::failure::{self, announce_close};
use crate::request::request;
use crate::response::{Outcome, outcome};
use crate::service::KitexService;

/// Serves `kitex` on `connection` from `service`, which is a stack of [`grpc_server`] around
/// a tonic service, until the client leaves or is to leave. Malformed frames close it.
pub async fn serve<S: HttpService<RequestBody>>(
    connection: OtherConnection,
    service: S,
    kitex: KitexService,
) {
    if connection.protocol == Protocol::TtHeaderStreaming {
        return Streams::new(connection, service, kitex).run().await;
    }
    let session = Session {
        link: Link::new(connection.stream, &connection.calls, connection.leave),
        open: FuturesUnordered::new(),
        multiplexed: false,
        announced: false,
        announce_by: None,
        starter: connection.calls,
        ending: false,
        finished: 0,
        service,
        kitex,
    };
    session.run().await;
}

/// How long the announcement that a multiplexed connection is closed waits for a moment without a
/// call in flight.
const BUSY: Duration = Duration::from_secs(1);

/// A call that is over.
struct Answered {
    call: IncomingCall,
    outcome: Outcome,
}

/// Calls that a connection may finish before other tasks have their turn: all of its calls are
/// part of its own task, and may be ready at once.
const BURST: usize = 8;

struct Session<S> {
    link: Link,
    open: FuturesUnordered<BoxFuture<'static, Answered>>,
    /// Whether calls may be open at a time.
    multiplexed: bool,
    /// Whether a client with a multiplexed connection has been told to leave.
    announced: bool,
    /// When the control frame is sent at the latest.
    announce_by: Option<Instant>,
    starter: CallStarter,
    /// Whether no further call is served.
    ending: bool,
    /// Calls that have finished since other tasks had their turn.
    finished: usize,
    service: S,
    kitex: KitexService,
}

impl<S: HttpService<RequestBody>> Session<S> {
    async fn run(mut self) {
        loop {
            if let Err(error) = self.start_calls() {
                tracing::debug!(%error, "closing a connection of Kitex");
                self.ending = true;
            }
            if self.is_over() || self.link.has_lingered(self.has_calls()) {
                return self.link.close().await;
            }
            if !self.turn().await {
                return;
            }
            if self.finished >= BURST {
                self.finished = 0;
                yield_now().await;
            }
        }
    }

    /// Starts the calls that have arrived, up to the maximum of open calls.
    ///
    /// # Errors
    /// If what has arrived is not a call that can be responded to, or calls flood the server.
    fn start_calls(&mut self) -> Result<(), BoxError> {
        self.announce_close()?;
        while self.may_start() {
            let Some(frame) = self.link.inbound.next()? else {
                return Ok(());
            };
            self.start(frame)?;
        }
        Ok(())
    }

    /// Tells a client that calls at any time to use another connection. It does as soon as no call
    /// is in flight: reading that, Kitex v0.16 panics, and closes the connection with all its calls.
    fn announce_close(&mut self) -> Result<(), BoxError> {
        if self.announced || !self.multiplexed || !self.link.is_leaving() {
            return Ok(());
        }
        let latest = Instant::now() + BUSY;
        let latest = *self.announce_by.get_or_insert(latest);
        if !self.link.is_idle(self.has_calls()) && Instant::now() < latest {
            return Ok(());
        }
        self.announced = true;
        Ok(self.link.outbound.push(&control::close_soon())?)
    }

    /// When the announcement is due, if it waits.
    fn announcement(&self) -> Option<Instant> {
        let waits = self.multiplexed && !self.announced;
        self.announce_by.filter(|_| waits)
    }

    fn may_start(&self) -> bool {
        let most = match self.multiplexed {
            true => self.starter.max_concurrent(),
            false => 1,
        };
        !self.ending && self.open.len() < most && !self.link.outbound.is_full()
    }

    fn start(&mut self, frame: Frame) -> Result<(), BoxError> {
        if frame.is_streaming() {
            return Err("a stream on a connection of calls".into());
        }
        let (call, arguments) = IncomingCall::decode(frame)?;
        if !self.kitex.serves(call.message().codec) {
            return Err("the encoding is not served".into());
        }
        if !call.is_call() {
            return self.send(failure::not_a_call(&call), true);
        }
        self.multiplexed = call.is_multiplexed();
        let mut request = request(&self.kitex, &call, &arguments);
        let open = self.starter.start(request.extensions_mut());
        let open = open.ok_or("too many calls are open")?;
        // Not an `async` block, which would have a place for the response and for what it becomes.
        let response = self.service.clone().oneshot(request).map_err(Into::into);
        let outcome = response.then(outcome);
        self.open.push(Box::pin(outcome.map(move |outcome| {
            drop(open);
            Answered { call, outcome }
        })));
        Ok(())
    }

    /// Waits until something happens. Returns whether the connection continues.
    async fn turn(&mut self) -> bool {
        let (has_calls, announcement) = (self.has_calls(), self.announcement());
        tokio::select! {
            biased;
            Some(answered) = self.open.next(), if has_calls => self.answer(answered),
            continues = self.link.turn(has_calls, !self.ending, announcement) => continues,
        }
    }

    fn has_calls(&self) -> bool {
        !self.open.is_empty()
    }

    fn is_over(&self) -> bool {
        self.ending && !self.has_calls() && self.link.outbound.is_empty()
    }

    fn answer(&mut self, answered: Answered) -> bool {
        let Answered { call, outcome } = answered;
        self.finished += 1;
        self.link.linger_again();
        let (frame, closes) = match outcome {
            Ok(response) => (call.respond(&call.message().reply(response)), false),
            Err(status) => failure::response(&self.kitex, &call, &status),
        };
        // Between two responses is the moment at which a client expects it least to be closed in
        // vain; a multiplexed one has others in flight.
        let closes = closes || (self.link.is_leaving() && !self.multiplexed);
        self.send(frame, closes).is_ok()
    }

    fn send(&mut self, mut frame: Frame, closes: bool) -> Result<(), BoxError> {
        if closes || self.link.is_leaving() {
            announce_close(&mut frame);
        }
        self.ending |= closes;
        Ok(self.link.outbound.push(&frame)?)
    }
}
