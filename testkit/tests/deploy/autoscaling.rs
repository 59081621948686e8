//! How many pods the autoscaler requests, by the adapter's rule: a real Prometheus
//! scrapes real services that are under load.

use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use testkit::UserService;
use testkit::users::plain_client;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio_stream::StreamExt;
use tonic::transport::Channel;
use user_proto::v1::user_service_client::UserServiceClient;
use user_proto::v1::{GetUserRequest, GetUsersRequest};
use xtask::{http, tools};

use crate::support::yaml;

const PODS: u32 = 3;
/// What a pod is to carry. Less than in the manifest, so that one machine plays three of them.
const TARGET: f64 = 20.0;
/// The autoscaler lets things be within 10 % of the target.
const TOLERANCE: f64 = 0.1;

/// How long the number may take to follow: the window of 10 seconds, and some scrapes.
const LIMIT: Duration = Duration::from_secs(40);
/// How often in a row it has to be right then, a second apart.
const STEADY: usize = 5;

/// Three services, and a Prometheus that knows each as a pod.
struct Cluster {
    services: Vec<UserService>,
    port: u16,
    _prometheus: Child,
    _folder: TempDir,
}

impl Cluster {
    /// None, with a line that says why, where there is no Prometheus.
    async fn start() -> Option<Self> {
        let Some(program) = tools::find("prometheus") else {
            // Not `eprintln!`, which is swallowed when a test passes.
            let line = b"skipped: autoscaling is not tested, as Prometheus is not installed\n";
            std::io::stderr().write_all(line).unwrap();
            return None;
        };
        let mut services = Vec::new();
        for _ in 0..PODS {
            services.push(UserService::start(&[]).await);
        }
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("prometheus.yaml");
        fs::write(&config, scrape_config(&services)).unwrap();
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let prometheus = Command::new(program)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.path().join("data").display()
            ))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Some(Self {
            services,
            port,
            _prometheus: prometheus,
            _folder: folder,
        })
    }

    async fn clients(&self) -> Vec<UserServiceClient<Channel>> {
        let mut clients = Vec::new();
        for service in &self.services {
            clients.push(plain_client(service.grpc_url()).await);
        }
        clients
    }

    /// The values of an instant query, one for each pod.
    async fn query(&self, query: &str) -> Vec<f64> {
        let encoded: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let (port, path) = (self.port, format!("/api/v1/query?query={encoded}"));
        let answer = tokio::task::spawn_blocking(move || http::get_json(port, &path));
        let answer = answer.await.unwrap().unwrap_or_default();
        let results = answer["data"]["result"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let value = |it: &Value| it["value"][1].as_str().unwrap().parse().unwrap();
        results.iter().map(value).collect()
    }

    /// Waits until the autoscaler requests `expected` pods, and keeps requesting them.
    async fn assert_asks_for(&self, expected: u32, load: &str) {
        let query = rule();
        let deadline = Instant::now() + LIMIT;
        let mut right = 0;
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        while right < STEADY {
            seconds.tick().await;
            let values = self.query(&query).await;
            let asked = pods(&values);
            match asked == Some(expected) {
                true => right += 1,
                false => right = 0,
            }
            assert!(
                Instant::now() < deadline,
                "{load}: {asked:?} pods for {values:?}, and not {expected}"
            );
        }
    }
}

/// `ceil(pods * metric / target)`, once every pod has a value.
fn pods(values: &[f64]) -> Option<u32> {
    if values.len() != PODS as usize {
        return None;
    }
    let ratio = values.iter().sum::<f64>() / f64::from(PODS) / TARGET;
    if (ratio - 1.0).abs() <= TOLERANCE {
        return Some(PODS);
    }
    Some(
        (0..)
            .find(|it| f64::from(*it) >= f64::from(PODS) * ratio)
            .unwrap(),
    )
}

/// The adapter's queries to Prometheus.
fn rule() -> String {
    let rules = yaml("deploy/kubernetes/custom-metrics/rules.yaml");
    let rule = rules["rules"][0]["metricsQuery"].as_str().unwrap();
    rule.replace("<<.Series>>", "rpc_requests_per_second")
        .replace(
            "<<.LabelMatchers>>",
            r#"namespace="users",pod=~"pod-0|pod-1|pod-2""#,
        )
        .replace("<<.GroupBy>>", "pod")
}

fn scrape_config(services: &[UserService]) -> String {
    let targets = services.iter().enumerate().map(|(number, service)| {
        let target = service.http_url().strip_prefix("http://").unwrap();
        format!("      - {{ targets: ['{target}'], labels: {{ namespace: users, pod: pod-{number} }} }}\n")
    });
    let targets: String = targets.collect();
    format!(
        "global: {{ scrape_interval: 1s }}\nscrape_configs:\n  - job_name: pods\n    static_configs:\n{targets}"
    )
}

/// Calls each pod `rate` times a second for as long as the set lives.
async fn unary_load(cluster: &Cluster, rate: f64) -> JoinSet<()> {
    let mut load = JoinSet::new();
    for mut client in cluster.clients().await {
        load.spawn(async move {
            let mut turns = tokio::time::interval(Duration::from_secs_f64(1.0 / rate));
            loop {
                turns.tick().await;
                // There is no such user, and that is a response like any other.
                client
                    .get_user(GetUserRequest { user_id: 1 })
                    .await
                    .unwrap_err();
            }
        });
    }
    load
}

/// Keeps `number` streams open on each pod for as long as the set lives.
async fn open_streams(cluster: &Cluster, number: usize) -> JoinSet<()> {
    let mut load = JoinSet::new();
    for client in cluster.clients().await {
        for _ in 0..number {
            let mut client = client.clone();
            load.spawn(async move {
                let first = tokio_stream::once(GetUsersRequest { user_id: 1 });
                let requests = first.chain(tokio_stream::pending());
                let mut answers = client.get_users(requests).await.unwrap().into_inner();
                while answers.next().await.is_some() {}
            });
        }
    }
    load
}

#[tokio::test]
async fn the_autoscaler_follows_calls_and_open_streams() {
    let Some(cluster) = Cluster::start().await else {
        return;
    };
    // Not whole multiples: at a border, one call more would ask for one pod more.
    for (factor, expected) in [(1.0, 3), (1.9, 6), (3.8, 12)] {
        let _load = unary_load(&cluster, TARGET * factor).await;
        cluster
            .assert_asks_for(expected, &format!("{factor} times the load"))
            .await;
    }
    let _streams = open_streams(&cluster, 50).await;
    cluster
        .assert_asks_for(8, "50 open streams for each pod")
        .await;
    // What ends is what a rate of ended calls sees: nothing of all this.
    let ended = r#"sum by (pod) (rate(rpc_server_call_duration_seconds_count{rpc_method="user.v1.UserService/GetUsers"}[10s]))"#;
    assert!(cluster.query(ended).await.iter().all(|it| *it == 0.0));
}
