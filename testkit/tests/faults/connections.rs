//! Peers that misbehave are let go, and nobody else notices.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::load::{reason, steady};
use crate::stand::{client, embedded, get, new_user, plain};
use crate::support::{report, size};
use crate::wire::{self, END_HEADERS, HEADERS, PING, PREFACE, RST_STREAM, SETTINGS, frame};

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

/// The memory that a process holds, in KiB.
pub(crate) fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
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
async fn connections_age_and_no_call_fails() {
    let (age, time, rate) = size(("300ms", 3, 100), ("1s", 60, 200));
    let service = embedded(&[
        ("MAX_CONNECTION_AGE", age),
        ("MAX_CONNECTION_AGE_GRACE", "1s"),
    ])
    .await;
    let client = client(service.grpc_url(), Duration::from_secs(10));
    let user = client.create(new_user()).await.unwrap();
    let tally = steady(rate, Duration::from_secs(time), |_| {
        let client = client.clone();
        async move { client.get(user).await.map(drop).map_err(|it| reason(&it)) }
    })
    .await;
    tally.assert_none_failed();
    report(
        16,
        &format!("{tally} at a connection age of {age} for {time} s at {rate}/s"),
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
async fn floods_are_stopped_and_cost_little() {
    let mut service = embedded(&[]).await;
    let pid = service.process().pid();
    let url = service.grpc_url().to_owned();
    let count = size(20_000, 200_000);
    let good = client(&url, Duration::from_secs(10));
    let user = good.create(new_user()).await.unwrap();
    let before = resident(pid);
    let reset = |stream: u32| {
        let headers = frame(HEADERS, END_HEADERS, stream, &wire::request_headers());
        [headers, frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])].concat()
    };
    type Piece<'a> = Box<dyn Fn(u32) -> Vec<u8> + Send + 'a>;
    let kinds: [(&str, Piece<'_>); 3] = [
        ("PING", Box::new(|_| frame(PING, 0, 0, &[0; 8]))),
        ("SETTINGS", Box::new(|_| frame(SETTINGS, 0, 0, &[]))),
        ("rapid reset", Box::new(move |number| reset(2 * number + 1))),
    ];
    let mut stopped = Vec::new();
    for (name, piece) in kinds {
        let mut peer = wire::connect(&url, &wire::opening()).await;
        let sent = flood(&mut peer, count, piece).await;
        assert!(sent < count, "{name}: all {count} were taken");
        get(plain(&url).await, user).await.unwrap();
        stopped.push(format!("{name} after at most {sent}"));
    }
    let grown = resident(pid).saturating_sub(before);
    assert!(grown < 32 * 1024, "{grown} KiB more");
    report(
        24,
        &format!("stopped: {}; {grown} KiB more memory", stopped.join(", ")),
    );
}

/// Sends up to `count` pieces and answers how many could be sent.
async fn flood(peer: &mut TcpStream, count: u32, piece: impl Fn(u32) -> Vec<u8>) -> u32 {
    let (mut reads, mut writes) = peer.split();
    let writing = async {
        for number in 0..count {
            if writes.write_all(&piece(number)).await.is_err() {
                return number;
            }
        }
        count
    };
    // What the server says is read, so that it isn't held back.
    let reading = async {
        let mut sink = tokio::io::sink();
        let _ = tokio::io::copy(&mut reads, &mut sink).await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        sent = writing => sent,
        () = reading => unreachable!(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_cost_little() {
    let mut service = embedded(&[("MAX_CONNECTIONS_PER_ADDRESS", "10000")]).await;
    let pid = service.process().pid();
    let url = service.grpc_url().to_owned();
    let good = client(&url, Duration::from_secs(10));
    let user = good.create(new_user()).await.unwrap();
    let before = resident(pid);
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
    let each = resident(pid).saturating_sub(before) / count;
    assert!(each < 100, "{each} KiB each");
    report(
        23,
        &format!(
            "{count} idle connections of {each} KiB each; {tally}, p99 {:.1?}",
            tally.percentile(99)
        ),
    );
}
