//! Every method and every code, on both sides, over the wire: no span breaks a rule.

#![expect(
    clippy::unwrap_used,
    reason = "a test reports its failures by panicking"
)]

mod server;

use std::collections::BTreeMap;

use futures_util::stream;
use grpc_channel::Channel;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use testkit::conventions::violations;
use testkit::{Sink, Trace, text};
use tonic::{Code, Request, Status, Streaming};
use user_proto::v1::user_service_client::UserServiceClient;
use user_proto::v1::{
    CreateUserRequest, CreateUsersRequest, GetUserRequest, GetUsersRequest, ListUsersRequest,
};

use crate::server::{Orders, serve};

/// Each method, and whether it is unary.
const METHODS: [(&str, bool); 5] = [
    ("user.v1.UserService/GetUser", true),
    ("user.v1.UserService/CreateUser", true),
    ("user.v1.UserService/ListUsers", false),
    ("user.v1.UserService/CreateUsers", false),
    ("user.v1.UserService/GetUsers", false),
];

/// Those whose responses are a stream, which may fail before it or at its end.
const STREAMS: [&str; 2] = [METHODS[2].0, METHODS[4].0];

fn codes() -> impl Iterator<Item = Code> {
    (0..=16).map(Code::from)
}

/// Calls one method with user-client's channel and returns how that ended.
async fn call(client: &mut UserServiceClient<Channel>, method: &str) -> Code {
    let ended = match method.rsplit('/').next() {
        Some("GetUser") => client.get_user(GetUserRequest::default()).await.map(drop),
        Some("CreateUser") => client
            .create_user(CreateUserRequest::default())
            .await
            .map(drop),
        Some("ListUsers") => match client.list_users(ListUsersRequest::default()).await {
            Ok(answers) => read(answers.into_inner()).await,
            Err(status) => Err(status),
        },
        Some("CreateUsers") => client
            .create_users(Request::new(stream::iter([CreateUsersRequest::default()])))
            .await
            .map(drop),
        _ => {
            let requests = stream::iter([GetUsersRequest::default()]);
            match client.get_users(Request::new(requests)).await {
                Ok(answers) => read(answers.into_inner()).await,
                Err(status) => Err(status),
            }
        }
    };
    ended.map_or_else(|status| status.code(), |()| Code::Ok)
}

async fn read<T>(mut answers: Streaming<T>) -> Result<(), Status> {
    while answers.message().await?.is_some() {}
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_and_every_code_keeps_the_rules_on_both_sides() {
    let sink = Sink::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let telemetry = grpc_telemetry::builder("codes", "1")
        .with_endpoint(sink.endpoint())
        .without_export_retries()
        .with_log_filter("off")
        .install()
        .unwrap();
    let orders = Orders::default();
    let (address, _serving) = serve(orders.clone(), &METHODS, &telemetry).await;
    let target = format!("http://{address}").parse().unwrap();
    let channel = Channel::builder(target).open(&telemetry).unwrap();
    let mut client = UserServiceClient::new(channel);
    let mut calls = 0;
    for (method, _) in METHODS {
        for code in codes() {
            let late: &[bool] = match STREAMS.contains(&method) {
                true => &[false, true],
                false => &[false],
            };
            for late in late {
                orders.end_with(code, *late);
                let ended = call(&mut client, method).await;
                assert_eq!(ended, code, "{method}, late: {late}");
                calls += 1;
            }
        }
    }
    let scraped = telemetry.scrape().unwrap().text(None).body;
    telemetry.shutdown().await;

    let spans = sink.spans();
    assert_eq!(spans.len(), 2 * calls, "two halves of each call");
    let broken: Vec<String> = spans.iter().flat_map(violations).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let mut seen = BTreeMap::new();
    for received in &spans {
        let method = text(received, "rpc.method").unwrap();
        let code = text(received, "rpc.response.status_code").unwrap();
        *seen
            .entry((received.span.kind(), method, code))
            .or_insert(0) += 1;
    }
    for (method, _) in METHODS {
        for code in codes().map(grpc_telemetry::rpc::code_name) {
            let calls = if STREAMS.contains(&method) { 2 } else { 1 };
            for (kind, side) in [(SpanKind::Client, "client"), (SpanKind::Server, "server")] {
                let halves = seen.get(&(kind, method, code));
                assert_eq!(halves, Some(&calls), "{kind:?} {method} {code}");
                let counted = counted(&scraped, side, method, code);
                assert_eq!(counted, Some(calls), "{side} {method} {code}");
            }
        }
    }
    let whole = Trace::all(&spans);
    assert_eq!(whole.len(), calls, "each call is a trace of its own");
    assert!(whole.iter().all(|trace| trace.orphans().is_empty()));
}

/// How many calls of `method` the metric of one side has that ended with `code`, and whose `error.type` fits.
fn counted(scraped: &str, side: &str, method: &str, code: &str) -> Option<usize> {
    let metric = format!("rpc_{side}_call_duration_seconds_count{{");
    let labels = [
        format!("rpc_method=\"{method}\""),
        format!("rpc_response_status_code=\"{code}\""),
    ];
    let is_it =
        |line: &&str| line.starts_with(&metric) && labels.iter().all(|label| line.contains(label));
    let line = scraped.lines().find(is_it)?;
    let is_error = match side {
        "client" => code != "OK",
        _ => testkit::conventions::SERVER_ERRORS.contains(&code),
    };
    let says_so = line.contains(&format!("error_type=\"{code}\""));
    assert_eq!(says_so, is_error, "{line}");
    line.rsplit_once(' ')?.1.parse().ok()
}
