//! A failing collector affects no call.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use testkit::{FaultProxy, Mode, Signal, Sink, UserService};

use crate::support::{client, reason, settled_spans};
use testkit::load::{Tally, steady};
use testkit::sizes::{report, size};
use testkit::users::new_user;

const MODES: [(&str, Mode); 3] = [
    ("well", Mode::Pass),
    ("refusing", Mode::Refuse),
    ("hung", Mode::Hang),
];

/// How long an export may take, so that one which hangs ends soon after its slice.
const EXPORT_LIMIT: &str = "2000";

/// By how much memory may grow, in KiB.
const MOST_GROWTH: u64 = 16 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn failing_collector_fails_no_call_and_delays_no_shutdown() {
    let (rate, rounds, slice) = size((100, 1, 1), (200, 10, 10));
    let sink = Sink::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let way = FaultProxy::in_front_of(&sink.endpoint()).await;
    let mut service = UserService::start(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", way.url()),
        ("OTEL_BSP_SCHEDULE_DELAY", "500"),
        ("OTEL_BSP_EXPORT_TIMEOUT", EXPORT_LIMIT),
    ])
    .await;
    let caller = client(service.grpc_url(), Duration::from_secs(10));
    let user = caller.create(new_user()).await.unwrap();
    let mut tallies = MODES.map(|_| Tally::default());
    let (mut before, mut grown) = (None, 0);
    // In slices by turns: what else the machine does is then the same for all.
    for _ in 0..rounds {
        for ((_, mode), tally) in MODES.iter().zip(&mut tallies) {
            way.set(*mode);
            if *mode == Mode::Refuse {
                way.reset_all();
            }
            let calls = steady(rate, Duration::from_secs(slice), |_| {
                let caller = caller.clone();
                async move { caller.get(user).await.map(drop).map_err(|it| reason(&it)) }
            });
            tally.absorb(calls.await);
            let resident = service.process().resident();
            grown = grown.max(resident.saturating_sub(*before.get_or_insert(resident)));
            if *mode != Mode::Pass {
                // What a hung connection holds is lost with it, and is sent again by another:
                // received by both, it would come twice.
                way.reset_all();
                way.set(Mode::Pass);
            }
            // No export is in flight when it could be received without a response.
            settled_spans(&service).await;
        }
    }
    for tally in &tallies {
        tally.assert_none_failed();
    }
    assert!(grown <= MOST_GROWTH, "{grown} KiB more");
    let spans = settled_spans(&service).await;
    let received = sink.spans();
    let different: HashSet<_> = received.iter().map(|it| &it.span.span_id).collect();
    assert_eq!(different.len(), received.len(), "spans came twice");
    assert_eq!(spans.exported, received.len() as f64);
    assert_eq!(spans.dropped, 0.0, "the queue has room for all of them");
    way.set(Mode::Hang);
    caller.get(user).await.unwrap();
    let stopping = Instant::now();
    service.process().signal(Signal::TERM);
    let ended = service.process().wait(Duration::from_secs(10)).await;
    assert!(ended.success());
    let took = stopping.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    let well = tallies[0].percentile(99);
    let figures = MODES.iter().zip(&tallies).map(|((name, _), tally)| {
        let p99 = tally.percentile(99);
        let ratio = p99.as_secs_f64() / well.as_secs_f64();
        format!("{name}: {tally}, p99 {p99:.1?} ({ratio:.2} of well)")
    });
    report(
        14,
        &format!(
            "{rounds} times {slice} s of each by turns: {}; {} spans ended = {} received; {grown} KiB more memory; stopped in {took:.1?} while it hung",
            figures.collect::<Vec<_>>().join("; "),
            spans.ended,
            received.len(),
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_for_3_s_under_load_costs_no_span() {
    const AWAY: Duration = Duration::from_secs(3);
    let rate = size(200, 500);
    let sink = Sink::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let way = FaultProxy::in_front_of(&sink.endpoint()).await;
    let service = UserService::start(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", way.url()),
        ("OTEL_BSP_SCHEDULE_DELAY", "200"),
    ])
    .await;
    let caller = client(service.grpc_url(), Duration::from_secs(10));
    let user = caller.create(new_user()).await.unwrap();
    let load = async |time| {
        let calls = steady(rate, time, |_| {
            let caller = caller.clone();
            async move { caller.get(user).await.map(drop).map_err(|it| reason(&it)) }
        });
        calls.await.assert_none_failed();
    };
    load(Duration::from_secs(1)).await;
    way.set(Mode::Refuse);
    way.reset_all();
    load(AWAY).await;
    way.set(Mode::Pass);
    load(Duration::from_secs(1)).await;

    let spans = settled_spans(&service).await;
    let received = sink.spans();
    // Those of a connection that broke after they were received come again.
    let different: HashSet<_> = received.iter().map(|it| &it.span.span_id).collect();
    assert_eq!(spans.dropped, 0.0);
    assert_eq!(different.len() as f64, spans.ended);
    report(
        14,
        &format!(
            "a collector that is away for 3 s at {rate}/s: {} of {} spans received",
            different.len(),
            spans.ended
        ),
    );
}
