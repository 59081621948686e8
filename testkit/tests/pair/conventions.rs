//! Every span of both programs keeps the conventions, and holds nothing personal.

use futures_util::{StreamExt, stream};
use http::Method;
use testkit::conventions::{violations, violations_of_log};
use testkit::{Mode, Stream, TestEnv, Trace};
use tonic::Request;
use user_proto::v1::{CreateUserRequest, CreateUsersRequest, GetUserRequest, GetUsersRequest};

use crate::malformed_calls::request;
use crate::support::send;
use testkit::users::ada;

/// Every method, well and badly, from our client and from others.
async fn everything(env: &mut TestEnv) {
    let output = env.client(&["workflow", "all"]).await;
    assert!(output.status.success(), "{output:?}");
    env.client(&["get", "1", "4711"]).await;
    env.client(&["create", "--name", "", "--email", "nobody"])
        .await;
    env.client(&["--timeout", "1us", "get", "1"]).await;
    let mut client = env.plain_client().await;
    let mut late = Request::new(stream::pending::<CreateUsersRequest>());
    late.metadata_mut()
        .insert("grpc-timeout", "50m".parse().unwrap());
    client.create_users(late).await.unwrap_err();
    let endless = stream::iter([GetUsersRequest { user_id: 1 }]).chain(stream::pending());
    let mut late = Request::new(endless);
    late.metadata_mut()
        .insert("grpc-timeout", "200m".parse().unwrap());
    let mut found = client.get_users(late).await.unwrap().into_inner();
    while let Ok(Some(_)) = found.message().await {}
    let nothing = request(Method::POST, "/user.v1.UserService/Nothing", &[0; 5]);
    send(&env.service, nothing).await;
}

#[tokio::test]
async fn no_span_breaks_a_rule_or_has_an_undocumented_name() {
    let mut env = TestEnv::start().await;
    everything(&mut env).await;
    let (traces, _) = env.finish().await;
    let spans: Vec<_> = traces.iter().flat_map(Trace::spans).collect();
    assert!(spans.len() > 100, "{}", spans.len());
    let codes: std::collections::BTreeSet<_> = spans
        .iter()
        .filter_map(|it| testkit::text(it, "rpc.response.status_code"))
        .collect();
    for code in [
        "OK",
        "NOT_FOUND",
        "INVALID_ARGUMENT",
        "ALREADY_EXISTS",
        "DEADLINE_EXCEEDED",
        "UNIMPLEMENTED",
    ] {
        assert!(codes.contains(code), "{code} is not among {codes:?}");
    }

    let found: Vec<String> = spans.iter().flat_map(|it| violations(it)).collect();

    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test]
async fn the_spans_and_records_of_a_database_in_trouble_keep_the_rules() {
    let builder = TestEnv::builder().postgres().proxies().collector();
    let env = builder.variables(&[("CACHE_TTL", "0s")]).start().await;
    let mut client = env.plain_client().await;
    client.create_user(ada()).await.unwrap();
    env.database_proxy().set(Mode::Refuse);
    env.database_proxy().reset_all();
    client
        .get_user(GetUserRequest { user_id: 1 })
        .await
        .unwrap_err();
    env.database_proxy().set(Mode::Pass);
    let sink = env.stop().await;

    let (spans, logs) = (sink.spans(), sink.logs());
    assert!(logs.len() > 3, "{logs:?}");
    let of_logs = logs.iter().flat_map(violations_of_log);
    let found: Vec<String> = spans.iter().flat_map(violations).chain(of_logs).collect();

    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Text that only the database and the caller may see.
const CANARIES: [&str; 4] = [
    "Canary-Name",
    "canary.email",
    "+49555000111",
    "canary-token",
];

/// How many calls of each kind are made: few in every run of the tests, `TEST_CALLS` of them on demand.
fn calls() -> usize {
    std::env::var("TEST_CALLS").map_or(50, |count| count.parse().unwrap())
}

#[tokio::test]
async fn nothing_personal_is_in_any_span_record_metric_or_error() {
    let variables = [
        // Each statement is a record of sqlx.
        ("RUST_LOG", "debug,user_service=trace"),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "100000"),
    ];
    let builder = TestEnv::builder().postgres().redis().collector();
    let mut env = builder.variables(&variables).start().await;
    let mut client = env.plain_client().await;
    let mut errors = String::new();
    for index in 0..calls() {
        let user = |suffix: &str| CreateUserRequest {
            name: format!("Canary-Name {index}"),
            email: format!("canary.email{index}{suffix}@example.com"),
            phone: Some("+49555000111".to_owned()),
            request_id: String::new(),
        };
        let traced = |user| {
            let mut request = Request::new(user);
            let metadata = request.metadata_mut();
            metadata.insert("authorization", "Bearer canary-token".parse().unwrap());
            metadata.insert("baggage", "user=canary-token".parse().unwrap());
            request
        };
        client.create_user(traced(user(""))).await.unwrap();
        let taken = client.create_user(traced(user(""))).await.unwrap_err();
        let invalid = client.create_user(traced(user("@"))).await.unwrap_err();
        errors.push_str(&format!("{taken:?} {invalid:?}"));
    }
    let output = env
        .client(&[
            "create",
            "--name",
            "Canary-Name",
            "--email",
            "canary.email0@example.com",
        ])
        .await;
    errors.push_str(&output.stderr);
    let scraped = crate::metrics::scrape(&env.service).await;
    let logged = env.service.process().text(Stream::Stdout);
    let sink = env.stop().await;
    let (exported, records) = (format!("{:?}", sink.spans()), sink.logs());
    assert!(records.len() > 2 * calls(), "{}", records.len());
    let broken: Vec<String> = records.iter().flat_map(violations_of_log).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let records = format!("{records:?}");

    for canary in CANARIES {
        for (place, text) in [
            ("errors", &errors),
            ("metrics", &scraped.text().to_owned()),
            ("log", &logged),
            ("spans", &exported),
            ("exported records", &records),
        ] {
            assert!(!text.contains(canary), "{canary} is in the {place}");
        }
    }
}
