//! `TRACE_KEEP`: whatever is sampled, each failed or slow call is found, with both of its halves.

use testkit::{Database, Trace, text};
use tonic::Code;
use user_proto::v1::GetUserRequest;

use crate::support::{Pair, ada};

const GET_USER: &str = "user.v1.UserService/GetUser";
const CLIENTS: usize = 20;

/// One trace of a hundred is sampled.
const SAMPLER: [(&str, &str); 2] = [
    ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
    ("OTEL_TRACES_SAMPLER_ARG", "0.01"),
];

/// How many calls of each kind are made: few in every run of the tests, `TEST_CALLS` of them on demand.
fn calls() -> usize {
    std::env::var("TEST_CALLS").map_or(500, |count| count.parse().unwrap())
}

async fn keeping(reasons: &str) -> Pair {
    let variables = [&SAMPLER[..], &[("TRACE_KEEP", reasons)]].concat();
    Pair::configured(Database::create().await, &variables).await
}

fn kept<'a>(traces: &'a [Trace], reason: &str) -> Vec<&'a Trace> {
    let is_kept = |it: &&Trace| {
        let mut reasons = it.spans().iter().map(|it| text(it, "trace.kept"));
        reasons.all(|kept| kept == Some(reason))
    };
    traces.iter().filter(is_kept).collect()
}

#[tokio::test]
async fn every_failed_call_is_found_and_of_the_others_those_that_are_sampled() {
    let pair = keeping("errors").await;
    let mut client = pair.plain_client().await;
    let created = client.create_user(ada()).await.unwrap();
    let user_id = created.into_inner().user_id;
    for _ in 0..calls() {
        client.get_user(GetUserRequest { user_id }).await.unwrap();
        let nobodys = GetUserRequest { user_id: i64::MAX };
        let missing = client.get_user(nobodys).await.unwrap_err();
        assert_eq!(missing.code(), Code::NotFound);
    }
    let (traces, _) = pair.finish().await;

    let (failed, well): (Vec<&Trace>, Vec<&Trace>) = traces.iter().partition(|it| {
        let call = &it.spans()[0];
        text(call, "rpc.response.status_code") == Some("NOT_FOUND")
    });
    assert_eq!(failed.len(), calls());
    let is_sampled = |it: &Trace| it.spans()[0].span.flags & 1 == 1;
    for trace in failed.iter().filter(|it| !is_sampled(it)) {
        assert_eq!(text(trace.span(GET_USER), "trace.kept"), Some("error"));
    }
    // What is not kept for a reason stands for a hundred, give or take what chance does.
    assert!(well.iter().all(|it| is_sampled(it)));
    let sampled = traces.iter().filter(|it| is_sampled(it)).count();
    assert!(sampled < 2 * calls() / 20, "{sampled} of {}", 2 * calls());
}

#[tokio::test]
async fn a_failed_call_is_found_with_both_halves_under_one_trace_id() {
    let pair = keeping("errors").await;
    let variables = [&SAMPLER[..], &[("TRACE_KEEP", "errors")]].concat();
    for _ in 0..CLIENTS {
        let output = pair.client_with(&["get", "4711"], &variables).await;
        assert_eq!(output.status.code(), Some(3), "{output:?}");
    }
    let (traces, _) = pair.finish().await;

    assert_eq!(traces.len(), CLIENTS);
    for trace in &traces {
        assert!(trace.orphans().is_empty(), "{}", trace.tree());
        let services: Vec<&str> = trace.spans().iter().map(|it| it.service_name()).collect();
        assert!(services.contains(&"user-client"), "{}", trace.tree());
        assert!(services.contains(&"user-service"), "{}", trace.tree());
    }
}

#[tokio::test]
async fn a_slow_call_is_found_with_all_that_it_did() {
    // Nothing is faster than this.
    let pair = keeping("slow:1us").await;
    let mut client = pair.plain_client().await;
    client.create_user(ada()).await.unwrap();
    let (traces, _) = pair.finish().await;

    let [trace] = &kept(&traces, "slow")[..] else {
        panic!("{} traces", traces.len());
    };
    assert_eq!(
        trace.tree(),
        "user-service SERVER user.v1.UserService/CreateUser\n  user-service CLIENT INSERT users\n"
    );
}

#[tokio::test]
async fn without_a_reason_to_keep_nothing_but_what_is_sampled_is_exported() {
    let variables = [("OTEL_TRACES_SAMPLER", "always_off")];
    let pair = Pair::configured(Database::create().await, &variables).await;
    let nobodys = GetUserRequest { user_id: 4711 };
    let missing = pair.plain_client().await.get_user(nobodys).await;
    assert_eq!(missing.unwrap_err().code(), Code::NotFound);
    let (traces, _) = pair.finish().await;
    assert!(traces.is_empty(), "{}", traces[0].tree());
}
