//! A connection of TTHeader Streaming: any number of streams, of which each is a call. All of it is
//! one task, as for other connections; the client's flow is controlled by not reading from it.

mod end;
mod queue;
mod reply;
mod table;

use bytes::Bytes;
use futures_util::stream::abortable;
use futures_util::{StreamExt, TryFutureExt};
use grpc_server::{BoxError, CallStarter, OtherConnection, OtherStream, RequestBody};
use http::{Request, Response};
use http_body::Body;
use kitex_codec::{StreamFrame, StreamFrameKind, protocol_id};
use tokio::io::{ReadHalf, WriteHalf, split};
use tokio::task::yield_now;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tower::{Service, ServiceExt};

use self::queue::Room;
use self::reply::Step;
use self::table::{OpenStream, Table};
use super::inbound::Inbound;
use super::outbound::Outbound;
use super::{BURST, LINGER, close, read_into, until};
use crate::request::{prefixed, stream_request};
use crate::service::KitexService;

pub(super) struct Streams<S> {
    streams: Table,
    room: Room,
    reader: ReadHalf<OtherStream>,
    writer: WriteHalf<OtherStream>,
    inbound: Inbound,
    outbound: Outbound,
    starter: CallStarter,
    leave: CancellationToken,
    /// Until when a stream that is in flight is waited for, once the client is to leave.
    leaving: Option<Instant>,
    /// Steps since other tasks had their turn.
    steps: usize,
    service: S,
    kitex: KitexService,
}

