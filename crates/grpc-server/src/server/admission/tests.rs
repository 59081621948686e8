#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::server::open_calls::OpenCall;

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn admission(total: usize, per_address: usize, eviction: Eviction) -> Arc<Admission> {
    Arc::new(Admission::new(&ConnectionLimits {
        total,
        per_address,
        eviction,
        ..ConnectionLimits::default()
    }))
}

fn call_on(slot: &ConnectionSlot) -> OpenCall {
    slot.admitted()
        .calls()
        .start(&ConnectionLimits::default())
        .0
}

async fn wait(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn one_address_has_its_share_and_gets_it_back() {
    let admission = admission(10, 2, Eviction::Idle);
    let first = admission.admit(address("10.0.0.1")).unwrap();
    let _second = admission.admit(address("::ffff:10.0.0.1")).unwrap();
    assert!(admission.admit(address("10.0.0.1")).is_none());
    let _other = admission.admit(address("10.0.0.2")).unwrap();

    drop(first);
    assert!(admission.admit(address("10.0.0.1")).is_some());
}

#[tokio::test(start_paused = true)]
async fn there_is_a_limit_for_all_together() {
    let admission = admission(2, 2, Eviction::Idle);
    let first = admission.admit(address("10.0.0.1")).unwrap();
    let _second = admission.admit(address("10.0.0.2")).unwrap();
    assert!(admission.admit(address("10.0.0.3")).is_none());

    drop(first);
    assert!(admission.admit(address("10.0.0.3")).is_some());
    assert_eq!(admission.lock().by_address.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_network_of_ipv6_is_one_address_block() {
    let admission = admission(10, 1, Eviction::Idle);
    let _slot = admission.admit(address("2001:db8::1")).unwrap();
    assert!(admission.admit(address("2001:db8::2")).is_none());
    assert!(admission.admit(address("2001:db8:0:1::1")).is_some());
}

#[tokio::test(start_paused = true)]
async fn the_longest_idle_connection_of_an_address_gives_way_first() {
    let admission = admission(10, 2, Eviction::Idle);
    let old = admission.admit(address("10.0.0.1")).unwrap();
    wait(1).await;
    let busy_until_now = admission.admit(address("10.0.0.1")).unwrap();
    let other = admission.admit(address("10.0.0.2")).unwrap();
    drop(call_on(&old));
    wait(1).await;
    let _new = admission.admit(address("10.0.0.1")).unwrap();
    assert!(busy_until_now.admitted().is_evicted());
    assert!(!old.admitted().is_evicted() && !other.admitted().is_evicted());

    // Its slot went to the new one, and is not given back twice.
    drop(busy_until_now);
    assert_eq!(admission.lock().total, 3);
}

#[tokio::test(start_paused = true)]
async fn a_busy_connection_gives_way_only_where_any_may() {
    for (eviction, evicted) in [(Eviction::Idle, false), (Eviction::Any, true)] {
        let admission = admission(2, 2, eviction);
        let busy = admission.admit(address("10.0.0.1")).unwrap();
        let _call = call_on(&busy);
        wait(1).await;
        let later = admission.admit(address("10.0.0.2")).unwrap();
        let _call = call_on(&later);
        wait(10).await;
        assert_eq!(admission.admit(address("10.0.0.3")).is_some(), evicted);
        assert_eq!(busy.admitted().is_evicted(), evicted);
        assert!(!later.admitted().is_evicted());
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_gives_way_before_a_busy_one() {
    let admission = admission(2, 2, Eviction::Any);
    let busy = admission.admit(address("10.0.0.1")).unwrap();
    let _call = call_on(&busy);
    wait(10).await;
    let idle = admission.admit(address("10.0.0.1")).unwrap();
    let _new = admission.admit(address("10.0.0.2")).unwrap();
    assert!(idle.admitted().is_evicted() && !busy.admitted().is_evicted());
}
