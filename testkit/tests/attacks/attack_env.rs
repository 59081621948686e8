//! A service, a caller who minds his own business, and room for an attacker.

use std::sync::Arc;
use std::time::Duration;

use testkit::AttackRow;
use testkit::load::{Tally, steady};
use testkit::sizes::{is_long, report, size};
use testkit::{Cpu, TestEnv};
use tokio::sync::{Mutex, MutexGuard};
use tonic::transport::Channel;
use user_proto::v1::user_service_client::UserServiceClient;
use user_proto::v1::{CreateUsersRequest, GetUserRequest};

use crate::attacker::{self, Attack, Outcome};
use crate::control::Control;
use crate::cores;
use crate::slices::Slices;

/// The row of the table that the figures belong to.
const ROW: u32 = 24;
/// What an attack may add to the memory of the service, in KiB.
const MOST_GROWTH: u64 = 32 * 1024;
/// How long the bystander calls before it is another's turn.
const SLICE: Duration = Duration::from_secs(1);

/// Taken by one test at a time: each measures, and they would measure each other.
static ALONE: Mutex<()> = Mutex::const_new(());

/// The service under attack.
pub(crate) struct AttackEnv {
    _alone: MutexGuard<'static, ()>,
    env: TestEnv,
    bystander: UserServiceClient<Channel>,
    user: i64,
}

impl AttackEnv {
    pub(crate) async fn start() -> Self {
        let alone = ALONE.lock().await;
        // The quick size runs beside other tests, which need both processors.
        if is_long() {
            cores::leave_the_first();
        }
        let mut env = TestEnv::builder().start().await;
        if is_long() {
            cores::give_the_first_to(env.service.process().pid());
        }
        Self {
            _alone: alone,
            bystander: env.plain_client().await,
            user: env.a_user().await,
            env,
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
        self.env.service.grpc_url().to_owned()
    }

    /// The lines that the service has logged so far.
    pub(crate) fn log(&mut self) -> Vec<String> {
        let lines = self.env.service.process().lines().into_iter();
        lines.map(|line| line.text).collect()
    }

    /// Attacks again and again while the bystander's calls are measured, and returns
    /// how each connection went. What it cost is asserted and reported.
    pub(crate) async fn endure(&mut self, name: &str, how: Attack, hold: Duration) -> Vec<Outcome> {
        let control = Control::start().await;
        let (url, how) = (self.url(), Arc::new(how));
        // So that what grows afterwards is not the first use of anything.
        self.calls().await.assert_none_failed();
        let resident = self.env.service.process().resident();
        self.env.service.process().forget_peak();
        let mut slices = Slices::default();
        let (mut grown, mut outcomes) = (0, Vec::new());
        let (mut usual, mut cost) = (Cpu::default(), Cpu::default());
        // In turns, so that whatever else this machine does is part of all three.
        for _ in 0..size(1, 10) {
            let before = self.env.service.process().cpu();
            slices.calm.push(self.calls().await);
            usual = usual.plus(self.env.service.process().cpu().since(before));
            let attacking = attacker::start(control.url(), &how, hold);
            slices.control.push(self.calls().await);
            attacking.end().await;
            let before = self.env.service.process().cpu();
            let attacking = attacker::start(&url, &how, hold);
            slices.storm.push(self.calls().await);
            cost = cost.plus(self.env.service.process().cpu().since(before));
            let now = self.env.service.process().resident();
            grown = now.saturating_sub(resident).max(grown);
            outcomes.extend(attacking.end().await);
        }
        slices.assert_bounded(name);
        assert!(grown < MOST_GROWTH, "{name}: {grown} KiB more");
        let last = outcomes.last().unwrap();
        let (usual_p99, p99) = slices.p99();
        AttackRow {
            attack: name,
            connections: outcomes.len(),
            before: resident,
            peak: self.env.service.process().peak(),
            calls: slices.calls(),
            failed: 0,
            usual_p99,
            p99,
        }
        .report();
        report(
            ROW,
            &format!(
                "{name}: {} connections, the last one {last}; {grown} KiB more; {slices}; the service used {:.0?} of a processor in peace and {:.0?} under attack, and waited {:.0?} and {:.0?} for one",
                outcomes.len(),
                usual.used,
                cost.used,
                usual.waited,
                cost.waited,
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
        steady(size(200, 1_000), SLICE, |_| {
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
