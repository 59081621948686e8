//! What the captured messages mean is what the Kitex client saw.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::BytesMut;
use kitex_codec::thrift::{
    decode_arguments, decode_result, empty_result, encode_arguments, encode_result,
};
use kitex_codec::{
    ApplicationException, BusinessError, Codec, DecodeError, Frame, Message, MessageKind,
    StreamFrame, StreamFrameKind, keys,
};

use super::exchange::{frame, frames, named};
use super::user::{GetUserRequest, GetUserResponse, ada};

const FRAMINGS: [&str; 6] = [
    "buffered",
    "framed",
    "default",
    "ttheaderframed",
    "ttheaderunframed",
    "suite",
];

fn message(frame: &Frame) -> Message {
    Message::decode(frame.payload.clone()).unwrap()
}

#[test]
fn get_user_is_read_and_answered_as_kitex_does_over_every_framing() {
    for framing in FRAMINGS {
        let exchange = named(&format!("{framing}-getuser-ok"));
        let request = frame(&exchange.sent);
        let call = message(&request);
        assert_eq!(call.kind, MessageKind::Call);
        assert_eq!((&*call.name, call.sequence), ("GetUser", 1));
        let GetUserRequest { user_id } = decode_arguments(&call.body).unwrap();
        assert_eq!(user_id, 12345);
        assert_eq!(encode_arguments(&GetUserRequest { user_id }), call.body);

        let body = encode_result(&ada(user_id));
        let mut answer = request.response(call.reply(body.clone()).encode());
        if let Some(header) = &mut answer.header {
            header
                .infos
                .set_int(keys::MESSAGE_KIND, MessageKind::Reply.info());
        }
        let mut bytes = BytesMut::new();
        answer.encode(&mut bytes).unwrap();
        assert_eq!(bytes, exchange.answered, "{framing}");
        let response: GetUserResponse = decode_result(&body).unwrap().unwrap();
        assert_eq!(response, ada(12345));
    }
}

#[test]
fn the_header_of_the_suite_has_trace_caller_and_timeout() {
    let header = frame(&named("suite-getuser-ok").sent).header.unwrap();
    for (key, value) in [
        (keys::TRANSPORT_TYPE, "framed"),
        (keys::FROM_SERVICE, "kitex-client"),
        (keys::TO_SERVICE, "user-service"),
        (keys::TO_METHOD, "GetUser"),
        (keys::FROM_METHOD, ""),
        (keys::MESSAGE_KIND, "1"),
    ] {
        assert_eq!(header.infos.int(key), Some(value), "{key}");
    }
    assert_eq!(header.infos.string(keys::IDL_SERVICE), Some("UserService"));
    let trace = header.infos.string("RPC_TRANSIT_traceparent").unwrap();
    assert!(trace.starts_with("00-9d0443473e62d8f1"), "{trace}");
    assert_eq!(header.timeout(), Some(Duration::from_secs(3)));
    assert!(!header.is_multiplexed() && !header.is_streaming());

    let multiplexed = frames(&named("suite-mux-two-calls").sent).unwrap().0;
    for (sequence, frame) in (1..).zip(multiplexed) {
        let header = frame.header.unwrap();
        assert!(header.is_multiplexed());
        assert_eq!(header.sequence, sequence);
    }
}

#[test]
fn a_header_without_infos_names_no_timeout() {
    let header = frame(&named("raw-ttheader-noinfo").sent).header.unwrap();
    assert!(header.infos.is_empty());
    assert_eq!(header.timeout(), None);
    let header = frame(&named("raw-ttheader-acl").sent).header.unwrap();
    assert_eq!(header.infos.acl_token().unwrap(), "tok12");
}

#[test]
fn business_errors_are_in_the_infos_beside_an_empty_result() {
    let reason = BTreeMap::from([("reason".to_owned(), "USER_NOT_FOUND".to_owned())]);
    for (name, extra) in [
        ("suite-getuser-biz", reason.clone()),
        ("ttheaderframed-getuser-biz", reason.clone()),
        ("ttheaderunframed-getuser-biz", reason),
        ("kpb-suite-getuser-biz", BTreeMap::new()),
        ("kpb-default-getuser-biz", BTreeMap::new()),
    ] {
        let answer = frame(&named(name).answered);
        let reply = message(&answer);
        assert_eq!(reply.kind, MessageKind::Reply, "{name}");
        match reply.codec {
            Codec::Thrift => {
                assert_eq!(reply.body, empty_result());
                assert_eq!(decode_result::<GetUserResponse>(&reply.body), Ok(None));
            }
            Codec::Protobuf => assert!(reply.body.is_empty()),
        }
        let expected = BusinessError {
            status: 404,
            message: "no user has the id 404".to_owned(),
            extra,
        };
        let infos = answer.header.unwrap().infos;
        assert_eq!(BusinessError::of(&infos), Some(expected), "{name}");
    }
    let success = frame(&named("suite-getuser-ok").answered);
    assert_eq!(BusinessError::of(&success.header.unwrap().infos), None);
}

