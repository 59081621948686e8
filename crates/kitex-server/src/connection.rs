//! One connection: reads calls, and writes responses; one of streams is in `streams`. All of it is one task; a call whose client
//! leaves is dropped with it.

mod control;
mod inbound;
mod outbound;
mod streams;

use std::future::pending;
use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use grpc_server::{BoxError, CallStarter, OtherConnection, OtherStream, RequestBody};
use http::{Request, Response};
use http_body::Body;
use kitex_codec::{Frame, Protocol};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};

use self::inbound::Inbound;
use self::outbound::Outbound;
use self::streams::Streams;
use crate::call::IncomingCall;
use crate::failure::{self, announce_close};
use crate::request::request;
use crate::response::{Outcome, outcome};
use crate::service::KitexService;

/// How long a connection that is to be closed waits for a call that may be in flight, or for its
/// client to read the last response.
const LINGER: Duration = Duration::from_millis(500);

/// Serves `kitex` on `connection` from `service`, which is a stack of [`grpc_server`] around
/// a tonic service, until the client leaves or is to leave. Malformed frames close it.
pub async fn serve<S, B>(connection: OtherConnection, service: S, kitex: KitexService)
where
    S: Service<Request<RequestBody>, Response = Response<B>, Future: Send, Error: Into<BoxError>>
        + Clone
        + Send
        + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    if connection.protocol == Protocol::TtHeaderStreaming {
        return Streams::new(connection, service, kitex).run().await;
    }
    let timeout = connection.calls.frame_timeout();
    let (reader, writer) = split(connection.stream);
    let session = Session {
        reader,
        writer,
        inbound: Inbound::new(timeout, connection.calls.held_bytes()),
        outbound: Outbound::new(timeout),
        open: FuturesUnordered::new(),
        multiplexed: false,
        announced: false,
        announce_by: None,
        starter: connection.calls,
        leave: connection.leave,
        leaving: None,
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
    reader: ReadHalf<OtherStream>,
    writer: WriteHalf<OtherStream>,
    inbound: Inbound,
    outbound: Outbound,
    open: FuturesUnordered<BoxFuture<'static, Answered>>,
    /// Whether calls may be open at a time.
    multiplexed: bool,
    /// Whether a client with a multiplexed connection has been told to leave.
    announced: bool,
    /// When it is told at the latest.
    announce_by: Option<Instant>,
    starter: CallStarter,
    leave: CancellationToken,
    /// Until when a call that is in flight is waited for, once the client is to leave.
    leaving: Option<Instant>,
    /// Whether no further call is served.
    ending: bool,
    /// Calls that have finished since other tasks had their turn.
    finished: usize,
    service: S,
    kitex: KitexService,
}

