//! `TRACE_KEEP`: whatever is sampled, each failed or slow call is found, with both of its halves.

use testkit::{TestEnv, Trace, text};
use tonic::Code;
use user_proto::v1::GetUserRequest;

use testkit::users::ada;

const GET_USER: &str = "user.v1.UserService/GetUser";

/// One trace of a hundred is sampled.
const SAMPLER: [(&str, &str); 2] = [
    ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
    ("OTEL_TRACES_SAMPLER_ARG", "0.01"),
];

/// How many calls of each kind are made: few in every run of the tests, `TEST_CALLS` of them on demand.
fn calls() -> usize {
    std::env::var("TEST_CALLS").map_or(500, |count| count.parse().unwrap())
}

async fn keeping(reasons: &str) -> TestEnv {
    let variables = [&SAMPLER[..], &[("TRACE_KEEP", reasons)]].concat();
    TestEnv::configured(&variables).await
}

/// Whether `sampled` of `all` calls are a hundredth, give or take six standard deviations.
fn is_hundredth(sampled: usize, all: usize) -> bool {
    let expected = all as f64 / 100.0;
    let deviation = (expected * 0.99).sqrt();
    (sampled as f64 - expected).abs() <= 6.0 * deviation
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
    let env = keeping("errors").await;
    let mut client = env.plain_client().await;
    let created = client.create_user(ada()).await.unwrap();
    let user_id = created.into_inner().user_id;
    for _ in 0..calls() {
        client.get_user(GetUserRequest { user_id }).await.unwrap();
        let missing_id = GetUserRequest { user_id: i64::MAX };
        let missing = client.get_user(missing_id).await.unwrap_err();
        assert_eq!(missing.code(), Code::NotFound);
    }
    let (traces, _) = env.finish().await;

    let (failed, well): (Vec<&Trace>, Vec<&Trace>) = traces.iter().partition(|it| {
        let call = &it.spans()[0];
        text(call, "rpc.response.status_code") == Some("NOT_FOUND")
    });
    assert_eq!(failed.len(), calls());
    let is_sampled = |it: &Trace| it.spans()[0].span.flags & 1 == 1;
    for trace in failed.iter().filter(|it| !is_sampled(it)) {
        assert_eq!(text(trace.span(GET_USER), "trace.kept"), Some("error"));
    }
    assert!(well.iter().all(|it| is_sampled(it)));
    let sampled = traces.iter().filter(|it| is_sampled(it)).count();
    assert!(is_hundredth(sampled, 2 * calls()), "{sampled}");
}

#[tokio::test]
async fn each_failed_call_of_a_client_is_found_with_both_halves_under_one_trace_id() {
    let env = keeping("errors").await;
    let create = ["create", "--name", "Ada", "--email", "ada@example.com"];
    let unsampled = [("OTEL_TRACES_SAMPLER", "always_off")];
    let created = env.client_with(&create, &unsampled).await;
    assert!(created.status.success(), "{created:?}");
    // A user who is there among others who are not, from one process.
    let missing = |call: usize| (1_000_000 + call).to_string();
    let ids =
        (0..calls()).flat_map(|call| [missing(2 * call), missing(2 * call + 1), "1".to_owned()]);
    let ids: Vec<String> = ids.collect();
    let arguments: Vec<&str> = ["get"]
        .into_iter()
        .chain(ids.iter().map(|id| &**id))
        .collect();
    let variables = [&SAMPLER[..], &[("TRACE_KEEP", "errors")]].concat();

    let output = env.client_with(&arguments, &variables).await;

    assert_eq!(output.status.code(), Some(3), "{}", output.stderr);
    let (traces, _) = env.finish().await;
    let halves = |trace: &Trace| {
        assert!(trace.orphans().is_empty(), "{}", trace.tree());
        let calls = trace.spans().iter();
        let mut calls = calls.filter(|it| it.span.name == GET_USER);
        let (client, server) = (calls.next().unwrap(), calls.next().unwrap());
        assert_eq!(client.service_name(), "user-client", "{}", trace.tree());
        assert_eq!(server.service_name(), "user-service", "{}", trace.tree());
        assert_eq!(server.span.parent_span_id, client.span.span_id);
        let sampled = [client, server].map(|half| half.span.flags & 1 == 1);
        assert_eq!(sampled[0], sampled[1], "{}", trace.tree());
        let codes = [client, server].map(|half| text(half, "rpc.response.status_code"));
        assert_eq!(codes[0], codes[1], "{}", trace.tree());
        assert!(calls.next().is_none(), "{}", trace.tree());
        (codes[0] == Some("OK"), sampled[0])
    };
    let found: Vec<(bool, bool)> = traces.iter().map(halves).collect();
    let count = |of: (bool, bool)| found.iter().filter(|it| **it == of).count();
    let (well_sampled, failed_sampled) = (count((true, true)), count((false, true)));
    assert_eq!(count((false, false)) + failed_sampled, 2 * calls());
    assert_eq!(count((true, false)), 0, "there is no reason to keep these");
    assert!(is_hundredth(well_sampled, calls()), "{well_sampled}");
    assert!(
        is_hundredth(failed_sampled, 2 * calls()),
        "{failed_sampled}"
    );
}

#[tokio::test]
async fn a_slow_call_is_found_with_all_that_it_did() {
    // Nothing is faster than this.
    let env = keeping("slow:1us").await;
    let mut client = env.plain_client().await;
    client.create_user(ada()).await.unwrap();
    let (traces, _) = env.finish().await;

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
    let env = TestEnv::configured(&variables).await;
    let missing_id = GetUserRequest { user_id: 4711 };
    let missing = env.plain_client().await.get_user(missing_id).await;
    assert_eq!(missing.unwrap_err().code(), Code::NotFound);
    let (traces, _) = env.finish().await;
    assert!(traces.is_empty(), "{}", traces[0].tree());
}
