//! GetUser in Thrift with kitex-codec alone: frames as Kitex's client sends them, and a constant.

use std::error::Error;

use kitex_codec::thrift::{decode_arguments, encode_result};
use kitex_codec::{Decoder, Frame, Message};
use prost::bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use user_proto::v1::GetUserRequest;

use crate::store::constant;
use crate::users::answer;

pub(crate) async fn serve(listener: TcpListener) {
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("a socket of TCP");
        tokio::spawn(connection(stream));
    }
}

async fn connection(mut stream: TcpStream) {
    let mut decoder = Decoder::default();
    let (mut received, mut responses) = (BytesMut::new(), BytesMut::new());
    loop {
        // A client that is killed ends its connection in the middle.
        let Ok(1..) = stream.read_buf(&mut received).await else {
            return;
        };
        while let Some(call) = decoder.decode(&mut received).expect("a frame") {
            let response = get_user(&call).expect("GetUser");
            response.encode(&mut responses).expect("a short frame");
        }
        if stream.write_all_buf(&mut responses).await.is_err() {
            return;
        }
    }
}

fn get_user(call: &Frame) -> Result<Frame, Box<dyn Error>> {
    let message = Message::decode(call.payload.clone())?;
    let request: GetUserRequest = decode_arguments(&message.body)?;
    let response = encode_result(&answer(constant(request.user_id)));
    Ok(call.response(message.reply(response).encode()))
}
