//! etcd may go, and come back without what it knew: callers that found the
//! service through it notice nothing.

use std::time::{Duration, Instant};

use grpc_discovery::Access;
use grpc_discovery::etcd::{self, KITEX_PREFIX, Service};
use testkit::{Backends, Etcd, Signal, TestEnv, UserService};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use user_client::client::UserClient;

use crate::support::{Calling, client, metric};
use testkit::sizes::{eventually, report, size};
use testkit::users::new_user;
use testkit::wire;

/// How long a registration outlives its instance here.
const TTL: Duration = Duration::from_secs(3);
/// Within which an instance is registered again, once there is an etcd.
const AGAIN: Duration = Duration::from_secs(3 + 5);
const LIMIT: Duration = Duration::from_secs(10);

/// Some replicas that register in one etcd.
struct Registered {
    running: Vec<UserService>,
    asked: etcd::Etcd,
    etcd: Etcd,
    backends: Backends,
}

impl Registered {
    async fn start(count: usize) -> Self {
        let etcd = Etcd::start().await;
        let builder = TestEnv::builder().postgres().redis().variables(&[
            ("ETCD_ENDPOINTS", etcd.address().as_str()),
            (
                "KITEX_ETCD_REGISTRY_LEASE_TTL",
                TTL.as_secs().to_string().as_str(),
            ),
            // As long as callers take to learn of others: all may be replaced one after the other.
            ("SHUTDOWN_DRAIN_DELAY", "5s"),
            // Metrics alone.
            ("OTEL_SDK_DISABLED", "false"),
            ("OTEL_TRACES_EXPORTER", "none"),
        ]);
        let mut world = Self {
            running: Vec::new(),
            asked: etcd::Etcd::new(&etcd.address().parse().unwrap(), &Access::default()).unwrap(),
            etcd,
            backends: builder.backends().await,
        };
        for _ in 0..count {
            let service = world.one().await;
            world.running.push(service);
        }
        world.all_registered(LIMIT).await;
        world
    }

    async fn one(&self) -> UserService {
        self.backends.service(&[]).await
    }

    fn client(&self) -> UserClient {
        let server = format!("etcd://{}/user-service", self.etcd.address());
        client(&server, LIMIT)
    }

    /// Where etcd says that instances are.
    async fn found(&self) -> Vec<String> {
        let found = self.asked.instances(&service()).await;
        let (instances, _) = found.unwrap_or_default();
        instances.iter().map(|it| it.address().to_owned()).collect()
    }

    /// Waits until exactly those that run are found, and returns how long that took.
    async fn all_registered(&self, limit: Duration) -> Duration {
        let mut expected: Vec<_> = self.running.iter().map(address).collect();
        expected.sort_unstable();
        let started = Instant::now();
        let what = "the replicas are the instances in etcd";
        eventually(what, limit, async || self.found().await == expected).await;
        started.elapsed()
    }

    /// Kills etcd for `time`.
    async fn lose(&mut self, time: Duration, and_data: bool) {
        self.etcd.kill();
        if and_data {
            self.etcd.lose_data();
        }
        tokio::time::sleep(time).await;
        self.etcd.restart().await;
    }
}

fn service() -> Service {
    Service::new(KITEX_PREFIX, "user-service".parse().unwrap())
}

