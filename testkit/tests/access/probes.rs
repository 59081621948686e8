//! The port for health alone, of a service that takes calls with a token only.

use std::convert::Infallible;
use std::time::Duration;

use testkit::UserService;
use tonic::Code;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::auth_env::{AuthEnv, assert_refused, assert_unauthenticated, send};
use crate::raw::{RawClient, call, framed, whole};
use crate::roles::{at, methods};

const HEALTH_ADDR: (&str, &str) = ("HEALTH_ADDR", "127.0.0.1:0");
const LIMIT: Duration = Duration::from_secs(10);

fn url(service: &UserService) -> String {
    service.health_url().unwrap().to_owned()
}

#[tokio::test]
async fn probes_without_a_token_are_answered_at_the_health_port() {
    let env = AuthEnv::start(&[HEALTH_ADDR]).await;
    let endpoint = Endpoint::from_shared(url(&env.env.service)).unwrap();
    let mut health = HealthClient::new(endpoint.connect().await.unwrap());
    for service in ["", "user.v1.UserService"] {
        let service = service.to_owned();
        let request = HealthCheckRequest { service };
        let checked = health.check(request.clone()).await.unwrap().into_inner();
        assert_eq!(checked.status(), ServingStatus::Serving);
        let mut watched = health.watch(request).await.unwrap().into_inner();
        let first = tokio::time::timeout(LIMIT, watched.message()).await;
        let first = first.unwrap().unwrap().unwrap();
        assert_eq!(first.status(), ServingStatus::Serving);
    }
}

/// The port has one service, and no way around tokens for any other.
#[tokio::test]
async fn health_port_serves_only_health_checks() {
    const ALL: [&str; 3] = ["reader", "writer", "operator"];
    let env = AuthEnv::start(&[HEALTH_ADDR]).await;
    let client = RawClient::connect(&url(&env.env.service)).await;
    for path in crate::roles::guarded() {
        let answer = send(&client, at(&path, None, &env)).await;
        assert_unauthenticated(&answer, &path);
        let answer = send(&client, at(&path, Some(&ALL), &env)).await;
        let absent = "the service has no such method";
        assert_refused(&answer, &path, Code::Unimplemented, absent);
    }
}

#[tokio::test]
async fn checks_that_wait_for_their_caller_take_no_place_of_another() {
    let env = AuthEnv::start(&[HEALTH_ADDR, ("MAX_IN_FLIGHT", "1")]).await;
    let check = methods(grpc_server::health::pb::FILE_DESCRIPTOR_SET)
        .into_iter()
        .find(|path| path.ends_with("/Check"))
        .unwrap();
    // Half a message: the method waits for the rest.
    let hold = async |client: RawClient| -> Infallible {
        loop {
            let half = crate::raw::endless(framed(0, &[0; 9]).slice(..7));
            let held = at(&check, None, &env).body(half);
            client.send(held.unwrap()).await.unwrap();
        }
    };
    let health = RawClient::connect(&url(&env.env.service)).await;
    let call_meanwhile = async {
        let token = crate::auth_env::bearer(&env.issuer.token("ada", &["reader"]));
        loop {
            let get = call("GetUser").header("authorization", token.clone());
            let checked = at(&check, None, &env).body(whole(framed(0, &[])));
            let checked = health.send(checked.unwrap()).await.unwrap();
            let got = send(&env.client, get).await;
            // The place of a check that has only begun may be met.
            if crate::auth_env::passed(&got) && checked.code() == Some(Code::Ok) {
                return;
            }
        }
    };
    // Less than the time after which a check is late, and gives its place back.
    let in_time = tokio::time::timeout(Duration::from_secs(3), call_meanwhile);
    tokio::select! {
        never = hold(env.client.clone()) => match never {},
        never = hold(health.clone()) => match never {},
        in_time = in_time => in_time.unwrap(),
    }
}
