#![expect(clippy::unwrap_used, reason = "tests")]

use std::net::Ipv4Addr;

use super::*;

fn callers(limits: QuotaLimits) -> Arc<Callers> {
    Arc::new(Callers::new(limits))
}

fn caller(number: u32) -> CallerIdentity {
    CallerIdentity::Address(Ipv4Addr::from_bits(number).into())
}

fn refusal(result: Result<QuotaPermit, CallRefusal>) -> CallRefusal {
    result.err().unwrap()
}

#[tokio::test(start_paused = true)]
async fn calls_and_streams_are_counted_apart_and_given_back() {
    let callers = callers(QuotaLimits {
        calls: Some(1),
        streams: Some(1),
        ..QuotaLimits::default()
    });
    let call = callers.admit(caller(1), Shape::Unary).unwrap();
    let _stream = callers.admit(caller(1), Shape::Stream).unwrap();
    let refused = refusal(callers.admit(caller(1), Shape::Unary));
    assert_eq!(refused, CallRefusal::Calls);
    let refused = refusal(callers.admit(caller(1), Shape::Stream));
    assert_eq!(refused, CallRefusal::Streams);
    let _of_another = callers.admit(caller(2), Shape::Unary).unwrap();

    drop(call);
    assert!(callers.admit(caller(1), Shape::Unary).is_ok());
}

#[tokio::test(start_paused = true)]
async fn call_over_the_concurrency_limit_consumes_no_rate() {
    let callers = callers(QuotaLimits {
        rate: Some(2),
        calls: Some(1),
        ..QuotaLimits::default()
    });
    let call = callers.admit(caller(1), Shape::Unary).unwrap();
    let refused = refusal(callers.admit(caller(1), Shape::Unary));
    assert_eq!(refused, CallRefusal::Calls);
    drop(call);
    drop(callers.admit(caller(1), Shape::Unary).unwrap());
    let refused = refusal(callers.admit(caller(1), Shape::Unary));
    assert_eq!(refused, CallRefusal::Rate(Duration::from_millis(500)));
}

#[tokio::test(start_paused = true)]
async fn those_with_nothing_open_are_forgotten_before_the_memory_is_full() {
    let callers = callers(QuotaLimits {
        rate: Some(1),
        ..QuotaLimits::default()
    });
    let kept = callers.admit(caller(0), Shape::Stream).unwrap();
    for number in 1..MAX_CALLERS {
        let number = u32::try_from(number).unwrap();
        drop(callers.admit(caller(number), Shape::Unary).unwrap());
    }
    let refused = refusal(callers.admit(caller(u32::MAX), Shape::Unary));
    assert_eq!(refused, CallRefusal::Callers);

    tokio::time::sleep(2 * SWEEP_INTERVAL).await;
    assert!(callers.admit(caller(u32::MAX), Shape::Unary).is_ok());
    assert_eq!(callers.lock().of.len(), 2);
    drop(kept);
}