fn address(service: &UserService) -> String {
    service.grpc_url().replace("http://", "")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_fails_while_etcd_is_away_and_instances_register_again() {
    let (long, short) = size((2, 1), (60, 10));
    let (long, short) = (Duration::from_secs(long), Duration::from_secs(short));
    let mut world = Registered::start(3).await;
    let calling = Calling::start(world.client()).await;

    world.lose(long, true).await;
    let mut slowest = world.all_registered(AGAIN).await;
    world.lose(short, false).await;
    slowest = slowest.max(world.all_registered(AGAIN).await);
    world.etcd.pause();
    tokio::time::sleep(short).await;
    world.etcd.resume();
    slowest = slowest.max(world.all_registered(AGAIN).await);
    let removed = service().key(&address(&world.running[0]));
    world.asked.delete(&removed).await.unwrap();
    slowest = slowest.max(world.all_registered(AGAIN).await);

    let tally = calling.stop().await;
    tally.assert_none_failed();
    report(
        36,
        &format!(
            "etcd killed with its data for {long:?}, killed for {short:?}, hung for {short:?}, a key removed: {tally}; registered again within {slowest:.1?} at a TTL of {TTL:?}"
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_is_gone_from_etcd_before_its_connections_are_told_to_go() {
    let rolls = size(1, 3);
    let mut world = Registered::start(3).await;
    let calling = Calling::start(world.client()).await;
    let mut stops = 0;
    for _ in 0..rolls {
        for _ in 0..world.running.len() {
            let mut old = world.running.remove(0);
            let mut peer = wire::connect(old.grpc_url(), &wire::opening()).await;
            old.process().signal(Signal::TERM);
            until_goaway(&mut peer).await;
            assert!(!world.found().await.contains(&address(&old)));
            drop(peer);
            assert!(old.process().wait(LIMIT).await.success());
            stops += 1;
            let new = world.one().await;
            world.running.push(new);
            world.all_registered(LIMIT).await;
        }
    }
    let tally = calling.stop().await;
    tally.assert_none_failed();
    report(
        36,
        &format!("{stops} of {stops} stops were gone from etcd at their GOAWAY; {tally}"),
    );
}

async fn until_goaway(peer: &mut TcpStream) {
    let mut received = Vec::new();
    let mut told = async |received: &mut Vec<u8>| loop {
        let read = peer.read_buf(received).await.unwrap();
        let frames = wire::frames(received);
        if frames.iter().any(|(kind, _)| *kind == wire::GOAWAY) {
            return;
        }
        assert!(read > 0, "the connection closed without a GOAWAY");
    };
    let told = tokio::time::timeout(LIMIT, told(&mut received)).await;
    assert!(told.is_ok(), "a stop didn't say GOAWAY");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_etcd_that_is_away_delays_neither_start_nor_stop() {
    let mut etcd = Etcd::start().await;
    etcd.kill();
    let endpoints = etcd.address();
    let mut service = UserService::embedded(&[
        ("ETCD_ENDPOINTS", &endpoints),
        ("KITEX_ETCD_REGISTRY_LEASE_TTL", "3"),
        ("OTEL_SDK_DISABLED", "false"),
        ("OTEL_TRACES_EXPORTER", "none"),
    ])
    .await;
    let said = |text: &'static str| move |line: &str| line.contains(text);
    let process = service.process();
    process
        .wait_for_line(said("not registered in etcd"), LIMIT)
        .await;
    let active = "user_service_registration_active";
    assert_eq!(metric(&service, active, &[]).await, 0.0);
    client(service.grpc_url(), LIMIT)
        .create(new_user())
        .await
        .unwrap();

    etcd.restart().await;
    let process = service.process();
    process
        .wait_for_line(said("\"registered in etcd"), LIMIT)
        .await;
    assert_eq!(metric(&service, active, &[]).await, 1.0);

    etcd.pause();
    let stopping = Instant::now();
    service.process().signal(Signal::TERM);
    assert!(service.process().wait(LIMIT).await.success());
    assert!(
        stopping.elapsed() < Duration::from_secs(5),
        "{:?}",
        stopping.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_are_no_instance_are_passed_over() {
    let world = Registered::start(1).await;
    let lease = world.asked.grant(60).await.unwrap();
    for address in ["nonsense", "/run/users.sock", ""] {
        let key = service().key(address);
        let instance = grpc_discovery::Instance::new(address);
        world.asked.put(&key, &instance, lease).await.unwrap();
    }
    let client = world.client();
    for _ in 0..10 {
        client.create(new_user()).await.unwrap();
    }
}
