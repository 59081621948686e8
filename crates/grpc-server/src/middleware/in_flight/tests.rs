#![expect(clippy::unwrap_used, reason = "tests")]

use std::future::poll_fn;

use super::*;

#[test]
fn call_that_waits_for_its_caller_holds_no_permit() {
    let in_flight = InFlight::new(1);
    let first = in_flight.begin().unwrap();
    assert!(in_flight.begin().is_none());

    let breaks = first.breaks();
    breaks.begin();
    let second = in_flight.begin().unwrap();
    assert!(!breaks.end(), "the second call has the place");
    drop(second);
    assert!(breaks.end());
    assert!(in_flight.begin().is_none());

    drop(first);
    breaks.begin();
    assert!(breaks.end(), "a call that is over needs no place");
    assert!(in_flight.begin().is_some());
}

#[tokio::test]
async fn a_stream_that_goes_on_waits_for_a_place() {
    let in_flight = InFlight::new(1);
    let stream = in_flight.begin().unwrap();
    let mut breaks = stream.breaks();
    breaks.begin();
    let other = in_flight.begin().unwrap();
    let resumed = poll_fn(|task| breaks.poll_end(task));
    let ((), ()) = tokio::join!(resumed, async { drop(other) });
    assert!(in_flight.begin().is_none());
}

#[tokio::test]
async fn a_held_place_is_kept_while_more_is_read() {
    let in_flight = InFlight::new(1);
    let stream = in_flight.begin().unwrap();
    let breaks = stream.breaks();
    breaks.begin();
    let held = stream.place().hold().await;
    breaks.begin();
    assert!(in_flight.begin().is_none());

    drop(held);
    breaks.begin();
    assert!(in_flight.begin().is_some());
}
