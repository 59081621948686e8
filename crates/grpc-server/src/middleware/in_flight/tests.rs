#![expect(clippy::unwrap_used, reason = "tests")]

use std::future::poll_fn;

use super::*;

#[test]
fn call_that_waits_for_its_caller_holds_no_permit() {
    let in_flight = InFlight::new(1);
    let first = in_flight.begin().unwrap();
    assert!(in_flight.begin().is_none());

    let pauses = first.pauses();
    pauses.begin();
    let second = in_flight.begin().unwrap();
    assert!(!pauses.end(), "the second call has the permit");
    drop(second);
    assert!(pauses.end());
    assert!(in_flight.begin().is_none());

    drop(first);
    pauses.begin();
    assert!(pauses.end(), "a call that is over needs no permit");
    assert!(in_flight.begin().is_some());
}

#[tokio::test]
async fn a_resumed_stream_waits_for_a_permit() {
    let in_flight = InFlight::new(1);
    let stream = in_flight.begin().unwrap();
    let mut pauses = stream.pauses();
    pauses.begin();
    let other = in_flight.begin().unwrap();
    let resumed = poll_fn(|task| pauses.poll_end(task));
    let ((), ()) = tokio::join!(resumed, async { drop(other) });
    assert!(in_flight.begin().is_none());
}

#[tokio::test]
async fn a_held_place_is_kept_while_more_is_read() {
    let in_flight = InFlight::new(1);
    let stream = in_flight.begin().unwrap();
    let pauses = stream.pauses();
    pauses.begin();
    let held = stream.permit().hold().await;
    pauses.begin();
    assert!(in_flight.begin().is_none());

    drop(held);
    pauses.begin();
    assert!(in_flight.begin().is_some());
}
