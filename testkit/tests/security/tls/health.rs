//! Probes have no certificate: health is served on a port of its own.

use testkit::certificates::Authority;
use testkit::{Output, UserService, run};
use tonic::Code;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use user_proto::v1::GetUserRequest;
use user_proto::v1::user_service_client::UserServiceClient;

use super::identities::channel;
use super::tls_env::{TlsEnv, WEB};

const ANY_PORT: (&str, &str) = ("HEALTH_ADDR", "127.0.0.1:0");

async fn healthcheck(variables: &[(&str, &str)]) -> Output {
    run("user-service", &["healthcheck"], variables).await
}

#[tokio::test]
async fn the_health_port_serves_health_without_tls_and_nothing_else() {
    let env = TlsEnv::listing(&[("TLS_CLIENT_IDENTITIES", WEB), ANY_PORT]).await;
    let url = env.service.health_url().unwrap().to_owned();
    let channel = Endpoint::from_shared(url).unwrap().connect().await.unwrap();
    let mut health = HealthClient::new(channel.clone());
    for service in ["", "user.v1.UserService", "liveness"] {
        let service = service.to_owned();
        let answer = health.check(HealthCheckRequest { service }).await.unwrap();
        assert_eq!(answer.into_inner().status(), ServingStatus::Serving);
    }
    let mut users = UserServiceClient::new(channel);
    let status = users.get_user(GetUserRequest { user_id: 1 }).await;
    assert_eq!(status.unwrap_err().code(), Code::Unimplemented);
    assert!(env.service.stop().await.success());
}

#[tokio::test]
async fn a_client_on_the_list_can_ask_for_health_too_and_others_can_not() {
    let env = TlsEnv::start().await;
    let request = HealthCheckRequest::default();
    let web = channel(&env, &env.client(&[WEB])).await;
    let answer = HealthClient::new(web).check(request.clone()).await.unwrap();
    assert_eq!(answer.into_inner().status(), ServingStatus::Serving);
    let other = channel(&env, &env.client(&["other"])).await;
    let status = HealthClient::new(other).check(request).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    assert!(env.service.stop().await.success());
}

#[tokio::test]
async fn container_healthcheck_uses_the_health_port() {
    let env = TlsEnv::listing(&[ANY_PORT]).await;
    let (cert, key) = (env.files.path("server.pem"), env.files.path("server.key"));
    let tls = [("TLS_CERT_FILE", cert.as_str()), ("TLS_KEY_FILE", &key)];
    let address = env.service.health_url().unwrap().replace("http://", "");
    let health = [("HEALTH_ADDR", address.as_str())];

    let checked = healthcheck(&[&tls[..], &health].concat()).await;
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");

    let checked = healthcheck(&tls).await;
    assert_eq!(checked.status.code(), Some(1), "{checked:?}");
    assert!(checked.stderr.contains("set HEALTH_ADDR"), "{checked:?}");
    assert!(env.service.stop().await.success());
}

#[tokio::test]
async fn probes_are_answered_while_callers_take_all_connections() {
    let variables = [("MAX_CONNECTIONS", "1"), ANY_PORT];
    let service = UserService::start(&variables).await;
    let address = service.grpc_url().strip_prefix("http://").unwrap();
    let _taken = tokio::net::TcpStream::connect(address).await.unwrap();
    let health = service.health_url().unwrap().replace("http://", "");
    let checked = healthcheck(&[("HEALTH_ADDR", &health)]).await;
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
    assert!(service.stop().await.success());
}

#[tokio::test]
async fn a_server_alone_can_have_a_certificate() {
    let servers = Authority::new("servers");
    let files = super::tls_env::Files::new();
    files.put_pair(&servers.local_server());
    let ca = files.put("servers.pem", &servers.pem());
    let (cert, key) = (files.path("server.pem"), files.path("server.key"));
    let service = UserService::start(&[("TLS_CERT_FILE", &cert), ("TLS_KEY_FILE", &key)]).await;
    let variables = [
        ("USER_SERVICE", service.grpc_url()),
        ("USER_SERVICE_CA", &ca),
    ];
    let listed = testkit::user_client(&["list"], &variables).await;
    assert_eq!(listed.status.code(), Some(0), "{listed:?}");
    assert!(service.stop().await.success());
}
