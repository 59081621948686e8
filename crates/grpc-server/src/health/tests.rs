#![expect(clippy::unwrap_used, reason = "tests")]

use futures_util::{FutureExt, StreamExt};
use tonic::Code;

use super::pb::health_server::Health as _;
use super::*;

fn request(service: &str) -> Request<HealthCheckRequest> {
    Request::new(HealthCheckRequest {
        service: service.to_owned(),
    })
}

async fn watch(health: &Health, service: &str) -> Changes {
    health.watch(request(service)).await.unwrap().into_inner()
}

/// The next status; none at the end.
async fn next(changes: &mut Changes) -> Option<ServingStatus> {
    let response = changes.next().await?;
    Some(response.unwrap().status())
}

#[tokio::test]
async fn an_unknown_service_is_watched_until_it_becomes_known() {
    let health = Health::new();
    let mut changes = watch(&health, "orders.v1.Orders").await;
    assert_eq!(
        next(&mut changes).await,
        Some(ServingStatus::ServiceUnknown)
    );

    health.set("other", ServingStatus::Serving);
    assert!(changes.next().now_or_never().is_none());
    health.set("orders.v1.Orders", ServingStatus::Serving);
    assert_eq!(next(&mut changes).await, Some(ServingStatus::Serving));
    health.set("orders.v1.Orders", ServingStatus::NotServing);
    assert_eq!(next(&mut changes).await, Some(ServingStatus::NotServing));
}

#[tokio::test]
async fn watches_end_after_the_last_status() {
    let health = Health::new();
    health.set("", ServingStatus::Serving);
    let mut changes = watch(&health, "").await;
    assert_eq!(next(&mut changes).await, Some(ServingStatus::Serving));

    health.set("", ServingStatus::NotServing);
    health.end();

    for mut changes in [changes, watch(&health, "").await] {
        assert_eq!(next(&mut changes).await, Some(ServingStatus::NotServing));
        assert_eq!(next(&mut changes).await, None);
    }
}

#[tokio::test]
async fn all_services_are_listed_and_others_are_not_found() {
    let health = Health::new();
    health.set("", ServingStatus::Serving);
    health.set("liveness", ServingStatus::NotServing);

    let listed = health.list(Request::new(HealthListRequest {})).await;
    let listed = listed.unwrap().into_inner().statuses;
    assert_eq!(listed.len(), 2);
    assert_eq!(listed["liveness"].status(), ServingStatus::NotServing);
    let checked = health.check(request("nothing")).await;
    assert_eq!(checked.unwrap_err().code(), Code::NotFound);
}
