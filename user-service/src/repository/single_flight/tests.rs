#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use futures_util::future::{join_all, pending};
use futures_util::poll;
use tokio::sync::oneshot;

use super::*;
use crate::domain::sample;

fn id() -> UserId {
    user().id
}

fn user() -> User {
    sample::user(7)
}

#[tokio::test]
async fn many_callers_share_one_look_up() {
    let flights = SingleFlight::default();
    let look_ups = AtomicUsize::new(0);
    let look_up = || async {
        look_ups.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        Ok(Some(user()))
    };

    let found = join_all((0..1000).map(|_| flights.get(id(), look_up()))).await;

    assert_eq!(look_ups.into_inner(), 1);
    assert!(
        found
            .into_iter()
            .all(|found| found.unwrap() == Some(user()))
    );
    assert!(flights.lock().is_empty());
}

#[tokio::test]
async fn an_absence_from_before_a_caller_came_is_not_shared() {
    let flights = SingleFlight::default();
    let (answer, answered) = oneshot::channel();
    let mut leader = Box::pin(flights.get(id(), async { answered.await.unwrap() }));
    assert!(poll!(&mut leader).is_pending());
    let mut follower = Box::pin(flights.get(id(), async { Ok(Some(user())) }));
    assert!(poll!(&mut follower).is_pending());

    answer.send(Ok(None)).unwrap();

    assert!(matches!(poll!(&mut leader), Poll::Ready(Ok(None))));
    assert!(matches!(poll!(&mut follower), Poll::Ready(Ok(Some(_)))));
}

#[tokio::test]
async fn a_follower_takes_over_from_a_cancelled_leader() {
    let flights = SingleFlight::default();
    let mut leader = Box::pin(flights.get(id(), pending()));
    assert!(poll!(&mut leader).is_pending());
    let mut follower = Box::pin(flights.get(id(), async { Ok(Some(user())) }));
    assert!(poll!(&mut follower).is_pending());

    drop(leader);

    assert!(matches!(poll!(&mut follower), Poll::Ready(Ok(Some(_)))));
    drop(follower);
    assert!(flights.lock().is_empty());
}

#[tokio::test]
async fn error_reaches_current_waiters_and_no_later_caller() {
    let flights = SingleFlight::default();
    let (fail, failed) = oneshot::channel::<()>();
    let leader = flights.get(id(), async {
        failed.await.unwrap();
        Err(RepositoryError::Exhausted)
    });
    let follower = flights.get(id(), async { Ok(Some(user())) });
    let (leader, follower, ()) = tokio::join!(leader, follower, async { fail.send(()).unwrap() });

    assert!(leader.is_err());
    assert!(follower.is_err());
    assert!(flights.get(id(), async { Ok(None) }).await.is_ok());
}

#[tokio::test]
async fn a_look_up_from_before_is_not_shared_after_forget() {
    let flights = SingleFlight::default();
    let mut early = Box::pin(flights.get(id(), pending()));
    assert!(poll!(&mut early).is_pending());

    flights.forget(id());

    let late = flights.get(id(), async { Ok(Some(user())) }).await;
    assert_eq!(late.unwrap(), Some(user()));
}
