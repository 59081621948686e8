//! One suite over all registries, each real or, for Nacos without `TEST_NACOS_URL`, the emulator:
//! callers notice nothing of its faults, and spread their calls by weight.

mod env;

use std::time::Duration;

use testkit::Mode;
use testkit::sizes::{report, size};

use self::env::{Kind, RegistryEnv};
use crate::support::{Calling, last_call, metric};

/// What goes wrong between a registry and its clients.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// Connections to it break and are refused.
    Unreachable,
    /// It takes requests and never responds.
    Hung,
    /// It responds with a page of HTML.
    Nonsense,
    /// Instances can't reach it, and callers can: it becomes empty.
    Partitioned,
    /// It loses all instances.
    Emptied,
}

const FAULTS: [Fault; 5] = [
    Fault::Unreachable,
    Fault::Hung,
    Fault::Nonsense,
    Fault::Partitioned,
    Fault::Emptied,
];

impl Fault {
    async fn begin(self, env: &mut RegistryEnv) {
        match self {
            Self::Unreachable => env.break_for_all(Mode::Refuse),
            Self::Hung => env.break_for_all(Mode::Hang),
            Self::Nonsense => env.break_for_all(Mode::Nonsense),
            Self::Partitioned => {
                env.instances_way.set(Mode::Refuse);
                env.instances_way.reset_all();
            }
            Self::Emptied => env.forget_all().await,
        }
    }
}

async fn no_call_fails(kind: Kind) {
    let mut env = RegistryEnv::start(kind, &[&[], &[], &[]]).await;
    for fault in FAULTS {
        let time = Duration::from_secs(match fault {
            // As long as instances without beats stay.
            Fault::Partitioned => size(5, 40),
            Fault::Emptied => 0,
            _ => size(3, 30),
        });
        let calling = Calling::start(env.client()).await;
        fault.begin(&mut env).await;
        tokio::time::sleep(time).await;
        env.mend();
        let again = env.all_registered().await;
        let tally = calling.stop().await;
        tally.assert_none_failed();
        report(
            36,
            &format!("{kind:?} {fault:?} for {time:?}: {tally}; all registered {again:.1?} after"),
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_fails_by_a_fault_of_etcd() {
    no_call_fails(Kind::Etcd).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_fails_by_a_fault_of_nacos() {
    no_call_fails(Kind::Nacos).await;
}

async fn calls_are_spread(kind: Kind) {
    let calls = size(2_000, 10_000);
    let weights = ["10", "30", "60"];
    let variables = weights.map(|weight| [("INSTANCE_WEIGHT", weight)]);
    let env = RegistryEnv::start(kind, &variables.each_ref().map(|it| &it[..])).await;
    let client = env.client();
    for _ in 0..calls {
        // Where the call goes matters, and not whether there is such a user.
        let _ = client.get(1).await;
    }
    for (service, weight) in env.running.iter().zip(weights) {
        let method = [r#"rpc_method="user.v1.UserService/GetUser""#];
        let count = metric(service, "rpc_server_call_duration_seconds_count", &method).await;
        let share = 100.0 * count / f64::from(calls);
        let off = (share - weight.parse::<f64>().unwrap()).abs();
        assert!(off < 3.0, "{share} % instead of {weight} %");
        report(
            36,
            &format!("{kind:?}, weight {weight} of 100: {share:.1} % of {calls} calls"),
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_spread_by_weights_in_etcd() {
    calls_are_spread(Kind::Etcd).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_spread_by_weights_in_nacos() {
    calls_are_spread(Kind::Nacos).await;
}

async fn a_stopping_instance_is_left_within(limit: Duration, kind: Kind) {
    let delay = [("SHUTDOWN_DRAIN_DELAY", "8s")];
    let mut env = RegistryEnv::start(kind, &[&delay, &delay]).await;
    let calling = Calling::start(env.client()).await;
    let left = last_call(&mut env.running[0]).await;
    calling.stop().await.assert_none_failed();
    assert!(left < limit, "{left:?}");
    report(
        36,
        &format!(
            "{kind:?}: the last call of an instance that stops came {left:.1?} after its SIGTERM"
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_leave_a_stopping_instance_on_the_etcd_watch_event() {
    a_stopping_instance_is_left_within(Duration::from_secs(1), Kind::Etcd).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_leave_a_stopping_instance_at_their_next_poll_of_nacos() {
    // The interval of Kitex's resolver, and the time of a poll.
    a_stopping_instance_is_left_within(Duration::from_secs(6), Kind::Nacos).await;
}
