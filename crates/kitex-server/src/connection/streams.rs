//! A connection of TTHeader Streaming: any number of streams, of which each is a call. All of it is
//! one task, as for other connections; the client's flow is controlled by not reading from it.

mod end;
mod queue;
mod reply;
mod table;

use bytes::Bytes;
use futures_util::stream::abortable;
use futures_util::{StreamExt, TryFutureExt};
use grpc_server::{BoxError, CallStarter, HttpService, OtherConnection, RequestBody};
use kitex_codec::{StreamFrame, StreamFrameKind, protocol_id};
use tokio::task::yield_now;
use tonic::Status;
use tower::ServiceExt;

use self::queue::Room;
use self::reply::Step;
use self::table::{OpenStream, Table};
use super::BURST;
use super::link::Link;
use crate::request::{prefixed, stream_request};
use crate::service::KitexService;

pub(super) struct Streams<S> {
    streams: Table,
    room: Room,
    link: Link,
    starter: CallStarter,
    /// Steps since other tasks had their turn.
    steps: usize,
    service: S,
    kitex: KitexService,
}

impl<S: HttpService<RequestBody>> Streams<S> {
    pub(super) fn new(connection: OtherConnection, service: S, kitex: KitexService) -> Self {
        Self {
            streams: Table::default(),
            room: Room::new(),
            link: Link::new(connection.stream, &connection.calls, connection.leave),
            starter: connection.calls,
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
                return self.link.close().await;
            }
            if self.link.has_lingered(self.has_streams()) {
                return self.link.close().await;
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
        while self.streams.waiting.is_none() && !self.link.outbound.is_full() {
            self.link.inbound.set_queued(self.room.used());
            let Some(frame) = self.link.inbound.next()? else {
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
        let has_streams = self.has_streams();
        let waiting = self.streams.waiting.as_ref();
        let is_waiting = waiting.is_some();
        let freed = async {
            if let Some((_, message)) = waiting {
                self.room.freed_for(message).await;
            }
        };
        let is_full = self.link.outbound.is_full();
        // In random order: the cancellation of a stream has its turn while others send.
        tokio::select! {
            Some((stream, step)) = self.streams.steps.next(), if !is_full => {
                self.steps += 1;
                self.step(stream, step).is_ok()
            }
            () = freed, if is_waiting => {
                if let Some((stream, message)) = self.streams.waiting.take() {
                    self.queue(stream, message);
                }
                true
            }
            continues = self.link.turn(has_streams, true, None) => continues,
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
            self.link.outbound.push(&header.into())?;
        }
        let frame = match step {
            Step::Message(message) => {
                StreamFrame::new(StreamFrameKind::Data, stream, method, message)
            }
            Step::Ended(end) => end::trailer(&self.kitex, stream, open.named(), end),
        };
        let is_last = frame.kind == StreamFrameKind::Trailer;
        open.began = true;
        self.link.outbound.push(&frame.into())?;
        if is_last {
            self.streams.open.remove(&stream);
            self.link.linger_again();
        }
        Ok(())
    }

    fn has_streams(&self) -> bool {
        !self.streams.open.is_empty()
    }
}
