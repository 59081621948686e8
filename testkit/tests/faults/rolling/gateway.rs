//! Gateways, and the services behind them, that are replaced one after the other under requests
//! over HTTP/1.1 and HTTP/2.

mod caller;

use std::time::Duration;

use serde_json::Value;
use testkit::load::Tally;
use testkit::sizes::{report, size};
use testkit::users::new_user;
use testkit::{Process, Signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::caller::{Caller, Version};
use super::Replicas;

/// How long a gateway may take to start or to stop.
const LIMIT: Duration = Duration::from_secs(60);
/// The pause of a caller between two requests.
const PAUSE: Duration = Duration::from_millis(2);

/// Gateways in front of the same services, each on a port that it keeps.
struct Gateways {
    server: String,
    running: Vec<Process>,
    addresses: Vec<String>,
}

impl Gateways {
    async fn start(count: usize, services: &Replicas) -> Self {
        let mut gateways = Self {
            server: format!("http://{}", services.addresses.join(",")),
            running: Vec::new(),
            addresses: Vec::new(),
        };
        for _ in 0..count {
            let (process, address) = gateways.one("127.0.0.1:0").await;
            gateways.running.push(process);
            gateways.addresses.push(address);
        }
        gateways
    }

    /// A gateway on `address`, and the address with its port.
    async fn one(&self, address: &str) -> (Process, String) {
        let arguments = ["gateway", "--log-format", "json"];
        let variables = [
            ("GATEWAY_ADDR", address),
            ("GATEWAY_HTTP_ADDR", "127.0.0.1:0"),
            ("USER_SERVICE", &self.server),
            ("OTEL_SDK_DISABLED", "true"),
        ];
        let mut process = Process::start("user-client", &arguments, &variables);
        let is_serving = |line: &str| line.contains(r#""message":"serving""#);
        let line = process.wait_for_line(is_serving, LIMIT).await;
        let line: Value = serde_json::from_str(&line).unwrap();
        (process, line["gateway"].as_str().unwrap().to_owned())
    }

    /// Stops each, one after the other, and starts it anew.
    async fn roll(&mut self) {
        for index in 0..self.running.len() {
            let gateway = &mut self.running[index];
            gateway.signal(Signal::TERM);
            assert!(gateway.wait(LIMIT).await.success());
            let address = self.addresses[index].clone();
            self.running[index] = self.one(&address).await.0;
        }
    }
}

/// Sends requests by one caller until it is stopped: a quarter of them creates.
async fn call(mut caller: Caller, user: i64, stopped: watch::Receiver<bool>) -> Tally {
    let mut tally = Tally::default();
    for number in 0_u64.. {
        if *stopped.borrow() {
            break;
        }
        let started = std::time::Instant::now();
        let result = match number % 4 {
            0 => caller.create(&new_user()).await,
            _ => caller.get(user).await,
        };
        tally.add(result, started.elapsed());
        tokio::time::sleep(PAUSE).await;
    }
    tally
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_of_gateways_and_services_fails_no_request() {
    let (rolls, callers) = size((3, 8), (20, 16));
    let mut services = Replicas::start(2).await;
    let mut gateways = Gateways::start(2, &services).await;
    let user = services.client().create(new_user()).await.unwrap();
    let (stop, stopped) = watch::channel(false);
    let mut calling = JoinSet::new();
    for first in 0..callers {
        for version in [Version::Http1, Version::Http2] {
            let caller = Caller::new(version, gateways.addresses.clone(), first);
            calling.spawn(call(caller, user, stopped.clone()));
        }
    }
    for _ in 0..rolls {
        gateways.roll().await;
        services.roll().await;
    }
    stop.send_replace(true);
    let mut tally = Tally::default();
    for of_one in calling.join_all().await {
        tally.absorb(of_one);
    }
    tally.assert_none_failed();
    report(
        15,
        &format!(
            "{rolls} rolls of 2 gateways and of 2 replicas behind them, {callers} keep-alive connections of HTTP/1.1 and {callers} of h2c: {tally}, p99 {:.1?}",
            tally.percentile(99)
        ),
    );
}
