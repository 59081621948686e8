//! Calls that wait at the same time share a statement; each trace shows it all the same.

use futures_util::future::join_all;
use testkit::{TestEnv, Trace, text};
use user_proto::v1::{CreateUserRequest, GetUserRequest};

use crate::metrics::{scrape, value};

const CALLS: usize = 150;
const GET_USER: &str = "user.v1.UserService/GetUser";
const CREATE_USER: &str = "user.v1.UserService/CreateUser";

async fn statements(env: &mut TestEnv, summary: &str) -> f64 {
    let lines = scrape(&env.service).await;
    let labels = [("db_query_summary", summary)];
    value(
        &lines,
        "db_client_operation_duration_seconds_count",
        &labels,
    )
    .unwrap_or(0.0)
}

/// The calls of `method`, each with the one statement that its trace shows.
fn assert_all_show(traces: &[Trace], method: &str, statement: &str) {
    let of_method = traces.iter().filter(|it| it.spans()[0].span.name == method);
    let mut links = 0;
    let mut count = 0;
    for trace in of_method {
        let shown = trace.span(statement);
        assert_eq!(shown.span.parent_span_id, trace.span(method).span.span_id);
        assert_eq!(text(shown, "db.system.name"), Some("postgresql"));
        links += shown.span.links.len();
        count += 1;
    }
    assert_eq!(count, CALLS, "{method}");
    assert!(
        links > 0,
        "those that share a statement link to the call that sent it"
    );
}

#[tokio::test]
async fn many_calls_take_few_statements_and_each_shows_the_one_it_waited_for() {
    let variables = [("CACHE_TTL", "0s")];
    let mut env = TestEnv::configured(&variables).await;
    let client = env.plain_client().await;
    let creations = (0..CALLS).map(|index| {
        let mut client = client.clone();
        let request = CreateUserRequest {
            name: format!("User {index}"),
            email: format!("user{index}@example.com"),
            ..CreateUserRequest::default()
        };
        async move { client.create_user(request).await }
    });
    let created = join_all(creations).await;
    let ids: Vec<i64> = created
        .into_iter()
        .map(|it| it.unwrap().into_inner().user_id)
        .collect();
    let look_ups = ids.iter().map(|&user_id| {
        let mut client = client.clone();
        async move { client.get_user(GetUserRequest { user_id }).await }
    });
    for (found, id) in join_all(look_ups).await.into_iter().zip(&ids) {
        assert_eq!(found.unwrap().into_inner().user.unwrap().id, *id);
    }

    let (inserts, selects) = (
        statements(&mut env, "INSERT users").await,
        statements(&mut env, "SELECT users").await,
    );
    let most = CALLS as f64 / 2.0;
    assert!(
        inserts < most && selects < most,
        "{inserts} and {selects} for {CALLS} calls each"
    );
    let (traces, _) = env.finish().await;
    assert_all_show(&traces, CREATE_USER, "INSERT users");
    assert_all_show(&traces, GET_USER, "SELECT users");
}