impl<S, B> Session<S>
where
    S: Service<Request<RequestBody>, Response = Response<B>, Future: Send, Error: Into<BoxError>>
        + Clone
        + Send
        + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    async fn run(mut self) {
        loop {
            if let Err(error) = self.start_calls() {
                tracing::debug!(%error, "closing a connection of Kitex");
                self.ending = true;
            }
            if self.is_over() {
                return close(self.reader, self.writer).await;
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
            let Some(frame) = self.inbound.next()? else {
                return Ok(());
            };
            self.start(frame)?;
        }
        Ok(())
    }

    /// Tells a client that calls at any time to use another connection. It does as soon as no call
    /// is in flight: reading that, Kitex v0.16 panics, and closes the connection with all its calls.
    fn announce_close(&mut self) -> Result<(), BoxError> {
        if self.announced || !self.multiplexed || self.leaving.is_none() {
            return Ok(());
        }
        let latest = Instant::now() + BUSY;
        let latest = *self.announce_by.get_or_insert(latest);
        if !self.is_idle() && Instant::now() < latest {
            return Ok(());
        }
        self.announced = true;
        Ok(self.outbound.push(&control::close_soon())?)
    }

    /// When the announcement is due, if it waits.
    fn announcement(&self) -> Option<Instant> {
        self.announce_by
            .filter(|_| self.multiplexed && !self.announced)
    }

    fn is_announcement_due(&self) -> bool {
        self.announcement().is_some_and(|by| by <= Instant::now())
    }

    fn may_start(&self) -> bool {
        let most = match self.multiplexed {
            true => self.starter.max_concurrent(),
            false => 1,
        };
        !self.ending && self.open.len() < most && !self.outbound.is_full()
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
        let response = self.service.clone().oneshot(request);
        self.open.push(Box::pin(async move {
            let outcome = outcome(response.await.map_err(Into::into)).await;
            drop(open);
            Answered { call, outcome }
        }));
        Ok(())
    }

    /// Waits until something happens. Returns whether the connection continues.
    async fn turn(&mut self) -> bool {
        let deadline = self.deadline();
        let room = self.inbound.room();
        let is_reading = room.is_some() && !self.ending;
        let reading = read_into(&mut self.reader, room);
        tokio::select! {
            biased;
            Some(answered) = self.open.next(), if !self.open.is_empty() => self.answer(answered),
            sent = self.outbound.send(&mut self.writer), if !self.outbound.is_empty() => sent.is_ok(),
            read = reading, if is_reading => read.is_ok_and(|bytes| bytes > 0),
            () = self.leave.cancelled(), if self.leaving.is_none() => self.linger(),
            () = until(deadline) => self.is_announcement_due() || self.is_lingering(),
        }
    }

    /// When the connection ends if nothing happens, as a frame is late in either direction or no
    /// further call has come; or when its end is announced.
    fn deadline(&self) -> Option<Instant> {
        let linger = self.leaving.filter(|_| self.is_idle());
        let frames = [self.inbound.deadline(), self.outbound.deadline()];
        let others = [linger, self.announcement()];
        frames.into_iter().chain(others).flatten().min()
    }

    /// Whether the client is to leave; also before [`Session::turn`] has noticed it.
    fn is_leaving(&self) -> bool {
        self.leave.is_cancelled()
    }

    fn is_idle(&self) -> bool {
        self.open.is_empty() && self.outbound.is_empty() && self.inbound.is_empty()
    }

    /// Waits a while for a call that may be in flight.
    fn linger(&mut self) -> bool {
        self.leaving = Some(Instant::now() + LINGER);
        true
    }

    fn is_lingering(&mut self) -> bool {
        self.ending = self.leaving.is_some() && self.is_idle();
        self.ending
    }

    fn is_over(&self) -> bool {
        self.ending && self.open.is_empty() && self.outbound.is_empty()
    }

    fn answer(&mut self, answered: Answered) -> bool {
        let Answered { call, outcome } = answered;
        self.finished += 1;
        if self.leaving.is_some() {
            // The client may have sent further calls before it was told to leave.
            self.linger();
        }
        let (frame, closes) = match outcome {
            Ok(response) => (call.respond(&call.message().reply(response)), false),
            Err(status) => failure::response(&self.kitex, &call, &status),
        };
        // Between two responses is the moment at which a client expects it least to be closed in
        // vain; a multiplexed one has others in flight.
        let closes = closes || (self.is_leaving() && !self.multiplexed);
        self.send(frame, closes).is_ok()
    }

    fn send(&mut self, mut frame: Frame, closes: bool) -> Result<(), BoxError> {
        if closes || self.is_leaving() {
            announce_close(&mut frame);
        }
        self.ending |= closes;
        Ok(self.outbound.push(&frame)?)
    }
}

/// Reads into `room`; never, if there is none.
async fn read_into(
    reader: &mut ReadHalf<OtherStream>,
    room: Option<&mut BytesMut>,
) -> io::Result<usize> {
    match room {
        Some(room) => reader.read_buf(room).await,
        None => pending().await,
    }
}

/// Closes in order: what the client still sends is read for a while, as closing the socket with it
/// unread would take the last response away from the client.
async fn close(mut reader: ReadHalf<OtherStream>, mut writer: WriteHalf<OtherStream>) {
    let closing = async {
        writer.shutdown().await?;
        let mut unread = [0; 1024];
        while reader.read(&mut unread).await? > 0 {}
        io::Result::Ok(())
    };
    // The client may have left, or not read.
    let _ = timeout(LINGER, closing).await;
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}
