//! One unbroken trace, from the workflow to each statement and command.

use std::sync::Arc;

use testkit::{TestEnv, Trace, text};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use user_proto::v1::GetUserRequest;

use crate::support::{FOREIGN_TRACE, the_trace_with, traced};
use testkit::users::ada;

const WORKFLOW: &str = "workflow user-management";
const GET_USER: &str = "user.v1.UserService/GetUser";
const SELECT: &str = "SELECT users";

/// The user is cached when it is created, so reading it queries no database.
const USER_MANAGEMENT: &str = "\
user-client INTERNAL workflow user-management
  user-client CLIENT user.v1.UserService/CreateUser
    user-service SERVER user.v1.UserService/CreateUser
      user-service CLIENT INSERT users
      user-service CLIENT SET
  user-client CLIENT user.v1.UserService/GetUser
    user-service SERVER user.v1.UserService/GetUser
      user-service CLIENT GET
";

/// A read that finds nothing in the cache fills it.
const COLD_READ: &str = "\
user-service SERVER user.v1.UserService/GetUser
  user-service CLIENT GET
  user-service CLIENT SELECT users
  user-service CLIENT SET
";

const FOREIGN_PARENT: [u8; 8] = [0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7];

/// How many client processes run at once.
const AT_ONCE: usize = 4;

/// How many workflows are run: few in every run of the tests, `TEST_WORKFLOWS` of them on demand.
fn workflows() -> usize {
    std::env::var("TEST_WORKFLOWS").map_or(25, |count| count.parse().unwrap())
}

/// The tree of a workflow without the commands to the cache and what replaces them: a call
/// waits 25 ms for a command, which some exceed on a busy machine, and continues without it.
fn without_cache(tree: &str) -> String {
    let of_cache = |line: &&str| ["GET", "SET", SELECT].iter().any(|it| line.ends_with(it));
    let lines = tree.lines().filter(|line| !of_cache(line));
    lines.flat_map(|line| [line, "\n"]).collect()
}

#[tokio::test]
async fn a_workflow_is_one_trace_of_both_processes() {
    let env = TestEnv::start().await;
    let output = env.client(&["workflow", "user-management"]).await;
    assert!(output.status.success(), "{output:?}");
    let (traces, _) = env.finish().await;
    let trace = the_trace_with(&traces, WORKFLOW);
    assert_eq!(
        text(trace.span(WORKFLOW), "workflow.name"),
        Some("user-management")
    );
    let said = format!("{}{}", output.stdout, output.stderr);
    assert!(said.contains(trace.id()), "{} is not in {said}", trace.id());
}

#[tokio::test]
async fn a_foreign_traceparent_is_continued_down_to_the_stores() {
    let first = TestEnv::start().await;
    let created = first.plain_client().await.create_user(ada()).await.unwrap();
    let user_id = created.into_inner().user_id;
    let (_, database) = first.finish().await;

    // Another service on the same database has nothing in its cache.
    let builder = TestEnv::builder().database(database).redis();
    let env = builder.collector().start().await;
    let found = env
        .plain_client()
        .await
        .get_user(traced(GetUserRequest { user_id }))
        .await
        .unwrap();
    assert_eq!(found.into_inner().user.unwrap().email, "ada@example.com");
    let (traces, _) = env.finish().await;

    let trace = the_trace_with(&traces, GET_USER);
    assert_eq!(trace.id(), FOREIGN_TRACE);
    assert_eq!(trace.tree(), COLD_READ);
    let orphans: Vec<&str> = trace
        .orphans()
        .iter()
        .map(|it| it.span.name.as_str())
        .collect();
    assert_eq!(orphans, [GET_USER]);
    assert_eq!(trace.span(GET_USER).span.parent_span_id, FOREIGN_PARENT);
}

#[tokio::test]
async fn a_call_without_a_traceparent_starts_a_trace() {
    let env = TestEnv::start().await;
    let mut client = env.plain_client().await;
    client
        .get_user(GetUserRequest { user_id: 1 })
        .await
        .unwrap_err();
    let (traces, _) = env.finish().await;
    let trace = the_trace_with(&traces, GET_USER);
    assert!(trace.orphans().is_empty(), "{}", trace.tree());
}

#[tokio::test]
async fn every_workflow_is_the_same_tree_without_an_orphan() {
    let env = Arc::new(TestEnv::start().await);
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut runs = JoinSet::new();
    for _ in 0..workflows() {
        let (env, turns) = (Arc::clone(&env), Arc::clone(&turns));
        runs.spawn(async move {
            let _turn = turns.acquire().await.unwrap();
            env.client(&["workflow", "user-management"]).await
        });
    }
    for output in runs.join_all().await {
        assert!(output.status.success(), "{output:?}");
    }
    let (traces, _) = Arc::into_inner(env).unwrap().finish().await;
    for trace in &traces {
        assert!(trace.orphans().is_empty(), "{}", trace.tree());
    }
    let is_workflow = |it: &&Trace| it.spans().iter().any(|it| it.span.name == WORKFLOW);
    let found: Vec<&Trace> = traces.iter().filter(is_workflow).collect();
    assert_eq!(found.len(), workflows());
    // A command that was sent for others too has another name.
    let tree = |trace: &&Trace| trace.tree().replace(" MGET", " GET");
    let trees: Vec<String> = found.iter().map(tree).collect();
    for tree in &trees {
        assert_eq!(
            without_cache(tree),
            without_cache(USER_MANAGEMENT),
            "{tree}"
        );
    }
    let is_usual = |tree: &String| tree.replace("PIPELINE SET", "SET") == USER_MANAGEMENT;
    assert!(trees.iter().any(is_usual), "{}", trees[0]);
}