#[test]
fn exceptions_have_the_sentence_and_the_type_that_the_client_saw() {
    let gone = "biz error: the database is gone";
    let internal = ApplicationException::INTERNAL_ERROR;
    let service = ApplicationException::UNKNOWN_SERVICE;
    let method = ApplicationException::UNKNOWN_METHOD;
    for (name, codec, kind, sentence) in [
        ("framed-getuser-error", Codec::Thrift, internal, gone),
        ("suite-getuser-error", Codec::Thrift, internal, gone),
        ("kpb-suite-getuser-error", Codec::Protobuf, internal, gone),
        (
            "framed-unknown-method",
            Codec::Thrift,
            service,
            "unknown service , method Find",
        ),
        (
            "raw-ttheader-unknown-method",
            Codec::Thrift,
            method,
            "unknown method Nope (service UserService)",
        ),
    ] {
        let exchange = named(name);
        let answer = message(&frame(&exchange.answered));
        assert_eq!((answer.kind, answer.codec), (MessageKind::Exception, codec));
        let exception = ApplicationException::decode(codec, &answer.body).unwrap();
        assert_eq!(
            exception,
            ApplicationException::new(kind, sentence),
            "{name}"
        );
        let call = message(&frame(&exchange.sent));
        assert_eq!(
            call.exception(&exception).encode(),
            answer.encode(),
            "{name}"
        );
    }
}

#[test]
fn fields_are_skipped_or_demanded_as_in_kitex() {
    let request = |name: &str| {
        let call = message(&frame(&named(name).sent));
        decode_arguments::<GetUserRequest>(&call.body)
    };
    let missing = DecodeError::MissingField("user_id");
    let unknown_field = request("raw-framed-unknown-field");
    assert_eq!(unknown_field, Ok(GetUserRequest { user_id: 12345 }));
    assert_eq!(request("raw-framed-missing-required"), Err(missing.clone()));
    assert_eq!(request("raw-framed-wrong-type"), Err(missing));
    assert_eq!(request("raw-deep-nesting"), Err(DecodeError::TooDeep));
}

#[test]
fn oneway_calls_are_told_from_others() {
    for framing in ["buffered", "framed", "ttheaderframed", "suite"] {
        let exchange = named(&format!("{framing}-oneway"));
        let call = message(&frame(&exchange.sent));
        assert_eq!(call.kind, MessageKind::Oneway, "{framing}");
        assert!(exchange.answered.is_empty());
    }
}

fn stream(bytes: &[u8]) -> Vec<StreamFrame> {
    let frames = frames(bytes).unwrap().0.into_iter();
    frames
        .map(|it| StreamFrame::try_from(it).unwrap())
        .collect()
}

#[test]
fn a_stream_begins_with_a_header_and_ends_with_a_trailer() {
    use StreamFrameKind::{Data, Header, Trailer};
    let exchange = named("ttstream-sstream");
    let request = stream(&exchange.sent);
    let kinds = |frames: &[StreamFrame]| -> Vec<_> { frames.iter().map(|it| it.kind).collect() };
    assert_eq!(kinds(&request), [Header, Data, Trailer]);
    assert!(request[0].infos.string("RPC_TRANSIT_traceparent").is_some());
    let answer = stream(&exchange.answered);
    assert_eq!(kinds(&answer), [Header, Data, Data, Data, Trailer]);
    for frame in request.iter().chain(&answer) {
        assert_eq!((frame.stream, &*frame.method), (1, "ServerStream"));
    }
    assert!(answer[4].payload.is_empty());
}

#[test]
fn a_stream_fails_in_its_trailer_and_is_canceled_by_a_reset() {
    let failed = stream(&named("ttstream-sbiz").answered);
    let error = BusinessError::of(&failed.last().unwrap().infos).unwrap();
    assert_eq!((error.status, &*error.message), (40001, "business says no"));

    let failed = stream(&named("ttstream-sfail").answered);
    let answer = Message::decode(failed.last().unwrap().payload.clone()).unwrap();
    let exception = ApplicationException::decode(answer.codec, &answer.body).unwrap();
    assert_eq!(exception.kind, ApplicationException::INTERNAL_ERROR);

    let canceled = stream(&named("ttstream-scancel").sent);
    let reset = canceled.last().unwrap();
    assert_eq!(reset.kind, StreamFrameKind::Reset);
    assert!(reset.cancel_path().eq(["kitex-client"]));
    let reason = Message::decode(reset.payload.clone()).unwrap();
    let exception = ApplicationException::decode(reason.codec, &reason.body).unwrap();
    assert_eq!(exception.kind, ApplicationException::STREAM_CANCELED);
}
