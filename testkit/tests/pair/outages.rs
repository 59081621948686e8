//! A collector or a Redis that isn't there is no error at all.

use std::time::{Duration, Instant};

use testkit::{UserService, user_client};

/// Port 1 is for the system alone, which has no use for it.
const NO_COLLECTOR: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
const NO_REDIS: (&str, &str) = ("REDIS_URL", "redis://127.0.0.1:1");

/// How long a run may take: no wait for what isn't there may show.
const LIMIT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn both_programs_work_without_a_collector_and_without_redis() {
    let started = Instant::now();
    let service = UserService::start(&[NO_COLLECTOR, NO_REDIS]).await;
    let variables = [("USER_SERVICE", service.grpc_url()), NO_COLLECTOR];
    for arguments in [
        &["workflow", "user-management"][..],
        &["--output", "json", "get", "1"],
    ] {
        let output = user_client(arguments, &variables).await;
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let complains = output.stderr.lines().any(|it| it.starts_with("error"));
        assert!(!complains, "{}", output.stderr);
    }
    assert!(service.stop().await.success());
    assert!(started.elapsed() < LIMIT, "{:?}", started.elapsed());
}
