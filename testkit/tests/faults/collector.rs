//! A collector in trouble is nobody's trouble but its own.

use std::time::{Duration, Instant};

use testkit::{FaultProxy, Mode, Signal, Sink, UserService};

use crate::stand::reason;
use crate::stand::{client, new_user};
use testkit::load::steady;
use testkit::sizes::{report, size};

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_in_trouble_fails_no_call_and_holds_no_stop() {
    let (rate, time) = size((100, 1), (200, 60));
    let sink = Sink::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let way = FaultProxy::in_front_of(&sink.endpoint()).await;
    let mut service = UserService::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", way.url())]).await;
    let caller = client(service.grpc_url(), Duration::from_secs(10));
    let user = caller.create(new_user()).await.unwrap();
    let mut figures = Vec::new();
    let before = service.process().resident();
    for (name, mode) in [
        ("well", Mode::Pass),
        ("refusing", Mode::Refuse),
        ("hung", Mode::Hang),
    ] {
        way.set(mode);
        if mode == Mode::Refuse {
            way.reset_all();
        }
        let tally = steady(rate, Duration::from_secs(time), |_| {
            let caller = caller.clone();
            async move { caller.get(user).await.map(drop).map_err(|it| reason(&it)) }
        })
        .await;
        tally.assert_none_failed();
        figures.push(format!("{name}: {tally}, p99 {:.1?}", tally.percentile(99)));
    }
    let grown = service.process().resident().saturating_sub(before);
    assert!(grown < 32 * 1024, "{grown} KiB more");
    let stopping = Instant::now();
    service.process().signal(Signal::TERM);
    let ended = service.process().wait(Duration::from_secs(10)).await;
    assert!(ended.success());
    let took = stopping.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    report(
        14,
        &format!(
            "{}; {grown} KiB more memory; stopped in {took:.1?} while it hung",
            figures.join("; ")
        ),
    );
}
