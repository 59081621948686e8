//! Nacos may go, hang, respond with nonsense and forget: callers that found the service through it
//! notice nothing, and instances register again.

use std::time::{Duration, Instant};

use testkit::load::Tally;
use testkit::sizes::{eventually, report, size};
use testkit::users::new_user;
use testkit::{
    Database, NACOS_USER, Nacos, NacosFault, NacosVersion, RedisDatabase, Signal, UserService,
    redis_database,
};
use user_client::client::UserClient;

use crate::support::{Calling, client, client_in, metric};

/// When an instance without beats is unhealthy: as a real Nacos has it.
const UNHEALTHY: Duration = Duration::from_secs(15);
/// The time between two beats, and some to spare.
const AGAIN: Duration = Duration::from_secs(5 + 4);
const LIMIT: Duration = Duration::from_secs(10);
const NAME: &str = "user-service";

/// Some replicas that register in one Nacos.
struct Registered {
    running: Vec<UserService>,
    nacos: Nacos,
    database: Database,
    cache: RedisDatabase,
}

impl Registered {
    async fn start(nacos: Nacos, count: usize, variables: &[(&str, &str)]) -> Self {
        let database = Database::create().await;
        let cache = redis_database();
        let address = nacos.address();
        let common = [
            ("DATABASE_URL", database.url()),
            ("REDIS_URL", cache.url()),
            ("NACOS_SERVERS", &address),
            ("OTEL_SDK_DISABLED", "true"),
        ];
        let mut running = Vec::new();
        for _ in 0..count {
            running.push(UserService::start(&[&common, variables].concat()).await);
        }
        let registered = Self {
            running,
            nacos,
            database,
            cache,
        };
        registered.all_registered().await;
        registered
    }

    fn client(&self) -> UserClient {
        client(&format!("nacos://{}/{NAME}", self.nacos.address()), LIMIT)
    }

    /// Waits until exactly those that run are healthy in Nacos, and returns how long that took.
    async fn all_registered(&self) -> Duration {
        let mut expected: Vec<_> = self.running.iter().map(address).collect();
        expected.sort_unstable();
        let started = Instant::now();
        let what = "the replicas are the healthy instances in Nacos";
        eventually(what, AGAIN, async || self.nacos.healthy(NAME) == expected).await;
        started.elapsed()
    }
}

fn address(service: &UserService) -> String {
    service.grpc_url().replace("http://", "")
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_register_with_every_version_of_nacos() {
    for version in [NacosVersion::V3_0, NacosVersion::V3_2, NacosVersion::V2] {
        let nacos = Nacos::start(version, UNHEALTHY).await;
        let mut registered = Registered::start(nacos, 1, &[]).await;
        registered.client().create(new_user()).await.unwrap();
        let mut service = registered.running.remove(0);
        service.process().signal(Signal::TERM);
        assert!(service.process().wait(LIMIT).await.success());
        let left = registered.nacos.healthy(NAME);
        assert!(left.is_empty(), "{version:?}: {left:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_fails_while_nacos_is_away_wrong_or_forgetful() {
    let time = Duration::from_secs(size(6, 30));
    let nacos = Nacos::start(NacosVersion::V3_0, UNHEALTHY).await;
    let mut registered = Registered::start(nacos, 3, &[]).await;
    let calling = Calling::start(registered.client()).await;
    let mut slowest = Duration::ZERO;

    registered.nacos.forget_all();
    slowest = slowest.max(registered.all_registered().await);
    registered.nacos.kill().await;
    tokio::time::sleep(time).await;
    registered.nacos.forget_all();
    registered.nacos.restart().await;
    slowest = slowest.max(registered.all_registered().await);
    for fault in [
        NacosFault::Hangs,
        NacosFault::Nonsense,
        NacosFault::Fails,
        NacosFault::Empty,
    ] {
        registered.nacos.set_fault(fault);
        tokio::time::sleep(time).await;
        registered.nacos.set_fault(NacosFault::None);
        slowest = slowest.max(registered.all_registered().await);
    }
    let tally: Tally = calling.stop().await;
    tally.assert_none_failed();
    report(
        36,
        &format!(
            "Nacos forgetful, killed, hung, wrong, failing and empty for {time:?} each: {tally}; registered again within {slowest:.1?}"
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_expires_is_renewed() {
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, format!("{}\n", NACOS_USER.1)).unwrap();
    let login = [
        ("NACOS_USERNAME", NACOS_USER.0),
        ("NACOS_PASSWORD_FILE", password.to_str().unwrap()),
    ];
    let nacos = Nacos::with_login(NacosVersion::V3_0, UNHEALTHY).await;
    let registered = Registered::start(nacos, 1, &login).await;
    let logins = registered.nacos.logins();
    registered.nacos.expire_tokens();
    eventually("there is another login", AGAIN, async || {
        registered.nacos.logins() > logins
    })
    .await;
    registered.all_registered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_reported_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "wr0ng").unwrap();
    let nacos = Nacos::with_login(NacosVersion::V3_0, UNHEALTHY).await;
    let address = nacos.address();
    let mut service = UserService::embedded(&[
        ("NACOS_SERVERS", &address),
        ("NACOS_USERNAME", NACOS_USER.0),
        ("NACOS_PASSWORD_FILE", password.to_str().unwrap()),
        ("OTEL_SDK_DISABLED", "false"),
        ("OTEL_TRACES_EXPORTER", "none"),
    ])
    .await;
    let line = service
        .process()
        .wait_for_line(|line| line.contains("not registered in Nacos"), LIMIT)
        .await;
    assert!(line.contains("NACOS_PASSWORD_FILE"), "{line}");
    assert!(!line.contains("wr0ng"), "{line}");
    let active = "user_service_registration_active";
    assert_eq!(metric(&service, active, &[]).await, 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_prefer_their_zone_and_fail_over_to_another() {
    let nacos = Nacos::start(NacosVersion::V3_0, UNHEALTHY).await;
    let metrics = [
        ("OTEL_SDK_DISABLED", "false"),
        ("OTEL_TRACES_EXPORTER", "none"),
    ];
    let variables = [metrics[0], metrics[1], ("INSTANCE_ZONE", "a")];
    let mut near = Registered::start(nacos, 1, &variables).await;
    let address = near.nacos.address();
    let far = UserService::start(&[
        ("DATABASE_URL", near.database.url()),
        ("REDIS_URL", near.cache.url()),
        ("NACOS_SERVERS", &address),
        ("INSTANCE_ZONE", "b"),
        metrics[0],
        metrics[1],
    ])
    .await;
    let what = "both instances are registered";
    eventually(what, AGAIN, async || near.nacos.healthy(NAME).len() == 2).await;
    let client = client_in(Some("a"), &format!("nacos://{address}/{NAME}"), LIMIT);
    let user = client.create(new_user()).await.unwrap();
    for _ in 0..20 {
        client.get(user).await.unwrap();
    }
    let count = "rpc_server_call_duration_seconds_count";
    assert_eq!(metric(&near.running[0], count, &[]).await, 21.0);
    assert_eq!(metric(&far, count, &[]).await, 0.0);

    near.running[0].process().signal(Signal::KILL);
    near.running[0].process().wait(LIMIT).await;
    for _ in 0..20 {
        client.get(user).await.unwrap();
    }
    assert_eq!(metric(&far, count, &[]).await, 20.0);
}
