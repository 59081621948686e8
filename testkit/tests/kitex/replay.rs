//! What stock Kitex clients sent to Kitex's server, sent to user-service.

use kitex_codec::thrift::decode_result;
use kitex_codec::{ApplicationException, BusinessError, Codec, Message, MessageKind};
use prost::Message as _;
use user_proto::v1::{CreateUserResponse, GetUserResponse};

use crate::peer::Peer;
use crate::support::{exception, start};
use crate::vectors::{Exchange, named};

/// Each framing, with the option of the client.
const GET_USER: [&str; 15] = [
    "default-getuser-ok",
    "framed-getuser-ok",
    "buffered-getuser-ok",
    "ttheader-getuser-ok",
    "ttheaderframed-getuser-ok",
    "suite-getuser-ok",
    "suite-getuser-persistent",
    "suite-getuser-unsampled",
    "kpb-default-getuser-ok",
    "kpb-framed-getuser-ok",
    "kpb-suite-getuser-ok",
    "kpb-ttheaderframed-getuser-ok",
    "raw-framed-unknown-field",
    "raw-ttheader-noinfo",
    "raw-ttheader-unframed",
];

fn user_of(message: &Message) -> GetUserResponse {
    assert_eq!(message.kind, MessageKind::Reply);
    match message.codec {
        Codec::Thrift => decode_result(&message.body).unwrap().unwrap(),
        Codec::Protobuf => GetUserResponse::decode(message.body.clone()).unwrap(),
    }
}

/// The response to what was sent in `exchange`, which has the framing of that of Kitex's server.
async fn answer(url: &str, exchange: &Exchange) -> (kitex_codec::Frame, Message) {
    let mut peer = Peer::connect(url).await;
    peer.send(&exchange.sent).await;
    let (frame, message) = peer.answer().await;
    let expected = exchange.answer();
    assert_eq!(frame.framed, expected.framed);
    assert_eq!(frame.header.is_some(), expected.header.is_some());
    let expected = Message::decode(expected.payload).unwrap();
    assert_eq!(message.name, expected.name);
    assert_eq!(message.sequence, expected.sequence);
    assert_eq!(message.codec, expected.codec);
    (frame, message)
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_every_option_get_a_user() {
    let env = start(&[]).await;
    for name in GET_USER {
        let exchange = named(name);
        let (_, message) = answer(env.url(), &exchange).await;
        let expected = Message::decode(exchange.answer().payload).unwrap();
        let (user, mut expected) = (user_of(&message), user_of(&expected));
        if message.codec == Codec::Protobuf {
            // The captured server has no phone number in its protobuf.
            expected.user.as_mut().unwrap().phone = Some("+4930123456".to_owned());
        }
        assert_eq!(user, expected, "{name}");
    }
    assert!(env.service.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_every_option_create_a_user() {
    let env = start(&[]).await;
    for framing in ["framed", "buffered", "ttheaderframed", "suite"] {
        for kind in ["ok", "bare"] {
            let exchange = named(&format!("{framing}-createuser-{kind}"));
            let (_, message) = answer(env.url(), &exchange).await;
            let created: Option<CreateUserResponse> = decode_result(&message.body).unwrap();
            assert!(created.unwrap().user_id > 0, "{framing} {kind}");
        }
    }
    assert!(env.service.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_user_is_a_business_error_to_those_who_can_read_it() {
    let env = start(&[]).await;
    let sentence = "no user has the id 404";
    for name in [
        "suite-getuser-biz",
        "ttheaderframed-getuser-biz",
        "ttheaderunframed-getuser-biz",
        "kpb-suite-getuser-biz",
        "kpb-ttheaderframed-getuser-biz",
    ] {
        let (frame, message) = answer(env.url(), &named(name)).await;
        assert_eq!(message.kind, MessageKind::Reply, "{name}");
        let error = BusinessError::of(&frame.header.unwrap().infos).unwrap();
        assert_eq!((error.status, &*error.message), (5, sentence), "{name}");
        assert_eq!(error.extra["reason"], "USER_NOT_FOUND");
        assert_eq!(error.extra["trace_id"].len(), 32);
    }
    for name in [
        "framed-getuser-biz",
        "buffered-getuser-biz",
        "kpb-default-getuser-biz",
        "kpb-framed-getuser-biz",
    ] {
        let (_, message) = answer(env.url(), &named(name)).await;
        assert_eq!(message.kind, MessageKind::Exception, "{name}");
        let expected = ApplicationException::new(
            ApplicationException::INTERNAL_ERROR,
            format!("NOT_FOUND: {sentence}"),
        );
        assert_eq!(exception(&message), expected, "{name}");
    }
    assert!(env.service.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_method_is_the_exception_of_kitex() {
    let env = start(&[]).await;
    for name in [
        "framed-unknown-method",
        "buffered-unknown-method",
        "ttheaderframed-unknown-method",
        "suite-unknown-method",
        "raw-framed-unknown-method",
        "raw-ttheader-unknown-method",
    ] {
        let exchange = named(name);
        let (_, message) = answer(env.url(), &exchange).await;
        assert_eq!(message.kind, MessageKind::Exception, "{name}");
        let expected = Message::decode(exchange.answer().payload).unwrap();
        assert_eq!(exception(&message), exception(&expected), "{name}");
    }
    assert!(env.service.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_come_together_are_all_answered() {
    let env = start(&[]).await;
    for (name, user) in [
        ("raw-framed-pipelined", 12345),
        ("suite-mux-two-calls", 7),
        ("framed-two-calls-long", 7),
        ("suite-two-calls-long", 7),
    ] {
        let exchange = named(name);
        let mut peer = Peer::connect(env.url()).await;
        peer.send(&exchange.sent).await;
        let mut sequences = Vec::new();
        for _ in exchange.answers() {
            let (frame, message) = peer.answer().await;
            assert_eq!(user_of(&message).user.unwrap().id, user, "{name}");
            if let Some(header) = frame.header {
                assert_eq!(header.sequence, message.sequence, "{name}");
            }
            sequences.push(message.sequence);
        }
        sequences.sort_unstable();
        assert_eq!(sequences, [1, 2], "{name}");
    }
    assert!(env.service.stop().await.success());
}
