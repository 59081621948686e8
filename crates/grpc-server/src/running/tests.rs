#![expect(clippy::unwrap_used, reason = "tests")]

use std::cell::RefCell;

use crate::health::Health;
use tokio::time::Instant;

use super::*;

const DRAIN_DELAY: Duration = Duration::from_secs(5);

/// A service that is ready, and whose calls take another second once it is to stop.
fn running(terminated: usize) -> Running {
    let stop = CancellationToken::new();
    let readiness = Readiness::new(Health::new(), &["orders.v1.Orders"]);
    readiness.set(true);
    let stopped = stop.clone();
    let calls = tokio::spawn(async move {
        stopped.cancelled().await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        terminated
    });
    Running {
        signals: StopSignals::listen().unwrap(),
        tls: None,
        readiness,
        drain_delay: DRAIN_DELAY,
        stop,
        calls: AbortOnDropHandle::new(calls),
    }
}

#[tokio::test(start_paused = true)]
async fn a_drain_leaves_waits_refuses_finishes_and_closes_in_this_order() {
    let running = running(2);
    let (readiness, stop) = (running.readiness.clone(), running.stop.clone());
    let started = Instant::now();
    let seen = RefCell::new(Vec::new());
    let see = |what: &'static str| {
        let state = (readiness.is_ready(), stop.is_cancelled());
        seen.borrow_mut()
            .push((what, started.elapsed().as_secs(), state));
    };
    let delayed = async {
        tokio::time::sleep(DRAIN_DELAY - Duration::from_millis(1)).await;
        see("delay");
    };
    let drain = running.drain(async { see("leave") }, async { see("close") });
    let (terminated, ()) = tokio::join!(drain, delayed);

    assert_eq!(terminated, Ok(2));
    let expected = [
        ("leave", 0, (true, false)),
        ("delay", 4, (false, false)),
        ("close", 6, (false, true)),
    ];
    assert_eq!(*seen.borrow(), expected);
}
