//! What machines ask of the service: `/livez`, `/readyz`, and `user-service healthcheck`.

use std::time::Duration;

use testkit::{Mode, Output, TestEnv, UserService, run};

/// How long the service may take to notice that its database is gone, or back.
const LIMIT: Duration = Duration::from_secs(30);

async fn becomes(service: &UserService, ready: (u16, &str)) {
    let waiting = async {
        while service.get("/readyz").await != (ready.0, ready.1.to_owned()) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(LIMIT, waiting).await.unwrap();
}

async fn healthcheck(listen_addr: &str) -> Output {
    let variables = [("LISTEN_ADDR", listen_addr)];
    run("user-service", &["healthcheck"], &variables).await
}

fn address(service: &UserService) -> String {
    service.grpc_url().replace("http://", "")
}

#[tokio::test]
async fn a_service_that_serves_is_alive_ready_and_healthy() {
    let service = UserService::start(&[]).await;
    assert_eq!(service.get("/livez").await, (200, "alive\n".to_owned()));
    assert_eq!(service.get("/readyz").await, (200, "ready\n".to_owned()));
    assert_eq!(service.get("/nowhere").await.0, 404);
    let checked = healthcheck(&address(&service)).await;
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
    assert_eq!(checked.stderr, "");
    assert!(service.stop().await.success());
}

#[tokio::test]
async fn without_its_database_it_is_alive_but_not_ready_until_that_is_back() {
    let builder = TestEnv::builder().postgres().proxies().collector();
    let env = builder.start().await;
    let (service, proxy) = (&env.service, env.database_proxy());
    becomes(service, (200, "ready\n")).await;

    proxy.set(Mode::Refuse);
    proxy.reset_all();

    becomes(service, (503, "not ready\n")).await;
    assert_eq!(service.get("/livez").await.0, 200);
    let checked = healthcheck(&address(service)).await;
    assert_eq!(checked.status.code(), Some(1));
    assert_eq!(
        checked.stderr,
        format!(
            "user-service: the service at {} is not ready: NOT_SERVING\n",
            address(service)
        )
    );

    proxy.set(Mode::Pass);

    becomes(service, (200, "ready\n")).await;
    env.finish().await;
}

#[tokio::test]
async fn healthcheck_reports_a_closed_port() {
    // Port 1 is for the system alone, which has no use for it.
    let checked = healthcheck("127.0.0.1:1").await;
    assert_eq!(checked.status.code(), Some(1));
    assert_eq!(
        checked.stderr,
        "user-service: the service at 127.0.0.1:1 is not ready: nothing listens there\n"
    );
}
