//! The streaming calls: their responses, their one span, and all the ways in which they end.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, future, stream};
use testkit::{Database, FaultProxy, Stream, TestEnv, Trace, UserService, integer, text};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use user_proto::v1::get_users_response::Result as Outcome;
use user_proto::v1::user_service_client::UserServiceClient;
use user_proto::v1::{CreateUsersRequest, GetUsersRequest, GetUsersResponse, ListUsersRequest};

use crate::metrics::{scrape, value};
use crate::support::{client_of_small_windows, the_trace_with};
use testkit::users::plain_client;

const LIST_USERS: &str = "user.v1.UserService/ListUsers";
const CREATE_USERS: &str = "user.v1.UserService/CreateUsers";
const GET_USERS: &str = "user.v1.UserService/GetUsers";

/// Streams of each kind that are abandoned, and how many of them at a time.
const ABANDONED: usize = 500;
const AT_ONCE: usize = 5;

/// The tasks that the service has.
const TASKS: &str = "tokio_tasks_alive";

/// How long something may take that has to happen.
const LIMIT: Duration = Duration::from_secs(30);

fn row(index: usize) -> CreateUsersRequest {
    CreateUsersRequest {
        name: format!("User {index}"),
        email: format!("user{index}@example.com"),
        phone: index.is_multiple_of(2).then(|| format!("+49{index}00000")),
        request_id: String::new(),
    }
}

async fn create(client: &mut UserServiceClient<Channel>, count: usize) -> Vec<i64> {
    let rows = stream::iter((0..count).map(row));
    let created = client.create_users(rows).await.unwrap().into_inner();
    assert!(
        created.failures.is_empty(),
        "{:?}",
        created.failures.first()
    );
    assert_eq!(created.created_count as usize, count);
    created.user_ids
}

fn look_up(ids: &[i64]) -> impl futures_util::Stream<Item = GetUsersRequest> + use<> {
    let requests: Vec<_> = ids
        .iter()
        .map(|&user_id| GetUsersRequest { user_id })
        .collect();
    stream::iter(requests)
}

fn everybody() -> ListUsersRequest {
    ListUsersRequest::default()
}

#[tokio::test]
async fn each_stream_is_one_span_with_the_work_of_its_batches() {
    let env = TestEnv::start().await;
    let mut client = env.plain_client().await;
    let ids = create(&mut client, 3).await;
    let found = client.get_users(look_up(&ids)).await.unwrap().into_inner();
    assert_eq!(found.try_collect::<Vec<_>>().await.unwrap().len(), 3);
    let listed = client.list_users(everybody()).await.unwrap().into_inner();
    assert_eq!(listed.try_collect::<Vec<_>>().await.unwrap().len(), 3);
    let (traces, _) = env.finish().await;

    for (method, store_spans, sent, received) in [
        (
            CREATE_USERS,
            ["INSERT users", "PIPELINE SET"].as_slice(),
            1,
            3,
        ),
        (GET_USERS, &["MGET"], 3, 3),
        (LIST_USERS, &["SELECT users"], 3, 1),
    ] {
        let trace = the_trace_with(&traces, method);
        let call = trace.span(method);
        let names: Vec<&str> = trace
            .spans()
            .iter()
            .skip(1)
            .map(|it| it.span.name.as_str())
            .collect();
        assert_eq!(names, store_spans, "{}", trace.tree());
        assert!(
            trace
                .spans()
                .iter()
                .skip(1)
                .all(|it| it.span.parent_span_id == call.span.span_id),
            "{}",
            trace.tree()
        );
        assert_eq!(text(call, "rpc.response.status_code"), Some("OK"));
        assert_eq!(integer(call, "call.messages.sent"), Some(sent), "{method}");
        assert_eq!(
            integer(call, "call.messages.received"),
            Some(received),
            "{method}"
        );
    }
}

#[tokio::test]
async fn a_bad_row_is_reported_by_its_index_and_spoils_no_other() {
    let env = TestEnv::start().await;
    let mut client = env.plain_client().await;
    let nameless = CreateUsersRequest {
        name: String::new(),
        ..row(1)
    };
    let rows = [row(0), nameless, row(0), row(3)];

    let response = client
        .create_users(stream::iter(rows))
        .await
        .unwrap()
        .into_inner();

    assert_eq!(response.created_count, 2);
    assert_eq!(response.user_ids.len(), 2);
    let failures: Vec<_> = response
        .failures
        .into_iter()
        .map(|failure| (failure.index, Code::from(failure.status.unwrap().code)))
        .collect();
    assert_eq!(
        failures,
        [(1, Code::InvalidArgument), (2, Code::AlreadyExists)]
    );
    env.finish().await;
}

