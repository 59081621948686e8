//! Tokens of Kitex clients, who have no headers but the infos of TTHeader.

use bytes::{Bytes, BytesMut};
use kitex_codec::thrift::encode_arguments;
use kitex_codec::{
    ApplicationException, BusinessError, Codec, Frame, Message, MessageKind, StreamFrame,
    StreamFrameKind, keys,
};
use testkit::user_client;
use user_proto::v1::GetUserRequest;

use crate::auth_env::{AuthEnv, UNAUTHENTICATED};
use crate::kitex_peer::{Call, Peer};

/// What a call of a user that does not exist comes to.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// It passed: there is no such user.
    Business(i32),
    Exception(String),
}

fn call() -> Call {
    let request = GetUserRequest { user_id: 4711 };
    Call::new("GetUser", encode_arguments(&request))
}

/// What the service makes of these bytes.
async fn outcome(env: &AuthEnv, bytes: &[u8]) -> Outcome {
    let mut peer = Peer::connect(env.env.url()).await;
    peer.send(bytes).await;
    let (frame, message) = peer.answer().await;
    if message.kind == MessageKind::Reply {
        let infos = frame.header.unwrap().infos;
        return Outcome::Business(BusinessError::of(&infos).unwrap().status);
    }
    let exception = ApplicationException::decode(message.codec, &message.body);
    Outcome::Exception(exception.unwrap().message)
}

/// The same of a call with these strings.
async fn with_strings(env: &AuthEnv, strings: &[(&'static str, &str)]) -> Outcome {
    let mut call = call();
    for (key, value) in strings {
        call.header.infos.set_string(*key, (*value).to_owned());
    }
    outcome(env, &call.bytes()).await
}

/// The same of a stream without requests over TTHeader Streaming; none if it passed.
async fn streamed(env: &AuthEnv, token: Option<&str>) -> Option<Outcome> {
    let frame = |kind| StreamFrame::new(kind, 1, "GetUsers", Bytes::new());
    let mut header = frame(StreamFrameKind::Header);
    header.infos.set_string(keys::IDL_SERVICE, "UserService");
    if let Some(token) = token {
        let token = token.to_owned();
        header.infos.set_string("RPC_PERSIST_authorization", token);
    }
    let mut bytes = BytesMut::new();
    for frame in [header, frame(StreamFrameKind::Trailer)] {
        Frame::from(frame).encode(&mut bytes).unwrap();
    }
    let mut peer = Peer::connect(env.env.url()).await;
    peer.send(&bytes).await;
    peer.next().await.unwrap();
    let trailer = peer.next().await.unwrap();
    if trailer.payload.is_empty() {
        return None;
    }
    let message = Message::decode(trailer.payload).unwrap();
    let exception = ApplicationException::decode(Codec::Thrift, &message.body);
    Some(Outcome::Exception(exception.unwrap().message))
}

fn unauthenticated() -> Outcome {
    Outcome::Exception(format!("UNAUTHENTICATED: {UNAUTHENTICATED}"))
}

#[tokio::test]
async fn a_token_is_in_an_info_and_nowhere_else() {
    let env = AuthEnv::start(&[]).await;
    let reader = format!("Bearer {}", env.issuer.token("ada", &["reader"]));
    let writer = format!("Bearer {}", env.issuer.token("ada", &["writer"]));
    let forged = format!("{reader}x");
    for key in ["authorization", "RPC_PERSIST_authorization"] {
        assert_eq!(
            with_strings(&env, &[(key, &reader)]).await,
            Outcome::Business(5)
        );
        assert_eq!(
            with_strings(&env, &[(key, &forged)]).await,
            unauthenticated()
        );
        let denied =
            Outcome::Exception("PERMISSION_DENIED: the caller may not call this method".to_owned());
        assert_eq!(with_strings(&env, &[(key, &writer)]).await, denied);
    }
    let both = [
        ("authorization", &*reader),
        ("RPC_PERSIST_authorization", &reader),
    ];
    assert_eq!(with_strings(&env, &both).await, unauthenticated());
    let elsewhere = [("RPC_TRANSIT_authorization", &*reader)];
    assert_eq!(with_strings(&env, &elsewhere).await, unauthenticated());
    assert_eq!(with_strings(&env, &[]).await, unauthenticated());
}

#[tokio::test]
async fn a_stream_needs_a_token_as_well() {
    let env = AuthEnv::start(&[]).await;
    let reader = format!("Bearer {}", env.issuer.token("ada", &["reader"]));
    assert_eq!(streamed(&env, Some(&reader)).await, None);
    let forged = format!("{reader}x");
    for token in [Some(&*forged), None] {
        assert_eq!(streamed(&env, token).await, Some(unauthenticated()));
    }
}

#[tokio::test]
async fn clients_without_infos_have_no_token() {
    let env = AuthEnv::start(&[]).await;
    let message = call().message.encode();
    assert_eq!(outcome(&env, &message).await, unauthenticated());
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let framed = [&length[..], &message].concat();
    assert_eq!(outcome(&env, &framed).await, unauthenticated());
}

#[tokio::test]
async fn user_client_sends_its_token_over_kitex_too() {
    let env = AuthEnv::start(&[]).await;
    let token = env.issuer.token("ada", &["reader", "writer"]);
    let variables = [("USER_SERVICE", env.env.url())];
    for protocol in ["thrift", "kitex-protobuf"] {
        for workflow in ["user-management", "bulk-onboarding"] {
            let workflow = ["workflow", workflow, "--protocol", protocol];
            let done = [&workflow[..], &["--token", &token]].concat();
            let done = user_client(&done, &variables).await;
            assert!(done.status.success(), "{done:?}");
            let refused = user_client(&workflow, &variables).await;
            assert_eq!(refused.status.code(), Some(1), "{refused:?}");
            assert!(refused.stderr.contains("--token-file"), "{refused:?}");
        }
    }
}
