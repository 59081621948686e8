#![expect(clippy::unwrap_used, reason = "tests")]

use futures_util::stream;
use http::HeaderMap;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use prost::bytes::Bytes;
use tonic::Code;

use super::*;

const LIMIT: usize = 100;

fn prefixed(flag: u8, message: &[u8]) -> Vec<u8> {
    let size = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[flag][..], &size, message].concat()
}

fn body(pieces: Vec<Result<Bytes, Status>>) -> Body {
    let frames = pieces.into_iter().map(|piece| piece.map(Frame::data));
    Body::new(StreamBody::new(stream::iter(frames)))
}

/// The response of a service that returns its request.
async fn echo(body: Body) -> (HeaderMap, Option<String>) {
    let response = unary(body, LIMIT, |request: String| async move { Ok(request) }).await;
    let (head, body) = response.into_parts();
    let collected = body.collect().await.unwrap();
    let trailers = collected.trailers().cloned().unwrap_or(head.headers);
    let data = collected.to_bytes();
    let message = (!data.is_empty()).then(|| {
        assert_eq!(data[..5], prefixed(0, &data[5..])[..5]);
        String::decode(&data[5..]).unwrap()
    });
    (trailers, message)
}

async fn code(body: Body) -> Code {
    let (headers, message) = echo(body).await;
    assert!(message.is_none());
    Status::from_header_map(&headers).unwrap().code()
}

#[tokio::test]
async fn a_message_arrives_however_it_is_cut() {
    let sent = "Ada".to_owned();
    let data = prefixed(0, &sent.encode_to_vec());
    for piece_bytes in 1..=data.len() {
        let pieces = data
            .chunks(piece_bytes)
            .map(|it| Ok(Bytes::copy_from_slice(it)));
        let (trailers, received) = echo(body(pieces.collect())).await;
        assert_eq!(received.as_ref(), Some(&sent), "pieces of {piece_bytes}");
        assert_eq!(trailers["grpc-status"], "0");
        assert_eq!(trailers.len(), 1);
    }
}

#[tokio::test]
async fn an_empty_message_is_one() {
    let data = Bytes::from(prefixed(0, &[]));
    let (_, received) = echo(body(vec![Ok(data)])).await;
    assert_eq!(received, Some(String::new()));
}

#[tokio::test]
async fn a_malformed_request_is_an_error() {
    let whole = prefixed(0, &"Ada".to_owned().encode_to_vec());
    for (data, expected) in [
        (Vec::new(), Code::Internal),
        (whole[..3].to_vec(), Code::Internal),
        (whole[..whole.len() - 1].to_vec(), Code::Internal),
        (prefixed(1, b"x"), Code::Internal),
        (prefixed(2, b"x"), Code::Internal),
        (prefixed(0, b"\xff"), Code::Internal),
        (prefixed(0, &[0; LIMIT + 1])[..5].to_vec(), Code::OutOfRange),
    ] {
        assert_eq!(
            code(body(vec![Ok(data.clone().into())])).await,
            expected,
            "{data:?}"
        );
    }
}

#[tokio::test]
async fn an_error_of_the_body_is_that_of_the_call() {
    let whole = Bytes::from(prefixed(0, &"Ada".to_owned().encode_to_vec()));
    let second = Status::invalid_argument("a second message");
    assert_eq!(
        code(body(vec![Ok(whole), Err(second)])).await,
        Code::InvalidArgument
    );
    let gone = Status::cancelled("the caller is gone");
    assert_eq!(code(body(vec![Err(gone)])).await, Code::Internal);
}

#[tokio::test]
async fn the_status_of_a_handler_is_sent() {
    let data = Bytes::from(prefixed(0, &[]));
    let refuse = |_: String| async { Err::<(), _>(Status::not_found("no such user")) };
    let response = unary(body(vec![Ok(data)]), LIMIT, refuse).await;
    let status = Status::from_header_map(response.headers()).unwrap();
    assert_eq!(
        (status.code(), status.message()),
        (Code::NotFound, "no such user")
    );
    assert_eq!(response.headers()["content-type"], "application/grpc");
}

#[tokio::test]
async fn messages_of_another_encoding_are_bytes() {
    let reversed = |message: Bytes| async move { Ok(message.iter().rev().copied().collect()) };
    let refused = |message: Bytes| match message.is_empty() {
        true => Err(Status::data_loss("it is empty")),
        false => Ok(message),
    };
    for (sent, expected) in [("abc", Ok("cba")), ("", Err(Code::DataLoss))] {
        let data = Bytes::from(prefixed(0, sent.as_bytes()));
        let response = unary_of_bytes(body(vec![Ok(data)]), LIMIT, refused, reversed).await;
        let status = Status::from_header_map(response.headers());
        let data = response.into_body().collect().await.unwrap().to_bytes();
        match expected {
            Ok(text) => assert_eq!(data, prefixed(0, text.as_bytes())),
            Err(code) => assert_eq!(status.unwrap().code(), code),
        }
    }
}
