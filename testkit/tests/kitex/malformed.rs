//! Frames that are none, or not those of a call.

use kitex_codec::{ApplicationException, MessageKind};
use testkit::UserService;

use crate::peer::{Peer, frames};
use crate::support::{exception, get_user, start};
use crate::vectors::named;

#[tokio::test(flavor = "multi_thread")]
async fn arguments_that_are_none_are_a_protocol_error_and_the_end() {
    let env = start(&[]).await;
    for name in [
        "raw-framed-missing-required",
        "raw-framed-wrong-type",
        "raw-deep-nesting",
        "raw-huge-string",
    ] {
        let mut peer = Peer::connect(env.url()).await;
        peer.send(&named(name).sent).await;
        let (_, message) = peer.answer().await;
        assert_eq!(message.kind, MessageKind::Exception, "{name}");
        let kind = exception(&message).kind;
        assert_eq!(kind, ApplicationException::PROTOCOL_ERROR, "{name}");
        peer.assert_closed().await;
    }
    assert!(env.service.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_frame_closes_the_connection_without_a_response() {
    let env = start(&[]).await;
    for name in [
        "raw-framed-heartbeat",
        "raw-ttheader-heartbeat",
        "raw-framed-old-protocol",
        "raw-compact",
        "raw-garbage",
        "raw-huge-frame",
        "raw-thrift-and-name-long",
    ] {
        let mut peer = Peer::connect(env.url()).await;
        peer.send(&named(name).sent).await;
        peer.assert_closed().await;
    }
    let unrecognized = |metrics: &testkit::Metrics| {
        let name = "user_service_connections_unrecognized_total";
        metrics.value(name, &[] as &[&str])
    };
    // Those whose first bytes belong to no protocol that is served.
    let metrics = env.service.metrics().await;
    assert_eq!(unrecognized(&metrics), Some(3.0), "{}", metrics.text());
    assert!(env.service.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn oneway_calls_are_refused_and_not_made() {
    let env = start(&[]).await;
    for framing in ["buffered", "framed", "ttheaderframed", "suite"] {
        let mut peer = Peer::connect(env.url()).await;
        let mut sent = &named(&format!("{framing}-oneway")).sent[..];
        // A call follows in the capture.
        let first = frames(sent).remove(0);
        let mut bytes = bytes::BytesMut::new();
        first.encode(&mut bytes).unwrap();
        if framing != "suite" && framing != "ttheaderframed" {
            sent = &bytes;
        }
        peer.send(sent).await;
        let (_, message) = peer.answer().await;
        let kind = exception(&message).kind;
        assert_eq!(
            kind,
            ApplicationException::INVALID_MESSAGE_KIND,
            "{framing}"
        );
        peer.assert_closed().await;
    }
    assert!(env.service.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_protocols_of_the_setting_are_served() {
    let thrift = named("framed-getuser-ok").sent;
    let protobuf = named("kpb-suite-getuser-ok").sent;
    for (protocols, serves_thrift, serves_protobuf) in [
        ("grpc", false, false),
        ("grpc,thrift", true, false),
        ("kitex-protobuf", false, true),
    ] {
        let service = UserService::embedded(&[("PROTOCOLS", protocols)]).await;
        for (sent, serves) in [(&thrift, serves_thrift), (&protobuf, serves_protobuf)] {
            let mut peer = Peer::connect(service.grpc_url()).await;
            if protocols == "grpc" {
                // It speaks first, in HTTP/2.
                continue;
            }
            peer.send(sent).await;
            assert_eq!(peer.next().await.is_some(), serves, "{protocols}");
        }
        assert!(service.stop().await.success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_may_change_its_framing() {
    let env = start(&[]).await;
    let mut peer = Peer::connect(env.url()).await;
    for name in ["framed-getuser-ok", "buffered-getuser-ok"] {
        peer.send(&named(name).sent).await;
        assert_eq!(peer.answer().await.1.kind, MessageKind::Reply, "{name}");
    }
    peer.send(&get_user(12345).bytes()).await;
    assert_eq!(peer.answer().await.1.kind, MessageKind::Reply);
    assert!(env.service.stop().await.success());
}
