//! Connections get old, each at an age of its own, without a failed call.

use std::time::{Duration, Instant};

use testkit::load::steady;
use testkit::sizes::{report, size};
use testkit::wire;
use tokio::io::AsyncReadExt;
use tokio::task::JoinSet;

use crate::support::{client, reason};
use testkit::UserService;
use testkit::users::new_user;

/// How late a frame may be on a busy machine.
const SLACK: Duration = Duration::from_millis(500);

/// How long it takes until a new connection to the service at `url` gets GOAWAY.
async fn until_told_to_go(url: String) -> Duration {
    let started = Instant::now();
    let mut connection = wire::connect(&url, &wire::opening()).await;
    let mut received = Vec::new();
    loop {
        let read = connection.read_buf(&mut received).await.unwrap();
        let frames = wire::frames(&received);
        if frames.iter().any(|(kind, _)| *kind == wire::GOAWAY) {
            return started.elapsed();
        }
        assert!(read > 0, "closed without a word");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_age_and_no_call_fails() {
    let (age, seconds, rate, peers) = size((300, 3, 100, 20), (1_000, 600, 200, 200));
    let age = Duration::from_millis(age);
    let service = UserService::embedded(&[
        ("MAX_CONNECTION_AGE", &format!("{}ms", age.as_millis())),
        ("MAX_CONNECTION_AGE_GRACE", "1s"),
    ])
    .await;
    let client = client(service.grpc_url(), Duration::from_secs(10));
    let user = client.create(new_user()).await.unwrap();
    let mut ages = JoinSet::new();
    for _ in 0..peers {
        ages.spawn(until_told_to_go(service.grpc_url().to_owned()));
    }
    let tally = steady(rate, Duration::from_secs(seconds), |_| {
        let client = client.clone();
        async move { client.get(user).await.map(drop).map_err(|it| reason(&it)) }
    })
    .await;
    tally.assert_none_failed();
    let mut ages = ages.join_all().await;
    ages.sort_unstable();
    let (youngest, oldest) = (ages[0], ages[ages.len() - 1]);
    assert!(youngest >= age.mul_f64(0.9), "{youngest:?}");
    assert!(oldest < age.mul_f64(1.1) + SLACK, "{oldest:?}");
    // Half of what they may differ by, which so many do.
    assert!(oldest - youngest > age / 10, "{youngest:?} to {oldest:?}");
    report(
        16,
        &format!(
            "{tally} at a connection age of {age:?} for {seconds} s at {rate}/s; {peers} connections were told to go at ages from {youngest:.2?} to {oldest:.2?}"
        ),
    );
}
