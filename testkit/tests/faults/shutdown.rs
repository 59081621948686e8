//! A stop is bounded, and that of one replica fails no call.

use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use testkit::{Signal, Sink, UserService};
use tokio_stream::wrappers::ReceiverStream;
use user_proto::v1::GetUsersRequest;

use crate::support::client;
use testkit::sizes::{report, size};
use testkit::users::{new_user, plain_client};
use testkit::wire;

const LIMIT: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_is_bounded_whatever_streams_do_and_loses_no_span() {
    const CREATES: usize = 20;
    let stops = size(3, 200);
    let (mut longest, mut spans) = (Duration::ZERO, 0);
    for _ in 0..stops {
        let sink = Sink::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let mut service = UserService::start(&[
            ("SHUTDOWN_GRACE", "500ms"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &sink.endpoint()),
        ])
        .await;
        let mut client = plain_client(service.grpc_url()).await;
        for _ in 0..CREATES {
            client.create_user(new_user()).await.unwrap();
        }
        // A stream that its caller never ends.
        let (_keep_open, requests) = tokio::sync::mpsc::channel::<GetUsersRequest>(1);
        let answers = client.get_users(ReceiverStream::new(requests)).await;
        let mut answers = answers.unwrap().into_inner();
        let started = Instant::now();
        service.process().signal(Signal::TERM);
        let status = answers.message().await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::Unavailable, "{status}");
        assert!(status.metadata().contains_key("grpc-retry-pushback-ms"));
        let ended = service.process().wait(LIMIT).await;
        assert!(ended.success(), "{ended}");
        longest = longest.max(started.elapsed());
        // A call each, the stream's too, and what the calls did.
        let received = sink.spans();
        let calls = received
            .iter()
            .filter(|it| it.span.kind() == SpanKind::Server);
        assert_eq!(calls.count(), CREATES + 1);
        let inserts = received.iter().filter(|it| it.span.name == "INSERT users");
        assert_eq!(inserts.count(), CREATES);
        spans += received.len();
    }
    assert!(longest < Duration::from_millis(500 + 1_000), "{longest:?}");
    report(
        17,
        &format!(
            "{stops} stops with an endless stream: exit code 0 within {longest:.2?} at a grace of 0.5 s; the stream ended with UNAVAILABLE; the spans of all {} calls arrived, {spans} in all",
            stops * (CREATES + 1)
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_and_idle_peers_hold_no_stop() {
    let mut service = UserService::embedded(&[]).await;
    let client = client(service.grpc_url(), LIMIT);
    client.create(new_user()).await.unwrap();
    let _silent = wire::connect(service.grpc_url(), b"").await;
    let _half = wire::connect(service.grpc_url(), wire::PREFACE).await;
    let started = Instant::now();
    service.process().signal(Signal::TERM);
    assert!(service.process().wait(LIMIT).await.success());
    let took = started.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_the_wait() {
    let mut service =
        UserService::embedded(&[("SHUTDOWN_GRACE", "60s"), ("SHUTDOWN_DRAIN_DELAY", "60s")]).await;
    let process = service.process();
    process.signal(Signal::TERM);
    process
        .wait_for_line(|line| line.contains("stopping"), LIMIT)
        .await;
    // Within half a second it would be the same request to stop.
    tokio::time::sleep(Duration::from_millis(800)).await;
    process.signal(Signal::INT);
    let ended = process.wait(LIMIT).await;
    assert!(!ended.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_on_while_callers_learn_of_the_stop() {
    let mut service = UserService::embedded(&[("SHUTDOWN_DRAIN_DELAY", "1s")]).await;
    let client = client(service.grpc_url(), LIMIT);
    let user = client.create(new_user()).await.unwrap();
    service.process().signal(Signal::TERM);
    service
        .process()
        .wait_for_line(|line| line.contains("stopping"), LIMIT)
        .await;
    client.get(user).await.unwrap();
    assert!(service.process().wait(LIMIT).await.success());
}
