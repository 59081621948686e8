//! SIGTERM and SIGINT: the call in flight finishes, health watchers are notified, no span is lost.

use std::time::Duration;

use tokio::task::JoinHandle;

use testkit::{Signal, TableLock, TestEnv, UserService};
use tonic::Streaming;
use tonic::transport::Endpoint;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use crate::support::the_trace_with;
use testkit::users::{ada, plain_client};

/// How long something may take that has to happen.
const LIMIT: Duration = Duration::from_secs(30);

const CREATED: &str = "\
user-service SERVER user.v1.UserService/CreateUser
  user-service CLIENT INSERT users
  user-service CLIENT SET
";

async fn watch(url: &str) -> Streaming<HealthCheckResponse> {
    let endpoint = Endpoint::from_shared(url.to_owned()).unwrap();
    let mut health = HealthClient::new(endpoint.connect().await.unwrap());
    let request = HealthCheckRequest {
        service: "user.v1.UserService".to_owned(),
    };
    health.watch(request).await.unwrap().into_inner()
}

async fn next(health: &mut Streaming<HealthCheckResponse>) -> ServingStatus {
    let message = tokio::time::timeout(LIMIT, health.message()).await.unwrap();
    message.unwrap().unwrap().status()
}

async fn stops_in_good_order(signal: Signal) {
    let mut env = TestEnv::start().await;
    let mut health = watch(env.url()).await;
    assert_eq!(next(&mut health).await, ServingStatus::Serving);
    let mut lock = TableLock::on_users(env.database()).await;
    let mut client = env.plain_client().await;
    let call = tokio::spawn(async move { client.create_user(ada()).await });
    lock.wait_for_a_statement().await;

    env.service.process().signal(signal);

    assert_eq!(next(&mut health).await, ServingStatus::NotServing);
    drop(lock);
    let created = call.await.unwrap().unwrap().into_inner();
    assert_eq!(created.user_id, 1);
    let ended = env.service.process().wait(LIMIT).await;
    assert_eq!(ended.code(), Some(0));
    let (traces, _) = env.finish().await;
    let trace = the_trace_with(&traces, "INSERT users");
    assert_eq!(trace.tree(), CREATED);
}

#[tokio::test]
async fn sigterm_drains_calls_in_flight_and_notifies_health_watchers() {
    stops_in_good_order(Signal::TERM).await;
}

#[tokio::test]
async fn sigint_does_the_same() {
    stops_in_good_order(Signal::INT).await;
}

#[tokio::test]
async fn sighup_of_a_closed_terminal_does_the_same() {
    stops_in_good_order(Signal::HUP).await;
}

/// Under `nohup`, a service is to outlive its terminal.
#[tokio::test]
async fn sighup_that_was_ignored_at_the_start_is_ignored() {
    let mut service = UserService::start_ignoring_hangup(&[]).await;
    let process = service.process();
    process.signal(Signal::HUP);
    plain_client(service.grpc_url())
        .await
        .create_user(ada())
        .await
        .unwrap();
    let process = service.process();
    process.signal(Signal::TERM);
    let line = process.wait_for_line(is_stopping, LIMIT).await;
    assert!(line.contains("SIGTERM"), "{line}");
    assert!(process.wait(LIMIT).await.success());
}

/// A call in flight, which waits for the lock.
async fn call_in_flight(env: &TestEnv) -> (TableLock, JoinHandle<bool>) {
    let mut lock = TableLock::on_users(env.database()).await;
    let mut client = env.plain_client().await;
    let call = tokio::spawn(async move { client.create_user(ada()).await.is_ok() });
    lock.wait_for_a_statement().await;
    (lock, call)
}

fn is_stopping(line: &str) -> bool {
    line.contains("stopping")
}

#[tokio::test]
async fn second_signal_ends_the_service_at_once_with_a_failure() {
    let mut env = TestEnv::start().await;
    let (_lock, call) = call_in_flight(&env).await;
    let process = env.service.process();
    process.signal(Signal::TERM);
    process.wait_for_line(is_stopping, LIMIT).await;

    // Sooner it is the same request: the next test.
    tokio::time::sleep(Duration::from_millis(800)).await;
    process.signal(Signal::INT);

    assert_eq!(process.wait(LIMIT).await.code(), Some(1));
    let said = process.text(testkit::Stream::Stderr);
    assert_eq!(said, "user-service: stopped at once by a second SIGINT\n");
    assert!(!call.await.unwrap());
}

#[tokio::test]
async fn signals_that_come_together_are_one_request_to_stop() {
    let mut env = TestEnv::start().await;
    let (lock, call) = call_in_flight(&env).await;
    let process = env.service.process();

    // `timeout` sends its signal to the process, and then to its group.
    process.signal(Signal::TERM);
    process.signal(Signal::INT);
    process.signal(Signal::TERM);

    process.wait_for_line(is_stopping, LIMIT).await;
    drop(lock);
    assert!(call.await.unwrap());
    assert_eq!(process.wait(LIMIT).await.code(), Some(0));
}