#[tokio::test]
async fn look_ups_are_answered_in_their_order_and_an_unknown_id_is_an_answer() {
    let env = TestEnv::start().await;
    let mut client = env.plain_client().await;
    let ids = create(&mut client, 1_000).await;
    // From the last to the first, with unknown and invalid ids in between.
    let asked: Vec<i64> = ids
        .iter()
        .rev()
        .flat_map(|&id| [id, id + 1_000_000, -id])
        .collect();

    let answers = client
        .get_users(look_up(&asked))
        .await
        .unwrap()
        .into_inner();
    let answers: Vec<GetUsersResponse> = answers.try_collect().await.unwrap();

    let answered: Vec<i64> = answers.iter().map(|answer| answer.user_id).collect();
    assert_eq!(answered, asked);
    for answer in &answers {
        let expected = match answer.user_id {
            id if id < 0 => Code::InvalidArgument,
            id if id > 1_000_000 => Code::NotFound,
            _ => Code::Ok,
        };
        let code = match answer.result.as_ref().unwrap() {
            Outcome::User(user) => {
                assert_eq!(user.id, answer.user_id);
                Code::Ok
            }
            Outcome::Error(error) => Code::from(error.code),
        };
        assert_eq!(code, expected, "of {}", answer.user_id);
    }
    env.finish().await;
}

#[tokio::test]
async fn a_look_up_is_answered_before_the_next_one_is_sent() {
    let env = TestEnv::start().await;
    let mut client = env.plain_client().await;
    let ids = create(&mut client, 3).await;
    let (asking, asked) = tokio::sync::mpsc::channel::<GetUsersRequest>(1);
    let requests = stream::unfold(asked, |mut asked| async move {
        Some((asked.recv().await?, asked))
    });

    let mut answers = client.get_users(requests).await.unwrap().into_inner();
    for user_id in ids {
        asking.send(GetUsersRequest { user_id }).await.unwrap();
        let answer = tokio::time::timeout(LIMIT, answers.message())
            .await
            .unwrap();
        assert_eq!(answer.unwrap().unwrap().user_id, user_id);
    }
    drop(asking);
    assert!(answers.message().await.unwrap().is_none());
    env.finish().await;
}

#[tokio::test]
async fn a_list_begins_and_ends_where_the_caller_says() {
    let env = TestEnv::start().await;
    let mut client = env.plain_client().await;
    let ids = create(&mut client, 1_200).await;

    for (after, limit, expected) in [
        (0, 0, &ids[..]),
        (0, 700, &ids[..700]),
        (ids[99], 500, &ids[100..600]),
        (ids[1_199], 0, &[]),
    ] {
        let request = ListUsersRequest {
            after_user_id: after,
            limit,
        };
        let listed = client.list_users(request).await.unwrap().into_inner();
        let listed: Vec<i64> = listed
            .map_ok(|it| it.user.unwrap().id)
            .try_collect()
            .await
            .unwrap();
        assert_eq!(listed, expected, "after {after}, at most {limit}");
    }
    let negative = ListUsersRequest {
        after_user_id: -1,
        limit: -1,
    };
    let refused = client.list_users(negative).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(
        refused.message(),
        "after_user_id must not be negative; limit must not be negative"
    );
    env.finish().await;
}

#[tokio::test]
async fn a_hundred_thousand_users_come_back_as_they_were_sent_on_both_databases() {
    const COUNT: usize = 100_000;
    let database = Database::create().await;
    let postgres = UserService::start(&[("DATABASE_URL", database.url())]).await;
    let sqlite = UserService::start(&[]).await;
    for service in [postgres, sqlite] {
        let mut client = plain_client(service.grpc_url()).await;
        let ids = create(&mut client, COUNT).await;
        let listed = client.list_users(everybody()).await.unwrap().into_inner();
        let mut listed = listed.map_ok(|it| it.user.unwrap()).enumerate();
        let mut count = 0;
        while let Some((index, user)) = listed.next().await {
            let (user, sent) = (user.unwrap(), row(index));
            assert_eq!(
                (user.id, user.name, user.email, user.phone),
                (ids[index], sent.name, sent.email, sent.phone)
            );
            count += 1;
        }
        assert_eq!(count, COUNT);
        assert!(service.stop().await.success());
    }
}

#[tokio::test]
async fn a_long_stream_has_few_spans_and_no_more_events_than_the_cap() {
    const COUNT: usize = 100_000;
    // Without a cache, so that each batch is a statement.
    let variables = [("TRACE_MESSAGE_EVENTS", "true"), ("CACHE_TTL", "0s")];
    let env = TestEnv::configured(&variables).await;
    let mut client = env.plain_client().await;
    let ids = create(&mut client, 10).await;
    let asked: Vec<i64> = ids.iter().copied().cycle().take(COUNT).collect();
    let answers = client
        .get_users(look_up(&asked))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answers.count().await, COUNT);
    let (traces, _) = env.finish().await;

    let trace = the_trace_with(&traces, GET_USERS);
    let call = trace.span(GET_USERS);
    assert_eq!(integer(call, "call.messages.received"), Some(COUNT as i64));
    assert_eq!(integer(call, "call.messages.sent"), Some(COUNT as i64));
    assert_eq!(call.span.events.len(), 64, "32 in each direction");
    assert!(trace.spans().len() <= 129, "{} spans", trace.spans().len());
    assert!(integer(call, "call.store_spans.omitted") > Some(0));
}

