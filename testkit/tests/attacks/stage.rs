//! A service, a caller who minds his own business, and room for an attacker.

use std::sync::Arc;
use std::time::Duration;

use testkit::UserService;
use testkit::load::{Tally, steady};
use testkit::sizes::{report, size};
use tokio::sync::{Mutex, MutexGuard, watch};
use tonic::transport::Channel;
use user_proto::v1::user_service_client::UserServiceClient;
use user_proto::v1::{CreateUserRequest, CreateUsersRequest, GetUserRequest};

use crate::attacker::{Attack, Outcome, attack};
use crate::raw;

/// The row of the table that the figures belong to.
const ROW: u32 = 24;
/// What an attack may add to the memory of the service, in KiB.
const MOST_GROWTH: u64 = 32 * 1024;
/// Others may notice an attack so much, in the median and in the worst of a hundred,
/// on a machine that runs the attacker, other tests and compilers as well: this finds
/// a service that stands still, and the figures that are printed say the rest.
const MOST_SLOWDOWN: f64 = 10.0;
const SLACK: [(usize, Duration); 2] = [(50, Duration::from_secs(1)), (99, Duration::from_secs(3))];
/// How long an attacker rests before the next connection.
const REST: Duration = Duration::from_millis(20);

/// Taken by one test at a time: each measures, and they would measure each other.
static ALONE: Mutex<()> = Mutex::const_new(());

/// The service under attack.
pub(crate) struct Stage {
    _alone: MutexGuard<'static, ()>,
    service: UserService,
    bystander: UserServiceClient<Channel>,
    user: i64,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let alone = ALONE.lock().await;
        let service = UserService::start(&[("OTEL_SDK_DISABLED", "true")]).await;
        let mut bystander = UserServiceClient::new(raw::channel(&service).await);
        let ada = CreateUserRequest {
            name: "Ada Lovelace".to_owned(),
            email: "ada@example.com".to_owned(),
            ..CreateUserRequest::default()
        };
        let created = bystander.create_user(ada).await.unwrap();
        Self {
            _alone: alone,
            service,
            bystander,
            user: created.into_inner().user_id,
        }
    }

    /// Adds users that are as large as users can be.
    pub(crate) async fn fill(&mut self, count: u32) {
        let user = |number| CreateUsersRequest {
            name: "\u{1F980}".repeat(200),
            email: format!("{number}.{}@example.com", "x".repeat(50)),
            ..CreateUsersRequest::default()
        };
        let users = tokio_stream::iter((0..count).map(user));
        let created = self.bystander.create_users(users).await.unwrap();
        assert_eq!(created.into_inner().created_count, i64::from(count));
    }

    /// Where the service listens.
    pub(crate) fn url(&self) -> String {
        self.service.grpc_url().to_owned()
    }

    /// Attacks again and again while the bystander's calls are measured, and answers
    /// how each connection went. What it cost is asserted and reported.
    pub(crate) async fn endure(&mut self, name: &str, how: Attack, hold: Duration) -> Vec<Outcome> {
        // So that what grows afterwards is not the first use of anything.
        self.calls().await.assert_none_failed();
        let resident = self.service.process().resident();
        let (mut calm, mut storm, mut outcomes) = (Tally::default(), Tally::default(), Vec::new());
        let (mut grown, how) = (0, Arc::new(how));
        // In turns, so that whatever else this machine does is part of both.
        for _ in 0..size(1, 10) {
            calm.absorb(self.calls().await);
            let (over, until) = watch::channel(());
            let attacking = tokio::spawn(attack_until(self.url(), Arc::clone(&how), hold, until));
            storm.absorb(self.calls().await);
            let now = self.service.process().resident();
            grown = now.saturating_sub(resident).max(grown);
            drop(over);
            outcomes.extend(attacking.await.unwrap());
        }
        calm.assert_none_failed();
        storm.assert_none_failed();
        assert!(grown < MOST_GROWTH, "{name}: {grown} KiB more");
        for (percent, slack) in SLACK {
            let (before, during) = (calm.percentile(percent), storm.percentile(percent));
            assert!(
                during < before.mul_f64(MOST_SLOWDOWN) + slack,
                "{name}: percentile {percent} is {before:?} before, {during:?} during"
            );
        }
        let (before, during) = (calm.percentile(99), storm.percentile(99));
        report(
            ROW,
            &format!(
                "{name}: {} connections, the last one {}; {grown} KiB more; {} other calls, median {:.1?} before, {:.1?} during, p99 {before:.1?} before, {during:.1?} during (x{:.1})",
                outcomes.len(),
                outcomes.last().unwrap(),
                storm.calls(),
                calm.percentile(50),
                storm.percentile(50),
                during.as_secs_f64() / before.as_secs_f64(),
            ),
        );
        outcomes
    }

    /// The same, for an attack that the service has to stop each time.
    pub(crate) async fn stops(&mut self, name: &str, how: Attack) {
        for outcome in self.endure(name, how, Duration::ZERO).await {
            outcome.assert_stopped();
        }
    }

    /// Reads of the bystander at a steady rate.
    async fn calls(&self) -> Tally {
        steady(200, Duration::from_secs(1), |_| {
            let mut bystander = self.bystander.clone();
            let request = GetUserRequest { user_id: self.user };
            async move {
                let got = bystander.get_user(request).await;
                got.map(drop).map_err(|status| status.to_string())
            }
        })
        .await
    }
}

/// Attacks with one connection after the other, at least one, until `until` is closed.
async fn attack_until(
    url: String,
    how: Arc<Attack>,
    hold: Duration,
    mut until: watch::Receiver<()>,
) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    loop {
        outcomes.push(attack(&url, &how, hold).await);
        if tokio::time::timeout(REST, until.changed()).await.is_ok() {
            return outcomes;
        }
    }
}
