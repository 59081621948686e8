//! Replicas that are replaced one after the other, and callers who don't notice.

mod gateway;
pub(crate) mod streams;

use std::time::Duration;

use grpc_telemetry::Telemetry;
use testkit::{Backends, TestEnv, UserService};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};
use user_client::args::Protocol;
use user_client::client::UserClient;
use user_client::client::call_log::CallLog;
use user_proto::v1::user_service_client::UserServiceClient;

use crate::support::{Calling, get};
use testkit::load::{Tally, steady};
use testkit::sizes::{report, size};

/// Replicas with the same stores, each on a port that it keeps.
struct Replicas {
    running: Vec<Option<UserService>>,
    addresses: Vec<String>,
    backends: Backends,
}

impl Replicas {
    async fn start(count: usize) -> Self {
        let builder = TestEnv::builder().postgres().redis().variables(&[
            ("SHUTDOWN_DRAIN_DELAY", "100ms"),
            // More than a call with one answer takes; streams that are open then are cut.
            ("SHUTDOWN_GRACE", "2s"),
        ]);
        let mut replicas = Self {
            running: Vec::new(),
            addresses: Vec::new(),
            backends: builder.backends().await,
        };
        for _ in 0..count {
            let service = replicas.one("127.0.0.1:0").await;
            let address = service.grpc_url().strip_prefix("http://").unwrap();
            replicas.addresses.push(address.to_owned());
            replicas.running.push(Some(service));
        }
        replicas
    }

    async fn one(&self, address: &str) -> UserService {
        self.backends.service(&[("LISTEN_ADDR", address)]).await
    }

    /// Stops each, one after the other, and starts it anew.
    async fn roll(&mut self) {
        for index in 0..self.running.len() {
            if let Some(service) = self.running[index].take() {
                assert!(service.stop().await.success());
            }
            let address = self.addresses[index].clone();
            self.running[index] = Some(self.one(&address).await);
        }
    }

    /// As user-client has it; streams have no deadline.
    fn client(&self) -> UserClient {
        let server = format!("http://{}", self.addresses.join(","));
        let channel = grpc_channel::Channel::builder(server.parse().unwrap());
        UserClient::open(
            channel,
            Protocol::Grpc,
            None,
            CallLog::default(),
            &Telemetry::off(),
        )
        .unwrap()
    }

    /// One of tonic alone, with its own balancing.
    fn plain(&self) -> UserServiceClient<Channel> {
        let endpoint = |address: &String| Endpoint::from_shared(format!("http://{address}"));
        let endpoints = self.addresses.iter().map(|it| endpoint(it).unwrap());
        UserServiceClient::new(Channel::balance_list(endpoints))
    }
}

/// Reads by a client that repeats nothing, and how many of them it might repeat.
async fn call_plainly(
    client: UserServiceClient<Channel>,
    user: i64,
    stopped: watch::Receiver<bool>,
) -> (Tally, usize) {
    let (mut total, mut repeatable) = (Tally::default(), 0);
    while !*stopped.borrow() {
        let tally = steady(20, Duration::from_millis(500), |_| {
            let client = client.clone();
            async move {
                match get(client, user).await {
                    Err(status) if is_repeatable(&status) => Err(String::new()),
                    result => result.map_err(|status| format!("{status:?}")),
                }
            }
        });
        let mut tally = tally.await;
        repeatable += tally.failed.remove("").unwrap_or_default();
        total.absorb(tally);
    }
    (total, repeatable)
}

/// Whether the service says so, or never saw the request.
fn is_repeatable(status: &tonic::Status) -> bool {
    let mut next = std::error::Error::source(status);
    while let Some(error) = next {
        let closed = error.downcast_ref::<hyper::Error>();
        let gone = error.downcast_ref::<h2::Error>();
        if closed.is_some_and(|it| it.is_canceled())
            || gone.is_some_and(|it| it.is_go_away() && it.reason() == Some(h2::Reason::NO_ERROR))
        {
            return true;
        }
        next = error.source();
    }
    status.code() == Code::Unavailable
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_fails_no_call() {
    let (rolls, lists_open, look_ups_open) = size((1, 2, 4), (20, 10, 40));
    // More than the windows of HTTP/2 take.
    let mut replicas = Replicas::start(3).await;
    let client = replicas.client();
    let users = streams::create(&client, 12_000).await;
    let user = users[0];
    let (stop, stopped) = watch::channel(false);
    let calling = Calling::start(client.clone()).await;
    let plainly = tokio::spawn(call_plainly(replicas.plain(), user, stopped.clone()));
    let mut lists = JoinSet::new();
    let mut look_ups = JoinSet::new();
    for _ in 0..lists_open {
        lists.spawn(streams::list(
            client.clone(),
            users.clone(),
            stopped.clone(),
        ));
    }
    for _ in 0..look_ups_open {
        look_ups.spawn(streams::look_up(
            client.clone(),
            users.clone(),
            stopped.clone(),
        ));
    }
    for _ in 0..rolls {
        replicas.roll().await;
    }
    stop.send_replace(true);
    let tally = calling.stop().await;
    let (plain, repeatable) = plainly.await.unwrap();
    let listed: usize = lists.join_all().await.into_iter().sum();
    let look_ups = streams::sum(look_ups.join_all().await);
    tally.assert_none_failed();
    plain.assert_none_failed();
    assert!(look_ups.cuts > 0, "{look_ups:?}");
    report(
        15,
        &format!(
            "{rolls} rolls of 3 replicas at 200/s, a quarter creates: {tally}, p99 {:.1?}; {look_ups_open} streams of look-ups ended {} times, each with UNAVAILABLE, and went on elsewhere: {} answers; {lists_open} lists that are read slowly went on by themselves: {listed} answers, none missing, none twice, none failed; a plain client of tonic: {plain}, {repeatable} more were UNAVAILABLE or never sent",
            tally.percentile(99),
            look_ups.cuts,
            look_ups.answers,
        ),
    );
}
