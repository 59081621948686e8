//! Two replicas with everything around them, and the ways in which that can break.

use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};
use testkit::{FaultProxy, Mode, Sink, TestEnv, UserService};
use tokio::time::sleep;

use super::load::Load;
use crate::database::terminate;
use crate::support::proxied;

/// How long a database that hung may be felt.
const RECOVERY: Duration = Duration::from_secs(5);
/// A statement that hangs for longer than this would be given up by every caller.
const LONGEST_HANG: Duration = Duration::from_secs(3);
const CUTS_EVERY: Duration = Duration::from_millis(500);
const RESETS_EVERY: Duration = Duration::from_secs(1);

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    RedisRefused,
    RedisSlow,
    RedisHung,
    DatabaseCut,
    DatabaseHung,
    CollectorRefused,
    CollectorHung,
    CallersReset,
    Restart,
}

impl Fault {
    pub(super) const ALL: [Self; 9] = [
        Self::RedisRefused,
        Self::RedisSlow,
        Self::RedisHung,
        Self::DatabaseCut,
        Self::DatabaseHung,
        Self::CollectorRefused,
        Self::CollectorHung,
        Self::CallersReset,
        Self::Restart,
    ];
}

/// Both replicas. The second is restarted now and then, the first lives as long as
/// the soak does: its memory tells.
pub(super) struct Replicas {
    second: Option<UserService>,
    second_address: String,
    pub(super) env: TestEnv,
    callers_ways: [FaultProxy; 2],
    collector_way: FaultProxy,
    pub(super) collector: Sink,
    admin: PgConnection,
}

impl Replicas {
    pub(super) async fn start() -> Self {
        let collector = Sink::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let collector_way = FaultProxy::in_front_of(&collector.endpoint()).await;
        let env = proxied(&telling(&collector_way)).await;
        let second = env.replica(&[]).await;
        let callers_ways = [
            FaultProxy::in_front_of(env.service.grpc_url()).await,
            FaultProxy::in_front_of(second.grpc_url()).await,
        ];
        let admin = PgConnection::connect(env.database().url()).await.unwrap();
        Self {
            second_address: address(second.grpc_url()).to_owned(),
            second: Some(second),
            env,
            callers_ways,
            collector_way,
            collector,
            admin,
        }
    }

    /// Its callers.
    pub(super) fn load(&self) -> Load {
        let direct = format!("{},{}", self.env.service.grpc_url(), self.second_address);
        let proxied = self.callers_ways.each_ref().map(FaultProxy::address);
        let proxied = format!("http://{},{}", proxied[0], proxied[1]);
        Load::new(&direct, &proxied)
    }

    /// Lets `fault` last for `time`, and ends it.
    pub(super) async fn suffer(&mut self, fault: Fault, time: Duration, load: &Load) {
        const SLOW: Mode = Mode::Delay(Duration::from_millis(200));
        load.note(fault);
        match fault {
            Fault::RedisRefused => trouble(self.env.cache_proxy(), Mode::Refuse, time).await,
            Fault::RedisSlow => trouble(self.env.cache_proxy(), SLOW, time).await,
            Fault::RedisHung => trouble(self.env.cache_proxy(), Mode::Hang, time).await,
            Fault::CollectorRefused => trouble(&self.collector_way, Mode::Refuse, time).await,
            Fault::CollectorHung => trouble(&self.collector_way, Mode::Hang, time).await,
            Fault::DatabaseCut => self.cut_database(time).await,
            Fault::DatabaseHung => self.hang_database(time.min(LONGEST_HANG), load).await,
            Fault::CallersReset => self.reset_callers(time).await,
            Fault::Restart => self.restart().await,
        }
    }

    async fn cut_database(&mut self, time: Duration) {
        let ends = Instant::now() + time;
        while Instant::now() < ends {
            terminate(&mut self.admin).await;
            sleep(CUTS_EVERY).await;
        }
    }

    async fn hang_database(&self, time: Duration, load: &Load) {
        load.excuse_until(Instant::now() + time + RECOVERY);
        trouble(self.env.database_proxy(), Mode::Hang, time).await;
        load.excuse_until(Instant::now() + RECOVERY);
    }

    async fn reset_callers(&self, time: Duration) {
        let ends = Instant::now() + time;
        while Instant::now() < ends {
            self.callers_ways.iter().for_each(FaultProxy::reset_all);
            sleep(RESETS_EVERY).await;
        }
    }

    async fn restart(&mut self) {
        if let Some(second) = self.second.take() {
            assert!(second.stop().await.success());
        }
        let address = [("LISTEN_ADDR", self.second_address.as_str())];
        self.second = Some(self.env.replica(&address).await);
    }
}

async fn trouble(way: &FaultProxy, mode: Mode, time: Duration) {
    way.set(mode);
    if mode == Mode::Refuse {
        way.reset_all();
    }
    sleep(time).await;
    way.set(Mode::Pass);
}

/// Variables of a service that sends spans, records and metrics on the way `collector_way`.
fn telling(collector_way: &FaultProxy) -> [(&'static str, &str); 4] {
    [
        ("OTEL_SDK_DISABLED", "false"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector_way.url()),
        ("OTEL_LOGS_EXPORTER", "otlp"),
        ("OTEL_METRICS_EXPORTER", "otlp"),
    ]
}

fn address(url: &str) -> &str {
    url.strip_prefix("http://").unwrap()
}
