//! GetUser with h2 alone: HTTP/2, the framing of gRPC and a constant.

use h2::RecvStream;
use h2::server::SendResponse;
use http::{HeaderMap, HeaderValue, Request, Response};
use prost::Message;
use prost::bytes::{BufMut, Bytes, BytesMut};
use tokio::net::{TcpListener, TcpStream};
use user_proto::v1::GetUserRequest;

use crate::store::constant;
use crate::users::answer;

/// The bytes before a message of gRPC: whether it is compressed, and its length.
const PREFIX: usize = 5;

pub(crate) async fn serve(listener: TcpListener) {
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("a socket of TCP");
        tokio::spawn(connection(stream));
    }
}

async fn connection(stream: TcpStream) {
    let mut connection = h2::server::handshake(stream).await.expect("a client");
    while let Some(call) = connection.accept().await {
        // A client that is killed ends its connection in the middle.
        let Ok((request, respond)) = call else { return };
        tokio::spawn(async move { get_user(request, respond).await.expect("GetUser") });
    }
}

async fn get_user(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
) -> Result<(), h2::Error> {
    let mut body = request.into_body();
    let mut received = BytesMut::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk?;
        body.flow_control().release_capacity(chunk.len())?;
        received.extend_from_slice(&chunk);
    }
    let request = GetUserRequest::decode(&received[PREFIX..]).expect("a GetUserRequest");
    let mut stream = respond.send_response(head(), false)?;
    stream.send_data(framed(&answer(constant(request.user_id))), false)?;
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    stream.send_trailers(trailers)
}

fn head() -> Response<()> {
    let mut head = Response::new(());
    let grpc = HeaderValue::from_static("application/grpc");
    head.headers_mut().insert("content-type", grpc);
    head
}

fn framed(message: &impl Message) -> Bytes {
    let length = message.encoded_len();
    let mut bytes = BytesMut::with_capacity(PREFIX + length);
    bytes.put_u8(0);
    bytes.put_u32(length as u32);
    message.encode(&mut bytes).expect("room for it");
    bytes.freeze()
}
