//! Misbehaving peers are disconnected, without an effect on others.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tokio::io::AsyncReadExt;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::support::{client, get, reason};
use testkit::UserService;
use testkit::load::{Tally, steady};
use testkit::sizes::{report, size};
use testkit::users::{new_user, plain_client};
use testkit::wire::{self, END_HEADERS, HEADERS, PING, PREFACE, SETTINGS, frame};

/// Peers that open connections and never get on with them, and how long each was held.
struct Silent(JoinSet<Duration>);

impl Silent {
    /// So many of each of five kinds.
    async fn connect(url: &str, each: usize, handshake_timeout: Duration) -> Self {
        let settings = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
        let half_a_frame = [wire::opening(), frame(PING, 0, 0, &[0; 8])[..12].to_vec()].concat();
        let kinds: [&[u8]; 5] = [b"", &PREFACE[..9], PREFACE, &settings, &half_a_frame];
        let mut peers = JoinSet::new();
        for kind in kinds {
            for _ in 0..each {
                let mut peer = wire::connect(url, kind).await;
                peers.spawn(
                    async move { wire::until_closed(&mut peer, 2 * handshake_timeout).await.0 },
                );
            }
        }
        Self(peers)
    }

    /// The longest time, when all are closed.
    async fn closed(self) -> Duration {
        let held = self.0.join_all().await;
        held.into_iter().max().unwrap_or_default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_preface_gets_goaway_and_a_clean_close() {
    // Beside other protocols, what is none of them is closed without a word.
    let service = UserService::embedded(&[("PROTOCOLS", "grpc")]).await;
    let http1 = [
        b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n",
        &b"x".repeat(20_000)[..],
    ]
    .concat();
    for sent in [&http1[..], b"INVALID CONNECTION PREFACE\r\n\r\n"] {
        let mut peer = wire::connect(service.grpc_url(), sent).await;
        let mut received = Vec::new();
        let reading = peer.read_to_end(&mut received);
        let ended = timeout(Duration::from_secs(5), reading).await.unwrap();
        ended.unwrap();
        let frames = wire::frames(&received);
        let (kind, payload) = *frames.last().unwrap();
        assert_eq!(kind, wire::GOAWAY, "{frames:?}");
        const PROTOCOL_ERROR: &[u8] = &[0, 0, 0, 1];
        assert_eq!(&payload[4..8], PROTOCOL_ERROR);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_and_dribbling_peers_are_let_go_and_others_are_served() {
    let handshake_timeout = size(Duration::from_secs(1), Duration::from_secs(10));
    let (rounds, rate, each) = size((1, 100, 10), (8, 200, 200));
    let service = UserService::embedded(&[(
        "CONNECTION_TIMEOUT",
        &format!("{}s", handshake_timeout.as_secs()),
    )])
    .await;
    let url = service.grpc_url();
    let good = plain_client(url).await;
    let user = client(url, Duration::from_secs(10))
        .create(new_user())
        .await
        .unwrap();
    let calls = || {
        steady(rate, handshake_timeout, |_| {
            let client = good.clone();
            async move { get(client, user).await.map_err(|it| it.to_string()) }
        })
    };
    let (mut alone, mut beside) = (Tally::default(), Tally::default());
    let (mut ratios, mut longest) = (Vec::new(), Duration::ZERO);
    // In turns, so that whatever else this machine does is part of both.
    for _ in 0..rounds {
        let before = calls().await;
        let silent = Silent::connect(url, each, handshake_timeout).await;
        let after = calls().await;
        longest = longest.max(silent.closed().await);
        let seconds = |tally: &Tally| tally.percentile(99).as_secs_f64();
        ratios.push(seconds(&after) / seconds(&before));
        alone.absorb(before);
        beside.absorb(after);
    }
    alone.assert_none_failed();
    beside.assert_none_failed();
    ratios.sort_unstable_by(f64::total_cmp);
    report(
        21,
        &format!(
            "{} silent peers of 5 kinds, {rounds} times, closed within {longest:.1?} of {handshake_timeout:?}; beside them {beside}, p99 {:.2?}, {:.2?} without (x{:.2}; median of the rounds x{:.2})",
            5 * each,
            beside.percentile(99),
            alone.percentile(99),
            beside.percentile(99).as_secs_f64() / alone.percentile(99).as_secs_f64(),
            ratios[ratios.len() / 2],
        ),
    );
    // The figure is in the report; a machine that is busy otherwise may add to it.
    assert!(
        longest < handshake_timeout + Duration::from_secs(2),
        "{longest:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_its_share_of_connections() {
    let service = UserService::embedded(&[("MAX_CONNECTIONS_PER_ADDRESS", "3")]).await;
    let url = service.grpc_url();
    let call = wire::request_headers("CreateUsers");
    let busy = [wire::opening(), frame(HEADERS, END_HEADERS, 1, &call)].concat();
    let mut kept = Vec::new();
    for _ in 0..3 {
        kept.push(wire::connect(url, &busy).await);
    }
    // Accepted in order, so that the fourth is the one that is turned away.
    assert!(wire::is_turned_away(url).await);
    drop(kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_descriptors_the_service_neither_spins_nor_fails_open_connections() {
    let mut service = UserService::embedded(&[("MAX_CONNECTIONS_PER_ADDRESS", "10000")]).await;
    let pid = service.process().pid();
    let good = client(service.grpc_url(), Duration::from_secs(10));
    let user = good.create(new_user()).await.unwrap();
    let open = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count() as u64;
    let limit = Rlimit {
        current: Some(open + 20),
        maximum: Some(open + 20),
    };
    let process = Pid::from_raw(i32::try_from(pid).unwrap());
    prlimit(process, Resource::Nofile, limit).unwrap();
    let mut hogs = Vec::new();
    for _ in 0..size(60, 500) {
        hogs.push(wire::connect(service.grpc_url(), b"").await);
    }
    let (before, started) = (service.process().cpu(), Instant::now());
    let tally = steady(20, Duration::from_secs(size(2, 8)), |_| {
        let client = good.clone();
        async move { client.get(user).await.map(drop).map_err(|it| reason(&it)) }
    })
    .await;
    let used = service.process().cpu().since(before).used;
    let share = used.as_secs_f64() / started.elapsed().as_secs_f64();
    tally.assert_none_failed();
    assert!(share < 0.3, "{share} of a processor");
    drop(hogs);
    // It accepts again once there are descriptors, after a rest of at most a second.
    let next = plain_client(service.grpc_url());
    let next = tokio::time::timeout(Duration::from_secs(5), next)
        .await
        .unwrap();
    get(next, user).await.unwrap();
    report(
        22,
        &format!(
            "{tally} on open connections; {:.0} % of a processor; accepts again",
            share * 100.0
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_cost_little() {
    let mut service = UserService::embedded(&[("MAX_CONNECTIONS_PER_ADDRESS", "10000")]).await;
    let url = service.grpc_url().to_owned();
    let good = client(&url, Duration::from_secs(10));
    let user = good.create(new_user()).await.unwrap();
    let before = service.process().resident();
    let count = size(200, 8_000);
    let mut idle = Vec::new();
    for _ in 0..count {
        idle.push(wire::connect(&url, &wire::opening()).await);
    }
    let tally = steady(50, Duration::from_secs(1), |_| {
        let client = good.clone();
        async move { client.get(user).await.map(drop).map_err(|it| reason(&it)) }
    })
    .await;
    tally.assert_none_failed();
    let each = service.process().resident().saturating_sub(before) / count;
    assert!(each < 100, "{each} KiB each");
    report(
        23,
        &format!(
            "{count} idle connections of {each} KiB each; {tally}, p99 {:.1?}",
            tally.percentile(99)
        ),
    );
}
