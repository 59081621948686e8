//! How attempts look in a trace, one CLIENT span for all of them, and what is repeated.

use std::net::TcpListener;
use std::time::Duration;

use grpc_telemetry::receiver;
use opentelemetry_proto::tonic::common::v1::any_value;
use opentelemetry_proto::tonic::metrics::v1::NumberDataPoint;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use testkit::{FaultProxy, Mode, Sink, TableLock, integer, text, user_client};
use user_proto::v1::CreateUsersRequest;

use crate::rolling::streams::create;
use crate::support::{client, proxied};
use testkit::users::new_user;

#[tokio::test(flavor = "multi_thread")]
async fn one_span_covers_all_attempts_of_a_call() {
    let sink = Sink::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let env = proxied(&[("CACHE_TTL", "0s")]).await;
    let user = env.a_user().await.to_string();
    env.database_proxy().set(Mode::Refuse);
    env.database_proxy().reset_all();
    let variables = [
        ("USER_SERVICE", env.service.grpc_url()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &sink.endpoint()),
    ];

    let output = user_client(&["--timeout", "5s", "get", &user], &variables).await;

    assert_eq!(output.status.code(), Some(6), "{}", output.stderr);
    let spans = sink.spans();
    let [span] = &spans[..] else {
        panic!("{} spans", spans.len());
    };
    assert_eq!(span.span.kind, SpanKind::Client as i32);
    let attempts = integer(span, "call.attempts").unwrap();
    assert!(attempts >= 2, "{attempts}");
    let retries = span.span.events.iter().filter(|it| it.name == "Retry");
    assert_eq!(retries.clone().count() as i64, attempts - 1);
    assert_eq!(attempts_counted(&sink), (attempts, attempts));
    // Which replica each attempt went to.
    let peer = ["network.peer.address", "network.peer.port"];
    for retry in retries {
        let keys = retry.attributes.iter().map(|it| &*it.key);
        assert_eq!(keys.filter(|key| peer.contains(key)).count(), 2);
    }
    assert_eq!(text(span, peer[0]), Some("127.0.0.1"));
    let port = integer(span, peer[1]).unwrap();
    assert!(env.service.grpc_url().ends_with(&format!(":{port}")));
}

/// The attempts that the metrics in `sink` have as started, and as ended with UNAVAILABLE.
fn attempts_counted(sink: &Sink) -> (i64, i64) {
    let mut started = 0;
    let mut unavailable = 0;
    for metric in sink.metrics() {
        match (&*metric.name, metric.data.unwrap()) {
            ("rpc.client.attempt.started", Data::Sum(sum)) => {
                started += sum.data_points.iter().map(as_int).sum::<i64>();
            }
            ("rpc.client.attempt.duration", Data::Histogram(durations)) => {
                for point in durations.data_points {
                    let code = receiver::text(&point.attributes, "rpc.response.status_code");
                    assert_eq!(code, Some("UNAVAILABLE"));
                    unavailable += i64::try_from(point.count).unwrap();
                }
            }
            _ => {}
        }
    }
    (started, unavailable)
}

fn as_int(point: &NumberDataPoint) -> i64 {
    match point.value {
        Some(Value::AsInt(value)) => value,
        _ => panic!("{point:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_attempt_names_the_replica_that_it_went_to() {
    let sink = Sink::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let env = proxied(&[]).await;
    let user = env.a_user().await.to_string();
    // A port at which nothing listens.
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let dead = free.local_addr().unwrap().port();
    drop(free);
    let alive: u16 = env
        .service
        .grpc_url()
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let replicas = format!("http://127.0.0.1:{dead},127.0.0.1:{alive}");
    let variables = [
        ("USER_SERVICE", replicas.as_str()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &sink.endpoint()),
    ];

    // Two calls, the first attempts of which go to one replica each.
    let output = user_client(&["get", &user, &user], &variables).await;

    assert!(output.status.success(), "{}", output.stderr);
    let spans = sink.spans();
    let calls = spans
        .iter()
        .filter(|it| it.span.kind == SpanKind::Client as i32);
    let calls: Vec<_> = calls.collect();
    assert_eq!(calls.len(), 2);
    for call in &calls {
        assert_eq!(integer(call, "network.peer.port"), Some(alive.into()));
    }
    let events = calls.iter().flat_map(|it| &it.span.events);
    let retries: Vec<_> = events.filter(|it| it.name == "Retry").collect();
    let [retry] = retries[..] else {
        panic!("{retries:?}");
    };
    let port = retry
        .attributes
        .iter()
        .find(|it| it.key == "network.peer.port");
    let port = port.unwrap().value.clone().unwrap().value;
    assert_eq!(port, Some(any_value::Value::IntValue(dead.into())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_whose_connection_breaks_goes_on_after_the_last_user_it_had() {
    let env = proxied(&[]).await;
    let way = FaultProxy::in_front_of(env.service.grpc_url()).await;
    let client = client(way.url(), Duration::from_secs(60));
    // More than the windows of HTTP/2 take.
    let users = create(&client, 12_000).await;
    let (last, wanted) = users.split_last().unwrap();
    let limit = i32::try_from(wanted.len()).unwrap();
    let mut listed = client.list(0, limit).await.unwrap();
    for (index, &user) in wanted.iter().enumerate() {
        if index == 100 || index == 200 {
            way.reset_all();
        }
        assert_eq!(listed.next().await.unwrap().unwrap().id, user);
    }
    let next = listed.next().await.unwrap();
    assert_eq!(next, None, "there is {last} more, but it was not asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_with_request_ids_is_sent_again_when_its_connection_breaks() {
    let env = proxied(&[]).await;
    let way = FaultProxy::in_front_of(env.service.grpc_url()).await;
    let client = client(way.url(), Duration::from_secs(10));
    let users = std::iter::repeat_with(|| {
        let user = new_user();
        CreateUsersRequest {
            name: user.name,
            email: user.email,
            phone: user.phone,
            request_id: user.request_id,
        }
    });
    let users: Vec<_> = users.take(20).collect();
    let mut lock = TableLock::on_users(env.database()).await;
    let calling = client.clone();
    let created = tokio::spawn(async move { calling.create_many(users).await });
    lock.wait_for_a_statement().await;

    way.reset_all();
    drop(lock);

    assert_eq!(created.await.unwrap().unwrap().user_ids.len(), 20);
    let mut stored = client.list(0, 0).await.unwrap();
    for _ in 0..20 {
        assert!(stored.next().await.unwrap().is_some());
    }
    assert!(stored.next().await.unwrap().is_none(), "one is there twice");
}