impl<S, B> Streams<S>
where
    S: Service<Request<RequestBody>, Response = Response<B>, Future: Send, Error: Into<BoxError>>
        + Clone
        + Send
        + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    pub(super) fn new(connection: OtherConnection, service: S, kitex: KitexService) -> Self {
        let timeout = connection.calls.frame_timeout();
        let (reader, writer) = split(connection.stream);
        Self {
            streams: Table::default(),
            room: Room::new(),
            reader,
            writer,
            inbound: Inbound::new(timeout, connection.calls.held_bytes()),
            outbound: Outbound::new(timeout),
            starter: connection.calls,
            leave: connection.leave,
            leaving: None,
            steps: 0,
            service,
            kitex,
        }
    }

    pub(super) async fn run(mut self) {
        loop {
            if let Err(error) = self.take_frames() {
                tracing::debug!(%error, "closing a connection of TTHeader Streaming");
                drop(self.streams);
                return close(self.reader, self.writer).await;
            }
            if self.has_lingered() {
                return close(self.reader, self.writer).await;
            }
            if !self.turn().await {
                return;
            }
            if self.steps >= BURST {
                self.steps = 0;
                yield_now().await;
            }
        }
    }

    /// Takes the frames that have arrived, while there is room for what comes of them.
    ///
    /// # Errors
    /// If what has arrived is no frame of a stream, or calls flood the server.
    fn take_frames(&mut self) -> Result<(), BoxError> {
        while self.streams.waiting.is_none() && !self.outbound.is_full() {
            self.inbound.set_queued(self.room.used());
            let Some(frame) = self.inbound.next()? else {
                return Ok(());
            };
            self.take(StreamFrame::try_from(frame)?)?;
        }
        Ok(())
    }

    fn take(&mut self, frame: StreamFrame) -> Result<(), BoxError> {
        let stream = frame.stream;
        match frame.kind {
            StreamFrameKind::Header => return self.begin(frame),
            StreamFrameKind::Data => self.queue(stream, prefixed(&frame.payload)),
            // A failure of the client.
            StreamFrameKind::Trailer if !frame.payload.is_empty() => self.streams.cancel(stream),
            StreamFrameKind::Trailer => {
                if let Some(open) = self.streams.open.get_mut(&stream) {
                    open.requests = None;
                }
            }
            StreamFrameKind::Reset => self.streams.cancel(stream),
            StreamFrameKind::Meta => {}
        }
        Ok(())
    }

    /// Starts the call of a stream.
    fn begin(&mut self, header: StreamFrame) -> Result<(), BoxError> {
        let stream = header.stream;
        if header.protocol_id != protocol_id::THRIFT_STRUCT {
            return Err("the encoding is not served".into());
        }
        if self.streams.open.contains_key(&stream) {
            return Err("a stream begins that is open".into());
        }
        let (requests, messages) = queue::queue();
        let body = RequestBody::streamed(messages);
        let mut request = stream_request(&self.kitex, &header, body);
        let is_one_too_many = self.streams.open.len() >= self.starter.max_concurrent();
        let open = self.starter.start(request.extensions_mut());
        let open = open.ok_or("too many calls are open")?;
        let responding = self.service.clone().oneshot(request).map_err(Into::into);
        let (steps, call) = abortable(reply::steps(responding, open));
        let opened = OpenStream::new(header, requests, call);
        self.streams.open.insert(stream, opened);
        if is_one_too_many {
            let message = "the connection has too many streams";
            let refused = Step::Ended(Err(Status::resource_exhausted(message)));
            return self.step(stream, refused);
        }
        let steps = steps.map(move |step| (stream, step)).boxed();
        self.streams.steps.push(steps);
        Ok(())
    }

    /// Hands a message to the call of its stream, or keeps it until there is room. Those of streams
    /// that are over, or half closed, are dropped, as in Kitex.
    fn queue(&mut self, stream: i32, message: Bytes) {
        let open = self.streams.open.get(&stream);
        if let Some(requests) = open.and_then(|open| open.requests.as_ref())
            && let Err(message) = self.room.try_queue(requests, message)
        {
            self.streams.waiting = Some((stream, message));
        }
    }

    /// Waits until something happens. Returns whether the connection continues.
    async fn turn(&mut self) -> bool {
        let deadline = self.deadline();
        let room = self.inbound.room();
        let is_reading = room.is_some();
        let waiting = self.streams.waiting.as_ref();
        let is_waiting = waiting.is_some();
        let freed = async {
            if let Some((_, message)) = waiting {
                self.room.freed_for(message).await;
            }
        };
        let is_full = self.outbound.is_full();
        // In random order: the cancellation of a stream has its turn while others send.
        tokio::select! {
            Some((stream, step)) = self.streams.steps.next(), if !is_full => {
                self.steps += 1;
                self.step(stream, step).is_ok()
            }
            sent = self.outbound.send(&mut self.writer), if !self.outbound.is_empty() => sent.is_ok(),
            () = freed, if is_waiting => {
                if let Some((stream, message)) = self.streams.waiting.take() {
                    self.queue(stream, message);
                }
                true
            }
            read = read_into(&mut self.reader, room), if is_reading => read.is_ok_and(|bytes| bytes > 0),
            () = self.leave.cancelled(), if self.leaving.is_none() => {
                self.leaving = Some(Instant::now() + LINGER);
                true
            }
            () = until(deadline) => self.has_lingered(),
        }
    }

    /// Sends what the call of `stream` goes on with.
    ///
    /// # Errors
    /// If it can't be encoded.
    fn step(&mut self, stream: i32, step: Step) -> Result<(), BoxError> {
        let Some(open) = self.streams.open.get_mut(&stream) else {
            return Ok(());
        };
        let method = open.named().method;
        if !open.began {
            let header = StreamFrame::new(StreamFrameKind::Header, stream, method, Bytes::new());
            self.outbound.push(&header.into())?;
        }
        let frame = match step {
            Step::Message(message) => {
                StreamFrame::new(StreamFrameKind::Data, stream, method, message)
            }
            Step::Ended(end) => end::trailer(&self.kitex, stream, open.named(), end),
        };
        let is_last = frame.kind == StreamFrameKind::Trailer;
        open.began = true;
        self.outbound.push(&frame.into())?;
        if is_last {
            self.streams.open.remove(&stream);
            // The client may have begun another one, which is in flight.
            self.leaving = self.leaving.map(|_| Instant::now() + LINGER);
        }
        Ok(())
    }

    /// When the connection ends if nothing happens: a frame is late in either direction, or no
    /// further stream has begun.
    fn deadline(&self) -> Option<Instant> {
        let linger = self.leaving.filter(|_| self.is_idle());
        let deadlines = [self.inbound.deadline(), self.outbound.deadline(), linger];
        deadlines.into_iter().flatten().min()
    }

    fn is_idle(&self) -> bool {
        self.streams.open.is_empty() && self.outbound.is_empty() && self.inbound.is_empty()
    }

    /// Whether the client is to leave, and has no stream for a while.
    fn has_lingered(&self) -> bool {
        let over = self.leaving.is_some_and(|until| until <= Instant::now());
        over && self.is_idle()
    }
}
