//! Everything at once, for a long time: `cargo xtask soak` runs it for hours.

mod load;
mod replicas;
mod vitals;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use self::load::{EXCUSE, Load};
use self::replicas::{Fault, Replicas};
use self::vitals::{Growth, ProcessMetrics};
use crate::durability::stored;
use testkit::load::{Tally, steady};
use testkit::sizes::{random, report, size};

/// From this on a slope is worth telling, and from the other it is more than noise.
const SLOPE_SHOWN_FROM: Duration = Duration::from_secs(600);
const SLOPE_SIGNIFICANT_FROM: Duration = Duration::from_secs(3600);

/// What happened to the replicas.
#[derive(Default)]
struct History {
    faults: BTreeMap<Fault, usize>,
    samples: Vec<ProcessMetrics>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_soak_with_random_faults_loses_nothing_and_grows_nothing() {
    let minutes = given("SOAK_MINUTES").map(|minutes| Duration::from_secs(60 * minutes));
    let time = minutes.unwrap_or(size(Duration::from_secs(24), Duration::from_secs(150)));
    let rate = given("SOAK_RATE").map_or(size(15, 30), |rate| u32::try_from(rate).unwrap());
    let mut replicas = Replicas::start().await;
    let load = Arc::new(replicas.load());
    let calls = steady(rate, time, |number| {
        let load = Arc::clone(&load);
        async move { load.call(number).await }
    });
    let (tally, history) = tokio::join!(calls, disturb(&mut replicas, &load, time));
    let failures = failures(&tally);
    let (acknowledged, unknown) = load.read_back().await;
    let stored = stored(replicas.env.database().url()).await;
    assert!(
        stored.values().all(|ids| ids.len() == 1),
        "a user was made twice"
    );
    let growth = Growth::of(&history.samples);
    let trend = match time >= SLOPE_SHOWN_FROM {
        true => growth.to_string(),
        false => "too short for a slope".to_owned(),
    };
    let (first, last) = (history.samples.first(), history.samples.last());
    report(
        37,
        &format!(
            "{time:?} at {rate}/s on two replicas, faults {:?}: {} calls, {} failed while PostgreSQL hung {:?}, {} otherwise {:?}; p99 {:.1?}; 0 of {acknowledged} acknowledged users lost, 0 doubled, {unknown} more there; {} at first, {} at last, {trend}",
            history.faults,
            tally.calls(),
            sum(&failures.excused),
            failures.excused,
            sum(&failures.others),
            failures.others,
            tally.percentile(99),
            first.unwrap(),
            last.unwrap(),
        ),
    );
    assert!(failures.others.is_empty(), "{:?}", failures.others);
    assert!(tally.succeeded.len() * 100 > tally.calls() * 90, "{tally}");
    if time >= SLOPE_SIGNIFICANT_FROM {
        assert!(growth.mebibytes < 1.0, "{growth}");
        assert!(growth.files < 4.0 && growth.tasks < 4.0, "{growth}");
    }
}

fn given(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(value.parse().unwrap())
}

/// Lets each fault happen once in every round, in random order, for random times,
/// with quiet between. At the end of each quiet time the first replica is measured.
async fn disturb(replicas: &mut Replicas, load: &Load, time: Duration) -> History {
    let begun = Instant::now();
    let (mut random, mut history) = (random(), History::default());
    loop {
        let mut faults = Fault::ALL;
        faults.shuffle(&mut random);
        for fault in faults {
            let quiet = seconds(&mut random, size((0.8, 1.2), (5.0, 15.0)));
            tokio::time::sleep(quiet).await;
            let vitals = ProcessMetrics::of(&mut replicas.env.service, begun).await;
            history.samples.push(vitals);
            let lasts = seconds(&mut random, size((0.8, 1.2), (2.0, 10.0)));
            if begun.elapsed() + lasts > time {
                return history;
            }
            println!(
                "{:.0?}: {vitals}; next {fault:?} for {lasts:.1?}",
                begun.elapsed()
            );
            replicas.suffer(fault, lasts, load).await;
            *history.faults.entry(fault).or_default() += 1;
            replicas.collector.clear();
        }
    }
}

fn seconds(random: &mut StdRng, (least, most): (f64, f64)) -> Duration {
    Duration::from_secs_f64(random.random_range(least..most))
}

/// Why calls failed, and how often.
struct Failures<'a> {
    excused: BTreeMap<&'a str, usize>,
    others: BTreeMap<&'a str, usize>,
}

fn failures(tally: &Tally) -> Failures<'_> {
    let (mut excused, mut others) = (BTreeMap::new(), BTreeMap::new());
    for (why, &count) in &tally.failed {
        match why.strip_prefix(EXCUSE) {
            Some(why) => excused.insert(why, count),
            None => others.insert(why.as_str(), count),
        };
    }
    Failures { excused, others }
}

fn sum(counts: &BTreeMap<&str, usize>) -> usize {
    counts.values().sum()
}
