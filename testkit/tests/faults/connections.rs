//! Peers that misbehave are let go, and nobody else notices.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tokio::task::JoinSet;

use crate::stand::reason;
use crate::stand::{client, embedded, get, new_user, plain};
use testkit::load::steady;
use testkit::sizes::{report, size};
use testkit::wire::{self, PING, PREFACE, SETTINGS, frame};

/// What a process has used of the processor.
fn cpu_time(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .collect();
    let ticks: u64 = fields[11..=12]
        .iter()
        .map(|it| it.parse::<u64>().unwrap())
        .sum();
    Duration::from_millis(ticks * 10)
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_and_dribbling_peers_are_let_go_and_others_are_served() {
    let patience = size(Duration::from_secs(1), Duration::from_secs(10));
    let each = size(10, 200);
    let service = embedded(&[("CONNECTION_TIMEOUT", &format!("{}s", patience.as_secs()))]).await;
    let url = service.grpc_url().to_owned();
    let settings = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
    let half_a_frame = [wire::opening(), frame(PING, 0, 0, &[0; 8])[..12].to_vec()].concat();
    let kinds: [&[u8]; 5] = [b"", &PREFACE[..9], PREFACE, &settings, &half_a_frame];
    let mut peers = JoinSet::new();
    for kind in kinds {
        for _ in 0..each {
            let mut peer = wire::connect(&url, kind).await;
            peers.spawn(async move { wire::until_closed(&mut peer, 2 * patience).await.0 });
        }
    }
    let good = client(&url, Duration::from_secs(10));
    let user = good.create(new_user()).await.unwrap();
    let tally = steady(100, patience, |_| {
        let client = good.clone();
        async move { client.get(user).await.map(drop).map_err(|it| reason(&it)) }
    })
    .await;
    tally.assert_none_failed();
    let mut longest = Duration::ZERO;
    while let Some(closed) = peers.join_next().await {
        longest = longest.max(closed.unwrap());
    }
    assert!(
        longest < patience + Duration::from_millis(500),
        "{longest:?}"
    );
    report(
        21,
        &format!(
            "{} silent peers of 5 kinds closed within {longest:.1?} of {patience:?}; {tally}, p99 {:.1?}",
            5 * each,
            tally.percentile(99)
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_its_share_of_connections() {
    let service = embedded(&[("MAX_CONNECTIONS_PER_ADDRESS", "3")]).await;
    let url = service.grpc_url();
    let mut kept = Vec::new();
    for _ in 0..3 {
        kept.push(wire::connect(url, &wire::opening()).await);
    }
    // Accepted in order, so that the fourth is the one that is turned away.
    assert!(wire::is_turned_away(url).await);
    drop(kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_descriptors_the_service_neither_spins_nor_fails_open_connections() {
    let mut service = embedded(&[("MAX_CONNECTIONS_PER_ADDRESS", "10000")]).await;
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
    let (before, started) = (cpu_time(pid), Instant::now());
    let tally = steady(20, Duration::from_secs(size(2, 8)), |_| {
        let client = good.clone();
        async move { client.get(user).await.map(drop).map_err(|it| reason(&it)) }
    })
    .await;
    let share = (cpu_time(pid) - before).as_secs_f64() / started.elapsed().as_secs_f64();
    tally.assert_none_failed();
    assert!(share < 0.3, "{share} of a processor");
    drop(hogs);
    // It accepts again once there are descriptors, after a rest of at most a second.
    let next = plain(service.grpc_url());
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
    let mut service = embedded(&[("MAX_CONNECTIONS_PER_ADDRESS", "10000")]).await;
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
