//! `grpc.health.v1`, as gRPC describes it.

use std::time::Duration;

use grpc_server::health::pb::{HealthListRequest, HealthListResponse};
use testkit::{Signal, UserService};
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_prost::ProstCodec;

const LIMIT: Duration = Duration::from_secs(30);

async fn channel(service: &UserService) -> Channel {
    let endpoint = Endpoint::from_shared(service.grpc_url().to_owned());
    endpoint.unwrap().connect().await.unwrap()
}

fn request(service: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: service.to_owned(),
    }
}

#[tokio::test]
async fn watch_of_an_unknown_service_stays_open_until_the_service_stops() {
    let mut service = UserService::start(&[]).await;
    let mut health = HealthClient::new(channel(&service).await);
    let checked = health.check(request("no.such.Service")).await;
    assert_eq!(checked.unwrap_err().code(), Code::NotFound);
    let mut watched = health
        .watch(request("no.such.Service"))
        .await
        .unwrap()
        .into_inner();
    let first: HealthCheckResponse = watched.message().await.unwrap().unwrap();
    assert_eq!(first.status(), ServingStatus::ServiceUnknown);
    // The call is open: another one passes, and it has not ended.
    health.check(request("")).await.unwrap();
    let next = tokio::time::timeout(Duration::from_millis(100), watched.message()).await;
    assert!(next.is_err(), "{next:?}");

    service.process().signal(Signal::TERM);

    let end = tokio::time::timeout(LIMIT, watched.message()).await;
    assert!(end.unwrap().unwrap().is_none());
    assert!(service.process().wait(LIMIT).await.success());
}

#[tokio::test]
async fn list_has_the_status_of_each_service() {
    let service = UserService::start(&[]).await;
    let mut client = Grpc::new(channel(&service).await);
    client.ready().await.unwrap();
    let path = PathAndQuery::from_static("/grpc.health.v1.Health/List");
    let codec: ProstCodec<HealthListRequest, HealthListResponse> = ProstCodec::default();
    let request = Request::new(HealthListRequest {});

    let listed = client.unary(request, path, codec).await.unwrap();

    let statuses = listed.into_inner().statuses;
    let mut names: Vec<&str> = statuses.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["", "liveness", "user.v1.UserService"]);
    let serving = grpc_server::health::ServingStatus::Serving;
    assert!(statuses.values().all(|it| it.status() == serving));
    assert!(service.stop().await.success());
}

#[tokio::test]
async fn the_name_of_a_service_is_bounded() {
    let service = UserService::start(&[]).await;
    let mut health = HealthClient::new(channel(&service).await);
    let long = "a".repeat(2_000);
    let watched = health.watch(request(&long)).await;
    assert_eq!(watched.unwrap_err().code(), Code::ResourceExhausted);
    assert!(service.stop().await.success());
}