#[tokio::test]
async fn abandoned_streams_leave_no_open_span_and_no_busy_connection() {
    // With the cache in the process only lists ask the database, as many at a time as it has connections for.
    let mut env = TestEnv::configured(&[]).await;
    let ids = create(&mut env.plain_client().await, 2_000).await;
    let way = FaultProxy::in_front_of(env.service.grpc_url()).await;
    let tasks = value(&scrape(&env.service).await, TASKS, &[]);

    for _ in 0..ABANDONED / AT_ONCE {
        let client = client_of_small_windows(way.url()).await;
        let streams = (0..AT_ONCE).map(|_| {
            let (mut lists, mut look_ups) = (client.clone(), client.clone());
            let endless = look_up(&ids[..1]).chain(stream::pending());
            async move {
                // Both have begun, and have more to say than the caller takes.
                let mut listed = lists.list_users(everybody()).await?.into_inner();
                let mut found = look_ups.get_users(endless).await?.into_inner();
                let begun = future::try_join(listed.message(), found.message()).await?;
                Ok::<_, Status>((begun, found))
            }
        });
        let begun = tokio::time::timeout(LIMIT, future::join_all(streams)).await;
        // By now the lists are abandoned one by one; the lookups lose their caller.
        way.reset_all();
        for begun in begun.unwrap() {
            let ((listed, found), _) = begun.unwrap();
            assert!(listed.is_some() && found.is_some());
        }
    }
    assert_eq!(env.database().busy_connections().await, 0);
    // Those of connections that are gone are gone too.
    let settled = async {
        while value(&scrape(&env.service).await, TASKS, &[]) > tasks {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(
        tokio::time::timeout(LIMIT, settled).await.is_ok(),
        "tasks are left"
    );
    let logged = env.service.process().text(Stream::Stdout);
    let (traces, _) = env.finish().await;

    assert!(!logged.contains("\"ERROR\""), "{logged}");
    for method in [LIST_USERS, GET_USERS] {
        let codes = codes_of(&traces, method);
        assert_eq!(codes, vec!["CANCELLED"; ABANDONED], "{method}");
    }
}

/// The status of each call of `method`.
fn codes_of<'a>(traces: &'a [Trace], method: &str) -> Vec<&'a str> {
    let spans = traces.iter().flat_map(Trace::spans);
    spans
        .filter(|it| it.span.name == method)
        .map(|it| text(it, "rpc.response.status_code").unwrap())
        .collect()
}

#[tokio::test]
async fn what_was_sent_before_the_caller_vanished_is_kept() {
    let env = TestEnv::start().await;
    let mut client = env.plain_client().await;
    let mut other = env.plain_client().await;
    let rows = stream::iter((0..100).map(row)).chain(stream::pending());
    let call = tokio::spawn(async move { client.create_users(rows).await });

    let listed = async {
        loop {
            let listed = other.list_users(everybody()).await.unwrap().into_inner();
            if listed.count().await == 100 {
                return;
            }
        }
    };
    tokio::time::timeout(LIMIT, listed).await.unwrap();
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());

    let (traces, _) = env.finish().await;
    assert_eq!(codes_of(&traces, CREATE_USERS), ["CANCELLED"]);
}

#[tokio::test]
async fn a_deadline_holds_for_the_whole_of_a_stream() {
    let env = TestEnv::start().await;
    let mut client = env.plain_client().await;
    create(&mut client, 1).await;
    let deadline = Duration::from_millis(300);

    let mut silent = Request::new(look_up(&[1]).chain(stream::pending()));
    silent
        .metadata_mut()
        .insert("grpc-timeout", "300m".parse().unwrap());
    let started = std::time::Instant::now();
    let mut answers = client.get_users(silent).await.unwrap().into_inner();
    assert!(answers.message().await.unwrap().is_some());
    let late = tokio::time::timeout(LIMIT, answers.message())
        .await
        .unwrap();
    assert_eq!(late.unwrap_err().code(), Code::DeadlineExceeded);
    assert!(started.elapsed() >= deadline);

    let (traces, _) = env.finish().await;
    assert_eq!(codes_of(&traces, GET_USERS), ["DEADLINE_EXCEEDED"]);
}

#[tokio::test]
async fn a_stopping_server_ends_streams_with_unavailable_when_their_grace_is_over() {
    let variables = [("SHUTDOWN_GRACE", "200ms")];
    let env = TestEnv::configured(&variables).await;
    let mut client = env.plain_client().await;
    create(&mut client, 1).await;
    let mut answers = client
        .get_users(look_up(&[1]).chain(stream::pending()))
        .await
        .unwrap()
        .into_inner();
    assert!(answers.message().await.unwrap().is_some());

    let (ended, (traces, _)) = tokio::join!(answers.message(), env.finish());

    let status = ended.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    assert_eq!(codes_of(&traces, GET_USERS), ["UNAVAILABLE"]);
}
